"""Queries by OData's options: read, planned, carried out, cut into pages and shaped; change tracking."""

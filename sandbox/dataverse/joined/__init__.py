"""Queries over joined tables: FetchXML and SQL."""

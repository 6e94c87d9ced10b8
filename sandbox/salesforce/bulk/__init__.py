"""Bulk API: query and ingest jobs of version 2.0, and the first version, which many programs still use."""

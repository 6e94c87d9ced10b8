"""The REST API, a family of resources a file: records one by one and many at once, describe, queries, searches, feeds, limits."""

"""What can be done to a resource path: read, change, act, many rows at once, in batches."""

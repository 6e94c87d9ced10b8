"""What happens when a record is saved: checks, duplicates, what the service does by itself, field history."""

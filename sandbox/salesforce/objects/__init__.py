"""What a new org is made of: the standard objects with the columns that matter here, by family, and its settings."""

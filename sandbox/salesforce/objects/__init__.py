"""The standard objects of the org, with the columns that matter here, by family."""

"""The standard organisation's tables, by who works with them."""

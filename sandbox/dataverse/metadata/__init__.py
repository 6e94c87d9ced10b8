"""Definitions of tables, columns, keys and relationships: how they are told, made and changed."""

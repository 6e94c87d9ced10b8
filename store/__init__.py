"""Store: what survives a crash: tables, bookmarks, people, the ledger, migrations.

In: plain values from the journey's steps, inside a transaction. Out: rows, and the promise that none is there twice.
May import: surveys, triggers, connectors (nouns), wire. Called by: journey; daemon and commands open it.
To add one: a column or table in tables/ with a migration beside it (``alembic revision``), its queries in the noun's file.
"""

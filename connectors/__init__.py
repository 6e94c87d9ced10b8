"""Connectors: CRM ⇄ plain records.

In: watches (what to read), looks (what to look at again), field updates. Out: changes with bookmarks, settled writes, findings,
from what to what fields changed (field_history.py).
May import: wire. Called by: journey (through the daemon's composition), mapping (for the nouns), commands check.
To add one: a file here, its settings and a line in registry.py, a stand-in in sandbox/, a test file that subclasses the contract.
"""

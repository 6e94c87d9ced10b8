"""Channels: an invitation becomes a message on its way.

In: messages (address, language, survey, links). Out: receipts, or an error with one of wire's outcomes.
May import: surveys, triggers, wire. Called by: journey's deliver step, commands check.
To add one: a file here (with its settings), a line in registry.py and in settings.py, a test file that subclasses
tests/channels/contract.py.
"""

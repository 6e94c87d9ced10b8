"""Channels: an invitation becomes a message on its way.

In: messages (address, language, survey, links). Out: receipts, or an error with one of wire's outcomes.
May import: surveys, triggers, wire. Called by: journey's deliver step, commands check.
To add one: a file here, a line in channels/registry.py, a test file that subclasses tests/channels/contract.py.
"""

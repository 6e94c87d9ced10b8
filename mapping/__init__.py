"""Mapping: the translator between a CRM's words and ours. Pure: plain data in, plain data out.

In: changes as connectors read them, answers to be written back. Out: touchpoints, last looks, field values.
May import: triggers (touchpoint, reasons), connectors (its nouns), wire (findings). Called by: journey, settings, daemon.
To add one: a kind is data, a table in builtin/CRM.toml or in settings; a new CRM brings its own builtin file.
"""

"""Triggers: may we ask, about what, and when. Pure: no clock, no network, no database.

In: touchpoints, rules, a person's history and the time. Out: decisions, each with a verdict and a named reason.
May import: wire (durations). Called by: journey's decide step, mapping (for the touchpoint), settings (to check rules).
To add one: a new reason to stay silent gets a name in decision.py, a check in permission.py, pressure.py or quiet.py, a place in
quiet.CHECKS and a row in the tests' table.
"""

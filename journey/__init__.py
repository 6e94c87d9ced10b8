"""Journey: the belt, one step per file, in the order below; only this room knows what comes next.

In: CRM changes, the clock, visitors' answers. Out: touchpoints, decisions, messages, scores on CRM records.
May import: mapping, channels, store, surveys, triggers, connectors, wire. Called by: daemon (the clock) and web (a visitor).
What the steps share stands in folders by meaning: deciding, reaching, answering, visiting (places), preview.
To add one: a file with ``step(belt, connector) -> int``, a line in steps.py, a test in tests/journey that kills it half-way.
"""

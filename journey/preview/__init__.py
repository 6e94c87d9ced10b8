"""Preview: what rules would have done with the CRM's real past. Writes nothing anywhere.

In: connectors, rules, what the store knows of people. Out: a stream of cases, each touchpoint with its decision, and their tally.
May import: what journey may. Called by: commands (``palaute preview``) and web. The way: reading (CRM → touchpoints, in the order
of the CRM's stamps) → sorting (into the order in which they happened) → replay (the real deciding, at the times at which it would
have been done) → tally (figures).
To add one: a further figure is a counter in tally.py and a row in the command's tables.
"""

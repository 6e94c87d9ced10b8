"""Settings: one file, read and checked as a whole, every problem told at once.

In: settings.toml. Out: each room's own settings, or all problems with section, key, line and what would be right.
May import: every room's settings models. Called by: daemon and commands.
To add one: a key belongs to its room's model; a check across rooms belongs to crosscheck.py.
"""

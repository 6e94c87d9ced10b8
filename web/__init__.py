"""Web: where customers answer, say no and learn why they were asked, and where machines ask how we are.

In: HTTP requests. Out: pages; answers and refusals handed to journey, which holds all of their logic.
May import: journey, mapping, channels, store, surveys, triggers, connectors, wire. Called by: daemon.py, commands.
To add one: a page is a function in a file of pages_*.py with a line in its ROUTES, a template, and words in surveys/locales;
a new file of pages is named in app.py.
"""

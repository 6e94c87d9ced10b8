"""Wire: how we speak to anything outside.

In: settings of time-outs, proxies and certificates. Out: HTTP sessions, errors with one of four outcomes, call budgets.
May import: nothing of ours. Called by: connectors, channels, and whoever reads a duration or a secret.
To add one: a new transport concern gets a file named after it; a vendor's own codes never come in here.
"""

"""Sandbox: stand-ins that speak the real protocols: Salesforce, Dataverse with its token host, SMTP, SMS gateway, customers.

In: acts, faults and clock moves on the control address. Out: the vendors' wire protocols, counters, mailboxes, records.
May import: nothing of ours, and nobody but commands/sandbox and commands/demo imports it. Written from the vendors'
documentation, as if a stranger had written the connectors.
To add one: a package here with a ``StandIn`` (base.py), a line in server.py.
"""

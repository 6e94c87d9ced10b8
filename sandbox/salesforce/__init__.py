"""The Salesforce stand-in: OAuth and SOAP sign-in, the REST API with SOQL, Composite and Bulk, and the org behind them.

In: HTTP on two hosts (login, My Domain), acts and faults. Out: Salesforce's wire protocol, records, billed calls.
May import: ``sandbox.base`` only. Nothing here knows the connector; it is built from the vendor's documentation.
To add an object: ``standard.py``; a resource: a handler and its line in ``routes.py``; a rule: ``business.py``.
"""

from sandbox.salesforce.standin import Salesforce

__all__ = ["Salesforce"]

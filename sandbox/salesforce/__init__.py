"""The Salesforce stand-in: OAuth and SOAP sign-in, the REST API with SOQL, Composite and Bulk, and the org behind them.

In: HTTP on two hosts (login, My Domain), acts and faults. Out: Salesforce's wire protocol, records, billed calls.
May import: ``sandbox.base`` only. Nothing here knows the connector; it is built from the vendor's documentation.
Rooms: ``objects`` (what a new org is made of), ``saving`` (what a save sets off), ``soql``, ``rest``, ``bulk``, ``metadata``,
``signin``; beside them stand what all share (``org``, ``records``, ``schema``) and the way in (``server``, ``routes``).
To add an object: ``objects/``; a resource: a handler in ``rest/`` and its line in ``routes.py``; a rule: ``saving/business.py``.
"""

from sandbox.salesforce.standin import Salesforce

__all__ = ["Salesforce"]

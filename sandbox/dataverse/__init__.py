"""Dataverse: a stand-in for the Web API of Dynamics 365 and for the Entra ID token host in front of it.

In: HTTP as Microsoft's documentation describes it, acts and faults from the sandbox. Out: answers as the real service gives them.
May import: sandbox/base.py and libraries, nothing else of ours.
Rooms: ``tables`` (what a new organisation is made of), ``rows`` (how rows are kept and changed), ``queries`` (OData's options),
``joined`` (FetchXML and SQL), ``operations`` (what can be done to a resource path), ``metadata``; beside them stand what all
share (``schema``, ``session``, ``refusal``) and the way in (``face``, ``service``, ``entra``).
To add a table: ``tables/`` (columns and navigation names); what its actions do belongs in ``operations/actions.py``.
"""

from sandbox.dataverse.organization import Dataverse

__all__ = ["Dataverse"]

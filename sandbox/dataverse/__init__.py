"""Dataverse: a stand-in for the Web API of Dynamics 365 and for the Entra ID token host in front of it.

In: HTTP as Microsoft's documentation describes it, acts and faults from the sandbox. Out: answers as the real service gives them.
May import: sandbox/base.py and libraries, nothing else of ours.
To add a table: tables.py (columns and navigation names); what its actions do belongs in actions.py.
"""

from sandbox.dataverse.organization import Dataverse

__all__ = ["Dataverse"]

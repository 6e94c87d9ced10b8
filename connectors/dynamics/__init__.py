"""Dynamics 365 / Dataverse over its Web API.

One round of polling is one ``$batch`` of GETs, however many tables are watched; 1,000 scores are one UpdateMultiple. Sign-in goes
through msal (signin.py), calls through one session (line.py), batches are put together and taken apart in multipart.py, addresses
and rows are in odata.py, names of tables in tables.py, writing in writing.py.
"""

from connectors.dynamics.connector import DynamicsConnector

__all__ = ["DynamicsConnector"]

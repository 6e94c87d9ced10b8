"""Salesforce over its REST API.

One round of polling is one Composite request, however many objects are watched; 1,000 scores are one request. Sign-in is our
own (signin.py), the calls go through simple-salesforce (line.py), query texts and rows are in soql.py, what the user may see in
columns.py, writing in writing.py.
"""

from connectors.salesforce.connector import SalesforceConnector

__all__ = ["SalesforceConnector"]

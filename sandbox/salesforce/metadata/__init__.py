"""Changing the org itself, custom objects, fields and permission sets: by Tooling API, by deployment, by SOAP."""

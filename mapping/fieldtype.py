"""What the CRMs' own type names mean for writing: a handful of families.

Salesforce: https://developer.salesforce.com/docs/platform/object-reference/guide/field-types.html; Dataverse:
https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/attributetypecode.
"""

import enum


class Family(enum.Enum):
    """What a field holds; the value is how an admin calls it."""

    WHOLE = "whole numbers"
    NUMBER = "numbers"
    TEXT = "text"
    INSTANT = "date and time"
    DAY = "dates"
    OTHER = "something else"
    UNKNOWN = "unknown"
    """The CRM does not tell types (the in-process one)."""


_FAMILIES = {
    "int": Family.WHOLE,
    "integer": Family.WHOLE,
    "bigint": Family.WHOLE,
    "long": Family.WHOLE,
    "double": Family.NUMBER,
    "currency": Family.NUMBER,
    "percent": Family.NUMBER,
    "decimal": Family.NUMBER,
    "money": Family.NUMBER,
    "string": Family.TEXT,
    "textarea": Family.TEXT,
    "memo": Family.TEXT,
    "url": Family.TEXT,
    "datetime": Family.INSTANT,
    "date": Family.DAY,
    "any": Family.UNKNOWN,
}


def family(crm_type: str) -> Family:
    """The family of a type as describe names it; references, picklists, check boxes and the like are something else."""
    return _FAMILIES.get(crm_type.casefold(), Family.OTHER)

"""What connectors tell of the past of single fields: from what to what a column changed, and when.

Both CRMs keep such changes beside the records, for the columns that an admin switched it on for: Salesforce by field history
tracking, Dataverse by auditing. The contract itself is ``base.Connector.field_changes``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

BATCH = 1000
"""Records that one call is about, at most."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Columns of some records of one object whose changes are asked for."""

    object: str
    """The CRM's own name: ``Case`` (Salesforce), ``incident`` (Dataverse logical name)."""
    records: tuple[str, ...]
    """Empty: it is only asked whether the changes are told at all."""
    fields: tuple[str, ...]
    """Columns of the record itself, as a watch names them: ``Priority``, ``OwnerId``; ``prioritycode``, ``_ownerid_value``."""
    since: datetime
    """Aware. Earlier changes do not matter."""


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """One change of one column. The values are what a watch would have read: str, int, float, bool, None or an aware datetime."""

    record: str
    column: str
    """As in ``Asked.fields``."""
    at: datetime
    was: Any = field(repr=False)
    became: Any = field(repr=False)
    kept: bool = True
    """False: the CRM only tells that there was a change (long texts)."""


@dataclass(frozen=True, kw_only=True)
class Untold:
    """Why the CRM does not tell the changes of a column, and what to switch on, each as a sentence without a full stop."""

    message: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the CRM tells of one ``Asked``."""

    changes: Sequence[FieldChange] = ()
    """Oldest first; several of one column in the same moment in the order in which the CRM wrote them."""
    untold: Mapping[str, Untold] = field(default_factory=dict)
    """Columns of which nothing is told. All others are kept, so that a record without changes of one did not change."""


def nothing(asked: Asked, why: Untold) -> Told:
    """None of the columns is told."""
    return Told(untold=dict.fromkeys(asked.fields, why))

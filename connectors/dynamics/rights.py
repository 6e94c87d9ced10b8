"""What the application user may do: least privilege, in both directions. Used by ``palaute check`` only."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors import findings
from connectors.dynamics import line, multipart
from wire import errors, finding

_WHOLE = {"Global", "3"}
"""How Dataverse writes the depth "organization"."""
_CUSTOMISES = "prvCreateEntity"
"""Whoever holds it may change the tables themselves, which is for administrators."""


def check(subject: str, way: line.Line, read: Sequence[str], written: Sequence[str]) -> list[finding.Finding]:
    """One finding for each right that is missing or reaches too short, and one when there are far too many. Two calls."""
    user = _text(way.call("GET", "WhoAmI").body, "UserId")
    names = [name for name in dict.fromkeys((*read, *written)) if name.replace("_", "").isalnum()]
    held, activities = _held(way, user, names)
    found = [*_missing(subject, "Read", read, held, activities), *_missing(subject, "Write", written, held, activities)]
    excess = [name for name in (_CUSTOMISES, *(f"prvDelete{name}" for name in written)) if name.lower() in held]
    if excess:
        found.append(_too_much(subject, excess))
    return found or [findings.good(f"{subject}: rights", "the application user may read and write what it has to")]


def _too_much(subject: str, excess: Sequence[str]) -> finding.Finding:
    return finding.Finding(
        subject=f"{subject}: rights",
        grade=finding.Grade.WARNING,
        message=f"the application user may do far more than surveys need: {', '.join(excess)}",
        remedy="Give it a role of its own: Read on what is watched, Write on what takes a score, for the whole organization.",
    )


def _held(way: line.Line, user: str, names: Sequence[str]) -> tuple[Mapping[str, str], frozenset[str]]:
    """Privilege in lower case → depth, and which of the tables are activities, which share the privileges of one table."""
    paths = [f"systemusers({user})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges"]
    paths += [f"EntityDefinitions(LogicalName='{name}')?$select=LogicalName,IsActivity" for name in names]
    requests = [
        multipart.Request(method="GET", url=f"{way.root}/{path}", headers={"Accept": "application/json"}) for path in paths
    ]
    first, *tables = way.batch(requests)[0]
    fault = line.fault_of(first)
    rows = first.body.get("RolePrivileges") if fault is None and isinstance(first.body, Mapping) else None
    if not isinstance(rows, list):
        raise errors.Later("Dataverse does not tell the privileges of the application user: look at what stands between")
    held = {_text(row, "PrivilegeName").lower(): _text(row, "Depth") for row in rows}
    activities = {name for name, part in zip(names, tables, strict=True) if _is_activity(part)}
    return held, frozenset(activities)


def _is_activity(part: multipart.Part) -> bool:
    return part.status == 200 and isinstance(part.body, Mapping) and part.body.get("IsActivity") is True


def _text(row: Any, key: str) -> str:
    return str(row.get(key, "")) if isinstance(row, Mapping) else ""


def _missing(
    subject: str, right: str, names: Sequence[str], held: Mapping[str, str], activities: frozenset[str]
) -> Iterator[finding.Finding]:
    verb = {"Read": "read", "Write": "change"}[right]
    for name in names:
        privilege = f"prv{right}{'Activity' if name in activities else name}"
        depth = held.get(privilege.lower())
        if depth is None:
            yield finding.Finding(
                subject=f"{subject}: rights on {name}",
                grade=finding.Grade.WRONG,
                message=f"the application user may not {verb} rows of {name} (it lacks {privilege})",
                remedy=f"Give its security role {right} on {name}, for the whole organization.",
            )
        elif depth not in _WHOLE:
            yield finding.Finding(
                subject=f"{subject}: rights on {name}",
                grade=finding.Grade.WARNING,
                message=f"the application user may {verb} only some rows of {name} ({privilege} reaches {depth})",
                remedy=f"Let {right} on {name} reach the whole organization, unless only those rows are to be asked about.",
            )

"""Which of the asked columns this user may see.

Salesforce treats a column hidden by field-level security as nonexistent and refuses the whole query (INVALID_FIELD). Only
then is describe asked: optional columns and consent columns are left out from then on, so that the mapping sees them as absent;
any other hidden column needs a person.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors import base, left_out
from wire import errors

_CONSENT = {"HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall", "HasOptedOutSolicit", "HasOptedOutProcessing", "ShouldForget"}
"""Standard consent columns, by their last name; ``Person…`` on person accounts too. Custom ones must be ``optional``."""
_OWN = {"IsDeleted", "MasterRecordId"}
"""What a look asks for of its own accord."""

Describe = Callable[[str], Mapping[str, Any] | None]
"""The describe of one object, None when this user sees no such object."""


class Columns(left_out.LeftOut):
    """What is known to be hidden, by object. Safe for threads."""

    def __init__(self, describe: Describe) -> None:
        super().__init__()
        self._describe = describe

    def learn(self, asked: base.Watch | base.Look, used: frozenset[str]) -> bool:
        """Find out by describe what of this is hidden; whether asking again, without more than ``used``, will do better.

        Raises NeedsPerson when a column is hidden that cannot be done without.
        """
        with self._lock:
            if not self.left_out(asked.object) <= used:
                return True
            known: dict[str, Mapping[str, Any] | None] = {}
            hidden = frozenset(path for path in _paths(asked) if not self._exists(asked.object, path.split("."), known))
            if known.get(asked.object) is None:
                remedy = "Let this user read the object, or correct its name in settings."
                raise errors.NeedsPerson(f"the object {asked.object} cannot be read", code="INVALID_TYPE", remedy=remedy)
            needed = sorted(path for path in hidden if not _may_be_missing(path, asked.optional))
            if needed:
                names = ", ".join(f"{asked.object}.{path}" for path in needed)
                remedy = "Give the user read access to them (field-level security), or correct the names in settings."
                raise errors.NeedsPerson(f"fields cannot be read: {names}", code="INVALID_FIELD", remedy=remedy)
            self._leave_out(asked.object, hidden)
            return not hidden <= used

    def _exists(self, object_name: str, steps: Sequence[str], known: dict[str, Mapping[str, Any] | None]) -> bool:
        described = self._known(object_name, known)
        if described is None:
            return False
        if len(steps) == 1:
            return any(str(field.get("name", "")).lower() == steps[0].lower() for field in described.get("fields", ()))
        targets = _targets(described, steps[0])
        if targets is None:
            return False
        # A lookup to several objects (an owner is a user or a queue) is asked through their common columns.
        return len(targets) != 1 or self._exists(targets[0], steps[1:], known)

    def _known(self, object_name: str, known: dict[str, Mapping[str, Any] | None]) -> Mapping[str, Any] | None:
        if object_name not in known:
            known[object_name] = self._describe(object_name)
        return known[object_name]


def _targets(described: Mapping[str, Any], relationship: str) -> list[str] | None:
    for field in described.get("fields", ()):
        if str(field.get("relationshipName") or "").lower() == relationship.lower():
            return list(field.get("referenceTo") or ())
    for child in described.get("childRelationships", ()):
        if str(child.get("relationshipName") or "").lower() == relationship.lower():
            return [str(child.get("childSObject"))]
    return None


def _paths(asked: base.Watch | base.Look) -> list[str]:
    own = sorted(_OWN) if isinstance(asked, base.Look) else []
    below = [f"{child.relationship}.{path}" for child in asked.children for path in child.fields]
    return [*own, *asked.fields, *below]


def _may_be_missing(path: str, optional: Sequence[str]) -> bool:
    last = path.rsplit(".", 1)[-1].removeprefix("Person")
    return path in optional or path in _OWN or last in _CONSENT

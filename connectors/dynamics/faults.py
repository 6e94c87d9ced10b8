"""Dataverse's error codes, translated into later, never and a person; nowhere else are they known.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wire import errors, retry

_THROTTLED = {"0x80072321", "0x80072322", "0x80072326", "0x8005f103", "0x80060308"}
DEADLOCKS = {"0x80044150", "0x80044151"}
"""SQL deadlock and SQL time-out."""
_NO_COLUMN = re.compile(r"Could not find a property named '([^']{1,100})' on type '(?:Microsoft\.Dynamics\.CRM\.)?([^']{1,100})'")
_NO_PRIVILEGE = re.compile(r"is missing (prv\w{1,80}) privilege.{0,200}? for entity '(\w{1,80})'", re.DOTALL)
_REMEDIES = {
    "0x80040220": "Give the application user's security role the missing privilege on the table.",
    "0x80048306": "Give the application user's security role access to the rows.",
    "0x80040299": "Give the application user's security role the missing privilege on the table.",
    "0x80040225": "Enable the application user.",
    "0x80072560": "Make the app registration an application user of this environment, with a security role.",
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One error of Dataverse."""

    code: str
    """Lower case, ``0x80040217``; often empty."""
    message: str
    status: int
    delay: float | None = None

    @property
    def passes(self) -> bool:
        """Whether it may work later without anybody doing anything."""
        return self.status >= 500 or self.status in {408, 429} or self.code in _THROTTLED or self.code in DEADLOCKS

    @property
    def missing_column(self) -> tuple[str, str] | None:
        """Column and table, when the query asked for a column that there is not for us."""
        found = _NO_COLUMN.search(self.message)
        return (found[1], found[2]) if found else None


def read(body: Any, status: int, delay: float | None = None) -> Fault:
    """The error of an error body ``{"error": {"code", "message"}}``."""
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return Fault(code="", message="", status=status, delay=delay)
    code, message = str(error.get("code") or "")[:40].lower(), str(error.get("message") or "")[:1000]
    return Fault(code=code, message=message, status=status, delay=delay)


def translate(fault: Fault) -> errors.OutsideError:
    """The fault of a whole call or query in the journey's words."""
    shown = fault.code or f"status {fault.status}"
    if fault.status in {502, 503, 504} and fault.delay is None and fault.code not in DEADLOCKS:
        return retry.Brief(f"Dataverse is not to be had at the moment ({shown})", code=fault.code)
    if fault.passes:
        return errors.Later(f"Dataverse asks for patience ({shown})", code=fault.code, delay=fault.delay)
    if fault.missing_column is not None:
        column, table = fault.missing_column
        remedy = "Correct the name in settings, or let the application user read the column."
        return errors.NeedsPerson(f"the column {table}.{column} cannot be read", code=fault.code, remedy=remedy)
    if lacking := _NO_PRIVILEGE.search(fault.message):
        remedy = f"Give the application user's security role {lacking[1]} on {lacking[2]}, for the whole organization."
        message = f"the application user lacks the privilege {lacking[1]} on {lacking[2]}"
        return errors.NeedsPerson(message, code=fault.code, remedy=remedy)
    default = (
        "Look at the application user's security role." if fault.status == 403 else "Compare names and conditions with the table."
    )
    return errors.NeedsPerson(f"Dataverse refuses the call ({shown})", code=fault.code, remedy=_REMEDIES.get(fault.code, default))

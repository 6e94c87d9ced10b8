"""Salesforce's error codes, translated into later, never and a person; nowhere else are they known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wire import errors, retry

_LATER = {
    "CONCURRENT_API_REQUESTS_LIMIT",
    "CONCURRENT_REQUESTS_LIMIT",
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "PROCESSING_HALTED",
    "QUERY_TIMEOUT",
    "REQUEST_LIMIT_EXCEEDED",
    "REQUEST_RUNNING_TOO_LONG",
    "SERVER_UNAVAILABLE",
    "TOO_MANY_APEX_REQUESTS",
    "TXN_SECURITY_METERING_ERROR",
    "UNABLE_TO_LOCK_ROW",
    "UNKNOWN_EXCEPTION",
}
"""Codes that pass by themselves."""
_LATER_STATUS = {406, 408, 420, 429}
"""What integrators have seen come and go, besides 5xx."""
_LIMIT_PAUSE = 60.0
"""A refused call costs nothing, so asking once a minute notices soon that there are calls again."""
_CROWD_PAUSE = 20.0
"""Calls count against the limit of concurrent ones when they last 20 s."""
_NO_COLUMN = re.compile(r"No such column '([^']{1,80})' on (?:entity|sobject of type) '?(\w{1,80})")
_NO_OBJECT = re.compile(r"sObject type '(\w{1,80})'")
_REMEDIES = {
    "API_CURRENTLY_DISABLED": "Enable the API for this user's profile.",
    "API_DISABLED_FOR_ORG": "Enable the API for this user; editions below Enterprise have none.",
    "INVALID_TYPE": "Let this user read the object, or correct its name in settings.",
    "MALFORMED_QUERY": "Correct the condition in settings.",
    "NOT_FOUND": "Look whether the org knows this api_version.",
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One error of Salesforce, top-level or of a row."""

    code: str
    message: str
    status: int = 0

    @property
    def passes(self) -> bool:
        """Whether it may work later without anybody doing anything."""
        hidden_lock = self.code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" and "UNABLE_TO_LOCK_ROW" in self.message
        return self.code in _LATER or hidden_lock or self.status >= 500 or self.status in _LATER_STATUS


def read(body: Any, status: int) -> Fault:
    """The first error of an error body: a list of ``{message, errorCode}`` (``statusCode`` in rows), or one of OAuth's."""
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, Mapping):
        return Fault(code="", message="", status=status)
    code = first.get("errorCode") or first.get("statusCode") or first.get("error") or ""
    message = first.get("message") or first.get("error_description") or ""
    return Fault(code=str(code)[:80], message=str(message)[:1000], status=status)


def translate(fault: Fault, delay: float | None = None) -> errors.OutsideError:
    """The fault of a whole call or query in the journey's words."""
    if fault.code == "REQUEST_LIMIT_EXCEEDED" and "concurrent" in fault.message.lower():
        message = "Salesforce has too many long calls at once: find out which program makes them"
        return errors.Later(message, code=fault.code, delay=delay or _CROWD_PAUSE)
    if fault.code == "REQUEST_LIMIT_EXCEEDED":
        message = "Salesforce's daily limit of API calls is used up: buy more calls or find who uses them"
        return errors.Later(message, code=fault.code, delay=delay or _LIMIT_PAUSE)
    if fault.status in {502, 503, 504} and delay is None:
        return retry.Brief(f"Salesforce is not to be had at the moment (status {fault.status})", code=fault.code)
    if fault.passes:
        return errors.Later(f"Salesforce asks for patience ({_shown(fault)})", code=fault.code, delay=delay)
    if column := _NO_COLUMN.search(fault.message):
        remedy = f"Give the user read access to {column[2]}.{column[1]} (field-level security), or correct the name in settings."
        return errors.NeedsPerson(f"the field {column[2]}.{column[1]} cannot be read", code=fault.code, remedy=remedy)
    if fault.code == "INVALID_TYPE" and (found := _NO_OBJECT.search(fault.message)):
        return errors.NeedsPerson(f"the object {found[1]} cannot be read", code=fault.code, remedy=_REMEDIES[fault.code])
    remedy = _REMEDIES.get(fault.code, "Look at the permissions of the user that the connected app runs as.")
    return errors.NeedsPerson(f"Salesforce refuses the call ({_shown(fault)})", code=fault.code, remedy=remedy)


def _shown(fault: Fault) -> str:
    # A message may repeat the query and with it a customer's words; codes never do.
    return fault.code or f"status {fault.status}"

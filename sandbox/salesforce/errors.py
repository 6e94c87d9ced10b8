"""How the service says no: a list of objects at the top of a reply, a list of row errors inside one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class ApiError(Exception):
    """A request that fails as a whole."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None, **extra: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.extra = extra

    def body(self) -> list[dict[str, Any]]:
        """The reply's JSON."""
        entry: dict[str, Any] = {"message": self.message, "errorCode": self.code, **self.extra}
        if self.fields is not None:
            entry["fields"] = list(self.fields)
        return [entry]


@dataclass(frozen=True)
class RowError:
    """Why one record was not written."""

    code: str
    message: str
    fields: tuple[str, ...] | None = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_row(self) -> dict[str, Any]:
        """As it stands in the results of several rows (``statusCode``; lock errors come without ``fields``)."""
        row: dict[str, Any] = {"statusCode": self.code, "message": self.message}
        if self.fields is not None:
            row["fields"] = list(self.fields)
        return row

    def as_error(self) -> ApiError:
        """As the only record of a request fails."""
        status = {"ENTITY_IS_DELETED": 404, "NOT_FOUND": 404, "INSUFFICIENT_ACCESS_OR_READONLY": 403}.get(self.code, 400)
        return ApiError(status, self.code, self.message, self.fields, **self.extra)


class RowRefused(Exception):
    """One record cannot be written as asked."""

    def __init__(self, code: str, message: str, fields: Sequence[str] | None = (), **extra: Any) -> None:
        super().__init__(code)
        self.error = RowError(code, message, None if fields is None else tuple(fields), extra)


def an_object(value: Any) -> dict[str, Any]:
    """A part of a body that must be a JSON object; null is an empty one. Raises JSON_PARSER_ERROR."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        token = "START_ARRAY" if isinstance(value, list) else "VALUE_STRING"
        raise ApiError(400, "JSON_PARSER_ERROR", f"Cannot deserialize instance of object from {token} [line:1, column:1]")
    return value


def malformed_query(message: str) -> ApiError:
    """SOQL that cannot be parsed."""
    return ApiError(400, "MALFORMED_QUERY", message)


def retired(version: str, oldest: int) -> str:
    """What is said about a version that is no longer served, by whatever API."""
    return (
        f"The API version that was specified ({version}) is below the minimum supported ({oldest}.0). "
        "Change the version number and run the request again."
    )


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    """404 as the REST API words it."""
    return ApiError(404, "NOT_FOUND", message)

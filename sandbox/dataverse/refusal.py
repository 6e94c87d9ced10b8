"""How the Web API says no: status, hexadecimal code and message, in Microsoft's own words where they are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(eq=False)
class Refusal(Exception):
    """One error answer: ``{"error": {"code", "message"}}`` with its HTTP status."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}"


def bad_query(message: str) -> Refusal:
    """A query option or a URL that cannot be understood."""
    return Refusal(400, "0x80060888", message)


def no_property(name: str, table: str) -> Refusal:
    """A column or navigation property that the table does not have."""
    return bad_query(f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table}'.")


def no_segment(segment: str) -> Refusal:
    """An entity set, function or action that does not exist."""
    return Refusal(404, "0x8006088a", f"Resource not found for the segment '{segment}'.")


def no_record(table: str, record: str) -> Refusal:
    """No such row (0x80040217)."""
    return Refusal(404, "0x80040217", f"Entity '{table}' With Id = {record} Does Not Exist")


def no_record_by_key(table: str, keys: str) -> Refusal:
    """No row has these alternate key values (0x80060891)."""
    return Refusal(404, "0x80060891", f"A record with the specified key values does not exist in {table} entity. Keys: {keys}")


def bad_payload(entity_set: str, inner: str) -> Refusal:
    """A request body that does not fit the table (0x80048d19)."""
    return Refusal(
        400,
        "0x80048d19",
        f"Error identified in Payload provided by the user for Entity :'{entity_set}', For more information on this error "
        "please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : "
        f"Microsoft.OData.ODataException: {inner}",
    )


def invalid(message: str) -> Refusal:
    """An argument that is understood and not acceptable (0x80040203)."""
    return Refusal(400, "0x80040203", message)


def version_mismatch() -> Refusal:
    """If-Match named another version (0x80060882)."""
    return Refusal(412, "0x80060882", "The version of the existing record doesn't match the RowVersion property provided.")


def exists() -> Refusal:
    """If-None-Match: * and the row is there, or a create with a known id (0x80040237)."""
    return Refusal(412, "0x80040237", "A record with matching key values already exists.")


def duplicate_key(keys: str) -> Refusal:
    """A value that an alternate key holds already (0x80060892)."""
    return Refusal(
        412, "0x80060892", f"A record that has the attribute values {keys} already exists. Entity Key requires unique values."
    )


def not_allowed(message: str) -> Refusal:
    """A method that the resource does not take."""
    return Refusal(405, "0x80060889", message)

"""Short ways to say what a column is; ``may`` says whether it is writable: ``cu`` create and update, ``c``, ``u`` or neither."""

import re
from collections.abc import Sequence
from typing import Any

from sandbox.salesforce import schema


def _label(name: str) -> str:
    words = re.sub(r"__c$|Id$", "", name).replace("_", " ")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words).strip() or name


def column(name: str, kind: str, may: str = "cu", **more: Any) -> schema.Field:
    """Any column; what is not said takes the type's usual value."""
    label = more.pop("label", None) or _label(name) + (" ID" if kind == "reference" and name.endswith("Id") else "")
    nillable = more.pop("nillable", kind != "boolean")
    more.setdefault("permissionable", nillable)
    return schema.Field(
        name=name, type=kind, label=label, createable="c" in may, updateable="u" in may, nillable=nillable, **more
    )


def text(name: str, length: int = 255, may: str = "cu", **more: Any) -> schema.Field:
    """A line of text."""
    return column(name, "string", may, length=length, **more)


def area(name: str, length: int = 255, may: str = "cu", **more: Any) -> schema.Field:
    """Text of several lines; above 255 characters it cannot be filtered, sorted or grouped."""
    return column(name, "textarea", may, length=length, filterable=length <= 255, **more)


def picklist(name: str, values: Sequence[str], may: str = "cu", **more: Any) -> schema.Field:
    """A choice."""
    return column(name, "picklist", may, length=more.pop("length", 40), values=tuple(values), **more)


def flag(name: str, may: str = "cu", **more: Any) -> schema.Field:
    """A checkbox: never null."""
    return column(name, "boolean", may, **{"permissionable": bool(may), **more})


def number(name: str, precision: int, scale: int, may: str = "cu", *, kind: str = "double", **more: Any) -> schema.Field:
    """A number with ``precision`` digits in all, ``scale`` of them behind the point."""
    return column(name, kind, may, precision=precision, scale=scale, **more)


def day(name: str, may: str = "cu", **more: Any) -> schema.Field:
    """A calendar day."""
    return column(name, "date", may, **more)


def moment(name: str, may: str = "cu", **more: Any) -> schema.Field:
    """A date with time."""
    return column(name, "datetime", may, **more)


def lookup(name: str, to: str | Sequence[str], child: str | None = None, may: str = "cu", **more: Any) -> schema.Field:
    """A reference to one of the objects ``to``; without a ``relationship`` (None) SOQL cannot walk to them."""
    usual = name[:-3] + "__r" if name.endswith("__c") else name.removesuffix("Id")
    relationship = more.pop("relationship", usual)
    targets = (to,) if isinstance(to, str) else tuple(to)
    return column(name, "reference", may, length=18, to=targets, relationship=relationship, child=child, **more)


def compound(name: str, prefix: str) -> schema.Field:
    """An address made of the columns that begin with ``prefix``; it cannot be written or filtered."""
    return column(name, "address", "", filterable=False, compound=prefix)


def viewed() -> list[schema.Field]:
    """When this user last saw the record or one that points at it."""
    return [moment("LastViewedDate", "", permissionable=False), moment("LastReferencedDate", "", permissionable=False)]


def entity(name: str, prefix: str, columns: Sequence[schema.Field], plural: str | None = None, **more: Any) -> schema.Entity:
    """An object with the columns that every object has, and these."""
    label = more.pop("label", None) or _label(name)
    made = schema.Entity(name=name, label=label, plural=plural or label + "s", prefix=prefix, **more)
    made.add([column("Id", "id", "", nillable=False, length=18, id_lookup=True, label=f"{label} ID")])
    made.add(columns)
    made.add(_system())
    return made


def _system() -> list[schema.Field]:
    stamped: dict[str, Any] = {"nillable": False}
    return [
        flag("IsDeleted", "", label="Deleted"),
        moment("CreatedDate", "", **stamped),
        lookup("CreatedById", "User", None, "", **stamped),
        moment("LastModifiedDate", "", **stamped),
        lookup("LastModifiedById", "User", None, "", **stamped),
        moment("SystemModstamp", "", **stamped),
    ]

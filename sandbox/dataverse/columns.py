"""Short ways to say what columns a table has; used by the standard tables."""

from collections.abc import Mapping, Sequence

from sandbox.dataverse.schema import Column, Kind, Option


def text(name: str, label: str, length: int = 100, *, shape: str = "Text", required: str = "None", update: bool = True) -> Column:
    """A line of text; ``length`` in characters."""
    return Column(
        name=name, kind=Kind.STRING, label=label, length=length, format=shape, required=required, create=update, update=update
    )


def memo(name: str, label: str, length: int = 2000) -> Column:
    """Text of several lines."""
    return Column(name=name, kind=Kind.MEMO, label=label, length=length, format="TextArea")


def whole(name: str, label: str, minimum: int = -2147483648, maximum: int = 2147483647) -> Column:
    """A whole number."""
    return Column(name=name, kind=Kind.INTEGER, label=label, minimum=minimum, maximum=maximum, format="None")


def money(name: str, label: str) -> Column:
    """An amount in the organisation's currency."""
    return Column(name=name, kind=Kind.MONEY, label=label, minimum=-922337203685477, maximum=922337203685477, precision=2)


def yes_no(
    name: str, label: str, *, default: bool = False, labels: tuple[str, str] = ("No", "Yes"), update: bool = True
) -> Column:
    """A two-option column; ``labels`` are those of False and True."""
    options = (Option(value=0, label=labels[0]), Option(value=1, label=labels[1]))
    return Column(name=name, kind=Kind.BOOLEAN, label=label, options=options, default=default, create=update, update=update)


def instant(name: str, label: str, *, update: bool = True) -> Column:
    """Date and time."""
    return Column(name=name, kind=Kind.DATETIME, label=label, format="DateAndTime", create=update, update=update)


def day(name: str, label: str, *, behavior: str = "DateOnly") -> Column:
    """A date. With behaviour UserLocal the wire carries a time even though people see only the date."""
    return Column(name=name, kind=Kind.DATETIME, label=label, format="DateOnly", behavior=behavior)


def choice(name: str, label: str, options: Mapping[int, str], *, default: int | None = None) -> Column:
    """A choice column."""
    picks = tuple(Option(value=value, label=words) for value, words in options.items())
    return Column(name=name, kind=Kind.PICKLIST, label=label, options=picks, default=default)


def lookup(name: str, label: str, *targets: str, kind: Kind = Kind.LOOKUP, update: bool = True) -> Column:
    """A reference to a row of one of ``targets``."""
    return Column(name=name, kind=kind, label=label, targets=targets, create=update, update=update)


def states(state_labels: Sequence[str], reasons: Mapping[int, tuple[int, str]], default: int) -> tuple[Column, Column]:
    """``statecode`` and ``statuscode``; ``reasons``: status value → (state, label)."""
    options = tuple(Option(value=value, label=label) for value, label in enumerate(state_labels))
    status = tuple(Option(value=value, label=label, state=state) for value, (state, label) in reasons.items())
    return (
        Column(name="statecode", kind=Kind.STATE, label="Status", options=options, default=0, create=False),
        Column(name="statuscode", kind=Kind.STATUS, label="Status Reason", options=status, default=default),
    )


def key(name: str, label: str) -> Column:
    """The primary key."""
    return Column(name=name, kind=Kind.UNIQUEIDENTIFIER, label=label, required="SystemRequired", update=False)

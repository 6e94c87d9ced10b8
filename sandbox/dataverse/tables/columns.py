"""Short ways to say what a table is made of; used by the standard tables and by new ones."""

from collections.abc import Iterable, Mapping, Sequence

from sandbox.dataverse.schema import Column, Kind, Option, Table


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


ACTIVE = (("Active", "Inactive"), {1: (0, "Active"), 2: (1, "Inactive")}, 1)
CLOSE_ACTIVITY = (("Open", "Completed", "Canceled"), {1: (0, "Open"), 2: (1, "Completed"), 3: (2, "Canceled")}, 1)

_system = (
    instant("createdon", "Created On", update=False),
    instant("modifiedon", "Modified On", update=False),
    lookup("createdby", "Created By", "systemuser", update=False),
    lookup("modifiedby", "Modified By", "systemuser", update=False),
    Column(name="versionnumber", kind=Kind.BIGINT, label="Version Number", create=False, update=False),
    Column(name="overriddencreatedon", kind=Kind.DATETIME, label="Record Created On", format="DateOnly", update=False),
    whole("importsequencenumber", "Import Sequence Number"),
)
_owned = (
    lookup("ownerid", "Owner", "systemuser", "team", kind=Kind.OWNER),
    lookup("owninguser", "Owning User", "systemuser", update=False),
    lookup("owningteam", "Owning Team", "team", update=False),
    lookup("owningbusinessunit", "Owning Business Unit", "businessunit", update=False),
)


def everywhere() -> tuple[Column, ...]:
    """Columns that every table of users' rows has."""
    return _system + _owned + states(*ACTIVE)


def table(name: str, primary: Column, more: Iterable[Column], **options: object) -> Table:
    """A table with its key, its name column and the columns that every table has."""
    entity_set = str(options.pop("entity_set", name + "s"))
    identity = str(options.pop("key", name + "id"))
    label = str(options.pop("label", name.capitalize()))
    made = Table(
        name=name,
        schema_name=str(options.pop("schema_name", name.capitalize())),
        entity_set=entity_set,
        key=identity,
        primary_name=primary.name,
        label=label,
        plural=str(options.pop("plural", label + "s")),
        code=int(str(options.pop("code", 10000))),
        ownership=str(options.pop("ownership", "UserOwned")),
        activity=bool(options.pop("activity", False)),
        custom=bool(options.pop("custom", False)),
        tracked=bool(options.pop("tracked", True)),
        bulk=bool(options.pop("bulk", True)),
        read_only=bool(options.pop("read_only", False)),
    )
    if options:
        raise TypeError(f"unknown table options {sorted(options)}")
    owned = _owned if made.ownership == "UserOwned" else ()
    for column in (key(identity, label), primary, *more, *_system, *owned):
        made.add(column)
    if "statecode" not in made.columns and made.ownership == "UserOwned":
        for column in states(*ACTIVE):
            made.add(column)
    return made


def activity(
    name: str,
    schema_name: str,
    code: int,
    more: tuple[Column, ...],
    lifecycle: tuple[tuple[str, ...], dict[int, tuple[int, str]], int],
) -> Table:
    """A table of activities: tasks, and what closing something leaves behind."""
    return table(
        name,
        text("subject", "Subject", 200, required="ApplicationRequired"),
        (
            memo("description", "Description", 100_000),
            day("actualstart", "Actual Start", behavior="UserLocal"),
            day("actualend", "Actual End", behavior="UserLocal"),
            whole("actualdurationminutes", "Actual Duration", 0),
            instant("scheduledstart", "Start Date"),
            instant("scheduledend", "Due Date"),
            yes_no("isbilled", "Is Billed"),
            text("activitytypecode", "Activity Type", 64, update=False),
            *states(*lifecycle),
            *more,
        ),
        schema_name=schema_name,
        key="activityid",
        code=code,
        activity=True,
    )

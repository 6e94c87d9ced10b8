"""From CRM records to touchpoints, and the last look on a record before anybody is asked. Pure.

Called by journey's notice step (watches, touchpoint) and last look (look, standing). Absurd records become touchpoints too,
with their trouble named, so that every record that was noticed has an explanation.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from connectors import base
from mapping import kind
from triggers import decision, facts
from triggers import touchpoint as room_touchpoint

LONGEST_ID = 100
"""Characters of a record id or an occurrence that can be kept as a key."""


def watches(sources: Iterable[kind.Source]) -> tuple[base.Watch, ...]:
    """What a connector is to read for these sources."""
    return tuple(_watch(source) for source in sources)


def _watch(source: kind.Source) -> base.Watch:
    fields, children = split(source, source.paths)
    return base.Watch(
        name=source.name,
        object=source.object,
        fields=fields,
        where=source.where,
        children=children,
        optional=_optional(source, source.paths),
    )


def split(source: kind.Source, paths: Iterable[str]) -> tuple[tuple[str, ...], tuple[base.Child, ...]]:
    """The paths of the row itself, and those of its child rows as the connector wants them."""
    inside: dict[str, list[str]] = {relationship: [] for relationship in source.children}
    own: list[str] = []
    for path in paths:
        head, _, rest = path.partition(".")
        inside.get(head, own).append(rest if head in inside else path)
    children = tuple(
        base.Child(relationship=relationship, fields=tuple(fields), where=source.children[relationship])
        for relationship, fields in inside.items()
        if fields
    )
    return tuple(own), children


def _optional(source: kind.Source, paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(path for path in paths if path in source.may_miss)


def look(source: kind.Source, records: Sequence[str]) -> base.Look:
    """The last look on these records: does it still hold, and may the person still be asked."""
    seen = source.on_record
    fields, children = split(seen, seen.look_paths)
    return base.Look(
        name=source.name,
        object=seen.object,
        records=tuple(records),
        fields=fields,
        children=children,
        optional=_optional(seen, seen.look_paths),
    )


Refusal = tuple[decision.Reason, str]
"""Why nobody must be asked any more, and the sentence for the admin."""


def standing(source: kind.Source, touch: room_touchpoint.Touchpoint, change: base.Change) -> Refusal | None:
    """Whether something speaks against asking about this touchpoint now; ``change`` is what ``look`` brought back.

    A record that was re-opened and closed again counts as re-opened: that closing has a touchpoint of its own.
    """
    seen = source.on_record
    return _record_standing(seen, touch, change) or _person_standing(seen, change)


def _record_standing(seen: kind.Source, touch: room_touchpoint.Touchpoint, change: base.Change) -> Refusal | None:
    survivor = change.merged_into or text(first(change.values, seen.merged))
    if survivor:
        return decision.Reason.MERGED, f"The record was merged into {survivor} before the message went out."
    if change.deleted:
        return decision.Reason.DELETED, "The record was deleted in the CRM before the message went out."
    changed = [path for path, wanted in seen.steady.items() if not _meets(change.values.get(path), wanted)]
    if changed:
        now = _shown(change.values, changed[0])
        return decision.Reason.REOPENED, f"The record was re-opened before the message went out: {changed[0]} is {now}."
    if not seen.once and occurrence_of(seen, change) not in ("", touch.occurrence):
        return decision.Reason.REOPENED, "The record was re-opened and closed again, and the later closing is asked about."
    return None


def _shown(values: base.Values, path: str) -> str:
    return "not readable" if path not in values else text(values[path])[:80] or "empty"


def _person_standing(seen: kind.Source, change: base.Change) -> Refusal | None:
    person = recipient(seen, change.values)
    if person is None or not (person.email or person.phone):
        return decision.Reason.NO_ADDRESS, "The record no longer names a person with an address."
    if person.opted_out is None:
        words = "The opt-out field could not be read right before sending, so nobody was asked: check the user's permissions."
        return decision.Reason.CONSENT_UNREADABLE, words
    if person.opted_out:
        return decision.Reason.OPTED_OUT, "The person opted out in the CRM after this was decided and before it went out."
    return None


def touchpoint(source: kind.Source, change: base.Change, connector: str) -> room_touchpoint.Touchpoint | None:
    """The touchpoint that a change is; None when the record does not mean that it happened (not closed, deleted)."""
    if change.deleted or not holds(source.when, change.values):
        return None
    record = text(change.values.get(source.record) if source.record else change.record)
    found = bool(record) and len(record) <= LONGEST_ID
    happened_at = instant(change.values, source.happened, change.stamp)
    occurrence = occurrence_of(source, change)
    return room_touchpoint.Touchpoint(
        connector=connector,
        kind=source.kind,
        object=source.target if found else source.object,
        record=record if found else text(change.record)[:LONGEST_ID],
        occurrence=occurrence[:LONGEST_ID],
        label=text(first(change.values, source.label)) or record,
        happened_at=happened_at or datetime.fromtimestamp(0, UTC),
        source=source.name,
        person=recipient(source, change.values),
        account=text(first(change.values, source.account)),
        context=_context(source, change.values),
        trouble=_trouble(source, record, happened_at),
    )


def _trouble(source: kind.Source, record: str, happened_at: datetime | None) -> str:
    if not record:
        where = f"its column {source.record}" if source.record else "it"
        return f"A row of {source.object} does not say which {source.target} it is about: {where} is empty."
    if len(record) > LONGEST_ID:
        return f"A row of {source.object} has a record id of more than {LONGEST_ID} characters."
    if happened_at is None:
        return (
            f"The record does not say when it happened: {' and '.join(source.happened) or 'its stamp'} and its stamp are empty."
        )
    return ""


def occurrence_of(source: kind.Source, change: base.Change) -> str:
    """Which occurrence it is: the column's value (an instant as ISO 8601 in UTC), or the source's constant word."""
    if source.once:
        return source.once
    return text(first(change.values, source.occurrence))


def recipient(source: kind.Source, values: base.Values) -> room_touchpoint.Recipient | None:
    """Whom the record concerns: the first of the source's people with an address, else the first that is there at all."""
    found = [person for candidate in source.person if (person := _person(candidate, values)) is not None]
    return next((person for person in found if person.email or person.phone), found[0] if found else None)


def _person(candidate: kind.Person, values: base.Values) -> room_touchpoint.Recipient | None:
    record = text(first(values, candidate.record))
    bounced = any(_truth(values.get(path)) for path in candidate.bounced)
    email = "" if bounced else text(first(values, candidate.email))
    phone = text(first(values, candidate.phone))
    if not (record or email or phone):
        return None
    return room_touchpoint.Recipient(
        record=record,
        name=text(first(values, candidate.name)),
        email=email,
        phone=phone,
        language=text(first(values, candidate.language)),
        opted_out=_objects(candidate, values) or opted_out([values.get(path) for path in candidate.opt_out]),
    )


def _objects(candidate: kind.Person, values: base.Values) -> bool:
    return any(_truth(values.get(path)) for path in candidate.objection)


_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"false", "no", "0"})


def opted_out(columns: Sequence[Any]) -> bool | None:
    """True when one column says so; None when one of them cannot be read; False when all say no, or there are none."""
    said = [_truth(value) for value in columns]
    if any(said):
        return True
    return None if None in said else False


def _truth(value: Any) -> bool | None:
    word = text(value).casefold() if isinstance(value, str | int) else ""
    return True if word in _YES else False if word in _NO else None


def holds(expected: kind.Expected, values: base.Values) -> bool:
    """Whether every path has the value, or one of the values, expected; text without regard to case."""
    return all(_meets(values.get(path), wanted) for path, wanted in expected.items())


def _meets(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, tuple):
        return any(_meets(value, one) for one in wanted)
    return bool(facts.fold(value) == facts.fold(wanted))


def first(values: Mapping[str, Any], paths: Iterable[str]) -> Any:
    """The first value that is neither missing nor empty text."""
    for path in paths:
        value = values.get(path)
        if value is not None and not (isinstance(value, str) and not value.strip()):
            return value
    return None


def text(value: Any) -> str:
    """A value as text that any database takes: no NUL, no lone surrogates, no white space around; None is empty."""
    if value is None:
        return ""
    shown = facts.plain(value)
    said = shown if isinstance(shown, str) else str(shown)
    if not said.isascii():
        said = said.encode("utf-8", "replace").decode("utf-8")
    return said.replace("\x00", "").strip()


def _context(source: kind.Source, values: base.Values) -> dict[str, room_touchpoint.Plain]:
    """The facts that the CRM let us read. One that it hid is left out, which is not the same as empty: no rule may rest on it."""
    readable = ((name, column) for name, column in source.context.items() if any(path in values for path in column.path))
    return {name: fact(column, values) for name, column in readable}


def fact(column: kind.Column, values: base.Values) -> room_touchpoint.Plain:
    """One context value: codes by their names where the source gives names, instants as ISO 8601 text in UTC."""
    value = facts.plain(first(values, column.path))
    if column.names:
        named = column.names.get(text(value))
        if named is not None:
            return named
    return text(value) if isinstance(value, str) else value


def instant(values: base.Values, paths: Sequence[str], stamp: datetime | None) -> datetime | None:
    """The first path that holds an instant, else the row's stamp; never later than the stamp. A mere day is its noon."""
    known = None if stamp is None else facts.aware(stamp)
    found = next((moment for path in paths if (moment := _moment(values.get(path))) is not None), None)
    if found is None or known is None:
        return found or known
    return min(found, known)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value.strip()) == 10 else datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, datetime):
        return facts.aware(value)
    return datetime.combine(value, time(12), UTC) if isinstance(value, date) else None

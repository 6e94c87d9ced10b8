"""From CRM records to touchpoints, and the last look on a record before anybody is asked. Pure.

Called by journey's notice step (watches, touchpoint) and last look (look, standing). Absurd records become touchpoints too,
with their trouble named, so that every record that was noticed has an explanation.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from connectors import base
from mapping import kind, plain, region
from triggers import decision
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


def standing(
    source: kind.Source,
    touch: room_touchpoint.Touchpoint,
    change: base.Change,
    *,
    reopening: bool = True,
    addressed: bool = True,
) -> Refusal | None:
    """Whether something speaks against asking about this touchpoint now; ``change`` is what ``look`` brought back.

    A record that was re-opened and closed again counts as re-opened: that closing has a touchpoint of its own. Where a record can
    happen again, ``reopening=False`` lets it be asked about all the same: each closing counts by itself. ``addressed=False``: the
    person needs no address, since nothing is sent to them.
    """
    seen = source.on_record
    lasting = reopening or bool(seen.once)
    return (
        _gone(seen, change)
        or (_reopened(seen, touch, change) if lasting else None)
        or _person_standing(seen, touch, change, addressed=addressed)
    )


def _gone(seen: kind.Source, change: base.Change) -> Refusal | None:
    survivor = change.merged_into or plain.text(plain.first(change.values, seen.merged))
    if survivor:
        return decision.Reason.MERGED, f"The record was merged into {survivor} before the message went out."
    if change.deleted:
        return decision.Reason.DELETED, "The record was deleted in the CRM before the message went out."
    return None


def _reopened(seen: kind.Source, touch: room_touchpoint.Touchpoint, change: base.Change) -> Refusal | None:
    changed = [path for path, wanted in seen.steady.items() if not plain.meets(change.values.get(path), wanted)]
    if changed:
        now = _shown(change.values, changed[0])
        return decision.Reason.REOPENED, f"The record was re-opened before the message went out: {changed[0]} is {now}."
    if not seen.once and occurrence_of(seen, change) not in ("", touch.occurrence):
        return decision.Reason.REOPENED, "The record was re-opened and closed again, and the later closing is asked about."
    return None


def _shown(values: base.Values, path: str) -> str:
    return "not readable" if path not in values else plain.text(values[path])[:80] or "empty"


def _person_standing(
    seen: kind.Source, touch: room_touchpoint.Touchpoint, change: base.Change, *, addressed: bool
) -> Refusal | None:
    person = recipient(seen, change.values)
    asked = touch.person.record if touch.person is not None else ""
    if person is not None and asked and person.record != asked:
        words = "The record names another person now than when this was decided, so the first one was not asked."
        return decision.Reason.PERSON_CHANGED, words
    if person is None or (addressed and not (person.email or person.phone)):
        return decision.Reason.NO_ADDRESS, "The record no longer names a person with an address."
    if person.opted_out is None:
        words = "The opt-out field could not be read right before sending, so nobody was asked: check the user's permissions."
        return decision.Reason.CONSENT_UNREADABLE, words
    if person.opted_out:
        return decision.Reason.OPTED_OUT, "The person opted out in the CRM after this was decided and before it went out."
    return None


def touchpoint(source: kind.Source, change: base.Change, connector: str) -> room_touchpoint.Touchpoint | None:
    """The touchpoint that a change is; None when the record does not mean that it happened (not closed, deleted)."""
    if change.deleted or not plain.holds(source.when, change.values):
        return None
    record = plain.text(change.values.get(source.record) if source.record else change.record)
    found = bool(record) and len(record) <= LONGEST_ID
    happened_at = plain.instant(change.values, source.happened, change.stamp)
    occurrence = occurrence_of(source, change)
    return room_touchpoint.Touchpoint(
        connector=connector,
        kind=source.kind,
        object=source.target if found else source.object,
        record=record if found else plain.text(change.record)[:LONGEST_ID],
        occurrence=occurrence[:LONGEST_ID],
        label=plain.text(plain.first(change.values, source.label)) or record,
        happened_at=happened_at or datetime.fromtimestamp(0, UTC),
        source=source.name,
        person=recipient(source, change.values),
        account=plain.text(plain.first(change.values, source.account)),
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
    return plain.text(plain.first(change.values, source.occurrence))


def recipient(source: kind.Source, values: base.Values) -> room_touchpoint.Recipient | None:
    """Whom the record concerns: the first of the source's people with an address, else the first that is there at all."""
    home = source.region or room_touchpoint.HOME
    found = [person for candidate in source.person if (person := _person(candidate, values, home)) is not None]
    return next((person for person in found if person.email or person.phone), found[0] if found else None)


def _person(candidate: kind.Person, values: base.Values, home: str) -> room_touchpoint.Recipient | None:
    record = plain.text(plain.first(values, candidate.record))
    bounced = any(plain.truth(values.get(path)) for path in candidate.bounced)
    email = "" if bounced else plain.text(plain.first(values, candidate.email))
    phone = plain.text(plain.first(values, candidate.phone))
    if not (record or email or phone):
        return None
    return room_touchpoint.Recipient(
        record=record,
        object=candidate.object if record else "",
        name=plain.text(plain.first(values, candidate.name)),
        email=email,
        phone=phone,
        country=region.code_of(plain.text(plain.first(values, candidate.country))) or home,
        language=plain.text(plain.first(values, candidate.language)),
        opted_out=_objects(candidate, values) or plain.opted_out([values.get(path) for path in candidate.opt_out]),
    )


def _objects(candidate: kind.Person, values: base.Values) -> bool:
    return any(plain.truth(values.get(path)) for path in candidate.objection)


def _context(source: kind.Source, values: base.Values) -> dict[str, room_touchpoint.Plain]:
    """The facts that the CRM let us read. One that it hid is left out, which is not the same as empty: no rule may rest on it."""
    readable = ((name, column) for name, column in source.context.items() if any(path in values for path in column.path))
    return {name: plain.fact(column, values) for name, column in readable}

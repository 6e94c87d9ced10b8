"""Identities: which person a record's keys belong to. Two who turn out to be one become one.

Called by touchpoints (when a touchpoint is stored). A person is known by every e-mail address and phone number that came with
their records, in any CRM; a record that carries a known address and a known number of two people says that they are one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from store import people, rows, tables

PERSON = people.PERSON
KEY = people.KEY
REFUSAL = rows.table(tables.Refusal)
_OWNED = (*(rows.table(one) for one in (tables.Touchpoint, tables.Decision, tables.Invitation, tables.BadAddress)), KEY)
"""What hangs on a person and moves along when two become one."""
MOST_ADDRESSES = 4
"""E-mail addresses of one human that a phone number may bring together; one that more addresses share is a switchboard's."""


def meet(tx: sa.Connection, met: Iterable[people.Keys]) -> dict[str, int]:
    """Key → person, for all of these keys; those not met before are made, and those who are one are brought together."""
    groups = sorted({one for one in met if one.first is not None}, key=lambda one: (one.email or "", one.phone or ""))
    known = people.known(tx, {key for one in groups for key in (one.email, one.phone) if key is not None})
    families = _Families(known, _addresses(tx, known.values()))
    for one in groups:
        families.join(one)
    made = _store(tx, families)
    return {key: made[families.root(key)] for one in groups for key in (one.email, one.phone) if key is not None}


def _addresses(tx: sa.Connection, person_ids: Iterable[int]) -> dict[int, int]:
    """Person → how many e-mail addresses they have."""
    found: dict[int, int] = {}
    for chunk in rows.chunks(sorted(set(person_ids))):
        query = sa.select(KEY.c.person_id, sa.func.count()).where(KEY.c.person_id.in_(chunk), sa.not_(KEY.c.phone))
        found.update((i, count) for i, count in tx.execute(query.group_by(KEY.c.person_id)))
    return found


class _Families:
    """Keys and persons that belong together (union-find), each family known by its root: a key."""

    def __init__(self, known: Mapping[str, int], addresses: Mapping[int, int]) -> None:
        self._above: dict[str, str] = {}
        self._addresses: dict[str, int] = {}
        self.persons: dict[str, set[int]] = defaultdict(set)
        """Root → the rows that its family has already."""
        self.phones: set[str] = set()
        first: dict[int, str] = {}
        for key, person in known.items():
            root = first.setdefault(person, key)
            self._above[key] = root
            self.persons[root].add(person)
            self._addresses[root] = addresses.get(person, 0)
        self.known = frozenset(known)

    def root(self, key: str) -> str:
        """The family of a key."""
        while (above := self._above.setdefault(key, key)) != key:
            self._above[key] = self._above[above]
            key = above
        return key

    def join(self, one: people.Keys) -> None:
        """These keys came with one record."""
        if one.email is not None and one.email not in self._above:
            self._addresses[one.email] = 1
        email, phone = (None if key is None else self.root(key) for key in (one.email, one.phone))
        if one.phone is not None:
            self.phones.add(one.phone)
        if email is None or phone is None or email == phone:
            return
        together = self._addresses.get(email, 0) + self._addresses.get(phone, 0)
        if together <= MOST_ADDRESSES:
            self._above[phone] = email
            self._addresses[email] = together
            self.persons[email] |= self.persons.pop(phone, set())

    def keys(self) -> dict[str, list[str]]:
        """Root → the family's keys."""
        found: dict[str, list[str]] = defaultdict(list)
        for key in list(self._above):
            found[self.root(key)].append(key)
        return found


def _store(tx: sa.Connection, families: _Families) -> dict[str, int]:
    """Root → person, with the rows that were missing."""
    keys = families.keys()
    persons = {root: min(families.persons[root]) for root in keys if families.persons.get(root)}
    persons |= _made(tx, [root for root in keys if root not in persons])
    fresh = [
        {"key": key, "person_id": persons[root], "phone": key in families.phones}
        for root, of_family in keys.items()
        for key in of_family
        if key not in families.known
    ]
    rows.insert_new(tx, KEY, fresh)
    for root, several in families.persons.items():
        for gone in sorted(several - {persons[root]}):
            merge(tx, persons[root], gone)
    return persons


def _made(tx: sa.Connection, roots: Sequence[str]) -> dict[str, int]:
    rows.insert_new(tx, PERSON, [{"key": root, "opted_out_by": ""} for root in roots])
    return people.called(tx, roots)


def merge(tx: sa.Connection, person_id: int, gone: int) -> None:
    """The two are one human: what hung on ``gone`` hangs on ``person_id`` from now on; a no of either is a no."""
    people.lock(tx, (person_id, gone))
    for table in _OWNED:
        tx.execute(sa.update(table).where(table.c.person_id == gone).values(person_id=person_id))
    refusals = tx.execute(sa.select(REFUSAL.c.connector, REFUSAL.c.at).where(REFUSAL.c.person_id == gone)).all()
    rows.insert_new(tx, REFUSAL, [{"person_id": person_id, "connector": name, "at": at} for name, at in refusals])
    tx.execute(sa.delete(REFUSAL).where(REFUSAL.c.person_id == gone))
    said = tx.execute(sa.select(PERSON.c.opted_out_at, PERSON.c.opted_out_by).where(PERSON.c.id == gone)).one()
    if said.opted_out_at is not None:
        people.opt_out(tx, person_id, said.opted_out_at, said.opted_out_by)
    tx.execute(sa.delete(PERSON).where(PERSON.c.id == gone))


def consent(tx: sa.Connection, said: Mapping[tuple[int, str], bool], at: datetime) -> None:
    """(Person, connector) → whether they have opted out in that CRM, as their latest touchpoint has it."""
    no = [{"person_id": person, "connector": name, "at": at} for (person, name), opted_out in said.items() if opted_out]
    rows.insert_new(tx, REFUSAL, no)
    yes = defaultdict(list)
    for (person, name), opted_out in said.items():
        if not opted_out:
            yes[name].append(person)
    for name, persons in yes.items():
        for chunk in rows.chunks(persons):
            tx.execute(sa.delete(REFUSAL).where(REFUSAL.c.connector == name, REFUSAL.c.person_id.in_(chunk)))


def refused(tx: sa.Connection, person_ids: Iterable[int]) -> dict[int, dict[str, datetime]]:
    """Person → connectors whose CRM says that they opted out, and when that was seen."""
    found: dict[int, dict[str, datetime]] = defaultdict(dict)
    for chunk in rows.chunks(sorted(set(person_ids))):
        for person, name, at in tx.execute(sa.select(REFUSAL).where(REFUSAL.c.person_id.in_(chunk))):
            found[person][name] = at
    return dict(found)

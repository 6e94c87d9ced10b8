"""The crowd: everybody whom the past is about, by number, with what the store knew of them when it began.

As in the store (identities.py), a record that carries one person's address and another's phone number says that the two are one;
a number that too many addresses share is a switchboard's and says nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from store import identities, opened, past, touchpoints

_DIGITS = 15
"""Hexadecimal digits of a key that make a number: 60 bits, no two alike among a million people."""


def number(key: str) -> int:
    """The number that a person's key gives in a preview."""
    return int(key[:_DIGITS], 16)


class Crowd:
    """``meet`` everybody first; afterwards each number is the ``person`` that it belongs to."""

    def __init__(self, store: opened.Opened | None) -> None:
        self._store = store
        self._families = _Families()
        self._rows: dict[int, int] = {}
        """Person in the store → number."""
        self._known: dict[int, past.Past] = {}

    def meet(self, found: Sequence[touchpoints.Found], before: datetime) -> None:
        """Learn who is whom, and how they stood ``before``. Whoever comes again is looked up again: nobody need be remembered."""
        for one in found:
            keys = one.keys
            if keys.email is not None and keys.phone is not None:
                self._families.meet(number(keys.email), number(keys.phone))
        if self._store is None:
            return
        wanted = {key for one in found for key in (one.keys.email, one.keys.phone) if key is not None}
        with self._store.read() as tx:
            for key, known in past.of(tx, wanted, before).items():
                self._note(number(key), known)

    def _note(self, who: int, known: past.Past) -> None:
        first = self._rows.setdefault(known.person_id, who)
        self._families.join(first, who)
        self._known[first] = known

    def person(self, who: int) -> int:
        """The number of the person that this one belongs to; only right when everybody has been met."""
        return self._families.root(who)

    def asked(self) -> dict[int, datetime]:
        """Person → when they had been asked last."""
        found: dict[int, datetime] = {}
        for who, known in self._known.items():
            if known.asked_at is not None:
                root = self.person(who)
                found[root] = max(known.asked_at, found.get(root, known.asked_at))
        return found

    def refusals(self) -> "Refusals":
        """Who said no to us, and in which CRM."""
        said = [(known.opted_out_at, self.person(who)) for who, known in self._known.items() if known.opted_out_at is not None]
        in_crm = {self.person(who): dict(known.refused) for who, known in self._known.items() if known.refused}
        return Refusals(said, in_crm)


class _Families:
    """Numbers that are one person's (union-find). Most people have one address and one phone number, and take one entry."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}
        self._of_phone: dict[int, int] = {}
        self._addresses: dict[int, int] = {}
        """Root → how many addresses it has, where that is not one."""

    def root(self, who: int) -> int:
        """The family's number."""
        who = self._of_phone.get(who, who)
        while (above := self._above.get(who, who)) != who:
            who = above
        return who

    def meet(self, email: int, phone: int) -> None:
        """These came with one record."""
        mail = self.root(email)
        if phone not in self._of_phone:
            self._of_phone[phone] = mail
            return
        other = self.root(phone)
        together = self._addresses.get(mail, 1) + self._addresses.get(other, 1)
        if other != mail and together <= identities.MOST_ADDRESSES:
            self._above[other] = mail
            self._addresses[mail] = together

    def join(self, one: int, other: int) -> None:
        """The store says that these are one."""
        one, other = self.root(one), self.root(other)
        if one != other:
            self._above[other] = one


class Refusals:
    """Opt-outs in the order of time, so that each counts from its moment on and not before."""

    def __init__(self, said: Iterable[tuple[datetime, int]], in_crm: Mapping[int, dict[str, datetime]]) -> None:
        self._left = sorted(said, reverse=True)
        self.so_far: dict[int, datetime | None] = {}
        """Person → when they said no on our page or by mail."""
        self.in_crm: dict[int, dict[str, datetime]] = dict(in_crm)
        """Person → connectors whose CRM says that they opted out."""

    def until(self, now: datetime) -> None:
        """Let those count that were said by then."""
        while self._left and self._left[-1][0] <= now:
            at, who = self._left.pop()
            self.so_far[who] = at

    def noticed(self, waiting: Iterable[touchpoints.Waiting], now: datetime) -> None:
        """What the CRMs say with these touchpoints; the latest of each counts."""
        for one in sorted(waiting, key=lambda one: one.touch.happened_at):
            person, who = one.touch.person, one.person_id
            if person is None or who is None or person.opted_out is None:
                continue
            if person.opted_out:
                self.in_crm.setdefault(who, {})[one.touch.connector] = now
            elif who in self.in_crm:
                self.in_crm[who].pop(one.touch.connector, None)

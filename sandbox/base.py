"""What all stand-ins share: one clock that can be moved, counters, faults, and the contract that the control address uses."""

import abc
import fnmatch
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any


class Clock:
    """The stand-ins' time: the machine's, plus what has been advanced."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, by: timedelta) -> None:
        """Move forward; everything stamped from now on is that much later."""
        self._ahead += by


@dataclass
class Fault:
    """One misbehaviour that is switched on, for so many calls or until a moment."""

    kind: str
    left: int | None = None
    until: float | None = None
    """``time.monotonic()`` value."""
    options: Mapping[str, Any] = field(default_factory=dict)


class Faults:
    """The misbehaviours that are switched on for one stand-in; ``known`` are its kinds, ``without_*`` any of that beginning."""

    def __init__(self, known: Collection[str] = ()) -> None:
        self.known = known
        self._on: dict[str, Fault] = {}

    def add(self, kind: str, *, count: int | None = None, seconds: float | None = None, **options: Any) -> None:
        """Switch ``kind`` on for ``count`` calls, for ``seconds``, or (neither given) for one call.

        Where both are given, ``count`` says how long it is on and ``seconds`` goes to the options, for faults that take time
        themselves (``timeout``: how long to hang; ``late_commit``: how late). Raises ValueError for an unknown kind.
        """
        if self.known and not any(fnmatch.fnmatchcase(kind, one) for one in self.known):
            raise ValueError(f'"kind" should be one of {", ".join(sorted(self.known))}')
        if count is None and seconds is None:
            count = 1
        if count is not None and seconds is not None:
            options["seconds"] = seconds
        until = time.monotonic() + seconds if count is None and seconds is not None else None
        self._on[kind] = Fault(kind, count, until, options)

    def peek(self, kind: str) -> Fault | None:
        """The fault if it is on, without using it up."""
        fault = self._on.get(kind)
        if fault is None:
            return None
        spent = fault.left is not None and fault.left <= 0
        if spent or (fault.until is not None and time.monotonic() > fault.until):
            del self._on[kind]
            return None
        return fault

    def take(self, kind: str) -> Fault | None:
        """The fault if it is on, using up one of its calls."""
        fault = self.peek(kind)
        if fault is not None and fault.left is not None:
            fault.left -= 1
        return fault

    def clear(self) -> None:
        """Switch all of them off."""
        self._on.clear()


class Counters:
    """Calls as the vendor would bill them, in all and by endpoint."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()

    def add(self, endpoint: str, calls: int = 1) -> None:
        """``endpoint`` is the method and the path's pattern: ``POST composite``, ``GET query``, ``POST $batch``."""
        self._calls[endpoint] += calls

    @property
    def total(self) -> int:
        """All billable calls since the last clear."""
        return sum(self._calls.values())

    def as_json(self) -> dict[str, Any]:
        """``{"total": n, "endpoints": {endpoint: n}}``."""
        return {"total": self.total, "endpoints": dict(self._calls)}

    def clear(self) -> None:
        """Begin at nought."""
        self._calls.clear()


@dataclass(frozen=True, kw_only=True)
class Person:
    """A simulated customer, the same human in every CRM that holds them."""

    key: str
    first_name: str
    last_name: str
    email: str
    """Empty for a customer without an address."""
    phone: str
    language: str
    """fi, sv or en."""
    opted_out: bool
    company: int | None
    """Index into ``Population.companies``; None for a private customer."""
    crms: tuple[str, ...]
    """Which CRMs hold this person: ``salesforce``, ``dynamics`` or both."""


@dataclass(frozen=True, kw_only=True)
class Population:
    """A believable, seeded set of companies, customers and staff that both CRMs are filled from."""

    seed: int
    companies: Sequence[str]
    people: Sequence[Person]
    agents: Sequence[str]
    """Names of service agents and sellers."""
    case_subjects: Sequence[str]
    """More than there are cases, nearly all different, some of them odd."""
    products: Sequence[str]
    cases: int
    """Open cases to make per CRM."""
    purchases: int
    """Open opportunities and draft orders to make per CRM, about half each."""


class StandIn(abc.ABC):
    """One CRM as the control address drives it. Everything here runs on the sandbox's one event loop thread."""

    name: str
    """``salesforce`` or ``dynamics``."""
    faults: Faults
    counters: Counters

    @abc.abstractmethod
    def populate(self, population: Population) -> None:
        """Fill the org: accounts, contacts, users, queues, open cases, open opportunities, draft or active orders."""

    @abc.abstractmethod
    def act(self, do: str, *, count: int | None = None, records: Sequence[str] | None = None) -> list[str]:
        """``close_cases``, ``reopen_cases``, ``raise_priority``, ``make_purchases``, ``merge_cases``, ``delete_cases``, opt_out.

        Does it as people in the CRM would, with all the side effects the real service has, on ``records`` or on ``count`` fit
        records of its choice (making new ones when there are not enough). Answers the ids of the records concerned (opt_out:
        contacts). Raises ValueError with a clear sentence on wrong use.
        """

    @abc.abstractmethod
    def records(self, object_name: str, ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """All fields of these records (all records without ``ids``), as the API would show them to an administrator."""

    @abc.abstractmethod
    def labels(self, record: str) -> dict[str, str]:
        """What a customer could know of a case, order or opportunity: ``{"email", "label", "subject"}``.

        ``email`` is the contact's address (empty when there is none), ``label`` the number or name people call the record by
        (CaseNumber, ticketnumber, OrderNumber, an opportunity's name), ``subject`` the case's subject or title (empty on
        purchases). Raises ValueError for an unknown id.
        """

"""A belt for the journey's tests: real SQLite file, in-process CRM and channel, a clock that the test moves."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
import structlog.testing

from channels import memory as memory_channel
from connectors import memory as memory_connector
from connectors import settings as connector_settings
from journey import belt as belts
from journey import collect, fields, outside, pulse, settings, steps, story
from journey.answering import visits
from mapping import kind, outward
from store import database, people, writer
from surveys import survey
from tests import databases
from triggers import rule

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the database: SQLite alone, for the sake of time."""
NO_WAITING = settings.Signs(just_sent=timedelta(0), pace=timedelta(0))
"""The clock stands still: whatever is answered was sent at the same moment."""
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


class World:
    """A belt with one in-process CRM, and the things that happen in that CRM."""

    def __init__(self, folder: Path, url: str, **changes: object) -> None:
        self.clock = Clock()
        self.crm = memory_connector.Crm(now=self.clock)
        self.channel = memory_channel.MemoryChannel("memory")
        self.folder, self.url = folder, url
        if url.startswith("sqlite"):
            databases.sqlite(Path(str(sa.make_url(url).database)))
        self.changes = changes
        self.belt = self.open()
        self.count = 0

    def open(self) -> belts.Belt:
        """A belt on the same database and CRM: what a restart finds."""
        store = database.Store(self.url)
        store.migrate()
        chosen = connector_settings.MemorySettings(type="memory", lag=timedelta(0), look_back=timedelta(minutes=10))
        connectors = {"crm": memory_connector.MemoryConnector("crm", chosen, self.crm)}
        targets: outward.Targets = {"crm": {"case": {"score": outward.Part.SCORE, "comment": outward.Part.COMMENT}}}
        parts = {
            "store": store,
            "writer": writer.Writer(store),
            "secret": people.open_secret(f"file:{self.folder / 'secret'}"),
            "connectors": connectors,
            "since": {},
            "sources": {"crm": kind.sources("memory", {})},
            "targets": targets,
            "rules": rules(),
            "surveys": {"csat": survey.Survey(key="csat", metric="csat")},
            "brand": survey.Brand(name="Havu"),
            "channels": {"memory": self.channel},
            "settings": settings.JourneySettings(signs=NO_WAITING),
            "public_url": "http://survey.example",
            "patient": False,
            "now": self.clock,
            "began": self.clock(),
            "outside": outside.Outside(store, self.clock),
            "fields": fields.Fields(connectors, targets),
        }
        return belts.Belt(**(parts | self.changes))  # type: ignore[arg-type]

    def restart(self) -> None:
        """Open everything anew, as after a crash."""
        self.belt.writer.close()
        self.belt.store.close()
        self.belt = self.open()

    def turn(self) -> dict[str, int]:
        """Everything that is due."""
        return steps.until_nothing_is_due(self.belt)

    def close_case(self, email: str = "", **values: object) -> str:
        """A case is closed; by default a new one of a new person."""
        self.count += 1
        case = {
            "closed": True,
            "closed_at": self.clock(),
            "number": f"{self.count:08d}",
            "subject": "Router keeps restarting",
            "contact.id": f"contact-{self.count}",
            "contact.name": "Aino Virtanen",
            "contact.email": email or f"aino{self.count}@posti.example",
            "contact.language": "fi",
            "contact.opted_out": False,
            "score": None,
            "comment": None,
        }
        return self.crm.put("case", "", case | {name.replace("__", "."): value for name, value in values.items()})

    def order(self, **values: object) -> str:
        """An order is paid, by a new person unless told otherwise."""
        self.count += 1
        order = {
            "paid": True,
            "paid_at": self.clock(),
            "number": f"O-{self.count}",
            "contact.id": f"contact-{self.count}",
            "contact.name": "Aino Virtanen",
            "contact.email": f"aino{self.count}@posti.example",
            "contact.opted_out": False,
        }
        return self.crm.put("order", "", order | {name.replace("__", "."): value for name, value in values.items()})

    def reopen(self, case: str) -> None:
        """Somebody opens the case again."""
        self.crm.put("case", case, {"closed": False})

    def close_again(self, case: str) -> None:
        """The case is closed once more, now."""
        self.crm.put("case", case, {"closed": True, "closed_at": self.clock()})

    def values(self, case: str) -> dict[str, Any]:
        """The case as the CRM has it."""
        record = self.crm.get("case", case)
        assert record is not None
        return record.values

    def counts(self, noun: str) -> dict[str, int]:
        """How many there are of this noun, by state; states with none left out."""
        counted: dict[str, int] = pulse.counts(self.belt)[noun]
        return {state: count for state, count in counted.items() if count}

    def why(self, text: str) -> dict[str, Any]:
        """The story of the one touchpoint that this text means."""
        told = story.tell(self.belt.store, self.belt.secret, text, timedelta(days=30))["touchpoints"]
        assert len(told) == 1
        return dict(told[0])

    def answer(
        self,
        value: str = "4",
        comment: str = "",
        *,
        which: int = -1,
        change: bool = False,
        decoy: str = "",
        nonce: str | None = None,
    ) -> collect.Collected:
        """The person of a message sends the form off."""
        token = self.token(which)
        purpose = collect.Purpose.CHANGE if change else collect.Purpose.ANSWER
        given = collect.nonce(self.belt, token, purpose) if nonce is None else nonce
        return collect.submit(self.belt, token, collect.Post(nonce=given, value=value, comment=comment, decoy=decoy))

    def token(self, which: int = -1) -> str:
        """The secret link of a message that was sent."""
        return self.channel.messages[which].page_url.rsplit("/", 1)[1]


def opens(belt: belts.Belt, token: str, value: int | None = None, visit: visits.Visit = visits.UNKNOWN) -> None:
    """Somebody or something fetches the page behind the link; what is kept of that is stored when this returns."""
    asked = collect.find(belt, token)
    assert asked is not None
    collect.opened(belt, asked, value, visit)
    belt.writer.submit(lambda tx: None)


@pytest.fixture
def logs() -> Iterator[list[dict[str, Any]]]:
    """What was logged, from INFO up: event and values of each line."""
    before = structlog.get_config()
    capture = structlog.testing.LogCapture()
    structlog.configure(processors=[capture], wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    yield capture.entries  # type: ignore[misc]
    structlog.configure(**before)


def rules(**quiet: object) -> rule.Rules:
    """One rule: every closed case, CSAT, by the memory channel, at once."""
    return rule.Rules.model_validate(
        {
            "rules": [{"name": "Closed cases", "on": "case_closed", "survey": "csat", "channel": "memory"}],
            "quiet": quiet,
        }
    )


@pytest.fixture
def make_world(tmp_path: Path, database_url: str) -> Iterator[Callable[..., World]]:
    """Makes worlds and gives back what they hold."""
    made: list[World] = []

    def make(**changes: object) -> World:
        made.append(World(tmp_path, database_url, **changes))
        return made[-1]

    yield make
    for world in made:
        world.belt.writer.close()
        world.belt.store.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A world in which reading has begun."""
    made = make_world()
    made.crm.put("case", "", {"closed": False, "score": None, "comment": None})
    made.turn()
    return made

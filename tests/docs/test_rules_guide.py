"""The admin guide keeps its word: every example loads, and makes of touchpoints what its table says."""

import json
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from channels import memory
from journey import decide, invite
from settings import load, model
from store import decisions, messages, outbox, people, rows, touchpoints
from tests.docs import guide
from tests.journey import conftest
from triggers import decision, touchpoint

make_world = conftest.make_world
EXAMPLES = {one.title: one for one in guide.examples()}
ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "settings.schema.json").read_text(encoding="utf-8"))
NOT_FACTS = ("when", "kind", "person", "email", "language", "account", "record", "verdict", "reason", "goes out", "variant")
VERDICTS = {"asked": "ask", "later": "later", "not asked": "never"}
NOTICED = timedelta(minutes=1)
"""After it happened."""


def settings_of(example: guide.Example, folder: Path) -> model.Settings:
    """The example in the least frame that it needs, as the service would load it."""
    (folder / "acme.secret").write_text("a long enough secret", encoding="utf-8")
    path = folder / "guide.toml"
    path.write_text(guide.FRAME + example.toml, encoding="utf-8")
    return load.load(path)


def touched(row: Mapping[str, str], number: int, kind: str) -> touchpoint.Touchpoint:
    """A line of a table as a touchpoint; an empty cell is an empty fact, "not told" is none, and numbers are numbers."""
    name = row.get("person") or f"Customer {number}"
    email = row.get("email") or f"{name.replace(' ', '.')}@customer.example"
    return touchpoint.Touchpoint(
        connector="acme",
        kind=row.get("kind") or kind,
        object="Case",
        record=row.get("record") or f"5000000000001{number:02}",
        occurrence=row["when"],
        label=f"{number:08}",
        happened_at=happened(row),
        source="case_closed",
        person=touchpoint.Recipient(record=name, name=name, email=email, language=row.get("language", ""), opted_out=False),
        account=row.get("account", ""),
        context={fact: value(cell) for fact, cell in row.items() if fact not in NOT_FACTS and cell != "not told"},
    )


def happened(row: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(row["when"]).replace(tzinfo=UTC)


def value(cell: str) -> touchpoint.Plain:
    try:
        return float(cell)
    except ValueError:
        return cell or None


def decided(world: conftest.World, touch: touchpoint.Touchpoint) -> dict[str, Any]:
    """What the belt decides about a touchpoint that is noticed a minute after it happened."""
    world.clock.at = touch.happened_at + NOTICED
    keys = people.keys(world.belt.secret, touch.person)
    found = touchpoints.Found(touch=touch, person=keys.first, phone=keys.phone)
    with world.belt.store.write() as tx:
        touchpoints.add(tx, [found], world.clock())
    decide.decide(world.belt)
    send(world)
    with world.belt.store.read() as tx:
        table, verdicts = touchpoints.TOUCHPOINT, decisions.DECISION
        query = verdicts.select().join(table, table.c.id == verdicts.c.touchpoint_id)
        mine = (table.c.record == touch.record, table.c.occurrence == touch.occurrence)
        return rows.as_dicts(tx.execute(query.where(*mine)))[0]


def send(world: conftest.World) -> None:
    """What is due by now goes out."""
    invite.invite(world.belt)
    with world.belt.store.write() as tx:
        for one in outbox.load(tx, outbox.due(tx, "acme", world.clock(), 100)):
            assert messages.claim(tx, one.id, world.clock())
            messages.sent(tx, one, "", world.clock())


@conftest.sqlite_only
@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_makes_of_touchpoints_what_its_table_says(
    title: str, make_world: Callable[..., conftest.World], tmp_path: Path
) -> None:
    example = EXAMPLES[title]
    chosen = settings_of(example, tmp_path)
    world = make_world(rules=chosen.triggers, channels={"email": memory.MemoryChannel("email")})
    for number, row in enumerate(example.rows, start=1):
        made = decided(world, touched(row, number, chosen.triggers.rules[0].on))
        said = {"verdict": made["verdict"], "reason": made["reason"]}
        wanted = {"verdict": VERDICTS[row["verdict"]], "reason": row["reason"]}
        if row.get("goes out"):
            said["goes out"] = datetime.fromisoformat(made["plan"]["due_at"]).astimezone(UTC).strftime("%Y-%m-%d %H:%M")
            wanted["goes out"] = row["goes out"]
        if row.get("variant"):
            said["variant"], wanted["variant"] = made["plan"]["variant"], row["variant"]
        assert said == wanted, f"line {number} of the table: {made['explanation']}"


def test_the_examples_are_numbered() -> None:
    assert [title.partition(".")[0] for title in EXAMPLES] == [str(number) for number in range(1, len(EXAMPLES) + 1)]
    assert len(EXAMPLES) > 10
    assert all(one.rows for one in EXAMPLES.values())


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_schema_for_editors_takes_an_example(title: str) -> None:
    jsonschema.validate(tomllib.loads(guide.FRAME + EXAMPLES[title].toml), SCHEMA)


def test_the_schema_for_editors_takes_the_example_settings() -> None:
    jsonschema.validate(tomllib.loads((ROOT / "settings.toml").read_text(encoding="utf-8")), SCHEMA)


@pytest.mark.parametrize(
    ("right", "wrong"), [('survey  = "', 'survay = "'), ('{ not = { field = "subject"', '{ nott = { field = "subject"')]
)
def test_the_schema_for_editors_refuses_a_key_that_does_not_exist(right: str, wrong: str) -> None:
    text = next(iter(EXAMPLES.values())).toml
    assert right in text
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(guide.FRAME + text.replace(right, wrong)), SCHEMA)


def test_the_guide_names_every_reason_and_every_comparison() -> None:
    text = guide.GUIDE.read_text(encoding="utf-8")
    reasons = [str(one) for one in decision.Reason if one not in ("asked", "unusable")]
    assert [reason for reason in reasons if f"`{reason}`" not in text] == []

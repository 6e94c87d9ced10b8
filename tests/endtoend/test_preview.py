"""``palaute preview`` against both stand-ins: what it says is what the real run then does, and it leaves no trace."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from typer import testing

import commands
from tests.endtoend import stage

CLOSURES, PURCHASES = 90, 20
CRMS = ("salesforce", "dynamics")
PICKY = 'name    = "Closed cases"\nwhen    = [{ field = "priority", is_not = "Low" }]'


@dataclass
class Tried:
    """What preview said, and what stood where before and after."""

    stage: stage.Stage
    said: dict[str, Any]
    words: str
    rows: list[dict[str, str]]
    compared: dict[str, Any]
    one_rule: dict[str, Any]
    calls: dict[str, dict[str, int]]
    mails: list[Any]
    files: set[str]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    folder = tmp_path_factory.mktemp("box")
    running = stage.Stage(folder, "--cases", "120", "--purchases", "40")
    try:
        yield _try(running)
    finally:
        running.close()


def _try(running: stage.Stage) -> Tried:
    for crm in CRMS:
        running.act(crm, "close_cases", CLOSURES)
        running.act(crm, "make_purchases", PURCHASES)
    other = running.folder / "other.toml"
    text = running.settings.read_text()
    other.write_text(text.replace('name    = "Closed cases"', PICKY))
    before = {path.name for path in running.folder.iterdir()}
    running.control("DELETE", "/counters")
    said = json.loads(running.palaute("preview", "--days", "1", "--json"))
    calls = running.control("GET", "/counters")
    rows = running.folder / "cases.csv"
    words = running.palaute("preview", "--days", "1", "--csv", str(rows))
    found = list(csv.DictReader(io.StringIO(rows.read_text(encoding="utf-8-sig"))))
    rows.unlink()
    return Tried(
        stage=running,
        said=said,
        words=words,
        rows=found,
        compared=json.loads(running.palaute("preview", "--days", "1", "--json", "--rules", str(other))),
        one_rule=json.loads(
            running.palaute("preview", "--days", "1", "--json", "--rule", "Purchases", "--connector", "dynamics")
        ),
        calls={crm: calls[crm]["endpoints"] for crm in CRMS},
        mails=running.control("GET", "/mailbox"),
        files={path.name for path in running.folder.iterdir()} - before,
    )


def test_every_touchpoint_of_the_past_is_counted_once(tried: Tried) -> None:
    total = len(CRMS) * (CLOSURES + PURCHASES)
    assert tried.said["touchpoints"] == total
    assert sum(tried.said["reasons"].values()) == total
    assert sum(day["touchpoints"] for day in tried.said["per_day"].values()) == total
    assert sum(rule["touchpoints"] for rule in tried.said["per_rule"].values()) == total


def test_nothing_is_sent_or_written_anywhere(tried: Tried) -> None:
    assert tried.mails == []
    assert tried.files == set(), "neither a database nor a secret is made"


def test_a_preview_costs_as_few_calls_as_reading_does(tried: Tried) -> None:
    assert all(sum(endpoints.values()) <= 8 for endpoints in tried.calls.values()), tried.calls


def test_a_sentence_comes_first(tried: Tried) -> None:
    asked, people, total = tried.said["asked"], tried.said["people"], tried.said["touchpoints"]
    assert tried.words.startswith(f"In the last day {total} touchpoints happened in salesforce and dynamics. These rules")
    assert f"would have asked {people} people" in tried.words
    assert asked == people, "nobody is asked twice in a day"


def test_each_touchpoint_is_a_row_with_its_reason(tried: Tried) -> None:
    assert len(tried.rows) == tried.said["touchpoints"]
    assert sum(row["reason"] == "asked" for row in tried.rows) == tried.said["asked"]
    assert not any("@" in value for row in tried.rows for value in row.values())


def test_other_rules_are_held_against_those_in_force(tried: Tried) -> None:
    difference = tried.compared["difference"]
    assert difference["asked"] == tried.compared["asked"] - tried.said["asked"]
    assert difference["reasons"]["no_rule_matched"] == tried.compared["reasons"]["no_rule_matched"] > 0
    assert {"in_force", "tried", "touchpoints"} == set(difference["changes"][0])


def test_surveys_and_channels_that_only_the_other_settings_have_are_tried_with_their_rules(tried: Tried) -> None:
    other = tried.stage.folder / "wider.toml"
    text = tried.stage.settings.read_text().replace('"case_csat"\nchannel = ["email"]', '"fresh"\nchannel = ["link"]')
    kinds = '[mapping.kinds.salesforce.case_closed]\nlabel = "Subject"\n'
    other.write_text(f'{text}\n[surveys.survey.fresh]\nmetric = "csat"\n\n[channels.link]\n\n{kinds}')
    told = json.loads(tried.stage.palaute("preview", "--days", "1", "--json", "--rules", str(other)))
    other.unlink()
    assert told["channels"]["link"] > 0
    (fresh,) = [one for one in told["expected"] if one["survey"] == "fresh"]
    assert (fresh["metric"], fresh["half_width"] is not None) == ("csat", True)
    assert any(note.startswith("The kinds of touchpoints are those of --settings") for note in told["notes"])


def test_one_rule_can_be_tried_alone_on_one_crm(tried: Tried) -> None:
    assert list(tried.one_rule["per_rule"]) == ["Purchases"]
    assert tried.one_rule["touchpoints"] == CLOSURES + PURCHASES
    assert tried.one_rule["reasons"]["no_rule_matched"] == CLOSURES


def test_the_real_run_then_does_what_preview_said(tried: Tried) -> None:
    running = tried.stage
    text = running.settings.read_text()
    running.settings.write_text(text.replace('poll = "1s"', 'poll = "1s"\nsince = "1d"'))
    running.palaute("run", "--once")
    assert running.status()["decisions"] == dict(sorted(tried.said["reasons"].items()))
    told = json.loads(running.palaute("coverage", "--by", "kind", "--json"))
    assert told["total"]["asked"] == tried.said["asked"]
    assert {group["kind"]: group["touchpoints"] for group in told["groups"]} == {
        "case_closed": len(CRMS) * CLOSURES,
        "purchase": len(CRMS) * PURCHASES,
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("preview", "--rule", "Purchase"),
            "--rule: there is no rule “Purchase”; should be one of Closed cases, Purchases; did you",
        ),
        (("preview", "--connector", "acme"), "--connector: there is no [connectors.acme]; should be one of dynamics, salesforce"),
        (("coverage", "--by", "shoe_size"), "--by: no touchpoint has a fact 'shoe_size'; should be one of"),
        (("coverage", "--by", "prioriti"), "--by: no touchpoint has a fact 'prioriti'; should be one of"),
    ],
)
def test_wrong_use_is_told_with_what_there_is(tried: Tried, words: tuple[str, ...], said: str) -> None:
    app = commands.application(["preview", "coverage"])
    told = testing.CliRunner().invoke(app, [*words, "--settings", str(tried.stage.settings)])
    assert told.exit_code == 2
    assert told.stderr.startswith(said)

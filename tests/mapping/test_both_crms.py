"""The built-in sources against stand-ins of both CRMs: what is noticed, and what the last look finds."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors import base, registry
from mapping import inward, kind, readable
from sandbox import server
from settings import load
from triggers import decision, touchpoint
from wire import finding

Reason = decision.Reason


@dataclass(frozen=True, kw_only=True)
class Org:
    """One CRM of the sandbox with our connector to it."""

    name: str
    control: str
    connector: base.Connector
    sources: Sequence[kind.Source]
    marks: dict[str, base.Bookmark]

    def tell(self, path: str, **body: Any) -> Any:
        """Call the sandbox's control address."""
        reply = requests.post(f"{self.control}/{path}", json=body, timeout=60)
        assert reply.ok, reply.text
        return reply.json()

    def act(self, do: str, **how: Any) -> list[str]:
        """Somebody in the CRM does something; the records concerned."""
        return list(self.tell("act", crm=self.name, do=do, **how)["records"])

    def noticed(self, records: Sequence[str]) -> list[touchpoint.Touchpoint]:
        """The touchpoints of these records, each once."""
        by_name = {source.name: source for source in self.sources}
        found: dict[tuple[str, str], touchpoint.Touchpoint] = {}
        for page in self.connector.read(inward.watches(self.sources), self.marks):
            for change in page.changes:
                touch = inward.touchpoint(by_name[change.watch], change, self.name)
                if touch is not None and touch.record in records:
                    found[touch.record, touch.occurrence] = touch
        return list(found.values())

    def standing(self, touch: touchpoint.Touchpoint) -> decision.Reason | None:
        """What the last look finds."""
        source = next(one for one in self.sources if one.name == touch.source)
        (change,) = self.connector.look([inward.look(source, [touch.record])])
        refusal = inward.standing(source, touch, change)
        return refusal[0] if refusal is not None else None


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("sandbox")
    with server.Sandbox(folder, seed=5, cases=60, purchases=20):
        yield folder


@pytest.fixture(params=["salesforce", "dynamics"])
def org(request: pytest.FixtureRequest, sandbox: Path) -> Iterator[Org]:
    settings = load.load(sandbox / "settings.toml")
    chosen = settings.connectors[request.param]
    connector = registry.open_connector(request.param, chosen)
    sources = settings.mapping.sources(request.param, chosen.type)
    control = json.loads((sandbox / "sandbox.json").read_text(encoding="utf-8"))["control"].rstrip("/")
    marks = dict(connector.start(inward.watches(sources)))
    yield Org(name=request.param, control=control, connector=connector, sources=sources, marks=marks)
    requests.delete(f"{control}/faults", timeout=30)
    connector.close()


def test_closures_are_noticed_with_person_consent_and_facts(org: Org) -> None:
    closed = org.act("close_cases", count=5)
    touches = org.noticed(closed)
    assert sorted(touch.record for touch in touches) == sorted(closed)
    for touch in touches:
        assert (touch.kind, touch.trouble) == ("case_closed", "")
        assert touch.person is not None
        assert touch.person.opted_out is not None
        assert touch.context["priority"] in {"High", "Medium", "Normal", "Low"}
        assert touch.context["owner"]


def test_purchases_are_noticed_once_each(org: Org) -> None:
    bought = org.act("make_purchases", count=6)
    touches = org.noticed(bought)
    assert sorted(touch.record for touch in touches) == sorted(bought)
    assert {touch.kind for touch in touches} == {"purchase"}
    assert len({touch.object for touch in touches}) == 2
    assert all(isinstance(touch.context["amount"], float) for touch in touches)
    assert all(touch.person is not None and touch.person.record for touch in touches)


def test_what_stands_may_be_asked_about_and_what_changed_may_not(org: Org) -> None:
    still, reopened, deleted = org.noticed(org.act("close_cases", count=3))
    org.act("reopen_cases", records=[reopened.record])
    org.act("delete_cases", records=[deleted.record])
    assert org.standing(still) in {None, Reason.OPTED_OUT, Reason.NO_ADDRESS}
    assert org.standing(reopened) is Reason.REOPENED
    assert org.standing(deleted) is Reason.DELETED


def test_a_merged_case_is_not_asked_about(org: Org) -> None:
    (touch, *_) = org.noticed(org.act("close_cases", count=1))
    org.act("reopen_cases", records=[touch.record])  # Dynamics merges active cases only
    org.act("merge_cases", records=[touch.record])
    assert org.standing(touch) is Reason.MERGED


def test_a_case_closed_again_is_another_touchpoint(org: Org) -> None:
    (case,) = org.act("close_cases", count=1)
    org.act("reopen_cases", records=[case])
    org.tell("clock", advance="5s")
    org.act("close_cases", records=[case])
    occurrences = {touch.occurrence for touch in org.noticed([case])}
    assert len(occurrences) == (1 if org.name == "salesforce" else 2), "Salesforce keeps the last closing only"


def test_somebody_who_opts_out_meanwhile_is_not_asked(org: Org) -> None:
    touches = [touch for touch in org.noticed(org.act("close_cases", count=4)) if org.standing(touch) is None]
    person = touches[0].person
    assert person is not None
    org.act("opt_out", records=[person.record])
    assert org.standing(touches[0]) is Reason.OPTED_OUT


def test_a_hidden_opt_out_column_is_found_by_the_check_and_stops_asking(org: Org) -> None:
    objects = readable.objects(org.sources)
    assert {one.grade for one in readable.check(org.name, org.sources, org.connector.describe(objects))} == {finding.Grade.GOOD}
    (touch,) = org.noticed(org.act("close_cases", count=1))
    field = "Contact.HasOptedOutOfEmail" if org.name == "salesforce" else "contact.donotemail"
    org.tell("faults", crm=org.name, kind="hide_field", field=field, seconds=60)
    found = readable.check(org.name, org.sources, org.connector.describe(objects))
    assert field.partition(".")[2] in "".join(one.message for one in found if one.grade is finding.Grade.WRONG)
    assert org.standing(touch) is Reason.CONSENT_UNREADABLE

"""``palaute check`` tells apart what can be wrong with a CRM: each trouble has words and a remedy of its own."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from commands import check
from sandbox import server
from settings import load
from tests.wire import rogue

Finding = dict[str, str]


class Box:
    """A sandbox, and the settings file that it wrote."""

    def __init__(self, sandbox: server.Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder

    def check(self, capsys: pytest.CaptureFixture[str], *replace: tuple[str, str]) -> tuple[int, list[Finding]]:
        """Exit status and findings of ``palaute check --json``, with some texts of the settings file replaced."""
        text = (self.folder / "settings.toml").read_text()
        for old, new in replace:
            assert old in text
            text = text.replace(old, new)
        path = self.folder / "changed.toml"
        path.write_text(text)
        capsys.readouterr()
        status = 0
        try:
            check.check(settings=path, as_json=True)
        except typer.Exit as end:
            status = end.exit_code
        found: list[Finding] = json.loads(capsys.readouterr().out)["findings"]
        return status, found


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    folder = tmp_path_factory.mktemp("box")
    with server.Sandbox(folder, cases=20, purchases=10) as sandbox:
        (folder / "wrong.secret").write_text("not it")
        yield Box(sandbox, folder)


@pytest.fixture(autouse=True)
def _all_well_again(box: Box) -> Iterator[None]:
    yield
    for stand_in in box.sandbox.stand_ins.values():
        stand_in.faults.clear()


Trouble = Callable[[Box], AbstractContextManager[Any]]


def fault(crm: str, kind: str, **options: Any) -> Trouble:
    def switch_on(box: Box) -> AbstractContextManager[Any]:
        box.sandbox.stand_ins[crm].faults.add(kind, seconds=600, **options)
        return nullcontext()

    return switch_on


def changed(find: Callable[[Box], Any], name: str, value: Any) -> Trouble:
    """An attribute of a stand-in is another one for a while."""

    @contextmanager
    def change(box: Box) -> Iterator[None]:
        target = find(box)
        before = getattr(target, name)
        setattr(target, name, value)
        yield
        setattr(target, name, before)

    return change


@contextmanager
def crm_clocks_ahead(box: Box) -> Iterator[None]:
    box.sandbox.clock.advance(timedelta(hours=1))
    yield
    box.sandbox.clock.advance(-timedelta(hours=1))


@contextmanager
def without_the_object(box: Box) -> Iterator[None]:
    """The permission set that the user holds does not let it read orders any more."""
    org = box.sandbox.salesforce.org
    rows = [row for row in org.store.table("ObjectPermissions").rows.values() if row["SobjectType"] == "Order"]
    for row in rows:
        row["PermissionsRead"] = False
    org.needs_grant.add(("Order", ""))
    yield
    org.needs_grant.discard(("Order", ""))
    for row in rows:
        row["PermissionsRead"] = True


def role_with(*privileges: str, depth: str = "Global") -> Trouble:
    """The application user holds a role with these privileges only."""

    @contextmanager
    def swap(box: Box) -> Iterator[None]:
        store = box.sandbox.dynamics.store
        roles, held = store.links["systemuserroles_association"], store.links["roleprivileges_association"]
        before, before_held = set(roles), set(held)
        user = next(user for user, _ in roles)
        role = next(record for record, row in store.table("role").by_id.items() if row["name"] == "Basic User")
        ids = {row["name"].lower(): record for record, row in store.table("privilege").by_id.items()}
        roles.clear()
        roles.add((user, role))
        for name in privileges:
            held.add((role, ids[name.lower()]))
            store.depths[role, ids[name.lower()]] = depth
        yield
        roles.clear()
        roles.update(before)
        held.clear()
        held.update(before_held)
        for name in privileges:
            del store.depths[role, ids[name.lower()]]

    return swap


READ = tuple(
    f"prvRead{name}"
    for name in ("Activity", "Incident", "Contact", "Account", "Opportunity", "SalesOrder", "SystemUser", "Team", "Product")
)
WRITE = ("prvWriteIncident", "prvWriteOpportunity", "prvWriteSalesOrder")


@dataclass(frozen=True, kw_only=True)
class Expected:
    """One trouble, and what is to be said about it."""

    trouble: Trouble = lambda box: nullcontext()
    replace: tuple[tuple[str, str], ...] = ()
    subject: str
    message: str
    remedy: str


RAISED = ('survey  = "case_csat"', 'survey  = "case_csat"\nwhen = [{ field = "priority", changed_to = "High" }]')
"""A rule that compares how the priority changed."""


@contextmanager
def without_history_tracking(box: Box) -> Iterator[None]:
    before = box.sandbox.salesforce.org.tracked["Case"]
    box.sandbox.salesforce.track_history("Case", ["Status"])
    yield
    box.sandbox.salesforce.track_history("Case", before)


@contextmanager
def without_auditing(box: Box) -> Iterator[None]:
    [row] = box.sandbox.dynamics.store.table("organization").by_id.values()
    row["isauditenabled"] = False
    yield
    row["isauditenabled"] = True


@contextmanager
def without_auditing_the_column(box: Box) -> Iterator[None]:
    table = box.sandbox.dynamics.store.schema.tables["incident"]
    before = table.columns["prioritycode"]
    table.add(replace(before, audited=False))
    yield
    table.add(before)


NO_TENANT = "11111111-2222-4333-8444-555555555555"
TROUBLES = {
    "salesforce: wrong secret": Expected(
        replace=(("salesforce.secret", "wrong.secret"),),
        subject="connectors.salesforce: sign-in",
        message="invalid client credentials",
        remedy="Compare client_secret",
    ),
    "salesforce: no run-as user": Expected(
        trouble=changed(lambda box: box.sandbox.salesforce.grants, "run_as_user", False),
        subject="connectors.salesforce: sign-in",
        message="no client credentials user",
        remedy="Run As",
    ),
    "salesforce: hidden field": Expected(
        trouble=fault("salesforce", "hide_field", field="Case.ClosedDate"),
        subject="connectors.salesforce: reading Case for case_closed",
        message="Case.ClosedDate",
        remedy="field-level security",
    ),
    "salesforce: hidden consent": Expected(
        trouble=fault("salesforce", "hide_field", field="Contact.HasOptedOutOfEmail"),
        subject="connectors.salesforce: source case_closed",
        message="nobody will be asked",
        remedy="Give the user read access to Contact.HasOptedOutOfEmail",
    ),
    "salesforce: read-only field": Expected(
        trouble=fault("salesforce", "read_only_field", field="Case.Palaute_Score__c"),
        subject="connectors.salesforce: field Case.Palaute_Score__c",
        message="cannot be written",
        remedy="edit rights",
    ),
    "salesforce: missing permission": Expected(
        trouble=without_the_object,
        subject="connectors.salesforce: reading Order for order_activated",
        message="the object Order cannot be read",
        remedy="Let this user read the object",
    ),
    "salesforce: skewed clock": Expected(
        trouble=crm_clocks_ahead,
        subject="connectors.salesforce: clock",
        message="behind the CRM's",
        remedy="NTP",
    ),
    "dynamics: wrong secret": Expected(
        replace=(("dynamics.secret", "wrong.secret"),),
        subject="connectors.dynamics: sign-in",
        message="the client secret is wrong",
        remedy="not its id",
    ),
    "dynamics: wrong scope": Expected(
        trouble=changed(lambda box: box.sandbox.dynamics.token_app, "resource", "https://elsewhere.crm4.dynamics.com"),
        subject="connectors.dynamics: sign-in",
        message="does not know this environment",
        remedy="Correct url",
    ),
    "dynamics: hidden column": Expected(
        trouble=fault("dynamics", "hide_field", field="incident.ticketnumber"),
        subject="connectors.dynamics: reading incidentresolution for case_closed",
        message="incident.ticketnumber",
        remedy="read the column",
    ),
    "dynamics: hidden consent": Expected(
        trouble=fault("dynamics", "hide_field", field="contact.donotbulkemail"),
        subject="connectors.dynamics: source case_closed",
        message="nobody will be asked",
        remedy="Give the user read access to contact.donotbulkemail",
    ),
    "dynamics: no right to read": Expected(
        trouble=role_with(*(name for name in READ if name != "prvReadIncident"), *WRITE),
        subject="connectors.dynamics: reading incidentresolution for case_closed",
        message="lacks the privilege prvReadIncident on incident",
        remedy="security role prvReadIncident",
    ),
    "dynamics: no right to read people": Expected(
        trouble=role_with(*(name for name in READ if name != "prvReadContact"), *WRITE),
        subject="connectors.dynamics: rights on contact",
        message="may not read rows of contact (it lacks prvReadcontact)",
        remedy="Read on contact",
    ),
    "dynamics: no right to write": Expected(
        trouble=role_with(*READ, *WRITE[1:]),
        subject="connectors.dynamics: rights on incident",
        message="may not change rows of incident (it lacks prvWriteincident)",
        remedy="Write on incident",
    ),
    "salesforce: history that is not tracked": Expected(
        trouble=without_history_tracking,
        replace=(RAISED,),
        subject="connectors.salesforce: rule “Closed cases”",
        message="Case does not tell how priority (Priority) changes: field history tracking is off",
        remedy="Set History Tracking: tick Priority",
    ),
    "salesforce: history of a hidden field": Expected(
        trouble=fault("salesforce", "hide_field", field="Case.Priority"),
        replace=(RAISED,),
        subject="connectors.salesforce: rule “Closed cases”",
        message="this user cannot see it",
        remedy="Case.Priority (field-level security)",
    ),
    "dynamics: auditing is off": Expected(
        trouble=without_auditing,
        replace=(RAISED,),
        subject="connectors.dynamics: rule “Closed cases”",
        message="incident does not tell how priority (prioritycode) changes: auditing is off for the environment",
        remedy="Start auditing",
    ),
    "dynamics: auditing is off for the table": Expected(
        trouble=changed(lambda box: box.sandbox.dynamics.store.schema.tables["incident"], "audited", False),
        replace=(RAISED,),
        subject="connectors.dynamics: rule “Closed cases”",
        message="auditing is off for the table",
        remedy="Audit changes to its data",
    ),
    "dynamics: auditing is off for the column": Expected(
        trouble=without_auditing_the_column,
        replace=(RAISED,),
        subject="connectors.dynamics: rule “Closed cases”",
        message="auditing is off for the column",
        remedy="Enable auditing",
    ),
    "dynamics: no right to read audits": Expected(
        trouble=role_with(*READ, *WRITE),
        replace=(RAISED,),
        subject="connectors.dynamics: rule “Closed cases”",
        message="lacks the privilege prvReadAuditSummary",
        remedy="View Audit Summary",
    ),
    "dynamics: skewed clock": Expected(
        trouble=crm_clocks_ahead, subject="connectors.dynamics: clock", message="behind the CRM's", remedy="NTP"
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_each_trouble_is_told_with_its_own_words_and_remedy(box: Box, capsys: pytest.CaptureFixture[str], name: str) -> None:
    expected = TROUBLES[name]
    with expected.trouble(box):
        status, found = box.check(capsys, *expected.replace)
    [told] = [one for one in found if one["subject"] == expected.subject and one["grade"] == "wrong"]
    assert expected.message in told["message"]
    assert expected.remedy in told["remedy"]
    assert status == 1


def test_nothing_is_wrong_with_the_sandbox_as_it_is(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = box.check(capsys)
    assert [one for one in found if one["grade"] == "wrong"] == []
    assert status == 0


def test_changes_that_are_told_are_no_finding(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = box.check(capsys, RAISED)
    assert [one for one in found if "rule" in one["subject"]] == []
    assert status == 0


def test_a_wrong_tenant(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = box.check(capsys, (box.sandbox.dynamics.authority.rsplit("/", 1)[1], NO_TENANT))
    [told] = [one for one in found if one["grade"] == "wrong"]
    assert "there is no such tenant" in told["message"]
    assert "authority" in told["remedy"]
    assert status == 1


@pytest.mark.parametrize(
    ("error", "words", "remedy"),
    [
        ("unsupported_grant_type", "grant type not supported", "switched this way of signing in off"),
        ("invalid_grant", "user hasn't approved this consumer", "Permitted Users"),
        ("invalid_grant", "ip restricted", "trusted ranges"),
    ],
)
def test_a_way_to_sign_in_that_the_org_has_closed(
    box: Box, capsys: pytest.CaptureFixture[str], tmp_path: Path, error: str, words: str, remedy: str
) -> None:
    with rogue.serving(tmp_path) as org:
        org.handle = rogue.answer(400, json.dumps({"error": error, "error_description": words}).encode())
        replace = ((box.sandbox.salesforce.login_url, org.url), (str(box.folder / "ca.pem"), str(org.ca)))
        status, found = box.check(capsys, *replace)
    [told] = [one for one in found if one["subject"] == "connectors.salesforce: sign-in"]
    assert words in told["message"]
    assert remedy in told["remedy"]
    assert status == 1


@pytest.mark.parametrize("flow", ["soap", "password"])
def test_a_retired_login_flow_is_refused_with_what_takes_its_place(box: Box, flow: str) -> None:
    path = box.folder / "retired.toml"
    path.write_text((box.folder / "settings.toml").read_text().replace('"client_credentials"', f'"{flow}"'))
    with pytest.raises(load.SettingsError, match="Summer '27") as refused:
        load.load(path)
    assert "jwt_bearer" in str(refused.value)


def test_rights_that_reach_only_some_rows_are_a_warning(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    with role_with(*READ, *WRITE, depth="Local")(box):
        _, found = box.check(capsys)
    [told] = [one for one in found if one["subject"] == "connectors.dynamics: rights on contact"]
    assert told["grade"] == "warning"
    assert "reaches Local" in told["message"]


def test_an_administrator_is_far_more_than_needed(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = box.check(capsys)
    [told] = [one for one in found if one["subject"] == "connectors.dynamics: rights"]
    assert told["grade"] == "warning"
    assert "prvCreateEntity" in told["message"]


def test_a_role_of_its_own_is_good(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    with role_with(*READ, *WRITE)(box):
        status, found = box.check(capsys)
    assert [one["grade"] for one in found if one["subject"].startswith("connectors.dynamics: rights")] == ["good"]
    assert status == 0


@pytest.mark.parametrize(
    ("public_url", "grade"),
    [
        ("http://feedback.example.com", "warning"),
        ("https://feedback.example.com", "good"),
        ("http://localhost:8080", "good"),
        ("http://[::1]:8080", "good"),
    ],
)
def test_plain_http_on_the_open_net_costs_the_one_click_unsubscribe(
    box: Box, capsys: pytest.CaptureFixture[str], public_url: str, grade: str
) -> None:
    text = (box.folder / "settings.toml").read_text()
    old = next(line for line in text.splitlines() if line.startswith("public_url"))
    _, found = box.check(capsys, (old, f'public_url = "{public_url}"'))
    [told] = [one for one in found if one["subject"] == "web: public_url"]
    assert told["grade"] == grade

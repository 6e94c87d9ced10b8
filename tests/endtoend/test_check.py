"""``palaute check`` tells apart what can be wrong with a CRM: each trouble has words and a remedy of its own."""

import json
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from settings import load
from tests.endtoend.checking import (
    READ,
    WRITE,
    Box,
    Trouble,
    all_well_again,
    box,
    changed,
    crm_clocks_ahead,
    fault,
    role_with,
    without_auditing,
    without_auditing_the_column,
    without_history_tracking,
    without_the_object,
)
from tests.wire import rogue

__all__ = ["all_well_again", "box"]


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

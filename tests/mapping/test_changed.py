"""Facts whose changes can be asked for, and which change a touchpoint keeps."""

import random
from datetime import timedelta, timezone
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from connectors import field_history
from mapping import changed, kind
from tests.mapping import samples
from triggers import rule, touchpoint

CASE = samples.source("salesforce", "case_closed")
INCIDENT = samples.source("dynamics", "case_closed")
WON = samples.source("dynamics", "opportunity_won")


@pytest.mark.parametrize(
    ("source", "fact", "column", "trouble"),
    [
        (CASE, "priority", "Priority", ""),
        (CASE, "owner_id", "OwnerId", ""),
        (CASE, "owner", "", "reaches it along a lookup (Owner.Name)"),
        (CASE, "team", "", "does not map it"),
        (CASE, "language", "", "no column of the record"),
        (INCIDENT, "priority", "prioritycode", ""),
        (INCIDENT, "owner_id", "_ownerid_value", ""),
        (INCIDENT, "account_name", "", "along a lookup (incidentid.customerid_account.name)"),
        (INCIDENT, "owner", "", "several columns: incidentid.owninguser.fullname, incidentid.owningteam.name"),
        (INCIDENT, "closed_by", "", "along a lookup (createdby.fullname)"),
        (WON, "amount", "", "several columns"),
    ],
)
def test_only_a_column_of_the_record_itself_can_be_asked_about(source: kind.Source, fact: str, column: str, trouble: str) -> None:
    assert changed.columns(source, [fact]) == ({fact: column} if column else {})
    assert trouble in changed.trouble(source, fact)
    assert bool(changed.trouble(source, fact)) is not bool(column)


def test_a_column_of_the_watched_row_is_not_one_of_the_record() -> None:
    made = kind.sources("dynamics", {"case_closed": {"context": {"resolved_at": "createdon"}}})[0]
    assert "incidentresolution.createdon, which is not on the incident itself" in changed.trouble(made, "resolved_at")


def test_the_question_is_about_the_record_and_each_column_once() -> None:
    asked = changed.question(INCIDENT, {"priority", "owner", "owner_id"}, ["a", "b", "a"], samples.NOON)
    assert asked == field_history.Asked(
        object="incident", records=("a", "b"), fields=("_ownerid_value", "prioritycode"), since=samples.NOON
    )
    assert changed.question(INCIDENT, {"owner"}, ["a"], samples.NOON) is None


def change(was: Any, became: Any, before: timedelta = timedelta(minutes=1), **more: Any) -> field_history.FieldChange:
    """A change of the priority of incident "a", so long before noon."""
    at = samples.NOON - before
    return field_history.FieldChange(**{"record": "a", "column": "prioritycode", "at": at, "was": was, "became": became, **more})


def kept(*changes: field_history.FieldChange, untold: bool = False) -> dict[str, touchpoint.Plain]:
    """What a touchpoint of noon keeps of these."""
    why = {"prioritycode": field_history.Untold(message="off", remedy="on")} if untold else {}
    answer = changed.Answer(INCIDENT, {"priority"}, field_history.Told(changes=changes, untold=why))
    return answer.context("a", samples.NOON)


def ends(context: dict[str, touchpoint.Plain]) -> tuple[object, object]:
    """From what to what."""
    return context.get("priority.changed_from"), context.get("priority.changed_to")


def test_codes_are_kept_by_their_names() -> None:
    made = kept(change(3, 1))
    assert made == {
        "priority.changed_at": "2026-05-04T11:59:00+00:00",
        "priority.changed_from": "Low",
        "priority.changed_to": "High",
    }
    assert ends(kept(change(None, 77))) == (None, 77)


def test_the_latest_change_before_the_moment_counts() -> None:
    older, newer, later = change(3, 2, timedelta(hours=2)), change(2, 1), change(1, 3, timedelta(minutes=-3))
    assert ends(kept(later, newer, older)) == ("Normal", "High")


def test_a_change_moments_after_belongs_to_the_closing_itself() -> None:
    assert ends(kept(change(3, 1, timedelta(seconds=-2)))) == ("Low", "High")
    assert ends(kept(change(3, 1, timedelta(seconds=-9)))) == (None, None)


@hypothesis.given(
    steps=st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 3)), max_size=12),
    moment=st.integers(-1000, 60_000),
    order=st.randoms(use_true_random=False),
)
def test_any_history_gives_the_change_that_an_onlooker_would_name(
    steps: list[tuple[int, int]], moment: int, order: random.Random
) -> None:
    """Replayed second by second: whoever looks at the moment names the last change until then, if there was one."""
    begin, value, made = samples.NOON - timedelta(days=1), 2, []
    seen: tuple[int, int] | None = None
    at = 0
    for pause, wanted in steps:
        at += pause
        if wanted != value:
            made.append(
                field_history.FieldChange(
                    record="a", column="prioritycode", at=begin + timedelta(seconds=at), was=value, became=wanted
                )
            )
            seen = (value, wanted) if at <= moment + changed.AFTERMATH.total_seconds() else seen
            value = wanted
    order.shuffle(made)
    answer = changed.Answer(INCIDENT, {"priority"}, field_history.Told(changes=made))
    names = {1: "High", 2: "Normal", 3: "Low"}
    expected = (None, None) if seen is None else tuple(names[one] for one in seen)
    assert ends(answer.context("a", begin + timedelta(seconds=moment))) == expected


@pytest.mark.parametrize("turned", [False, True])
def test_of_changes_in_one_second_the_end_of_the_chain_counts(turned: bool) -> None:
    chain = [change(3, 2), change(2, 1)]
    assert ends(kept(*(reversed(chain) if turned else chain))) == ("Normal", "High")


def test_a_record_without_changes_did_not_change() -> None:
    assert kept() == {"priority.changed_at": None}
    assert kept(change(3, 1, record="b")) == {"priority.changed_at": None}


def test_what_is_not_told_is_not_kept() -> None:
    assert kept(change(3, 1), untold=True) == {}
    assert kept(change(None, None, kept=False)) == {}


def rules(*fields: str) -> rule.Rules:
    """One rule that compares the changes of these fields."""
    when = [{"field": field, "changed_to": "x"} for field in fields]
    table = {"name": "Changed", "on": "case_closed", "survey": "csat", "channel": "email", "when": when}
    return rule.Rules.model_validate({"rules": [table]})


def test_the_check_names_the_rule_and_what_to_switch_on() -> None:
    untold = {"case_closed": {"Priority": field_history.Untold(message="tracking is off", remedy="Tick Priority.")}}
    [found] = changed.check("acme", [CASE], rules("priority", "origin"), untold)
    assert found.subject == "connectors.acme: rule “Changed”"
    assert found.message == "never matches, because Case does not tell how priority (Priority) changes: tracking is off"
    assert found.remedy == "Tick Priority."


def test_the_check_names_facts_that_no_crm_can_tell() -> None:
    [found] = changed.check("acme", [CASE], rules("owner"), {})
    assert "nobody can tell how owner changes: case_closed reaches it along a lookup" in found.message


def test_the_check_is_content_where_everything_is_told() -> None:
    assert changed.check("acme", [CASE], rules("priority"), {"case_closed": {}}) == []


def test_a_moment_of_another_zone_is_kept_in_utc() -> None:
    made = kept(
        field_history.FieldChange(
            record="a", column="prioritycode", at=samples.NOON.astimezone(timezone(timedelta(hours=3))), was=3, became=1
        )
    )
    assert made["priority.changed_at"] == "2026-05-04T12:00:00+00:00"

"""CRM records become touchpoints, absurd ones too."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import base
from mapping import inward, kind, plain
from tests.mapping import samples
from triggers import decide, decision, history, rule, touchpoint

NOON = samples.NOON
CASE = samples.source("salesforce", "case_closed")
RESOLVED = samples.source("dynamics", "case_closed")
WON = samples.source("salesforce", "opportunity_won")
Reason = decision.Reason


def noticed(change: base.Change, source: kind.Source = CASE) -> touchpoint.Touchpoint:
    """The touchpoint, which there must be."""
    touch = inward.touchpoint(source, change, "acme")
    assert touch is not None
    return touch


def recipient(change: base.Change, source: kind.Source = CASE) -> touchpoint.Recipient:
    person = noticed(change, source).person
    assert person is not None
    return person


def test_a_closed_case_is_a_touchpoint() -> None:
    touch = noticed(samples.case())
    assert (touch.kind, touch.object, touch.record, touch.label) == ("case_closed", "Case", "500A", "00001001")
    assert (touch.happened_at, touch.occurrence) == (NOON - timedelta(minutes=5), "2026-05-04T11:55:00+00:00")
    assert (touch.account, touch.source, touch.trouble) == ("001A", "case_closed", "")
    assert touch.person == touchpoint.Recipient(
        record="003A",
        object="Contact",
        name="Anna Aalto",
        email="anna@posti.example",
        phone="+358401234567",
        language="fi",
        opted_out=False,
    )
    assert (touch.context["priority"], touch.context["owner"]) == ("High", "Esa")


def test_a_resolved_incident_is_a_touchpoint_on_the_incident() -> None:
    touch = noticed(samples.change(samples.RESOLUTION), RESOLVED)
    assert (touch.object, touch.record, touch.occurrence, touch.label) == ("incident", "aaaa", "bbbb", "CAS-01234-A1B2C3")
    assert touch.person is not None
    assert touch.person.record == "cccc"


def test_codes_have_the_names_that_rules_speak_of() -> None:
    context = noticed(samples.change(samples.RESOLUTION), RESOLVED).context
    assert (context["priority"], context["origin"], context["status"]) == ("High", "Web", "Problem Solved")


def test_an_unknown_code_stays_a_code() -> None:
    context = noticed(samples.change(samples.RESOLUTION, **{"incidentid.prioritycode": 100_000_001}), RESOLVED).context
    assert context["priority"] == 100_000_001


@pytest.mark.parametrize(
    "change", [samples.case(IsClosed=False), samples.case(IsClosed=...), replace(samples.case(), deleted=True)]
)
def test_a_case_that_is_not_closed_is_no_touchpoint(change: base.Change) -> None:
    assert inward.touchpoint(CASE, change, "acme") is None


def test_closing_again_is_another_occurrence() -> None:
    assert noticed(samples.case(ClosedDate=NOON)).occurrence != noticed(samples.case()).occurrence


def test_our_own_write_back_is_the_same_occurrence() -> None:
    echo = replace(samples.case(), stamp=NOON + timedelta(days=1))
    first, again = noticed(samples.case()), noticed(echo)
    assert (first.record, first.occurrence, first.happened_at) == (again.record, again.occurrence, again.happened_at)


def test_a_purchase_happens_once_however_often_it_is_edited() -> None:
    values = {"IsWon": True, "Name": "Sauna", "LastStageChangeDate": NOON}
    first, again = noticed(samples.change(values), WON), noticed(samples.change(values, Amount=5), WON)
    assert (
        (first.kind, first.record, first.occurrence)
        == (again.kind, again.record, again.occurrence)
        == ("purchase", "500A", "won")
    )


def test_an_opportunity_that_was_made_as_won_happened_when_it_was_made() -> None:
    made = NOON - timedelta(days=400)
    touch = noticed(samples.change({"IsWon": True, "LastStageChangeDate": None, "CreatedDate": made}), WON)
    assert touch.happened_at == made


def test_the_primary_contact_role_of_a_won_opportunity_is_asked() -> None:
    values = {
        "IsWon": True,
        "OpportunityContactRoles.ContactId": "003B",
        "OpportunityContactRoles.Contact.Email": "buyer@posti.example",
        "OpportunityContactRoles.Contact.HasOptedOutOfEmail": False,
    }
    assert recipient(samples.change(values), WON).record == "003B"


def test_no_path_of_an_opportunity_walks_along_its_contact_for_it_has_no_such_relationship() -> None:
    assert [path for path in WON.paths if path.startswith("Contact.")] == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (samples.case(Contact__HasOptedOutOfEmail=True), True),
        (samples.case(Contact__HasOptedOutOfEmail=None), None),
        (samples.case(Contact__HasOptedOutOfEmail=...), None),
        (samples.case(Contact__HasOptedOutOfEmail="maybe"), None),
        (samples.case(Contact__HasOptedOutOfEmail="true"), True),
        (samples.case(Contact__HasOptedOutOfEmail=0), False),
    ],
)
def test_consent_that_cannot_be_read_is_no_consent(change: base.Change, expected: bool | None) -> None:
    assert recipient(change).opted_out is expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([False, False], False),
        ([True, False], True),
        ([None, True], True),
        ([False, None], None),
        ([], False),
    ],
)
def test_one_no_of_several_columns_is_a_no(columns: list[Any], expected: bool | None) -> None:
    assert plain.opted_out(columns) is expected


def test_who_wrote_in_without_a_contact_is_reached_at_the_address_they_gave() -> None:
    change = samples.case(
        ContactId=None, Contact__Email=None, Contact__Name=None, Contact__MobilePhone=None, SuppliedEmail="x@posti.example"
    )
    assert (recipient(change).email, recipient(change).opted_out) == ("x@posti.example", False)


def test_a_contact_without_an_address_keeps_its_own_consent() -> None:
    change = samples.case(Contact__Email="", SuppliedEmail="x@posti.example", Contact__HasOptedOutOfEmail=True)
    assert (recipient(change).email, recipient(change).opted_out) == ("x@posti.example", True)


def test_an_address_that_bounced_is_no_address() -> None:
    assert recipient(samples.case(Contact__IsEmailBounced=True)).email == ""
    assert recipient(samples.case(Contact__IsEmailBounced=None)).email == "anna@posti.example"


@pytest.mark.parametrize(("said", "expected"), [(True, True), (False, False), (None, False), (..., False)])
def test_an_objection_counts_where_there_is_one(said: Any, expected: bool) -> None:
    people = [{**CASE.person[0].model_dump(), "objection": "Contact.Individual.ShouldForget"}]
    source = kind.sources("salesforce", {"case_closed": {"person": people}})[0]
    change = samples.case(Contact__Individual__ShouldForget=said)
    assert recipient(change, source).opted_out is expected
    assert "Contact.Individual.ShouldForget" in inward.watches([source])[0].optional


def test_a_record_without_anybody_has_no_person() -> None:
    assert noticed(samples.case(ContactId=None, Contact__Email=None, Contact__MobilePhone=None)).person is None


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        (None, NOON),
        ("nonsense", NOON),
        ("2026-05-04T11:00:00.000+0000", NOON - timedelta(hours=1)),
        ("2026-05-04T11:00:00Z", NOON - timedelta(hours=1)),
        (datetime(2026, 5, 4, 11), NOON - timedelta(hours=1)),  # noqa: DTZ001  # a connector's slip
        (date(2026, 5, 1), datetime(2026, 5, 1, 12, tzinfo=UTC)),
        (NOON + timedelta(days=400), NOON),
        (17, NOON),
    ],
)
def test_the_instant_is_the_column_or_the_stamp_and_never_after_it(happened: Any, expected: datetime) -> None:
    assert noticed(samples.case(ClosedDate=happened)).happened_at == expected


def test_a_record_without_any_date_is_unusable_and_says_so() -> None:
    touch = noticed(replace(samples.case(ClosedDate=None), stamp=None))
    assert "does not say when it happened" in touch.trouble


def test_a_close_activity_without_its_case_is_unusable_and_told_by_its_own_id() -> None:
    touch = noticed(samples.change(samples.RESOLUTION, _incidentid_value=None), RESOLVED)
    assert (touch.object, touch.record) == ("incidentresolution", "500A")
    assert "does not say which incident" in touch.trouble


def test_a_fact_that_the_crm_hides_is_left_out_and_an_empty_one_is_kept() -> None:
    context = noticed(samples.case(Priority=..., Origin=None)).context
    assert "priority" not in context
    assert context["origin"] is None


def test_text_is_kept_fit_for_any_database() -> None:
    touch = noticed(samples.case(Subject="a\x00b\ud800 🎉 \u202eabc  "))
    assert touch.context["subject"] == "ab? 🎉 \u202eabc"


def test_watches_ask_for_every_path_once_and_consent_may_be_hidden() -> None:
    watch = inward.watches([CASE])[0]
    assert len(set(watch.fields)) == len(watch.fields)
    assert "Contact.HasOptedOutOfEmail" in watch.fields
    assert "Contact.HasOptedOutOfEmail" in watch.optional
    assert (watch.name, watch.object, watch.where) == ("case_closed", "Case", "IsClosed = true")


def test_children_are_asked_for_by_their_relationship() -> None:
    watch = inward.watches([WON])[0]
    (child,) = watch.children
    assert (child.relationship, child.where) == ("OpportunityContactRoles", "IsPrimary = true")
    assert "Contact.Email" in child.fields
    assert "OpportunityContactRoles.Contact.HasOptedOutOfEmail" in watch.optional
    assert not [path for path in watch.fields if path.startswith("OpportunityContactRoles")]


def test_the_last_look_is_on_the_record_itself() -> None:
    look = inward.look(RESOLVED, ["aaaa"])
    assert (look.name, look.object, look.records) == ("case_closed", "incident", ("aaaa",))
    assert {"statecode", "_masterid_value", "primarycontactid.donotemail"} <= set(look.fields)
    assert not [path for path in look.fields if path.startswith("incidentid")]
    assert "primarycontactid.donotemail" in look.optional


def looked_at(**differences: Any) -> base.Change:
    """The incident of the resolution as the last look sees it."""
    person = "primarycontactid."
    values = {
        "statecode": 1,
        "_masterid_value": None,
        f"{person}contactid": "cccc",
        f"{person}emailaddress1": "anna@posti.example",
        f"{person}donotemail": False,
        f"{person}donotbulkemail": False,
    }
    return base.Change(watch="case_closed", object="incident", record="aaaa", stamp=NOON, values={**values, **differences})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (looked_at(), None),
        (looked_at(statecode=0), Reason.REOPENED),
        (looked_at(statecode=2, _masterid_value="dddd"), Reason.MERGED),
        (replace(looked_at(), values={}, deleted=True), Reason.DELETED),
        (replace(looked_at(), deleted=True, merged_into="dddd"), Reason.MERGED),
        (looked_at(**{"primarycontactid.donotbulkemail": True}), Reason.OPTED_OUT),
        (looked_at(**{"primarycontactid.donotemail": None}), Reason.CONSENT_UNREADABLE),
        (looked_at(**{"primarycontactid.emailaddress1": None}), Reason.NO_ADDRESS),
        (looked_at(**{"primarycontactid.emailaddress1": None, "primarycontactid.contactid": None}), Reason.NO_ADDRESS),
        (looked_at(**{"primarycontactid.contactid": None}), Reason.PERSON_CHANGED),
        (replace(looked_at(), values={}), Reason.REOPENED),
        (looked_at(**{"primarycontactid.contactid": "eeee"}), Reason.PERSON_CHANGED),
    ],
)
def test_the_last_look_finds_what_changed_meanwhile(change: base.Change, expected: Reason | None) -> None:
    touch = noticed(samples.change(samples.RESOLUTION), RESOLVED)
    refusal = inward.standing(RESOLVED, touch, change)
    assert (refusal[0] if refusal else None) is expected
    assert refusal is None or refusal[1].endswith(".")


def test_a_case_closed_again_meanwhile_is_asked_about_only_for_the_later_closing() -> None:
    touch = noticed(samples.case())
    refusal = inward.standing(CASE, touch, samples.case(ClosedDate=NOON))
    assert refusal is not None
    assert refusal[0] is Reason.REOPENED
    assert inward.standing(CASE, touch, samples.case()) is None


absurd = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes() | st.dates() | st.just("x" * 32_000)
    | st.just("\ud800\x00") | st.just(10**5_000) | st.binary(max_size=3) | st.lists(st.none(), max_size=1)
)  # fmt: skip


@pytest.mark.parametrize(
    "source", [one for crm in ("salesforce", "dynamics", "memory") for one in kind.sources(crm)], ids=lambda one: f"{one.object}"
)
@hypothesis.settings(max_examples=60)
@given(data=st.data())
def test_any_record_whatsoever_gets_a_decision(source: kind.Source, data: st.DataObject) -> None:
    chosen = data.draw(st.dictionaries(st.sampled_from(source.paths), absurd))
    settled = {path: wanted[0] if isinstance(wanted, tuple) else wanted for path, wanted in source.when.items()}
    stamp = data.draw(st.none() | st.datetimes())
    change = base.Change(watch=source.name, object=source.object, record="r", stamp=stamp, values={**chosen, **settled})
    touch = inward.touchpoint(source, change, "acme")
    assert touch is not None
    rules = rule.Rules.model_validate({"rules": [{"name": "A", "on": source.kind, "survey": "s", "channel": "email"}]})
    made = decide.decide(touch, rules, history.History(reachable=frozenset({"email"})), NOON)
    assert made.explanation
    assert inward.standing(source, touch, change) is None or made is not None
    for text in (touch.record, touch.occurrence, touch.label, *(str(value) for value in touch.context.values())):
        assert "\x00" not in text
        text.encode("utf-8")

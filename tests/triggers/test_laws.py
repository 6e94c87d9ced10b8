"""What holds for every touchpoint whatsoever."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.triggers import samples
from triggers import decide, decision, facts, history, touchpoint

moments = st.datetimes(timezones=st.sampled_from([UTC, None])) | st.timedeltas(timedelta(-40), timedelta(40)).map(
    lambda span: samples.NOON + span
)
texts = st.text() | st.sampled_from(
    ["", " ", "💥🎉", "\u202eabc", "ä" * 32_000, "\x00", "\ud800", "-0", "1e999", "[spam]", "Low"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.just(10**5_000) | moments | st.dates()
absurd = scalars | st.lists(st.integers(), max_size=2) | st.binary(max_size=4) | st.just(object())
contexts = st.dictionaries(st.sampled_from(["priority", "subject", "amount", "closed", "kind"]), absurd)
people = st.none() | st.builds(touchpoint.Recipient, email=texts, name=texts, language=texts, opted_out=st.none() | st.booleans())
pasts = st.builds(
    history.History,
    opted_out_at=st.none() | moments,
    asked_at=st.none() | moments,
    reachable=st.frozensets(st.sampled_from(["email", "sms"])),
)
fields = st.sampled_from(["priority", "subject", "amount", "closed", "record", "happened_at", "no_such_field"])
wanted = st.sampled_from(["Low", "[spam]", 3, 2.5, True, "3"])
comparisons: st.SearchStrategy[Mapping[str, Any]] = st.one_of(
    st.fixed_dictionaries({"field": fields, "is": wanted}),
    st.fixed_dictionaries({"field": fields, "not_in": st.lists(wanted, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"field": fields, "above": st.integers(-5, 5) | st.dates()}),
    st.fixed_dictionaries({"field": fields, "at_most": st.floats(allow_nan=False, allow_infinity=False)}),
    st.fixed_dictionaries({"field": fields, "contains": st.sampled_from(["a", "💥", "[spam]", "1"])}),
    st.fixed_dictionaries({"field": fields, "matches": st.sampled_from(["a+$", r"\d", "^.?$"])}),
    st.fixed_dictionaries({"field": fields, "empty": st.booleans()}),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=4,
)
tables = st.fixed_dictionaries(
    {
        "when": st.lists(conditions, max_size=3),
        "delay": st.sampled_from(["0s", "2h", "3d"]),
        "channel": st.sampled_from([["email"], ["sms", "email"]]),
        "priority": st.integers(-3, 3),
    }
)
quiets = st.fixed_dictionaries(
    {
        "per_person": st.sampled_from(["0s", "1d", "30d", "365d"]),
        "too_old": st.sampled_from(["1h", "7d", "300d"]),
        "on_conflict": st.sampled_from(["drop", "defer"]),
    }
)
touches = st.builds(
    touchpoint.Touchpoint,
    connector=st.sampled_from(["acme", ""]),
    kind=st.sampled_from(["case_closed", "purchase"]),
    object=st.just("Case"),
    record=texts,
    occurrence=texts,
    label=texts,
    happened_at=moments,
    source=st.just("case_closed"),
    person=people,
    account=texts,
    context=contexts,
)


def decided(
    touch: touchpoint.Touchpoint, rows: list[dict[str, Any]], quiet: dict[str, Any], person: history.History, now: datetime
) -> decision.Decision:
    return decide.decide(touch, samples.rules(*rows, **quiet), person, now)


@given(touches, st.lists(tables, min_size=1, max_size=3), quiets, pasts, moments)
def test_deciding_is_total_and_consistent(
    touch: touchpoint.Touchpoint, rows: list[dict[str, Any]], quiet: dict[str, Any], person: history.History, now: datetime
) -> None:
    made = decided(touch, rows, quiet, person, now)
    assert made.explanation
    assert (made.plan is not None) == (made.verdict is decision.Verdict.ASK) == (made.reason is decision.Reason.ASKED)
    assert (made.look_again_at is not None) == (made.verdict is decision.Verdict.LATER)
    assert made.reason is decision.Reason.UNUSABLE or len(made.checked) == len(rows)


@given(st.lists(tables, min_size=1, max_size=3), quiets, pasts, moments, moments)
def test_nobody_is_asked_inside_the_quarantine_or_after_saying_no(
    rows: list[dict[str, Any]], quiet: dict[str, Any], person: history.History, happened_at: datetime, now: datetime
) -> None:
    made = decided(samples.closed(happened_at=happened_at), rows, quiet, person, now)
    if made.plan is None:
        return
    assert person.opted_out_at is None
    assert person.reachable.issuperset(made.plan.channels)
    assert made.plan.channels
    assert facts.aware(now) <= made.plan.due_at <= made.plan.expires_at
    if person.asked_at is not None:
        spared = samples.rules(**quiet).quiet.per_person
        assert made.plan.due_at - facts.aware(person.asked_at) >= spared or not spared


@given(quiets, st.timedeltas(timedelta(0), timedelta(days=400)), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_deferred_touchpoint_is_looked_at_after_now_and_before_it_is_too_old(
    quiet: dict[str, Any], age: timedelta, ago: timedelta
) -> None:
    person = history.History(asked_at=samples.NOON - ago, reachable=frozenset({"email"}))
    happened_at = samples.NOON - age
    made = decided(samples.closed(happened_at=happened_at), [{}], quiet, person, samples.NOON)
    if made.look_again_at is not None:
        assert samples.NOON < made.look_again_at <= happened_at + samples.rules(**quiet).quiet.too_old


@given(touches, st.lists(tables, min_size=1, max_size=3), quiets, pasts, moments)
def test_the_same_question_has_the_same_answer(
    touch: touchpoint.Touchpoint, rows: list[dict[str, Any]], quiet: dict[str, Any], person: history.History, now: datetime
) -> None:
    assert repr(decided(touch, rows, quiet, person, now)) == repr(decided(touch, rows, quiet, person, now))

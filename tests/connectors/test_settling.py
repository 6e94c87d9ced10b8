"""Order per record, and messages without our values."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from connectors import base, settling
from wire import errors


def update(key: str, record: str, score: int = 1) -> base.FieldUpdate:
    return base.FieldUpdate(key=key, object="Case", record=record, values={"score": score})


def done(updates: Sequence[base.FieldUpdate]) -> list[base.Settled]:
    return [base.Settled(key=one.key, outcome=base.Outcome.DONE) for one in updates]


@given(st.lists(st.sampled_from("abcd"), max_size=20))
def test_every_update_is_settled_once_in_the_order_given_and_the_last_wins(records: list[str]) -> None:
    written: dict[str, int] = {}

    def send(wave: Sequence[base.FieldUpdate]) -> Sequence[base.Settled]:
        assert len({one.record for one in wave}) == len(wave)
        written.update({one.record: one.values["score"] for one in wave})
        return done(wave)

    updates = [update(str(number), record, number) for number, record in enumerate(records)]
    assert [row.key for row in settling.in_order(updates, send)] == [one.key for one in updates]
    assert written == {record: number for number, record in enumerate(records)}


def test_an_update_waits_with_an_earlier_one_to_the_same_record() -> None:
    sent: list[str] = []

    def send(wave: Sequence[base.FieldUpdate]) -> Sequence[base.Settled]:
        sent.extend(one.key for one in wave)
        return [settling.later(one, errors.Later("locked", delay=3)) if one.record == "a" else done([one])[0] for one in wave]

    rows = settling.in_order([update("1", "a"), update("2", "a"), update("3", "b")], send)
    assert sent == ["1", "3"]
    assert [(row.outcome, row.delay) for row in rows] == [
        (base.Outcome.LATER, 3),
        (base.Outcome.LATER, 3),
        (base.Outcome.DONE, None),
    ]


def test_a_dead_update_does_not_hold_up_the_next_one() -> None:
    def send(wave: Sequence[base.FieldUpdate]) -> Sequence[base.Settled]:
        return [base.Settled(key=one.key, outcome=base.Outcome.DEAD if one.key == "1" else base.Outcome.DONE) for one in wave]

    rows = settling.in_order([update("1", "a"), update("2", "a")], send)
    assert [row.outcome for row in rows] == [base.Outcome.DEAD, base.Outcome.DONE]


def test_a_message_does_not_repeat_what_a_customer_wrote() -> None:
    message = settling.scrubbed(
        "Comment: data value too large:\n The printer is broken (max length=5)", {"c": "The printer is broken"}
    )
    assert message == "Comment: data value too large: … (max length=5)"

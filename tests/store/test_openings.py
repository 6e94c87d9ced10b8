"""Many openings of pages are stored at once, and each as if it had come alone."""

from datetime import timedelta

import sqlalchemy as sa

from store import answers, database, ledger, messages, openings
from tests.store import conftest

ANSWER, EVENT, INVITATION = answers.ANSWER, ledger.EVENT, messages.INVITATION


def invite(store: database.Store, count: int) -> list[openings.Opening]:
    """An opening of each of so many invitations."""
    with store.write() as tx:
        touched = [conftest.add_invitation(tx, f"R{number}") for number in range(count)]
        found: dict[int, int] = dict(tx.execute(sa.select(INVITATION.c.touchpoint_id, INVITATION.c.id)).all())
    return [openings.Opening(invitation_id=found[i], touchpoint_id=i, at=conftest.NOW) for i in touched]


def tapped(one: openings.Opening, value: int, minutes: int = 0) -> openings.Opening:
    at = one.at + timedelta(minutes=minutes)
    return openings.Opening(invitation_id=one.invitation_id, touchpoint_id=one.touchpoint_id, at=at, value=value)


def taps(store: database.Store) -> list[tuple[int, str]]:
    with store.read() as tx:
        return [(value, state) for value, state in tx.execute(sa.select(ANSWER.c.value, ANSWER.c.state).order_by(ANSWER.c.id))]


def test_only_the_first_opening_of_an_invitation_is_kept(store: database.Store) -> None:
    one, other = invite(store, 2)
    again = tapped(one, 3, minutes=5)
    with store.write() as tx:
        assert openings.note(tx, [one, again, other]) == [True, False, True]
        assert openings.note(tx, [again]) == [False]
        assert set(tx.execute(sa.select(INVITATION.c.opened_at)).scalars()) == {conftest.NOW}
        lines = tx.execute(sa.select(EVENT.c.touchpoint_id).where(EVENT.c.what == "opened")).scalars()
        assert sorted(lines) == sorted([one.touchpoint_id, other.touchpoint_id])


def test_the_latest_tap_stands_until_an_answer_counts(store: database.Store) -> None:
    (one,) = invite(store, 1)
    with store.write() as tx:
        openings.note(tx, [tapped(one, 5), tapped(one, 2, minutes=1)])
    assert taps(store) == [(2, "provisional")]
    with store.write() as tx:
        openings.note(tx, [tapped(one, 1, minutes=2)])
        conftest.add_answer(tx, one.touchpoint_id, "", {})
        openings.note(tx, [tapped(one, 3, minutes=3)])
    assert taps(store) == [(1, "provisional"), (4, "confirmed")]


def test_a_hundred_openings_take_as_many_statements_as_two(store: database.Store) -> None:
    many = invite(store, 102)
    counts = []
    for batch in (many[:2], many[2:]):
        with store.write() as tx, conftest.statements(store) as asked:
            openings.note(tx, batch)
        counts.append(len(asked))
    assert counts == [3, 3]


def test_an_invitation_that_is_gone_is_passed_over(store: database.Store) -> None:
    (one,) = invite(store, 1)
    gone = openings.Opening(invitation_id=one.invitation_id + 1, touchpoint_id=one.touchpoint_id, at=one.at)
    with store.write() as tx:
        assert openings.note(tx, [gone, one]) == [False, True]

"""The law of incremental reading: whatever happens, every row is handed out, and no bookmark runs ahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from connectors import base, keyset
from wire import errors

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
WATCH = base.Watch(name="w", object="case", fields=("n",))
MARK = base.Bookmark(stamp=START, started=START)
LAG = timedelta(seconds=10)
LOOK_BACK = timedelta(minutes=10)


@dataclass
class Row:
    """A row that is stamped at one second and can be seen from a later one on."""

    record: str
    stamp: int
    seen: int
    n: int = 0


class Table:
    """Rows, as a CRM with a clock in seconds shows them."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.second = 0
        self.page = 3
        self.asked = 0

    def ask(self, places: Sequence[keyset.Place]) -> Sequence[keyset.Answer]:
        self.asked += 1
        return [self._answer(place) for place in places]

    def _answer(self, place: keyset.Place) -> keyset.Answer:
        visible = [row for row in self.rows if row.seen <= self.second and place.before(at(row.stamp), row.record)]
        ordered = sorted(visible, key=lambda row: (row.stamp, row.record))
        changes = [change(row.record, row.stamp, row.n) for row in ordered[: self.page]]
        return keyset.Answer(changes=changes, more=len(ordered) > self.page, clock=at(self.second))


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def change(record: str, second: int, n: int = 0) -> base.Change:
    return base.Change(watch="w", object="case", record=record, stamp=at(second), values={"n": n})


def reader() -> keyset.Reader:
    return keyset.Reader(look_back=LOOK_BACK, lag=LAG)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 9), st.integers(0, 500)),
        st.tuples(st.just("wait"), st.integers(1, 400), st.just(0)),
        st.tuples(st.just("poll"), st.integers(1, 4), st.integers(1, 5)),
        st.tuples(st.just("restart"), st.just(0), st.just(0)),
    ),
    max_size=40,
)


@given(steps)
@hypothesis_settings(max_examples=300, deadline=None)
def test_every_row_is_handed_out_and_no_bookmark_runs_ahead(script: list[tuple[str, int, int]]) -> None:
    table, reading, mark = Table(), reader(), MARK
    stored: set[tuple[str, int]] = set()

    def poll(pages: int) -> None:
        nonlocal mark
        for number, page in enumerate(reading.read([WATCH], {"w": mark}, table.ask), start=1):
            stored.update((one.record, one.values["n"]) for one in page.changes)
            moved = page.bookmarks.get("w", mark)
            assert mark.stamp <= moved.stamp <= at(table.second) - LAG or moved.stamp == mark.stamp
            mark = moved
            if number == pages:
                break

    for do, first, second in script:
        if do == "write":
            # Late by less than the look-back: what is later than that is beyond the promise.
            table.rows += [Row(f"r{len(table.rows) + k:04}", table.second, table.second + second) for k in range(first)]
        elif do == "wait":
            table.second += first
        elif do == "poll":
            table.page = second
            poll(first)
        else:
            reading = reader()
    table.second += 500
    table.page = 4
    poll(10_000)
    assert stored == {(row.record, row.n) for row in table.rows}


def test_rows_that_are_proven_stored_do_not_come_again() -> None:
    table, reading = Table(), reader()
    table.rows, table.second, table.page = [Row("a", 5, 5), Row("b", 5, 5)], 60, 10
    [page] = reading.read([WATCH], {"w": MARK}, table.ask)
    table.second = 61
    [again] = reading.read([WATCH], page.bookmarks, table.ask)
    assert [one.record for one in page.changes] == ["a", "b"]
    assert again.changes == []


def test_rows_come_again_when_the_bookmark_was_not_stored() -> None:
    table, reading = Table(), reader()
    table.rows, table.second = [Row("a", 5, 5)], 60
    for _ in range(3):
        [page] = reading.read([WATCH], {"w": MARK}, table.ask)
        assert [one.record for one in page.changes] == ["a"]


def test_rows_come_again_when_storing_them_failed_though_another_reader_moved_the_bookmark() -> None:
    table, reading = Table(), reader()
    table.rows, table.second = [Row("a", 5, 5)], 60
    page = next(reading.read([WATCH], {"w": MARK}, table.ask))
    [again] = reading.read([WATCH], page.bookmarks, table.ask)
    assert [one.record for one in again.changes] == ["a"]


def test_rows_come_again_when_an_older_bookmark_was_restored() -> None:
    table, reading = Table(), reader()
    table.rows, table.second = [Row("a", 5, 5)], 60
    [page] = reading.read([WATCH], {"w": MARK}, table.ask)
    table.second = 61
    [later] = reading.read([WATCH], page.bookmarks, table.ask)
    assert later.changes == []
    [restored] = reading.read([WATCH], {"w": MARK}, table.ask)
    assert [one.record for one in restored.changes] == ["a"]


def test_a_row_that_changed_within_the_same_second_comes_again() -> None:
    table, reading = Table(), reader()
    table.rows, table.second = [Row("a", 5, 5)], 60
    [page] = reading.read([WATCH], {"w": MARK}, table.ask)
    table.rows[0].n = 1
    [again] = reading.read([WATCH], page.bookmarks, table.ask)
    assert [one.values for one in again.changes] == [{"n": 1}]


def test_more_rows_in_one_second_than_a_page_holds() -> None:
    table, reading = Table(), reader()
    table.rows, table.second = [Row(f"r{number:03}", 5, 5) for number in range(100)], 60
    pages = list(reading.read([WATCH], {"w": MARK}, table.ask))
    assert [one.record for page in pages for one in page.changes] == [row.record for row in table.rows]
    assert len(pages) == 34


def test_an_empty_round_moves_the_bookmark_to_the_servers_clock_less_the_lag() -> None:
    table = Table()
    table.second = 100
    [page] = reader().read([WATCH], {"w": MARK}, table.ask)
    assert page.bookmarks["w"].stamp == at(90)


def test_a_clock_that_goes_back_does_not_take_the_bookmark_along() -> None:
    table = Table()
    table.second = 5
    [page] = reader().read([WATCH], {"w": base.Bookmark(stamp=at(100), started=START)}, table.ask)
    assert page.bookmarks == {}


def test_a_single_wrong_clock_does_not_take_the_bookmark_along() -> None:
    table, reading, mark = Table(), reader(), MARK
    for second in (100, 400_000_000, 100):
        table.second = second
        [page] = reading.read([WATCH], {"w": mark}, table.ask)
        mark = page.bookmarks.get("w", mark)
    assert at(80) <= mark.stamp <= at(100)


def test_a_clock_that_was_set_anew_is_believed_the_second_time() -> None:
    table, reading, mark = Table(), reader(), MARK
    for second in (100, 400_000, 400_001):
        table.second = second
        [page] = reading.read([WATCH], {"w": mark}, table.ask)
        mark = page.bookmarks.get("w", mark)
    assert mark.stamp == at(400_001) - LAG


def test_rows_out_of_order_are_refused_and_move_nothing() -> None:
    answer = keyset.Answer(changes=[change("a", 9), change("b", 5)], clock=at(60))
    with pytest.raises(errors.Later):
        list(reader().read([WATCH], {"w": MARK}, lambda places: [answer]))


def test_rows_before_the_place_are_refused_and_move_nothing() -> None:
    answer = keyset.Answer(changes=[change("a", -9)], clock=at(60))
    with pytest.raises(errors.Later):
        list(reader().read([WATCH], {"w": MARK}, lambda places: [answer]))


def test_a_page_that_comes_again_and_again_is_given_up() -> None:
    answer = keyset.Answer(changes=[change("a", 5)], more=True, clock=at(60))
    with pytest.raises(errors.Later):
        list(reader().read([WATCH], {"w": MARK}, lambda places: [answer]))


def test_a_watch_that_cannot_be_read_stops_no_other() -> None:
    broken = base.Watch(name="broken", object="x", fields=())
    error = errors.NeedsPerson("no right")
    answers = [keyset.Answer(clock=at(60), error=error), keyset.Answer(changes=[change("a", 5)], clock=at(60))]
    reading = reader().read([broken, WATCH], {"broken": MARK, "w": MARK}, lambda places: answers)
    page = next(reading)
    assert [one.record for one in page.changes] == ["a"]
    assert set(page.bookmarks) == {"w"}
    with pytest.raises(errors.NeedsPerson):
        next(reading)


def test_what_is_remembered_stays_small_over_a_long_backlog() -> None:
    table, reading = Table(), reader()
    table.rows = [Row(f"r{number:05}", number, number) for number in range(5000)]
    table.second, table.page = 5000, 500
    mark = MARK
    for page in reading.read([WATCH], {"w": MARK}, table.ask):
        mark = page.bookmarks.get("w", mark)
    list(reading.read([WATCH], {"w": mark}, table.ask))
    assert len(reading._recent["w"].stored) <= LOOK_BACK.total_seconds() + LAG.total_seconds() + 1

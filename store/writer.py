"""Group commit for answers: one thread, one transaction for everything that has queued up.

A web answer that commits alone costs an fsync each; together they cost one. Whoever handed something in waits for its future and
is answered only after the commit, so a customer is thanked for nothing that could still be lost.

``submit`` takes a piece of work of any kind and waits in the calling thread. ``join`` and ``joined`` take an item for a function
that handles many at once: all items of the same function in one commit are one call, so that the statements are shared too;
``joined`` is for the event loop, which needs no thread to wait in.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from store import opened

Work = Callable[[sa.Connection], Any]
Batch = Callable[[sa.Connection, Sequence[Any]], Sequence[Any]]
"""Handles these items in this transaction and returns what each came to, in their order."""
_AT_MOST = 500
_MOMENT = 0.005
"""Seconds."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """An item that waits for its commit."""

    batch: Batch
    item: Any
    future: "Future[Any] | asyncio.Future[Any]"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a piece."""

    piece: _Piece
    result: Any = None
    error: Exception | None = None

    def tell(self) -> None:
        """Settle the future; one that nobody waits for any more is left alone."""
        future = self.piece.future
        if future.done():
            return
        if self.error is None:
            future.set_result(self.result)
        else:
            future.set_exception(self.error)


class Writer:
    """Runs small pieces of writing work, as many as have queued up in one transaction."""

    def __init__(self, store: opened.Opened) -> None:
        self._store = store
        self._queue: queue.SimpleQueue[_Piece | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._closed = False
        self._last = 0
        """How many pieces the last transaction had."""
        self._door = threading.Lock()
        """Held while something is put into the queue, so that nothing comes in behind the end."""
        self._thread.start()

    def submit(self, work: Work) -> Any:
        """Run ``work`` in a transaction and return what it returned, once that is committed; raises what it raised."""
        return self.join(_one_by_one, work).result()

    def join(self, batch: Batch, item: Any) -> Future[Any]:
        """Hand in an item; the future tells what ``batch`` returned for it, once that is committed, or what it raised.

        Items count as of the same function when it is the same object: keep a ``functools.partial``, make none for each call.
        A function that raises is called again with fewer items, until the bad one stands alone; so it must not keep anything
        outside of the transaction.
        """
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()  # what is handed in is not taken back
        self._put(_Piece(batch, item, future))
        return future

    async def joined(self, batch: Batch, item: Any) -> Any:
        """``join`` for the event loop: returns after the commit, without a thread to wait in."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._put(_Piece(batch, item, future))
        return await future

    def _put(self, piece: _Piece) -> None:
        with self._door:
            if self._closed:
                raise RuntimeError("the writer is closed")
            self._queue.put(piece)

    def close(self) -> None:
        """Finish what has queued up and stop; may be called twice."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_for_more = True
        while open_for_more:
            pieces, open_for_more = self._gather()
            self._last = len(pieces)
            if pieces:
                _tell(self._commit(pieces))

    def _gather(self) -> tuple[list[_Piece], bool]:
        """What has queued up (waiting for the first), and whether more may come."""
        pieces = []
        piece = self._queue.get()
        self._let_more_come()
        while piece is not None:
            pieces.append(piece)
            if len(pieces) == _AT_MOST:
                return pieces, True
            try:
                piece = self._queue.get_nowait()
            except queue.Empty:
                return pieces, True
        return pieces, False

    def _let_more_come(self) -> None:
        """Under load, until as many are there as last time, or a moment has passed: a commit costs much the same for few as for
        many. Who comes alone is not kept waiting."""
        until = time.monotonic() + _MOMENT
        while self._queue.qsize() + 1 < self._last and time.monotonic() < until:
            time.sleep(_MOMENT / 5)

    def _commit(self, pieces: list[_Piece], *, again: bool = True) -> list[_Outcome]:
        outcomes: list[_Outcome] = []
        begun = handled = False
        try:
            with self._store.write() as connection:
                begun = True
                outcomes = _handled(connection, pieces)
                handled = True
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
            if not begun or handled:
                return [_Outcome(piece, error=error) for piece in pieces]  # it was the database, not one of the pieces
            if len(pieces) > 1:  # one bad piece must not take the others with it: halve until it stands alone
                middle = len(pieces) // 2
                return self._commit(pieces[:middle]) + self._commit(pieces[middle:])
            if again and (isinstance(error, sa.exc.IntegrityError) or opened.passes(error)):
                return self._commit(pieces, again=False)  # another process came first: the piece finds that and says so
            return [_Outcome(pieces[0], error=error)]
        return outcomes


def _one_by_one(connection: sa.Connection, works: Sequence[Work]) -> list[Any]:
    return [work(connection) for work in works]


def _handled(connection: sa.Connection, pieces: Sequence[_Piece]) -> list[_Outcome]:
    """Call each function with its items, in the order in which the functions first came."""
    by_batch: dict[Batch, list[_Piece]] = {}
    for piece in pieces:
        by_batch.setdefault(piece.batch, []).append(piece)
    outcomes: list[_Outcome] = []
    for batch, group in by_batch.items():
        results = batch(connection, [piece.item for piece in group])
        outcomes.extend(_Outcome(piece, result) for piece, result in zip(group, results, strict=True))
    return outcomes


def _tell(outcomes: Iterable[_Outcome]) -> None:
    """Let everybody know; an event loop is woken once for all of its own."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        if isinstance(outcome.piece.future, asyncio.Future):
            by_loop.setdefault(outcome.piece.future.get_loop(), []).append(outcome)
        else:
            outcome.tell()
    for loop, own in by_loop.items():
        try:
            loop.call_soon_threadsafe(_tell_all, own)
        except RuntimeError:
            continue  # the loop is closed, and nobody waits in it


def _tell_all(outcomes: Sequence[_Outcome]) -> None:
    for outcome in outcomes:
        outcome.tell()

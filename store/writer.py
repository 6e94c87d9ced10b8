"""Group commit for answers: one thread, one transaction for everything that has queued up.

A web answer that commits alone costs an fsync each; together they cost one. Whoever submitted waits on the future and is
answered only after the commit, so a customer is thanked for nothing that could still be lost.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import sqlalchemy as sa

from store import database

Work = Callable[[sa.Connection], Any]
_AT_MOST = 500


class Writer:
    """Runs small pieces of writing work, as many as have queued up in one transaction."""

    def __init__(self, store: database.Store) -> None:
        self._store = store
        self._queue: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._closed = False
        self._door = threading.Lock()
        """Held while something is put into the queue, so that nothing comes in behind the end."""
        self._thread.start()

    def submit(self, work: Work) -> Any:
        """Run ``work`` in a transaction and return what it returned, once that is committed; raises what it raised."""
        future: Future[Any] = Future()
        with self._door:
            if self._closed:
                raise RuntimeError("the writer is closed")
            self._queue.put((work, future))
        return future.result()

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
            batch, open_for_more = self._gather()
            if batch:
                self._commit(batch)

    def _gather(self) -> tuple[list[tuple[Work, Future[Any]]], bool]:
        """What has queued up (waiting for the first), and whether more may come."""
        batch = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) == _AT_MOST:
                return batch, True
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[tuple[Work, Future[Any]]], *, again: bool = True) -> None:
        results: list[Any] = []
        begun = False
        try:
            with self._store.write() as connection:
                begun = True
                results.extend(work(connection) for work, _ in batch)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
            if not begun or len(results) == len(batch):
                self._refuse(batch, error)  # it was the database, not one of the pieces
            elif len(batch) == 1 and again and isinstance(error, sa.exc.IntegrityError):
                self._commit(batch, again=False)  # another process came first: the piece finds that and says so
            else:
                self._refuse_or_split(batch, error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)

    def _refuse(self, batch: list[tuple[Work, Future[Any]]], error: Exception) -> None:
        for _, future in batch:
            future.set_exception(error)

    def _refuse_or_split(self, batch: list[tuple[Work, Future[Any]]], error: Exception) -> None:
        """One bad piece must not take the others with it: halve until it stands alone."""
        if len(batch) == 1:
            self._refuse(batch, error)
            return
        middle = len(batch) // 2
        self._commit(batch[:middle])
        self._commit(batch[middle:])

"""Poison never stops the belt: a batch that fails is halved until the bad one stands alone, and the rest goes on."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import sqlalchemy as sa

from wire import errors

Item = TypeVar("Item")
_NOT_THEIRS = (sa.exc.OperationalError, sa.exc.InterfaceError, errors.OutsideError)
"""The database or an outside party fails: no item is to blame, and smaller batches would fail as well."""


def halved(items: Sequence[Item], work: Callable[[Sequence[Item]], None], alone: Callable[[Item, Exception], None]) -> None:
    """Run ``work`` on all items, on ever smaller parts where it raises, and ``alone`` on those that it cannot be run on.

    ``work`` must leave nothing half done when it raises. Failures of the database and of outside parties are raised.
    """
    if not items:
        return
    try:
        work(items)
    except _NOT_THEIRS:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the others must not wait for it
        if len(items) == 1:
            alone(items[0], error)
            return
        middle = len(items) // 2
        halved(items[:middle], work, alone)
        halved(items[middle:], work, alone)


def where(error: Exception) -> str:
    """Type, file and line of an error: its message may carry data and stays out of logs."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else f" at {trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
    return f"{type(error).__name__}{place}"

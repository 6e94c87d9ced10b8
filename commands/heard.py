"""Signals that ``palaute run`` has been sent and not answered yet.

Called by the console script before anything else is loaded, which takes seconds, and by run: a SIGHUP in between would end the
process, which is what SIGHUP does to one that does not listen. Imports nothing slow.
"""

import queue
import signal
from types import FrameType

_LISTEN_EVERY = 0.5
"""Seconds."""
_waiting: queue.SimpleQueue[int] = queue.SimpleQueue()


def listen(*others: signal.Signals) -> None:
    """From now on SIGHUP, and these, wait until they are asked for."""
    for number in (signal.SIGHUP, *others):
        signal.signal(number, _on_signal)


def _on_signal(number: int, _frame: FrameType | None) -> None:
    _waiting.put(number)


def following() -> int:
    """The next signal. Python runs handlers between two instructions of the main thread, so it must not sleep for good: a signal
    that comes just before a wait without end would be heard only with the next one."""
    while True:
        try:
            return _waiting.get(timeout=_LISTEN_EVERY)
        except queue.Empty:
            continue

"""Connections kept open and used again. Safe to use from several threads."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from channels.email import replies, settings, smtp
from wire import errors

_IDLE = 60.0
"""Seconds after which an idle connection is not used again; servers may hang up after five minutes (RFC 5321, 4.5.3.2.7)."""


class Transport:
    """Hands mails to one server; each thread takes a connection of its own, up to ``connections`` of the settings."""

    def __init__(self, given: settings.EmailSettings) -> None:
        self._settings = given
        self._trust = smtp.context(given)
        self._idle: list[smtp.Line] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(given.connections)

    def hand_over(self, envelope: smtp.Envelope, mail: bytes) -> replies.Reply:
        """Returns the server's 250, after which the mail is the server's to deliver.

        ``mail`` has CRLF line ends. Raises Later, Never, NeedsPerson or Unsure.
        """
        with self._places:
            with self._line() as line:
                try:
                    line.offer(envelope, len(mail))
                except errors.Later:
                    if line.alive or line.fresh:
                        raise
                else:
                    return line.give(envelope.recipient, mail)
            with self._line(new=True) as line:  # an idle connection had died, and nothing was given to the server
                line.offer(envelope, len(mail))
                return line.give(envelope.recipient, mail)

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.quit()

    @contextmanager
    def _line(self, *, new: bool = False) -> Iterator[smtp.Line]:
        line = self._take(new=new) or smtp.connect(self._settings, self._trust)
        try:
            yield line
        except BaseException as error:
            if not isinstance(error, errors.OutsideError):
                line.drop()
            raise
        finally:
            if line.alive:
                line.fresh, line.used_at = False, time.monotonic()
                with self._lock:
                    self._idle.append(line)

    def _take(self, *, new: bool) -> smtp.Line | None:
        """The connection used last, unless it has been idle for too long; with ``new`` all idle ones are dropped."""
        with self._lock:
            oldest = time.monotonic() - (0 if new else _IDLE)
            stale = [line for line in self._idle if line.used_at < oldest]
            self._idle = [line for line in self._idle if line.used_at >= oldest]
            line = self._idle.pop() if self._idle else None
        for each in stale:
            each.drop()
        return line

"""The mailbox that returned mails go to, read over IMAP (RFC 3501, RFC 9051).

A report is let go of (marked, deleted or moved) only after it was settled: a crash in between reads it again, and settling twice
is settling once. Mails that are not for us are left as they are: they may be somebody's.
"""

import imaplib
from collections.abc import Iterator, Sequence
from datetime import datetime

from channels import base
from channels.email import dsn, imap_line, settings
from wire import errors

_LARGEST = 262_144
"""Bytes of a mail that are fetched: the report comes first, the returned mail after it."""
_AT_ONCE = 100
"""Mails a look; the rest has its turn at the next one."""


class Inbox:
    """One mailbox; the connection is kept from look to look. For one thread at a time."""

    def __init__(self, given: settings.EmailSettings, marks: dsn.Marks) -> None:
        self._given, self._chosen = given, given.bounces
        self._marks = marks
        self._imap: imaplib.IMAP4 | None = None
        self._left: set[tuple[str, str]] = set()
        """Mails that are not for us, by the mailbox's validity and their UID: they are not fetched again."""
        self._next: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether it is time for a look."""
        return bool(self._chosen.imap) and (self._next is None or now >= self._next)

    def fetch(self, now: datetime, settle: base.Settle, note: base.Note) -> int:
        """Read what is new, hand it over and let go of what was taken; how many mails. Raises Later and NeedsPerson."""
        self._next = now + self._chosen.poll
        try:
            return self._look(self._selected(), settle, note)
        except imap_line.BROKEN as error:
            self.close()
            raise errors.Later(f"the mailbox of returned mails cannot be read: {imap_line.why(error)}") from None
        except imaplib.IMAP4.error as error:
            self.close()
            raise errors.Later(f"the mailbox of returned mails answered: {imap_line.words(error)}") from None

    def check(self) -> None:
        """Sign in and open the folder. Raises Later and NeedsPerson."""
        try:
            self._selected()
        except imap_line.BROKEN as error:
            raise errors.Later(f"the mailbox of returned mails cannot be reached: {imap_line.why(error)}") from None
        except imaplib.IMAP4.error as error:
            raise errors.Later(f"the mailbox of returned mails answered: {imap_line.words(error)}") from None
        finally:
            self.close()

    def close(self) -> None:
        """Say goodbye; may be called twice."""
        imap, self._imap = self._imap, None
        if imap is not None:
            try:
                imap.logout()
            except (*imap_line.BROKEN, imaplib.IMAP4.error):
                imap_line.hang_up(imap)

    def _selected(self) -> imaplib.IMAP4:
        """The folder, opened; a connection that has died since the last look is opened anew."""
        if self._imap is not None:
            try:
                return self._select(self._imap)
            except imap_line.BROKEN:
                self.close()
        self._imap = imap_line.connect(self._given)
        return self._select(self._imap)

    def _select(self, imap: imaplib.IMAP4) -> imaplib.IMAP4:
        answer, data = imap.select(imap_line.quoted(self._chosen.folder))
        if answer != "OK":
            remedy = f"Correct folder in channels.email.bounces: there is no {self._chosen.folder}, or this user may not read it."
            raise errors.NeedsPerson(f"the folder of returned mails cannot be opened: {imap_line.said(data)}", remedy=remedy)
        return imap

    def _look(self, imap: imaplib.IMAP4, settle: base.Settle, note: base.Note) -> int:
        done: list[str] = []
        for uid, raw in self._new(imap):
            letter = dsn.read(raw, self._marks)
            if letter.kind is dsn.Kind.OTHER:
                self._left.add((self._validity(imap), uid))
            elif not letter.reports or settle(letter.reports):
                note(letter.kind)
                self._let_go(imap, uid)
                done.append(uid)
        if done and self._chosen.done != "mark":
            self._expunge(imap, done)
        return len(done)

    def _new(self, imap: imaplib.IMAP4) -> Iterator[tuple[str, bytes]]:
        """UID and content of each mail that nobody has seen."""
        _, data = imap.uid("SEARCH", "UNSEEN", "UNDELETED")
        validity = self._validity(imap)
        uids = [uid.decode("ascii") for uid in (data[0] or b"").split()]
        fresh = [uid for uid in uids if (validity, uid) not in self._left]
        for uid in fresh[:_AT_ONCE]:
            _, parts = imap.uid("FETCH", uid, f"(BODY.PEEK[]<0.{_LARGEST}>)")
            raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
            if raw is not None:
                yield uid, raw

    def _let_go(self, imap: imaplib.IMAP4, uid: str) -> None:
        if self._chosen.done.startswith("move:"):
            folder = self._chosen.done.removeprefix("move:")
            answer, data = imap.uid("COPY", uid, imap_line.quoted(folder))
            if answer != "OK":
                remedy = f"Make the folder {folder}, or set done in channels.email.bounces to mark or delete."
                raise errors.NeedsPerson(f"a report that was read cannot be moved: {imap_line.said(data)}", remedy=remedy)
        imap.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)" if self._chosen.done == "mark" else r"(\Seen \Deleted)")

    def _expunge(self, imap: imaplib.IMAP4, uids: Sequence[str]) -> None:
        """Where the server cannot expunge these alone (RFC 4315), what is marked as deleted stays until somebody tidies up."""
        if "UIDPLUS" in imap.capabilities:
            imap.uid("EXPUNGE", ",".join(uids))

    def _validity(self, imap: imaplib.IMAP4) -> str:
        known = imap.response("UIDVALIDITY")[1]
        if known and known[0]:
            self._known_validity = known[0].decode("ascii", "replace")
        return self._known_validity

    _known_validity = ""

"""The mailbox that returned mails go to, read over IMAP (RFC 3501, RFC 9051).

A report is let go of (marked, deleted or moved) only after it was settled: a crash in between reads it again, and settling twice
is settling once. Mails that are not for us are left as they are: they may be somebody's.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from channels import base
from channels.email import dsn, settings
from wire import errors

_LARGEST = 262_144
"""Bytes of a mail that are fetched: the report comes first, the returned mail after it."""
_AT_ONCE = 100
"""Mails a look; the rest has its turn at the next one."""
_SIGN_IN = "Check username and password of channels.email.bounces, and whether the server lets this user sign in over IMAP."
_BROKEN = (OSError, imaplib.IMAP4.abort, EOFError)


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
        except _BROKEN as error:
            self.close()
            raise errors.Later(f"the mailbox of returned mails cannot be read: {_why(error)}") from None
        except imaplib.IMAP4.error as error:
            self.close()
            raise errors.Later(f"the mailbox of returned mails answered: {_words(error)}") from None

    def check(self) -> None:
        """Sign in and open the folder. Raises Later and NeedsPerson."""
        try:
            self._selected()
        except _BROKEN as error:
            raise errors.Later(f"the mailbox of returned mails cannot be reached: {_why(error)}") from None
        finally:
            self.close()

    def close(self) -> None:
        """Say goodbye; may be called twice."""
        imap, self._imap = self._imap, None
        if imap is not None:
            try:
                imap.logout()
            except (*_BROKEN, imaplib.IMAP4.error):
                imap.shutdown()

    def _selected(self) -> imaplib.IMAP4:
        """The folder, opened; a connection that has died since the last look is opened anew."""
        if self._imap is not None:
            try:
                return self._select(self._imap)
            except _BROKEN:
                self.close()
        self._imap = self._connect()
        return self._select(self._imap)

    def _select(self, imap: imaplib.IMAP4) -> imaplib.IMAP4:
        answer, data = imap.select(_quoted(self._chosen.folder))
        if answer != "OK":
            remedy = f"Correct folder in channels.email.bounces: there is no {self._chosen.folder}, or this user may not read it."
            raise errors.NeedsPerson(f"the folder of returned mails cannot be opened: {_said(data)}", remedy=remedy)
        return imap

    def _connect(self) -> imaplib.IMAP4:
        place = urlsplit(self._chosen.imap)
        host = place.hostname or ""
        trust = ssl.create_default_context(cafile=str(self._given.ca) if self._given.ca else None)
        seconds = self._given.timeout.total_seconds()
        try:
            if place.scheme == "imaps":
                imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                    place.hostname or "", place.port or 993, ssl_context=trust, timeout=seconds
                )
            else:
                imap = imaplib.IMAP4(host, place.port or 143, timeout=seconds)
                imap.starttls(trust)
        except ssl.SSLCertVerificationError as error:
            remedy = (
                "Set ca of channels.email to the file of the authority that signed it, or imap to the name it was made out to."
            )
            raise errors.NeedsPerson(
                f"the IMAP server's certificate is not trusted: {error.verify_message}", remedy=remedy
            ) from None
        except imaplib.IMAP4.error as error:
            if isinstance(error, imaplib.IMAP4.abort):
                raise
            remedy = "Use imaps:// and the port that goes with it."
            raise errors.NeedsPerson(f"no encryption with the IMAP server: {_words(error)}", remedy=remedy) from None
        return self._sign_in(imap)

    def _sign_in(self, imap: imaplib.IMAP4) -> imaplib.IMAP4:
        secret = self._chosen.password
        password = secret.get_secret_value() if secret is not None else ""
        try:
            if "AUTH=PLAIN" in imap.capabilities:
                said = f"\0{self._chosen.username}\0{password}".encode()
                imap.authenticate("PLAIN", lambda _challenge: said)
            else:
                imap.login(self._chosen.username, password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            imap.shutdown()
            message = f"the IMAP server refused the sign-in: {_words(error)}"
            raise errors.NeedsPerson(message, remedy=_SIGN_IN) from None
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
            answer, data = imap.uid("COPY", uid, _quoted(folder))
            if answer != "OK":
                remedy = f"Make the folder {folder}, or set done in channels.email.bounces to mark or delete."
                raise errors.NeedsPerson(f"a report that was read cannot be moved: {_said(data)}", remedy=remedy)
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


def _quoted(folder: str) -> str:
    """A folder's name as IMAP wants it: modified UTF-7 in quotes (RFC 3501, 5.1.3)."""
    plain = re.sub(r"[^\x20-\x7e]+", _shifted, folder.replace("&", "&-"))
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shifted(found: re.Match[str]) -> str:
    return "&" + found[0].encode("utf-7").decode("ascii")[1:].rstrip("-").replace("/", ",") + "-"


def _said(data: Sequence[object]) -> str:
    first = data[0] if data else b""
    return _clean(first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first or "nothing"))


def _words(error: Exception) -> str:
    first = error.args[0] if error.args else ""
    return _clean(first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first))


def _why(error: BaseException) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else _words_of(error)


def _words_of(error: BaseException) -> str:
    return _clean(str(error)) or type(error).__name__


def _clean(text: str) -> str:
    """On one line, without anything like an address."""
    return re.sub(r"\S*@\S*", "…", " ".join(text.split()))[:200]

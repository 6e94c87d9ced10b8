"""The line to the mailbox of returned mails: encrypted, signed in, every ending translated. Called by inbox.py.

With ``imaps://`` it is encrypted from the first byte, with ``imap://`` from STARTTLS on (RFC 9051, 6.2.1), before all else.
A line that stays in the clear is left: no name and no password goes over it.
"""

import contextlib
import imaplib
import re
import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

from channels.email import settings
from wire import errors

BROKEN = (OSError, imaplib.IMAP4.abort, EOFError)
"""What imaplib raises when the line breaks."""
_SIGN_IN = "Check username and password of channels.email.bounces, and whether the server lets this user sign in over IMAP."
_ENCRYPTED = "Use imaps:// and the port that goes with it, or have the server offer STARTTLS."
_TRUSTED = "Set ca of channels.email to the file of the authority that signed it, or imap to the name it was made out to."


def connect(given: settings.EmailSettings) -> imaplib.IMAP4:
    """A line that is encrypted and signed in; ``capabilities`` are those of the user, which many servers tell only now.

    Raises NeedsPerson, what BROKEN holds, and IMAP4.error for other refusals.
    """
    imap: imaplib.IMAP4 | None = None
    try:
        imap = _dial(given)
        _sign_in(imap, given.bounces)
        told = imap.capability()[1][-1]
        imap.capabilities = tuple((told or b"").decode("ascii", "replace").upper().split())
    except BaseException as error:
        if imap is not None:
            hang_up(imap)
        if isinstance(error, ssl.SSLError) and (refusal := _no_trust(error)) is not None:
            raise refusal from None
        raise
    return imap


def _dial(given: settings.EmailSettings) -> imaplib.IMAP4:
    place = urlsplit(given.bounces.imap)
    host, seconds = place.hostname or "", given.timeout.total_seconds()
    trust = ssl.create_default_context(cafile=str(given.ca) if given.ca else None)
    if place.scheme == "imaps":
        return imaplib.IMAP4_SSL(host, place.port or 993, ssl_context=trust, timeout=seconds)
    imap = imaplib.IMAP4(host, place.port or 143, timeout=seconds)
    try:
        _encrypt(imap, trust)
    except BaseException:
        hang_up(imap)
        raise
    return imap


def _encrypt(imap: imaplib.IMAP4, trust: ssl.SSLContext) -> None:
    if "STARTTLS" not in imap.capabilities:
        raise errors.NeedsPerson("the IMAP server offers no STARTTLS", remedy=_ENCRYPTED)
    try:
        imap.starttls(trust)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:  # refused; or somebody in between says that we are signed in already
        raise errors.NeedsPerson(f"the IMAP server begins no encryption: {words(error)}", remedy=_ENCRYPTED) from None


def _sign_in(imap: imaplib.IMAP4, chosen: settings.BouncesSettings) -> None:
    password = chosen.password.get_secret_value() if chosen.password is not None else ""
    try:
        if "AUTH=PLAIN" in imap.capabilities:
            shown = f"\0{chosen.username}\0{password}".encode()
            imap.authenticate("PLAIN", lambda _challenge: shown)
        else:
            imap.login(_string(chosen.username), password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise errors.NeedsPerson(f"the IMAP server refused the sign-in: {words(error)}", remedy=_SIGN_IN) from None
    except UnicodeEncodeError:
        message = "the IMAP server takes no username or password with letters outside ASCII"
        raise errors.NeedsPerson(message, remedy=_SIGN_IN) from None


def _no_trust(error: ssl.SSLError) -> errors.NeedsPerson | None:
    """What a failed handshake means; None where the line broke in the middle of it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        message = f"the IMAP server's certificate is not trusted: {error.verify_message}"
        return errors.NeedsPerson(message, remedy=_TRUSTED)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return None
    remedy = "Check scheme and port of imap: imaps:// usually goes with port 993, imap:// with 143."
    return errors.NeedsPerson(f"no encryption could be agreed with the IMAP server: {error.reason}", remedy=remedy)


def hang_up(imap: imaplib.IMAP4) -> None:
    """Close without a word."""
    with contextlib.suppress(OSError):
        imap.shutdown()


def quoted(folder: str) -> str:
    """A folder's name as IMAP wants it: modified UTF-7 in quotes (RFC 3501, 5.1.3)."""
    plain = re.sub(r"[^\x20-\x7e]+", _shifted, folder.replace("&", "&-"))
    return _string(plain)


def _string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shifted(found: re.Match[str]) -> str:
    return "&" + found[0].encode("utf-7").decode("ascii")[1:].rstrip("-").replace("/", ",") + "-"


def said(data: Sequence[object]) -> str:
    """The server's words in an answer, without addresses."""
    first = data[0] if data else b""
    return _clean(first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first or "nothing"))


def words(error: Exception) -> str:
    """The server's words in an error, without addresses."""
    first = error.args[0] if error.args else ""
    return _clean(first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first))


def why(error: BaseException) -> str:
    """Why a line broke, in the system's words: refused, timed out, no such host."""
    return error.strerror if isinstance(error, OSError) and error.strerror else _words_of(error)


def _words_of(error: BaseException) -> str:
    return _clean(str(error)) or type(error).__name__


def _clean(text: str) -> str:
    """On one line, without anything like an address."""
    line = re.sub(r"\S*@\S*", "…", " ".join(text.split()))
    return "".join(character for character in line if character.isprintable())[:200]

"""The conversation with the mail server over one connection, every ending translated.

The point of no return is the final dot after DATA (RFC 5321, 4.2.5 and 6.1): until it is sent the server has nothing, once its
250 is here the server has the mail. Between the two nobody knows, which is the one Unsure of this file.
"""

import re
import smtplib
import ssl
import time
from dataclasses import dataclass

from channels import base
from channels.email import replies, settings
from wire import errors

_LINE_START_DOT = re.compile(rb"(?m)^\.")
_DROPPED = (OSError, smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException)
"""What smtplib raises when the line breaks, a time-out passes, or the server does not speak SMTP."""
_PATIENCE, _LONGEST_PATIENCE = 10, 300.0
"""How many times the time-out a server may look at a mail before it says whether it takes it (RFC 5321, 4.5.3.2.6 allows it ten
minutes), and seconds at most: whoever hangs up before makes a message of unknown fate."""
_HUNG_UP = "the mail server hung up"
_ASK = "Ask whoever runs the mail server whether this machine may send mail through it."
_SENDER = "Check the sender's address, and whether this user may send as it."
_SIGN_IN = "Check username and password, and whether the server lets this user sign in over SMTP."


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """From whom and to whom, as only the servers see it."""

    sender: str
    recipient: str
    id: str = ""
    """Told in reports about it (RFC 3461, 4.4), by servers that know of that."""


class Line:
    """One open and signed-in connection; mails go over it one after the other."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp
        self.alive = True
        self.fresh = True
        """No mail has gone over it yet, so that a break is not the doing of the server's idle time-out."""
        self.used_at = time.monotonic()

    def offer(self, envelope: Envelope, size: int) -> None:
        """MAIL FROM, RCPT TO, DATA: the server says whether it would take a mail; it gets nothing yet.

        ``size`` in octets (RFC 1870). Raises Later, Never or NeedsPerson.
        """
        recipient = envelope.recipient
        options = self._options(envelope, size)
        try:
            answer = _heard(self._smtp.mail(envelope.sender, options))
            if answer.code != 250:
                raise self._refused(answer, replies.about_us(answer, "the sender", _SENDER))
            answer = _heard(self._smtp.rcpt(recipient))
            if answer.code not in (250, 251):
                raise self._refused(answer, replies.about_message(answer, "the recipient", recipient))
            answer = _heard(self._smtp.docmd("DATA"))
            if answer.code != 354:
                raise self._refused(answer, replies.about_message(answer, "the mail", recipient))
        except _DROPPED:
            self.drop()
            raise errors.Later(_HUNG_UP) from None

    def give(self, recipient: str, mail: bytes) -> replies.Reply:
        """The mail, the final dot, the reply. ``mail`` has CRLF line ends. Raises Later, Never, NeedsPerson or Unsure."""
        try:
            self._smtp.send(_LINE_START_DOT.sub(b"..", mail) + b".\r\n")
        except _DROPPED:  # the dot is in the last bytes, so a send that fails has not sent it
            self.drop()
            raise errors.Later(_HUNG_UP + " before it had the whole mail") from None
        answer = self._verdict()
        if 200 <= answer.code < 300:
            return answer
        if 400 <= answer.code < 600:
            raise self._refused(answer, replies.about_message(answer, "the mail", recipient))
        self.drop()
        raise errors.Unsure("the mail server had the whole mail but did not say whether it took it")

    def _verdict(self) -> replies.Reply:
        """The reply to the final dot; code −1 where there is none."""
        usual, sock = self._smtp.timeout, self._smtp.sock
        try:
            if sock is not None:
                sock.settimeout(max(usual, min(usual * _PATIENCE, _LONGEST_PATIENCE)))
            answer = _heard(self._smtp.getreply())
            if sock is not None:
                sock.settimeout(usual)
        except _DROPPED:
            return replies.Reply(-1, "")
        return answer

    def drop(self) -> None:
        """Close without a word."""
        self.alive = False
        self._smtp.close()

    def quit(self) -> None:
        """Say goodbye and close; a server that does not answer is left alone."""
        self.alive = False
        try:
            self._smtp.quit()
        except _DROPPED:
            self._smtp.close()

    def encryption(self) -> str:
        """``TLSv1.3``, or nothing on a line in the clear."""
        sock = self._smtp.sock
        return str(sock.version()) if isinstance(sock, ssl.SSLSocket) else ""

    def _options(self, envelope: Envelope, size: int) -> list[str]:
        options = [f"SIZE={size}"] if self._smtp.has_extn("size") else []
        if envelope.id and self._smtp.has_extn("dsn"):
            options += ["RET=HDRS", f"ENVID={envelope.id}"]
        if envelope.recipient.isascii():
            return options
        if not self._smtp.has_extn("smtputf8"):
            # Not the address's fault: another server would take it.
            raise base.Unfit("the mail server does not take addresses with letters outside ASCII (SMTPUTF8)", code="SMTPUTF8")
        return [*options, "SMTPUTF8", "BODY=8BITMIME"]

    def _refused(self, answer: replies.Reply, error: errors.OutsideError) -> errors.OutsideError:
        """Make the line ready for the next mail, or drop it when the server is about to (421)."""
        if answer.code == 421:
            self.drop()
            return error
        try:
            self._smtp.rset()
        except _DROPPED:
            self.drop()
        return error


def context(given: settings.EmailSettings) -> ssl.SSLContext:
    """What is trusted: the system's authorities, or the one in settings."""
    return ssl.create_default_context(cafile=str(given.ca) if given.ca else None)


def connect(given: settings.EmailSettings, trust: ssl.SSLContext) -> Line:
    """A line that is encrypted and signed in as settings say. Raises Later or NeedsPerson."""
    try:
        smtp = _dial(given, trust)
        try:
            _greet(smtp, given, trust)
            _sign_in(smtp, given)
        except BaseException:
            smtp.close()
            raise
    except ssl.SSLCertVerificationError as error:
        remedy = "Set ca to the file of the authority that signed it, or host to the name it was made out to."
        raise errors.NeedsPerson(f"the mail server's certificate is not trusted: {error.verify_message}", remedy=remedy) from None
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        raise errors.Later(_HUNG_UP) from None
    except ssl.SSLError as error:
        remedy = 'Check port and security: "tls" usually goes with port 465, "starttls" with 587.'
        raise errors.NeedsPerson(f"no encryption could be agreed with the mail server: {error.reason}", remedy=remedy) from None
    except _DROPPED as error:
        raise _unreachable(error) from None
    return Line(smtp)


def _dial(given: settings.EmailSettings, trust: ssl.SSLContext) -> smtplib.SMTP:
    seconds = given.timeout.total_seconds()
    try:
        if given.security == "tls":
            return smtplib.SMTP_SSL(given.host, given.port, timeout=seconds, context=trust)
        return smtplib.SMTP(given.host, given.port, timeout=seconds)
    except smtplib.SMTPConnectError as error:
        raise replies.about_us(_said(error), "the connection", _ASK) from None


def _greet(smtp: smtplib.SMTP, given: settings.EmailSettings, trust: ssl.SSLContext) -> None:
    """EHLO, and STARTTLS where settings ask for it."""
    _hello(smtp)
    if given.security != "starttls":
        return
    if not smtp.has_extn("starttls"):
        remedy = 'Set security to "tls" and the port that goes with it, or to "none" if the way to the server is safe.'
        raise errors.NeedsPerson("the mail server offers no STARTTLS", remedy=remedy)
    try:
        smtp.starttls(context=trust)
    except smtplib.SMTPResponseException as error:
        raise replies.about_us(_said(error), "STARTTLS", _ASK) from None
    _hello(smtp)


def _hello(smtp: smtplib.SMTP) -> None:
    answer = _heard(smtp.ehlo())
    if answer.code != 250:
        raise replies.about_us(answer, "the greeting", _ASK)


def _sign_in(smtp: smtplib.SMTP, given: settings.EmailSettings) -> None:
    """One attempt with one mechanism: trying them all, as smtplib does, locks accounts and hides the server's first answer."""
    if given.password is None:
        return
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    chosen = next((mechanism for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5") if mechanism in offered), None)
    if chosen is None:
        remedy = "Leave out username and password, or use the encrypted port: many servers offer the sign-in only there."
        raise errors.NeedsPerson("the mail server offers no sign-in with a password", remedy=remedy)
    smtp.user, smtp.password = given.username, given.password.get_secret_value()
    try:
        smtp.auth(chosen, getattr(smtp, f"auth_{chosen.lower().replace('-', '_')}"))
    except smtplib.SMTPResponseException as error:
        raise replies.about_us(_said(error), "the sign-in", _SIGN_IN) from None
    except smtplib.SMTPServerDisconnected:
        raise errors.Later(_HUNG_UP + " during the sign-in") from None
    except UnicodeEncodeError:
        raise errors.NeedsPerson(
            "username or password has letters outside ASCII, which SMTP cannot carry", remedy=_SIGN_IN
        ) from None


def _said(error: smtplib.SMTPResponseException) -> replies.Reply:
    text = error.smtp_error
    return _heard((error.smtp_code, text if isinstance(text, bytes) else text.encode()))


def _heard(answered: tuple[int, bytes]) -> replies.Reply:
    """A reply of the server. Raises SMTPServerDisconnected for what is none: smtplib's code is −1 then."""
    code, text = answered
    if code == -1:
        raise smtplib.SMTPServerDisconnected("what answers there does not speak SMTP")
    return replies.Reply(code, text.decode("utf-8", "replace"))


def _unreachable(error: BaseException) -> errors.OutsideError:
    """The reason in the system's words: refused, timed out, no such host."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return errors.Later(f"the mail server cannot be reached: {why}")

"""What providers call us with about mails that they took: bounces, complaints, deliveries.

Called by the web room with what was posted. Shapes, from the vendors' documentation: Postmark's bounce, spam complaint and
delivery webhooks (postmarkapp.com/developer/webhooks), Amazon SES (docs.aws.amazon.com/ses, "Amazon SNS notification contents";
what SNS wraps around it is sns.py's), SendGrid's event webhook (twilio.com/docs/sendgrid, "Event Webhook"), and one of our own,
in docs/email.md.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from channels import report
from channels.email import dsn

SIGNATURE = "x-palaute-signature"
"""``sha256=`` and the HMAC-SHA256 of the body in hexadecimal digits."""
_MOST_EVENTS = 5_000
_TOKEN = re.compile(r"[0-9a-f]{32}")
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
Fate = report.Fate
Event = Mapping[str, Any]


class NotTheirs(Exception):
    """What was posted does not prove that the provider sent it."""


class Unreadable(Exception):
    """What was posted has none of the shapes that we know; the message says what would be right."""


def prove(headers: Mapping[str, str], body: bytes, secret: str) -> None:
    """The secret as a bearer token or as the password of Basic, or a signature over the body; compared in constant time.

    ``headers`` have names in lower case. Raises NotTheirs.
    """
    signature = headers.get(SIGNATURE, "").strip().lower()
    if signature:
        made = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        shown, wanted = signature, made
    else:
        shown, wanted = _shown(headers.get("authorization", "")), secret
    if not hmac.compare_digest(shown.encode("utf-8", "replace"), wanted.encode()):
        raise NotTheirs


def _shown(authorization: str) -> str:
    how, _, what = authorization.strip().partition(" ")
    if how.lower() == "bearer":
        return what.strip()
    if how.lower() != "basic":
        return ""
    try:
        return base64.b64decode(what.strip(), validate=True).decode("utf-8", "replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def parse(body: bytes) -> Any:
    """What was posted. Raises Unreadable."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("the body should be JSON") from None


def read(posted: Any, marks: dsn.Marks) -> list[report.Report]:
    """What a provider reports. Events that are no end (opened, deferred) are left out; a report that names no mail of ours has an
    empty reference. Raises Unreadable.
    """
    events = _events(posted)
    if len(events) > _MOST_EVENTS:
        raise Unreadable(f"the body should hold at most {_MOST_EVENTS} events")
    return [one for event in events for one in _read(event, marks)]


def _events(posted: Any) -> list[Event]:
    if isinstance(posted, dict) and isinstance(posted.get("events"), list):
        posted = posted["events"]
    listed = posted if isinstance(posted, list) else [posted]
    if not all(isinstance(one, dict) for one in listed):
        raise Unreadable("the body should be an object, or a list of objects")
    return listed


def _read(event: Event, marks: dsn.Marks) -> Iterator[report.Report]:
    if "RecordType" in event:
        yield from _postmark(event, marks)
    elif "notificationType" in event or "eventType" in event:
        yield from _ses(event, marks)
    elif "sg_event_id" in event or "sg_message_id" in event:
        yield from _sendgrid(event, marks)
    elif "event" in event:
        yield from _ours(event, marks)
    else:
        raise Unreadable("an event should have message_id and event, or the shape of Postmark, Amazon SES or SendGrid")


_PLAIN = {"delivered": Fate.DELIVERED, "complaint": Fate.COMPLAINT}


def _ours(event: Event, marks: dsn.Marks) -> Iterator[report.Report]:
    """``{"message_id": "<…>", "event": "bounced", "code": "5.1.1", "words": "user unknown"}``"""
    reference, kind = _reference(marks, [_text(event, "message_id")]), _text(event, "event")
    if kind in _PLAIN:
        yield report.Report(reference=reference, fate=_PLAIN[kind], code=_enhanced(_text(event, "code")))
    elif kind == "bounced":
        yield dsn.told(reference, _enhanced(_text(event, "code")), f"{_text(event, 'code')} {_text(event, 'words')}".strip())
    elif kind not in ("delayed", "sent", "opened"):
        raise Unreadable('"event" should be bounced, complaint, delivered, delayed, sent or opened')


_POSTMARK: Mapping[str, Fate] = {
    "HardBounce": Fate.REFUSED,
    "BadEmailAddress": Fate.REFUSED,
    "ManuallyDeactivated": Fate.REFUSED,
    "SoftBounce": Fate.PASSING,
    "DnsError": Fate.PASSING,
    "Unknown": Fate.PASSING,
    "Blocked": Fate.OURS,
    "SpamNotification": Fate.OURS,
    "DMARCPolicy": Fate.OURS,
    "VirusNotification": Fate.OURS,
    "SMTPApiError": Fate.OURS,
    "TemplateRenderingFailed": Fate.OURS,
    "SpamComplaint": Fate.COMPLAINT,
    "Unsubscribe": Fate.COMPLAINT,
}
"""Postmark's types (postmarkapp.com/developer/api/bounce-api); the others are delays, automatic replies and the like."""


def _postmark(event: Event, marks: dsn.Marks) -> Iterator[report.Report]:
    """It gives every mail an id of its own, so ours comes back among the metadata, or in the returned mail."""
    metadata = event.get("Metadata")
    told = [str(value) for value in metadata.values()] if isinstance(metadata, dict) else []
    reference = _reference(marks, [*told, _text(event, "Content")])
    kind = _text(event, "RecordType")
    if kind == "Delivery":
        yield report.Report(reference=reference, fate=Fate.DELIVERED)
    elif kind == "SpamComplaint":
        yield report.Report(reference=reference, fate=Fate.COMPLAINT, code="abuse")
    elif kind == "Bounce" and (fate := _POSTMARK.get(_text(event, "Type"))) is not None:
        yield _with(fate, reference, _text(event, "Details") or _text(event, "Description"), _text(event, "Email"))


_NOT_FIT = ("MessageTooLarge", "ContentRejected", "AttachmentRejected")


def _ses(event: Event, marks: dsn.Marks) -> Iterator[report.Report]:
    mail = event.get("mail") if isinstance(event.get("mail"), dict) else {}
    reference = _reference(marks, _ses_ids(mail if isinstance(mail, dict) else {}))
    kind = _text(event, "notificationType") or _text(event, "eventType")
    about = event.get("bounce")
    if kind == "Delivery":
        yield report.Report(reference=reference, fate=Fate.DELIVERED)
    elif kind == "Complaint":
        yield report.Report(reference=reference, fate=Fate.COMPLAINT, code="abuse")
    elif kind == "Bounce" and isinstance(about, dict):
        yield from _ses_bounce(about, reference)


def _ses_ids(mail: Event) -> Iterator[str]:
    """The Message-ID that we gave it: SES puts another one in its place and tells ours among the original headers."""
    common, headers = mail.get("commonHeaders"), mail.get("headers")
    if isinstance(common, dict):
        yield _text(common, "messageId")
    for header in headers if isinstance(headers, list) else ():
        if isinstance(header, dict) and _text(header, "name").lower() == "message-id":
            yield _text(header, "value")


def _ses_bounce(about: Event, reference: str) -> Iterator[report.Report]:
    """Automatic replies come as transient bounces without a code: they are none."""
    kind, detail = _text(about, "bounceType"), _text(about, "bounceSubType")
    people = about.get("bouncedRecipients")
    for one in [one for one in people if isinstance(one, dict)][:1] if isinstance(people, list) else ():
        said = _text(one, "diagnosticCode").partition(";")[2].strip() or _text(one, "status")
        if not said and kind == "Transient" and detail == "General":
            continue
        fate = Fate.REFUSED if kind == "Permanent" else Fate.OURS if detail in _NOT_FIT else Fate.PASSING
        yield _with(fate, reference, said, _text(one, "emailAddress"), _text(one, "status"))


_SAID_NO = ("spamreport", "unsubscribe", "group_unsubscribe")
_DROPPED: Mapping[str, Fate] = {
    "bounced address": Fate.REFUSED,
    "invalid": Fate.REFUSED,
    "spam reporting address": Fate.COMPLAINT,
    "unsubscribed address": Fate.COMPLAINT,
}
"""SendGrid's reasons not to send at all; the others speak of the content or of the account."""


def _sendgrid(event: Event, marks: dsn.Marks) -> Iterator[report.Report]:
    reference = _reference(marks, [_text(event, "smtp-id"), _text(event, "palaute")])
    kind, said = _text(event, "event"), _text(event, "reason") or _text(event, "response")
    if kind == "delivered":
        yield report.Report(reference=reference, fate=Fate.DELIVERED)
    elif kind in _SAID_NO:
        yield report.Report(reference=reference, fate=Fate.COMPLAINT, code=kind)
    elif kind == "dropped":
        yield _with(_DROPPED.get(said.lower(), Fate.OURS), reference, said, _text(event, "email"))
    elif kind == "bounce":
        fate = Fate.PASSING if _text(event, "type") == "blocked" else Fate.REFUSED
        yield _with(fate, reference, said, _text(event, "email"), _text(event, "status"))


def _with(fate: Fate, reference: str, said: str, email: str, status: str = "") -> report.Report:
    """The vendor's word on what it was, with the far end's code and words; where those blame us, they outweigh it."""
    words = said if not email else said.replace(email, "…")
    seen = dsn.told(reference, _enhanced(status) or _enhanced(said), words, email.partition("@")[0])
    chosen = Fate.OURS if seen.fate is Fate.OURS and fate in (Fate.REFUSED, Fate.PASSING) else fate
    return report.Report(reference=reference, fate=chosen, code=seen.code, words=seen.words)


def _reference(marks: dsn.Marks, told: Iterable[str]) -> str:
    for text in told:
        if found := marks.reference(text):
            return found
        if _TOKEN.fullmatch(text):
            return marks.named(text)
    return ""


def _enhanced(text: str) -> str:
    found = _ENHANCED.search(text)
    return found[0] if found else ""


def _text(event: Event, name: str) -> str:
    """As text that a database takes; empty where there is none."""
    value = event.get(name)
    return value[:20_000].encode("utf-8", "replace").decode("utf-8").replace("\x00", "") if isinstance(value, str) else ""

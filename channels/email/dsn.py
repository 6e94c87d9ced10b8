"""Returned mail: what a delivery report (RFC 3464), a complaint (RFC 5965) or an old-fashioned bounce says, and about which mail.

A report counts for a mail of ours only through what we put into that mail: its Message-ID in the returned part, the envelope's id
(RFC 3461), or the envelope's sender when every mail has one of its own. An address in a report tells nothing: anybody can write
it. Out-of-office notes and reports that a mail is delayed are no bounces.
"""

import email
import email.message
import email.policy
import enum
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from channels import report
from channels.email import codes, replies

_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_PLAIN = re.compile(r"\b([45]\d\d)\b")
_DEEPEST = 3
"""Mails within mails that are looked into."""
_MOST_TEXT = 20_000
"""Characters of a text that are looked at."""
_COMPLAINTS = ("abuse", "fraud", "opt-out")
"""RFC 5965, 7.3; "not-spam" takes one back, and "virus" says nothing of the person."""
_QMAIL = "Hi. This is the qmail-send program"
_COPY = re.compile(r"^(?:--- Below this line is a copy|------ This is a copy)", re.MULTILINE)
_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-auto-reply-from")
_FATES = {
    codes.Fault.ADDRESS: report.Fate.REFUSED,
    codes.Fault.PASSING: report.Fate.PASSING,
    codes.Fault.MESSAGE: report.Fate.OURS,
    codes.Fault.OURS: report.Fate.OURS,
}


class Kind(enum.StrEnum):
    """What a mail in the mailbox of returned mails is."""

    REPORT = "report"
    FOREIGN = "foreign_report"
    """A report that names no mail of ours."""
    DELAYED = "delay_notice"
    AUTOMATIC = "automatic_reply"
    OTHER = "other"
    """Not for us: it is left where it is."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail as it was understood."""

    kind: Kind
    reports: tuple[report.Report, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Marks:
    """How our mails are known again."""

    domain: str
    """Of our Message-IDs."""
    return_path: str = ""
    """Where each mail has an envelope sender of its own: the address without what is added (``bounces@havu.example``)."""

    def reference(self, *texts: str) -> str:
        """The first Message-ID of ours in these texts; empty where there is none."""
        ours = re.compile(rf"<([0-9a-f]{{32}})@{re.escape(self.domain)}>", re.IGNORECASE)
        found = next((match for text in texts if (match := ours.search(text))), None)
        return "" if found is None else self.named(found[1])

    def own_sender(self, *texts: str) -> str:
        """The same by the envelope sender that only one mail had."""
        name, _, domain = self.return_path.rpartition("@")
        if not name:
            return ""
        own = re.compile(rf"(?<![\w.+-]){re.escape(name)}\+([0-9a-f]{{32}})@{re.escape(domain)}(?![\w.-])", re.IGNORECASE)
        found = next((match for text in texts if (match := own.search(text))), None)
        return "" if found is None else self.named(found[1])

    def named(self, token: str) -> str:
        """The Message-ID with this first part."""
        return f"<{token.lower()}@{self.domain}>"


def read(raw: bytes, marks: Marks) -> Letter:
    """What a mail says. Never raises: what cannot be read is not for us."""
    try:
        mail = email.message_from_bytes(raw, policy=email.policy.compat32)
        found = [_one(part, mail, marks) for part in _reports(mail, 0)]
        if not found and (old := _old_fashioned(mail, marks)) is not None:
            found = [old]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Letter(kind=Kind.OTHER)
    told = tuple(one for letter in found for one in letter.reports)
    if told:
        return Letter(kind=Kind.REPORT, reports=told)
    if found:
        return found[0]
    return Letter(kind=Kind.AUTOMATIC if _is_automatic(mail) else Kind.OTHER)


def _reports(mail: email.message.Message, depth: int) -> Iterator[email.message.Message]:
    """Every multipart that holds a report, be it the mail itself or among what it brings along."""
    if depth > _DEEPEST or not mail.is_multipart():
        return
    kinds = {part.get_content_type() for part in _children(mail)}
    if kinds & {"message/delivery-status", "message/global-delivery-status", "message/feedback-report"}:
        yield mail
        return
    for part in _children(mail):
        yield from _reports(part, depth + 1)


def _children(mail: email.message.Message) -> list[email.message.Message]:
    content = mail.get_payload()
    return [part for part in content if isinstance(part, email.message.Message)] if isinstance(content, list) else []


def _one(holder: email.message.Message, mail: email.message.Message, marks: Marks) -> Letter:
    parts = {part.get_content_type(): part for part in _children(holder)}
    feedback = parts.get("message/feedback-report")
    if feedback is not None:
        return _complaint(feedback, holder, mail, marks)
    status = parts.get("message/delivery-status") or parts["message/global-delivery-status"]
    blocks = _blocks(status)
    reference = _reference(holder, mail, marks, [_field(block, "Original-Envelope-Id") for block in blocks])
    people = [block for block in blocks if block["Action"]]
    actions = {_field(block, "Action").lower() for block in people}
    failed = next((block for block in people if _field(block, "Action").lower() == "failed"), None)
    arrived = actions & {"delivered", "relayed", "expanded"}
    if failed is None and not arrived:
        return Letter(kind=Kind.DELAYED if "delayed" in actions else Kind.FOREIGN)
    if not reference:
        return Letter(kind=Kind.FOREIGN)
    if failed is None or arrived:  # where it was handed on to several, one of whom it did not reach, it did arrive
        went = report.Report(reference=reference, fate=report.Fate.DELIVERED)
        return Letter(kind=Kind.REPORT, reports=(went,) if "delivered" in actions else ())
    return Letter(kind=Kind.REPORT, reports=(_failure(reference, failed),))


def _blocks(status: email.message.Message) -> list[email.message.Message]:
    """The groups of fields: one about the mail, then one for each recipient."""
    blocks = _children(status)
    if len(blocks) > 1:
        return blocks
    # The internationalised kind is read as one group with the others below it; some send it as one text, encoded.
    text = str(blocks[0].get_payload()) if blocks else _text(status)
    return blocks + [email.message_from_string(block) for block in re.split(r"\r?\n\s*\r?\n", text) if block.strip()]


def _failure(reference: str, block: email.message.Message) -> report.Report:
    said = _field(block, "Diagnostic-Code").partition(";")[2].strip() or _field(block, "Diagnostic-Code")
    status, detail = _ENHANCED.search(_field(block, "Status")), _ENHANCED.search(said)
    enhanced = status[1] if status is not None else ""
    if detail is not None and (not enhanced or enhanced.endswith((".0.0", ".0"))):
        enhanced = detail[1]
    recipient = _field(block, "Final-Recipient").partition(";")[2].strip()
    return told(reference, enhanced, said, recipient.partition("@")[0])


def told(reference: str, enhanced: str, said: str, *hidden: str) -> report.Report:
    """A mail that did not arrive, by its code and the far end's words; whatever names a person is taken out of them."""
    plain = _PLAIN.search(said)
    code = int(plain[1]) if plain is not None else 0
    words = replies.Reply(code, said).words(*hidden)
    fate = _FATES[codes.fault(code, enhanced, said)]
    return report.Report(reference=reference, fate=fate, code=enhanced or (str(code) if code else ""), words=words)


def _complaint(
    feedback: email.message.Message, holder: email.message.Message, mail: email.message.Message, marks: Marks
) -> Letter:
    block = email.message_from_string(_text(feedback)) if not _children(feedback) else _children(feedback)[0]
    reference = _reference(holder, mail, marks, []) or marks.own_sender(_field(block, "Original-Mail-From"))
    kind = _field(block, "Feedback-Type").lower()
    if not reference or kind not in _COMPLAINTS:
        return Letter(kind=Kind.FOREIGN)
    return Letter(kind=Kind.REPORT, reports=(report.Report(reference=reference, fate=report.Fate.COMPLAINT, code=kind),))


def _reference(holder: email.message.Message, mail: email.message.Message, marks: Marks, envelopes: Iterable[str]) -> str:
    """Which mail of ours a report is about: by the returned part, the envelope's id, or the address that the report went to."""
    for part in _children(holder):
        kind = part.get_content_type()
        if kind in ("message/rfc822", "message/global"):
            returned: Sequence[email.message.Message] = _children(part)
        elif kind in ("text/rfc822-headers", "message/global-headers", "text/rfc822"):
            returned = [email.message_from_string(_text(part))]
        else:
            continue
        for one in returned:
            if found := marks.reference(_field(one, "Message-ID")):
                return found
    for envelope in envelopes:
        if re.fullmatch(r"[0-9a-f]{32}", envelope):
            return marks.named(envelope)
    return marks.own_sender(*(_field(mail, name) for name in ("Delivered-To", "X-Original-To", "To")))


def _old_fashioned(mail: email.message.Message, marks: Marks) -> Letter | None:
    """Exim's and qmail's bounces, each known by what only it writes; None for any other mail."""
    text = _text(mail)
    if not mail["X-Failed-Recipients"] and not text.startswith(_QMAIL):
        return None
    said, _, copy = _split(text)
    inside = re.search(r"(?mi)^Message-ID:\s*(<[^>\s]+>)", copy or text)
    reference = marks.reference(inside[1] if inside else "") or marks.own_sender(_field(mail, "To"), _field(mail, "Delivered-To"))
    if not reference:
        return Letter(kind=Kind.FOREIGN)
    enhanced = _ENHANCED.search(said)
    failed = _field(mail, "X-Failed-Recipients").partition("@")[0].strip()
    reason = said[max(0, enhanced.start() - 60) :] if enhanced is not None else said[-_MOST_SAID:]
    return Letter(kind=Kind.REPORT, reports=(told(reference, enhanced[1] if enhanced else "", reason, failed),))


_MOST_SAID = 300


def _split(text: str) -> tuple[str, str, str]:
    """What the server says, the line above the returned mail, and the mail."""
    found = _COPY.search(text)
    return (text, "", "") if found is None else (text[: found.start()], found[0], text[found.end() :])


def _is_automatic(mail: email.message.Message) -> bool:
    """RFC 3834, and what was usual before it."""
    said = _field(mail, "Auto-Submitted").lower()
    if said and said != "no":
        return True
    return _field(mail, "Precedence").lower() == "auto_reply" or any(mail[name] for name in _AUTOMATIC)


def _field(block: email.message.Message, name: str) -> str:
    """A header's value on one line; empty where there is none."""
    return " ".join(str(block[name] or "").split())


def _text(part: email.message.Message) -> str:
    """The part's content as text, decoded; that of the first text for a multipart."""
    if part.is_multipart():
        return next((_text(one) for one in _children(part) if one.get_content_maintype() in ("text", "multipart")), "")
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace")[:_MOST_TEXT] if isinstance(content, bytes) else ""

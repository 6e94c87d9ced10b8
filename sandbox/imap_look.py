"""What IMAP's FETCH and SEARCH find in one mail (RFC 9051, 6.4.4 and 6.4.5)."""

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import getaddresses

from sandbox import imap_box, imap_words
from sandbox.imap_words import Word, Wrong

_MACROS = {
    "ALL": ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"],
    "FAST": ["FLAGS", "INTERNALDATE", "RFC822.SIZE"],
}
_BODY = re.compile(r"^BODY(?:\.PEEK)?\[(?P<section>[^\]]*)\](?:<(?P<start>\d+)\.(?P<count>\d+)>)?$", re.IGNORECASE)
_OLD = {"RFC822": "BODY[]", "RFC822.HEADER": "BODY.PEEK[HEADER]", "RFC822.TEXT": "BODY[TEXT]"}
_FLAGS = {"SEEN": "\\Seen", "DELETED": "\\Deleted", "FLAGGED": "\\Flagged", "ANSWERED": "\\Answered", "DRAFT": "\\Draft"}


def items(asked: Word) -> list[str]:
    """The items of a FETCH, macros written out."""
    if isinstance(asked, str):
        return _MACROS.get(asked.upper(), [asked])
    return [one for one in asked if isinstance(one, str)]


def marks_as_seen(wanted: list[str]) -> bool:
    """Whether fetching these counts as reading the mail."""
    return any(re.match(r"(?i)BODY\[|RFC822(?:\.TEXT)?$", one) for one in wanted)


def fetched(mail: imap_box.Kept, wanted: list[str]) -> bytes:
    """``FLAGS (\\Seen) UID 3 BODY[] {12}…``"""
    return b" ".join(_item(mail, one) for one in wanted)


def _item(mail: imap_box.Kept, asked: str) -> bytes:
    name = asked.upper()
    if name == "FLAGS":
        return f"FLAGS ({' '.join(sorted(mail.flags))})".encode()
    if name == "UID":
        return f"UID {mail.uid}".encode()
    if name == "RFC822.SIZE":
        return f"RFC822.SIZE {len(mail.raw)}".encode()
    if name == "INTERNALDATE":
        return f'INTERNALDATE "{mail.at:%d-%b-%Y %H:%M:%S %z}"'.encode()
    if name == "ENVELOPE":
        return b"ENVELOPE " + _envelope(mail).encode("utf-8", "replace")
    found = _BODY.match(_OLD.get(name, asked))
    if found is None:
        raise Wrong(f"{asked[:40]} cannot be fetched here")
    content = _section(mail, found["section"])
    label = name if name in _OLD else f"BODY[{found['section']}]"
    if found["start"] is not None:
        start = int(found["start"])
        content, label = content[start : start + int(found["count"])], f"{label}<{start}>"
    return label.encode() + b" {%d}\r\n" % len(content) + content


def _section(mail: imap_box.Kept, section: str) -> bytes:
    name = section.upper()
    if name == "":
        return mail.raw
    if name == "HEADER":
        return mail.head
    if name == "TEXT":
        return mail.text
    fields = re.fullmatch(r"HEADER\.FIELDS(\.NOT)? \((.*)\)", name)
    if fields is None:
        raise Wrong(f"the section {section[:40]} cannot be fetched here")
    wanted = {one.strip('"').lower() for one in fields[2].split()}
    lines = re.findall(rb"(?m)^[^\s:]+:.*(?:\r\n[ \t].*)*\r\n", mail.head)
    kept = [one for one in lines if (one.split(b":")[0].decode("ascii", "replace").lower() in wanted) is not bool(fields[1])]
    return b"".join(kept) + b"\r\n"


def _envelope(mail: imap_box.Kept) -> str:
    headers = message_from_bytes(mail.head, policy=policy.compat32)

    def text(name: str) -> str:
        value = headers[name]
        return "NIL" if value is None else imap_words.quoted(" ".join(str(value).split()))

    def people(name: str, fallback: str = "") -> str:
        found = getaddresses([str(one) for one in headers.get_all(name) or headers.get_all(fallback) or []])
        listed = "".join(
            f"({imap_words.quoted(shown) if shown else 'NIL'} NIL {imap_words.quoted(address.rpartition('@')[0])} "
            f"{imap_words.quoted(address.rpartition('@')[2])})"
            for shown, address in found
        )
        return f"({listed})" if listed else "NIL"

    senders = f"{people('From')} {people('Sender', 'From')} {people('Reply-To', 'From')}"
    return f"({text('Date')} {text('Subject')} {senders} {people('To')} {people('Cc')} {people('Bcc')} " + (
        f"{text('In-Reply-To')} {text('Message-ID')})"
    )


class Search:
    """The keys of a SEARCH, held against one mail after the other. ``largest``: number and UID of the last mail."""

    def __init__(self, keys: list[Word], largest: tuple[int, int]) -> None:
        self._keys = keys[2:] if keys and str(keys[0]).upper() == "CHARSET" else keys
        self._largest = largest

    def finds(self, number: int, mail: imap_box.Kept) -> bool:
        """Whether every key holds for the mail with this number. Raises Wrong for a key that is not known."""
        left = iter(self._keys)
        return all(self._holds(key, left, number, mail) for key in left)

    def _holds(self, key: Word, left: Iterator[Word], number: int, mail: imap_box.Kept) -> bool:
        if isinstance(key, list):
            return Search(key, self._largest).finds(number, mail)
        name = key.upper()
        if name == "ALL":
            return True
        if name == "NOT":
            return not self._holds(next(left), left, number, mail)
        if name == "OR":
            one = self._holds(next(left), left, number, mail)
            return self._holds(next(left), left, number, mail) or one
        if name in _FLAGS or name.removeprefix("UN") in _FLAGS:
            return mail.has(_FLAGS[name.removeprefix("UN")]) is not name.startswith("UN")
        if name in ("RECENT", "NEW", "OLD"):
            return name == "OLD"
        if name == "UID":
            return imap_words.within(mail.uid, imap_words.numbers(_word(left), self._largest[1]))
        if name[:1].isdigit() or name[:1] == "*":
            return imap_words.within(number, imap_words.numbers(name, self._largest[0]))
        return self._about_content(name, left, mail)

    def _about_content(self, name: str, left: Iterator[Word], mail: imap_box.Kept) -> bool:
        if name in ("KEYWORD", "UNKEYWORD"):
            return mail.has(_word(left)) is (name == "KEYWORD")
        if name in ("SUBJECT", "FROM", "TO", "CC"):
            return _contains(mail, name, _word(left))
        if name == "HEADER":
            return _contains(mail, _word(left), _word(left))
        if name in ("TEXT", "BODY"):
            inside = mail.raw if name == "TEXT" else mail.text
            return _word(left).lower().encode("utf-8", "surrogateescape") in inside.lower()
        if name in ("LARGER", "SMALLER"):
            size = int(_word(left))
            return len(mail.raw) > size if name == "LARGER" else len(mail.raw) < size
        if name in ("SINCE", "BEFORE", "ON"):
            day = datetime.strptime(_word(left), "%d-%b-%Y").date()  # noqa: DTZ007 - IMAP's days have no zone
            arrived = mail.at.date()
            return {"SINCE": arrived >= day, "BEFORE": arrived < day, "ON": arrived == day}[name]
        raise Wrong(f"{name[:40]} is no search key")


def _word(left: Iterator[Word]) -> str:
    word = next(left, None)
    if not isinstance(word, str):
        raise Wrong("a search key lacks its word")
    return word


def _contains(mail: imap_box.Kept, header: str, part: str) -> bool:
    values = message_from_bytes(mail.head, policy=policy.compat32).get_all(header) or []
    return any(part.lower() in str(value).lower() for value in values)

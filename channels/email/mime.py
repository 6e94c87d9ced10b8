"""One mail as it goes on the wire: headers that nothing foreign can break out of, and two parts (RFC 5322, 2045 to 2047)."""

import binascii
import email.header
import email.utils
import hashlib
import re
import urllib.parse
from collections.abc import Mapping

_BOUNDARY = "=_palaute"
"""Cannot occur in a quoted-printable body, where "=" is followed by two digits or a line end."""
_BREAKS_OUT = re.compile(r"\r\n(?! )|(?<!\r)\n|\r(?!\n)|\x00")
_LINE_END = re.compile(r"\r\n|\r|\n")
_URL_CHARACTERS = "%/:?#[]@!$&()*+,;=-._~'"


def mail(headers: Mapping[str, str], text: str, html: str) -> bytes:
    """The whole mail with CRLF line ends, all of it ASCII but for addresses that are not (RFC 6532).

    Values of ``headers`` are folded already. Raises ValueError for one that would end its header. (The standard library's
    EmailMessage takes three times as long, see bench/mail.py, and folds what must not be folded: links in List-Unsubscribe.)
    """
    lines = ["MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"']
    for name, value in headers.items():
        if _BREAKS_OUT.search(value):
            raise ValueError(f"the header {name} would break out of its line")
        lines.append(f"{name}: {value}")
    head = "\r\n".join(lines).encode("utf-8", "replace")
    edge = f"\r\n--{_BOUNDARY}".encode()
    return b"".join((head, b"\r\n", edge, _part("plain", text), edge, _part("html", html), edge, b"--\r\n"))


def sentence(name: str, text: str) -> str:
    """The value of an unstructured header such as Subject, folded, in encoded words where need be.

    ``text`` is one line. What already looks like an encoded word is encoded once more, so that it is read as it stands.
    """
    if text.isascii() and "=?" not in text:
        return text
    return email.header.Header(text, "utf-8", header_name=name).encode(linesep="\r\n")


def mailbox(header: str, name: str, address: str) -> str:
    """``"Aino Virtanen" <aino@posti.example>``, quoted or encoded as need be. ``name`` is one line or empty."""
    if not name:
        return address
    if name.isascii() and "=?" not in name:
        return f'"{email.utils.quote(name)}" <{address}>'
    return f"{sentence(header, name)} <{address}>"


def token(key: str) -> str:
    """32 hexadecimal digits, the same for the same key, and telling nothing about it."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def message_id(key: str, domain: str) -> str:
    """The Message-ID of the message with this key."""
    return f"<{token(key)}@{domain}>"


def link(url: str) -> str:
    """``<https://…>`` for List-Unsubscribe, without any character that could end the header (RFC 2369)."""
    return f"<{urllib.parse.quote(url, safe=_URL_CHARACTERS)}>"


def _part(subtype: str, body: str) -> bytes:
    head = f"\r\nContent-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + binascii.b2a_qp(_LINE_END.sub("\r\n", body).encode("utf-8", "replace"))

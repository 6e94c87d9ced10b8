"""One mail as it goes on the wire: headers that nothing foreign can break out of, and two parts (RFC 5322, 2045 to 2047)."""

import binascii
import email.header
import email.policy
import email.utils
import hashlib
import urllib.parse
from collections.abc import Mapping
from email.mime import multipart, nonmultipart

_POLICY = email.policy.compat32.clone(linesep="\r\n", max_line_length=None, mangle_from_=False)
_BOUNDARY = "=_palaute"
"""Cannot occur in a quoted-printable body, where "=" is followed by two digits or a line end."""


def mail(headers: Mapping[str, str], text: str, html: str) -> bytes:
    """The whole mail with CRLF line ends. Values of ``headers`` are ASCII; addresses alone may not be (RFC 6532)."""
    whole = multipart.MIMEMultipart("alternative", boundary=_BOUNDARY)
    for name, value in headers.items():
        whole[name] = value
    whole.attach(_part("plain", text))
    whole.attach(_part("html", html))
    plain = all(value.isascii() for value in headers.values())
    return whole.as_bytes(policy=_POLICY if plain else email.policy.SMTPUTF8)


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


def message_id(key: str, domain: str) -> str:
    """The same for the same key, and telling nothing about it."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def link(url: str) -> str:
    """``<https://…>`` for List-Unsubscribe, without any character that could end the header (RFC 2369)."""
    return f"<{urllib.parse.quote(url, safe=chr(37) + '/:?#[]@!$&()*+,;=-._~')}>"


def _part(subtype: str, body: str) -> nonmultipart.MIMENonMultipart:
    part = nonmultipart.MIMENonMultipart("text", subtype, charset="utf-8")
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(binascii.b2a_qp(body.encode("utf-8", "replace")).decode("ascii"))
    return part

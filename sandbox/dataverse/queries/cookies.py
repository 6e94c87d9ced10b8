"""The opaque skip token: a doubly encoded XML cookie with the page number and the first and last keys.

A token that was edited is refused, as the real one breaks.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape, quoteattr

import orjson

from sandbox.dataverse import refusal

_OUTER = re.compile(r'<cookie pagenumber="(\d+)" pagingcookie="([^"]*)" istracking="(False|True)" />')
_INNER = re.compile(r'<cookie page="(\d+)" size="(\d+)" check="([0-9a-f]{12})">(.*)</cookie>', re.DOTALL)
_LAST = re.compile(r'last="([^"]*)"')


@dataclass(frozen=True)
class Place:
    """Where a page begins: after these order values."""

    page: int
    size: int
    last: tuple[Any, ...]


def write(place: Place, names: Sequence[str]) -> str:
    """The token as it stands in the next link (percent-encoded once)."""
    body = "".join(
        f"<{escape(name)} last={quoteattr(orjson.dumps(value).decode(), {chr(34): '&quot;'})} />"
        for name, value in zip(names, place.last, strict=True)
    )
    inner = f'<cookie page="{place.page - 1}" size="{place.size}" check="{_check(body)}">{body}</cookie>'
    return quote(f'<cookie pagenumber="{place.page}" pagingcookie="{quote(inner, safe="")}" istracking="False" />', safe="=/")


def read(token: str) -> Place:
    """The place a token names (``token`` percent-decoded once)."""
    outer = _OUTER.fullmatch(token)
    inner = _INNER.fullmatch(unquote(outer.group(2))) if outer else None
    if (
        outer is None
        or inner is None
        or inner.group(3) != _check(inner.group(4))
        or int(inner.group(1)) + 1 != int(outer.group(1))
    ):
        raise malformed()
    found = _LAST.findall(inner.group(4))
    last = tuple(
        orjson.loads(text.replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        for text in found
    )
    return Place(int(outer.group(1)), int(inner.group(2)), last)


def malformed() -> refusal.Refusal:
    """The cookie is not one of ours, or belongs to another query."""
    return refusal.Refusal(400, "0x80041129", "Malformed XML in the Paging Cookie")


def _check(body: str) -> str:
    return hashlib.blake2s(body.encode(), digest_size=6, key=b"paging").hexdigest()

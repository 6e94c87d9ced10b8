"""Reading what a browser, a mail program or a stranger posted: bounded in size, number of fields and time."""

import asyncio
from collections.abc import AsyncGenerator
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

LARGEST_BODY = 64 * 1024
"""Bytes. A comment of 4,000 characters is at most 48 kB in percent encoding."""
_MOST_FIELDS = 100
_USUAL = "application/x-www-form-urlencoded"
SLOWEST_BODY = 20.0
"""Seconds that a form may take to arrive."""


async def read(request: Request) -> dict[str, str]:
    """The fields of the form, the last of each name.

    Bytes that are no UTF-8 become replacement characters. Raises HTTPException: 413 too large, 415 not a form, 400 not
    readable, 408 too slow.
    """
    told = request.headers.get("content-type", "")
    kind = told.encode() if told == _USUAL else parse_options_header(told)[0]
    if kind not in (_USUAL.encode(), b"multipart/form-data"):
        raise HTTPException(415)
    body = await read_bytes(request)
    if kind == b"multipart/form-data":
        return await _parts(request, body)
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise HTTPException(400) from None


async def read_bytes(request: Request, largest: int = LARGEST_BODY) -> bytes:
    """What was sent, whatever it is, up to so many bytes. Raises HTTPException: 413 too large, 408 too slow."""
    told = request.headers.get("content-length", "0")
    if told.isascii() and told.isdigit() and int(told[:12]) > largest:
        raise HTTPException(413)
    body = bytearray()
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408) from None
    return bytes(body)


async def _parts(request: Request, body: bytes) -> dict[str, str]:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        parser = MultiPartParser(request.headers, stream(), max_files=0, max_fields=_MOST_FIELDS, max_part_size=LARGEST_BODY)
        fields = await parser.parse()
    except (MultiPartException, UnicodeError, LookupError, ValueError):
        raise HTTPException(400) from None
    return {name: value for name, value in fields.multi_items() if isinstance(value, str)}

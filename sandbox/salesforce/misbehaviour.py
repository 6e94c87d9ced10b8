"""Misbehaviour: the faults that hit a whole call, before it is done or its reply on the way back.

Whole calls of the API:
``rate_limit`` (403 REQUEST_LIMIT_EXCEEDED), ``budget_exhausted`` (the same until cleared, with the header to match),
``server_error`` (``shape`` html or json, ``status``), ``timeout`` (``seconds`` of silence, then cut), ``drop`` (cut before the
call is done), ``drop_after`` (done, but the reply is lost), ``expire_token`` (every token ends once), ``html_page``,
``error_in_200``, ``redirect``, ``truncated_json``, ``wrong_content_type``, ``huge_body`` (``bytes``).
The token endpoint: ``token_error``. Pages of queries (rest/cursors.py): ``small_pages`` (``size``).
Rows that are written (saving/dml.py): ``lock_rows``, ``partial_failure`` (``message``).
Rights (rights.py): ``hide_field`` and ``read_only_field`` (``field``, several with commas; only fields that field-level security
can hide), ``without_PermissionsXyz`` (the user lacks that permission).
Acts (acts.py): ``late_commit`` (``seconds``; else as long as the fault is on, else 3).
"""

import asyncio
from typing import Any

import orjson

from sandbox.salesforce import errors
from sandbox.salesforce.arrival import Receive, Send
from sandbox.salesforce.call import Reply
from sandbox.salesforce.org import Org

KINDS = (
    "rate_limit", "budget_exhausted", "server_error", "timeout", "drop", "drop_after", "expire_token", "html_page",
    "error_in_200", "redirect", "truncated_json", "wrong_content_type", "huge_body", "token_error", "small_pages",
    "lock_rows", "partial_failure", "hide_field", "read_only_field", "late_commit", "without_Permissions*",
)  # fmt: skip
"""All of them."""
_HTML = b"<html><head><title>Proxy error</title></head><body><h1>The service is being maintained</h1></body></html>"
_HANG = 60.0


class Dropped(Exception):
    """The connection is to be cut without a reply."""


async def before(org: Org, receive: Receive) -> Reply | None:
    """A reply instead of doing the call, or None. Raises Dropped and REQUEST_LIMIT_EXCEEDED."""
    faults = org.faults
    if (fault := faults.take("timeout")) is not None:
        await _hang(float(fault.options.get("seconds", _HANG)), receive)
        raise Dropped
    if faults.take("drop"):
        raise Dropped
    if faults.take("expire_token"):
        org.sessions.clear()
    if faults.take("rate_limit"):
        raise errors.ApiError(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
    if (fault := faults.take("server_error")) is not None:
        return _server_error(org, fault.options.get("shape"), int(fault.options.get("status", 503)))
    if faults.take("html_page"):
        return Reply(body=_HTML, content_type="text/html;charset=UTF-8")
    if faults.take("error_in_200"):
        body = [{"message": "An unexpected error occurred.", "errorCode": "UNKNOWN_EXCEPTION"}]
        return Reply(body=body)
    if faults.take("redirect"):
        return Reply(status=302, headers={"Location": f"{org.login_url}/?ec=302&startURL=%2Fservices%2Fdata"})
    return None


def _server_error(org: Org, shape: Any, status: int) -> Reply:
    if shape == "html" or (shape is None and org.random.random() < 0.5):
        return Reply(status=status, body=_HTML, content_type="text/html;charset=UTF-8")
    body = [{"message": "Server unavailable: the server is temporarily unavailable.", "errorCode": "SERVER_UNAVAILABLE"}]
    return Reply(status=status, body=body)


async def _hang(seconds: float, receive: Receive) -> None:
    """Wait, but not longer than the client does."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            continue

    try:
        await asyncio.wait_for(gone(), seconds)
    except TimeoutError:
        return


def after(org: Org, reply: Reply) -> tuple[Reply, bytes]:
    """The reply as it leaves, and its body. Raises Dropped (the call was done all the same)."""
    faults = org.faults
    if faults.take("drop_after"):
        raise Dropped
    content = reply.content()
    if faults.take("truncated_json"):
        content = content[: len(content) // 2]
    if faults.take("wrong_content_type"):
        reply = Reply(status=reply.status, headers=reply.headers, content_type="text/plain;charset=UTF-8")
    if (fault := faults.take("huge_body")) is not None and content:
        content = content[:-1] + b" " * int(fault.options.get("bytes", 64 * 1024 * 1024)) + content[-1:]
    return reply, content


def error_reply(error: errors.ApiError) -> Reply:
    """An error as a reply."""
    headers = {"WWW-Authenticate": "Token"} if error.status == 401 else {}
    return Reply(status=error.status, body=orjson.dumps(error.body()), headers=headers)


async def cut(send: Send) -> None:
    """Close the connection without a byte, where the server lets us; else raise so that it does."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError("the stand-in cuts this connection on purpose")
    transport.abort()

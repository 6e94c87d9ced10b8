"""Composite (several calls as one, billed once) and Composite Batch (several calls, each billed).

REST API Developer Guide, "Composite": at most 25 subrequests, at most 5 of them queries or sObject Collections.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.salesforce import errors
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import VERSIONS, Org

MAXIMUM_SUBREQUESTS = 25
MAXIMUM_HEAVY = 5
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")
_HEAVY = re.compile(r"(query|queryAll|parameterizedSearch)(/|$)|composite/sobjects(/|$)")
_URL = re.compile(r"/services/data/v(\d+\.\d)/(.+)")
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."

Handler: TypeAlias = Callable[[Call], Reply]


class _NoValue(Exception):
    """A reference to something that is not there."""


def subcall(call: Call, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Call:
    """A subrequest as a call of its own. Raises NOT_FOUND for a path outside the API."""
    split = urlsplit(url)
    found = _URL.fullmatch(split.path)
    if found is None or found.group(1) not in VERSIONS:
        raise errors.not_found()
    return Call(
        method=method, path=unquote(found.group(2)).strip("/"), version=found.group(1), session=call.session,
        query=dict(parse_qsl(split.query, keep_blank_values=True)),
        headers={name.lower(): str(value) for name, value in headers.items()}, value=body,
    )  # fmt: skip


def composite(org: Org, call: Call, handle: Handler) -> Reply:
    """``POST composite``."""
    body = call.json_object()
    parts = body.get("compositeRequest")
    if not isinstance(parts, list) or not parts:
        raise errors.ApiError(
            400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [compositeRequest]", ["compositeRequest"]
        )
    refusal = _refusal(parts)
    if refusal is not None:
        message = [{"errorCode": "LIMIT_EXCEEDED", "message": refusal}]
        part = {"body": message, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": None}
        return Reply(status=400, body={"compositeResponse": [part]})
    with org.store.undoable():
        savepoint = org.store.savepoint()
        results: dict[str, Any] = {}
        replies = [_part(call, part, results, handle) for part in parts]
        failed = [reply["httpStatusCode"] >= 400 for reply in replies]
        if body.get("allOrNone") is True and any(failed):
            org.store.roll_back(savepoint)
            replies = [reply if bad else _halted(reply) for reply, bad in zip(replies, failed, strict=True)]
    return Reply(body={"compositeResponse": replies})


def _refusal(parts: list[Any]) -> str | None:
    """Which limit the request breaks (the real reply was seen in guardian/support-service-lambdas, pull request 766)."""
    if len(parts) > MAXIMUM_SUBREQUESTS:
        return f"The request can’t contain more than {MAXIMUM_SUBREQUESTS} operations."
    seen = set()
    heavy = 0
    for part in parts:
        for name in ("method", "url", "referenceId"):
            if not isinstance(part, dict) or not isinstance(part.get(name), str):
                raise errors.ApiError(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{name}]", [name])
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", part["referenceId"]):
            rule = "must start with a letter and contain only letters, numbers and underscores."
            raise errors.ApiError(400, "INVALID_INPUT", f"Provided referenceId ('{part['referenceId']}') {rule}")
        if part["referenceId"] in seen:
            raise errors.ApiError(400, "INVALID_INPUT", f"Duplicate reference id: {part['referenceId']}")
        seen.add(part["referenceId"])
        found = _URL.match(urlsplit(part["url"]).path)
        heavy += 1 if found is not None and _HEAVY.match(found.group(2)) else 0
    if heavy > MAXIMUM_HEAVY:
        return f"The request can’t contain more than {MAXIMUM_HEAVY} query and sObject Collections operations."
    return None


def _part(call: Call, part: Mapping[str, Any], results: dict[str, Any], handle: Handler) -> dict[str, Any]:
    reference = part["referenceId"]
    try:
        url = _filled(part["url"], results)
        body = _filled(part.get("body"), results)
        reply = handle(subcall(call, part["method"].upper(), url, body, errors.an_object(part.get("httpHeaders"))))
    except _NoValue as missing:
        reply = Reply(status=400, body=[{"errorCode": "PROCESSING_HALTED", "message": str(missing)}])
    except errors.ApiError as error:
        reply = Reply(status=error.status, body=error.body())
    if reply.status < 400:
        results[reference] = reply.body
    headers = {name: value for name, value in reply.headers.items() if name == "Location"}
    return {"body": reply.body, "httpHeaders": headers, "httpStatusCode": reply.status, "referenceId": reference}


def _halted(reply: Mapping[str, Any]) -> dict[str, Any]:
    body = [{"errorCode": "PROCESSING_HALTED", "message": _HALTED}]
    return {**reply, "body": body, "httpHeaders": {}, "httpStatusCode": 400}


def _filled(value: Any, results: Mapping[str, Any]) -> Any:
    """The value with every ``@{reference.path}`` replaced. Raises _NoValue."""
    if isinstance(value, str):
        if "@{" not in value:
            return value
        whole = _REFERENCE.fullmatch(value)
        if whole is not None:
            return _looked_up(whole, results)
        return _REFERENCE.sub(lambda found: str(_looked_up(found, results)), value)
    if isinstance(value, list):
        return [_filled(item, results) for item in value]
    if isinstance(value, dict):
        return {name: _filled(item, results) for name, item in value.items()}
    return value


def _looked_up(found: re.Match[str], results: Mapping[str, Any]) -> Any:
    reference, path = found.groups()
    if reference not in results:
        raise _NoValue(f"Invalid reference specified. No value for {reference}{path} found in {reference}")
    value = results[reference]
    for name, index in _STEP.findall(path):
        if index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif name and isinstance(value, dict) and (key := next((key for key in value if key.lower() == name.lower()), None)):
            value = value[key]
        else:
            raise _NoValue(f"Invalid reference specified. No value for {reference}{path} found in {reference}")
    return value


def batch(org: Org, call: Call, handle: Handler) -> Reply:
    """``POST composite/batch``: independent subrequests."""
    body = call.json_object()
    parts = body.get("batchRequests")
    if not isinstance(parts, list) or not parts:
        raise errors.ApiError(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [batchRequests]", ["batchRequests"])
    if len(parts) > MAXIMUM_SUBREQUESTS:
        raise errors.ApiError(
            400, "LIMIT_EXCEEDED", f"The number of subrequests in the batch exceeds the limit of {MAXIMUM_SUBREQUESTS}."
        )
    results: list[dict[str, Any]] = []
    halted = False
    for part in parts:
        if halted:
            message = "Processing of this request was halted because haltOnError was set and a previous request failed"
            results.append({"statusCode": 412, "result": [{"errorCode": "BATCH_PROCESSING_HALTED", "message": message}]})
            continue
        results.append(_independent(org, call, errors.an_object(part), handle))
        halted = body.get("haltOnError") is True and results[-1]["statusCode"] >= 400
    return Reply(body={"hasErrors": any(result["statusCode"] >= 400 for result in results), "results": results})


def _independent(org: Org, call: Call, part: Mapping[str, Any], handle: Handler) -> dict[str, Any]:
    org.counters.add("POST composite/batch")
    url = str(part.get("url", ""))
    full = url if url.startswith("/services/data/") else "/services/data/" + url.lstrip("/")
    try:
        reply = handle(subcall(call, str(part.get("method", "GET")).upper(), full, part.get("richInput"), {}))
    except errors.ApiError as error:
        reply = Reply(status=error.status, body=error.body())
    return {"statusCode": reply.status, "result": reply.body}

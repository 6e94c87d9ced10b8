"""The misbehaviours of the whole service: what comes before an answer, instead of it, and to it."""

import asyncio

from sandbox import base, lines
from sandbox.dataverse import exchange, refusal

KINDS = (
    "rate_limit", "budget_exhausted", "server_error", "timeout", "drop", "drop_after", "expire_token", "html_page",
    "error_in_200", "redirect", "truncated_json", "wrong_content_type", "huge_body", "small_pages", "delta_expired", "lock_rows",
    "partial_failure", "hide_field", "closed_locked", "no_bulk", "late_commit",
)  # fmt: skip
"""All of them; those that are not carried out here are asked for where they belong."""
_HTML = b"<!DOCTYPE html><html><head><title>Service Unavailable</title></head><body><h1>We'll be right back</h1></body></html>"
_BIG = 50_000_000


async def before(faults: base.Faults, scope: lines.Scope) -> bool:
    """Hang up or hang; True when there is nothing more to answer."""
    if fault := faults.take("timeout"):
        await asyncio.sleep(float(fault.options.get("seconds", 60)))
        lines.hang_up(scope)
        return True
    if faults.take("drop"):
        lines.hang_up(scope)
        return True
    return False


def lost(faults: base.Faults, scope: lines.Scope) -> bool:
    """Hang up on what has been done; True when nobody is to hear of it."""
    if not faults.take("drop_after"):
        return False
    lines.hang_up(scope)
    return True


def refuse(faults: base.Faults) -> None:
    """Raise what stands in place of an answer."""
    if fault := faults.take("rate_limit"):
        words = "Number of requests exceeded the limit of 6000 over time window of 300 seconds."
        code = str(fault.options.get("code", "0x80072322"))
        raise refusal.Refusal(429, code, words, {"Retry-After": str(fault.options.get("retry_after", 1))})
    if fault := faults.take("budget_exhausted"):
        words = "The daily limit of Power Platform requests for this user has been reached."
        raise refusal.Refusal(429, "0x80072322", words, {"Retry-After": str(fault.options.get("retry_after", 3600))})
    if fault := faults.take("server_error"):
        wait = {"Retry-After": str(fault.options["retry_after"])} if "retry_after" in fault.options else {}
        raise refusal.Refusal(
            int(fault.options.get("status", 503)), "0x80044a1a", "The service is temporarily unavailable.", wait
        )


def after(faults: base.Faults, answer: exchange.Answer) -> exchange.Answer:
    """Spoil an answer."""
    if faults.take("html_page"):
        return exchange.Answer(status=200, body=_HTML, headers={"Content-Type": "text/html; charset=utf-8"})
    if faults.take("error_in_200"):
        return exchange.json_answer({"error": {"code": "0x80040216", "message": "An unexpected error occurred."}})
    if fault := faults.take("redirect"):
        return exchange.Answer(status=302, headers={"Location": str(fault.options.get("location", "https://login.invalid/"))})
    if faults.take("truncated_json"):
        return exchange.Answer(status=answer.status, body=answer.body[: len(answer.body) // 2], headers=answer.headers)
    if faults.take("wrong_content_type"):
        return exchange.Answer(status=answer.status, body=answer.body, headers={**answer.headers, "Content-Type": "text/plain"})
    if fault := faults.take("huge_body"):
        padding = b" " * int(fault.options.get("size", _BIG))
        return exchange.Answer(status=answer.status, body=answer.body + padding, headers=answer.headers)
    return answer

"""SOSL: ``search`` and ``parameterizedSearch`` look for words in all text columns of several objects at once.

Source: developer.salesforce.com/docs, SOQL and SOSL Reference, "Salesforce Object Search Language".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox.salesforce import errors, records, rights, schema
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import describe, query
from sandbox.salesforce.soql import run

MAXIMUM = 2_000
"""Records of one search."""
_FIND = re.compile(
    r"\s*FIND\s*(?:\{(?P<braced>(?:\\.|[^}\\])*)\}|'(?P<quoted>(?:\\.|[^'\\])*)')"
    r"(?:\s+IN\s+(?P<group>ALL|NAME|EMAIL|PHONE|SIDEBAR)\s+FIELDS)?"
    r"(?:\s+RETURNING\s+(?P<returning>.*?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_OBJECT = re.compile(r"\s*(?P<name>\w+)\s*(?:\((?P<inside>.*)\))?\s*", re.DOTALL)
_INSIDE = re.compile(
    r"(?P<fields>.*?)(?P<rest>\s+(?:WHERE|ORDER\s+BY)\s.*?)?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*", re.IGNORECASE | re.DOTALL
)
_TYPES = {
    "ALL": frozenset({"string", "textarea", "email", "phone", "picklist", "url"}),
    "EMAIL": frozenset({"email"}),
    "PHONE": frozenset({"phone"}),
}
_USUAL = ("Account", "Contact", "Case", "Opportunity", "User")
"""What is searched when nothing is named."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One object of the result."""

    name: str
    fields: str = "Id"
    rest: str = ""
    """WHERE and ORDER BY as SOQL has them."""
    limit: int = MAXIMUM


def search(org: Org, call: Call) -> Reply:
    """``GET search?q=FIND {…}``."""
    text = call.query.get("q", "")
    found = _FIND.fullmatch(text)
    if found is None:
        raise _malformed(text)
    words = found["braced"] if found["braced"] is not None else found["quoted"]
    wanted = [_returned(part) for part in _split(found["returning"])] if found["returning"] else _everywhere()
    limit = min(int(found["limit"] or MAXIMUM), MAXIMUM)
    return _searched(org, call, re.sub(r"\\(.)", r"\1", words), (found["group"] or "ALL").upper(), wanted, limit)


def parameterized(org: Org, call: Call) -> Reply:
    """``parameterizedSearch``, by GET with ``q``, ``sobject``, ``fields`` or by POST with a body."""
    given: dict[str, Any] = call.json_object() if call.method == "POST" else dict(call.query)
    words = given.get("q")
    if not isinstance(words, str) or not words:
        raise errors.ApiError(400, "INVALID_SEARCH", "q is required")
    shared = _listed(given.get("fields")) or "Id"
    named = given.get("sobjects") or ([{"name": name} for name in str(given["sobject"]).split(",")] if "sobject" in given else [])
    wanted = [
        Wanted(
            name=str(one.get("name", "")).strip(),
            fields=_listed(one.get("fields", given.get(f"{one.get('name')}.fields"))) or shared,
            rest=f" WHERE {one['where']}" if one.get("where") else "",
            limit=int(one.get("limit", given.get("defaultLimit", MAXIMUM))),
        )
        for one in map(errors.an_object, named)
    ]
    limit = min(int(given.get("overallLimit", MAXIMUM)), MAXIMUM)
    return _searched(org, call, words, str(given.get("in", "ALL")).upper(), wanted or _everywhere(), limit)


def _malformed(text: str) -> errors.ApiError:
    return errors.ApiError(
        400, "MALFORMED_SEARCH", f"No search term found. The search term must be enclosed in braces: {text[:80]}"
    )


def _listed(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value or "")


def _everywhere() -> list[Wanted]:
    return [Wanted(name=name) for name in _USUAL]


def _split(text: str) -> Iterator[str]:
    """The objects of RETURNING: commas inside brackets do not count."""
    depth = start = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def _returned(part: str) -> Wanted:
    found = _OBJECT.fullmatch(part)
    inside = _INSIDE.fullmatch(found["inside"] or "Id") if found else None
    if found is None or inside is None:
        raise _malformed(part)
    return Wanted(
        name=found["name"],
        fields=inside["fields"].strip() or "Id",
        rest=inside["rest"] or "",
        limit=int(inside["limit"] or MAXIMUM),
    )


def _searched(org: Org, call: Call, words: str, group: str, wanted: Sequence[Wanted], limit: int) -> Reply:
    if len(words.strip("*? ")) < 2:
        raise errors.ApiError(400, "MALFORMED_SEARCH", "Your search term must have 2 or more characters.")
    tests = [_pattern(word) for word in re.findall(r'"[^"]+"|\S+', words) if word not in ("AND", "OR", "NOT")]
    made: list[dict[str, Any]] = []
    for one in wanted:
        entity = describe.entity_named(org, one.name, call.session.user_id)
        context = query.context(org, call.session.user_id, call.version)
        found = run.run(context, f"SELECT {one.fields} FROM {entity.name}{one.rest}")
        columns = _columns(org, call.session.user_id, entity, group)
        hits = (row for row in found.rows if _hit(row, columns, tests))
        made += [found.make(row) for row in islice(hits, one.limit)]
    return Reply(body={"searchRecords": made[:limit]})


def _pattern(word: str) -> re.Pattern[str]:
    """A whole word or, in quotes, a phrase; ``*`` and ``?`` stand for any letters and any letter."""
    escaped = re.escape(word.strip('"')).replace(r"\*", r"\w*").replace(r"\?", r"\w")
    return re.compile(rf"(?<!\w){escaped}(?!\w)", re.IGNORECASE)


def _columns(org: Org, user_id: str, entity: schema.Entity, group: str) -> list[str]:
    hidden = rights.hidden(org, user_id)
    named = ("Name", "FirstName", "LastName", "Subject", "CaseNumber")
    types = _TYPES.get(group, _TYPES["ALL"])
    return [
        column.name
        for column in entity.fields.values()
        if column.type in types and (entity.name, column.name) not in hidden and (group != "NAME" or column.name in named)
    ]


def _hit(row: records.Record, columns: Sequence[str], tests: Sequence[re.Pattern[str]]) -> bool:
    texts = [value for name in columns if isinstance(value := row.get(name), str)]
    return all(any(test.search(text) for text in texts) for test in tests)

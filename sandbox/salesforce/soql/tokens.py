"""Cuts SOQL into tokens and words its complaints as the service does: the line, an arrow, row and column."""

import re
from dataclasses import dataclass

from sandbox.salesforce import errors

_PATTERN = re.compile(
    r"""\s+
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    |(?P<date>\d{4}-\d\d-\d\d)(?![\dT])
    |(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+))(?![\w])
    |(?P<name>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)
    |(?P<operator><=|>=|!=|<>|=|<|>)
    |(?P<mark>[(),:])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
MAXIMUM_LENGTH = 100_000
"""Characters of a query (Salesforce Developer Limits, "SOQL statement length")."""
MAXIMUM_LITERAL = 4_000


@dataclass(frozen=True)
class Token:
    """kind: string, datetime, date, number, name, operator, mark or end."""

    kind: str
    text: str
    at: int


def complaint(text: str, at: int, message: str) -> str:
    """``\\nSELECT Id FRM Case\\n          ^\\nERROR at Row:1:Column:11\\nmessage``, with some 30 characters around the place."""
    start = max(0, at - 30)
    row = text.count("\n", 0, at) + 1
    position = at - (text.rfind("\n", 0, at) + 1) + 1
    window = text[start : at + 30].replace("\n", " ")
    return f"\n{window}\n{' ' * (at - start)}^\nERROR at Row:{row}:Column:{position}\n{message}"


def cut(text: str) -> list[Token]:
    """All tokens with an end token. Raises MALFORMED_QUERY."""
    if len(text) > MAXIMUM_LENGTH:
        raise errors.malformed_query(f"SOQL statements cannot be longer than {MAXIMUM_LENGTH} characters.")
    tokens, at = [], 0
    while at < len(text):
        found = _PATTERN.match(text, at)
        if found is None:
            what = "unexpected token: '<EOF>'" if text[at] == "'" else f"unexpected token: '{text[at]}'"
            raise errors.malformed_query(complaint(text, at, what))
        kind = found.lastgroup
        if kind is not None:
            word = re.sub(r"\s+", "", found.group()) if kind == "name" else found.group()
            tokens.append(Token(kind, word, at))
        at = found.end()
    tokens.append(Token("end", "<EOF>", len(text)))
    return tokens


def unquote(token: Token, text: str, *, like: bool = False) -> str:
    """A string literal's value; in LIKE patterns ``\\%`` and ``\\_`` keep their backslash. Raises MALFORMED_QUERY."""
    raw = token.text[1:-1]
    if len(raw) > MAXIMUM_LITERAL:
        raise errors.malformed_query(complaint(text, token.at, f"The string literal is longer than {MAXIMUM_LITERAL} characters"))
    if "\\" not in raw:
        return raw
    value, place = [], 0
    while place < len(raw):
        letter = raw[place]
        if letter != "\\":
            value.append(letter)
            place += 1
            continue
        escaped = raw[place + 1]
        code = raw[place + 2 : place + 6]
        if escaped in _ESCAPES:
            value.append("\\\\" if like and escaped == "\\" else _ESCAPES[escaped])
        elif escaped in "%_":
            value.append("\\" + escaped if like else escaped)
        elif escaped in "uU" and re.fullmatch(r"[0-9A-Fa-f]{4}", code):
            value.append(chr(int(code, 16)))
            place += 4
        else:
            raise errors.malformed_query(
                complaint(text, token.at, "Invalid string literal: illegal character sequence in string literal")
            )
        place += 2
    return "".join(value)

"""On which line of a TOML file each key stands; the standard library's parser does not tell.

Called by load to point at problems. It reads what tomllib accepted, so it is lenient: anything strange is skipped, never raised.
"""

import re
from collections.abc import Mapping

Place = tuple[str | int, ...]
"""Path of a key: ``("triggers", "rules", 0, "when", 1, "field")``."""

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRINGS = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'(?:.)*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL)
_ATOM = re.compile(r"[^,\]}\n#]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def lines(text: str) -> Mapping[Place, int]:
    """Line number, counted from 1, of every key, table and array element."""
    try:
        return _Reader(text).read()
    except RecursionError:
        return {}  # nested without end: the parser has refused it too


class _Reader:
    """One pass over the text; ``at`` is where it stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line_at, self._line = 0, 1
        self._found: dict[Place, int] = {}
        self._counts: dict[Place, int] = {}

    def read(self) -> Mapping[Place, int]:
        table: Place = ()
        while self._skip(_SPACE):
            before = self._at
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)
            if self._at == before:
                self._at += 1
        return self._found

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Pass over what matches; False at the end of the text."""
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return self._at < len(self._text)

    def _note(self, place: Place) -> None:
        if place not in self._found:
            self._line += self._text.count("\n", self._line_at, self._at)
            self._line_at = self._at
            self._found[place] = self._line

    def _header(self) -> Place:
        double = self._text.startswith("[[", self._at)
        self._at += 2 if double else 1
        parts = self._key()
        place: Place = ()
        for part in parts[:-1]:
            self._note((*place, part))
            place = self._newest((*place, part))
        place = (*place, parts[-1]) if parts else place
        self._note(place)
        if double:
            count = self._counts[place] = self._counts.get(place, -1) + 1
            place = (*place, count)
            self._note(place)
        while self._peek() == "]":
            self._at += 1
        return place if double else self._newest(place)

    def _newest(self, place: Place) -> Place:
        return (*place, self._counts[place]) if place in self._counts else place

    def _pair(self, table: Place) -> None:
        self._line += self._text.count("\n", self._line_at, self._at)
        self._line_at = self._at
        place = table
        for part in self._key():
            place = (*place, part)
            self._note(place)
        self._skip(_BLANK)
        if self._peek() == "=":
            self._at += 1
            self._skip(_BLANK)
            self._value(place)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while self._skip(_BLANK):
            quoted = _STRINGS.match(self._text, self._at)
            bare = _BARE.match(self._text, self._at)
            if quoted is not None:
                parts.append(_unquoted(quoted[0]))
                self._at = quoted.end()
            elif bare is not None:
                parts.append(bare[0])
                self._at = bare.end()
            self._skip(_BLANK)
            if self._peek() != ".":
                break
            self._at += 1
        return parts

    def _value(self, place: Place) -> None:
        opening = self._peek()
        if opening == "[":
            self._array(place)
        elif opening == "{":
            self._inline(place)
        elif opening in {'"', "'"}:
            if _STRINGS.match(self._text, self._at) is None:
                self._at += 1
            self._skip(_STRINGS)
        else:
            self._skip(_ATOM)

    def _array(self, place: Place) -> None:
        self._at += 1
        index = 0
        while self._skip(_SPACE) and self._peek() != "]":
            before = self._at
            if self._peek() == ",":
                self._at += 1
                continue
            self._note((*place, index))
            self._value((*place, index))
            index += 1
            self._at += self._at == before
        self._at += 1

    def _inline(self, place: Place) -> None:
        self._at += 1
        while self._skip(_SPACE) and self._peek() != "}":
            before = self._at
            if self._peek() == ",":
                self._at += 1
                continue
            self._pair(place)
            self._at += self._at == before
        self._at += 1


def _unquoted(quoted: str) -> str:
    if quoted.startswith("'"):
        return quoted.strip("'")
    return _ESCAPE.sub(_character, quoted[1:-1])


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code and int(code, 16) < 0x110000 else _ESCAPED.get(escape[3] or "", escape[3] or "")

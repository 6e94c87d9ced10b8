"""The words of an IMAP command: atoms, quoted strings, literals, lists; and sets of numbers (RFC 9051, 9)."""

import re

Word = str | list["Word"]
_LITERAL = re.compile(rb"\{(\d+)(\+?)\}$")
_LARGEST = 50_000_000
_SET = re.compile(r"^(\d+|\*)(:(\d+|\*))?(,(\d+|\*)(:(\d+|\*))?)*$")


class Wrong(Exception):
    """A command that cannot be read or carried out; the message goes to the client after BAD."""


def literal(line: bytes) -> tuple[int, bool] | None:
    """How many octets follow a line that ends with a literal, and whether the client waits to be asked for them."""
    found = _LITERAL.search(line)
    if found is None:
        return None
    if int(found[1]) > _LARGEST:
        raise Wrong("that literal is too large")
    return int(found[1]), not found[2]


class Reader:
    """Splits the parts of a command: text lines, each but the last followed by a literal."""

    def __init__(self, parts: list[bytes]) -> None:
        self._literals = parts[1::2]
        self._text = "\0".join(_LITERAL.sub(b"", part).decode("utf-8", "surrogateescape") for part in parts[::2])
        self._at = 0

    def words(self, end: str = "") -> list[Word]:
        """All words up to the closing parenthesis, or up to the end."""
        found: list[Word] = []
        while self._at < len(self._text):
            letter = self._text[self._at]
            if letter == end:
                self._at += 1
                return found
            if letter == " ":
                self._at += 1
            elif letter == "(":
                self._at += 1
                found.append(self.words(")"))
            else:
                found.append(self._one(letter))
        if end:
            raise Wrong("a parenthesis is not closed")
        return found

    def _one(self, letter: str) -> str:
        if letter == '"':
            return self._quoted()
        if letter == "\0":
            self._at += 1
            return self._literals.pop(0).decode("utf-8", "surrogateescape")
        if letter == ")":
            raise Wrong("a parenthesis is closed that was not opened")
        return self._atom()

    def _quoted(self) -> str:
        found = re.compile(r'"((?:[^"\\]|\\["\\])*)"').match(self._text, self._at)
        if found is None:
            raise Wrong("a quoted string does not end")
        self._at = found.end()
        return re.sub(r"\\(.)", r"\1", found[1])

    def _atom(self) -> str:
        """Up to a space or parenthesis; what stands in brackets belongs to it: ``BODY[HEADER.FIELDS (FROM)]<0.10>``."""
        found = re.compile(r"(?:\[[^\]]*\]|[^\s()\0\[])+").match(self._text, self._at)
        if found is None:
            raise Wrong("a word cannot be read")
        self._at = found.end()
        return found[0]


def numbers(text: str, largest: int) -> list[tuple[int, int]]:
    """``1,3:5,7:*`` as ranges; ``*`` is the largest number there is. Raises Wrong."""
    if not _SET.fullmatch(text):
        raise Wrong(f"{text[:40]} is no set of numbers")
    ranges = []
    for part in text.split(","):
        low, _, high = part.partition(":")
        ends = sorted(largest if one == "*" else int(one) for one in (low, high or low))
        ranges.append((ends[0], ends[1]))
    return ranges


def within(number: int, ranges: list[tuple[int, int]]) -> bool:
    """Whether the number is in the set."""
    return any(low <= number <= high for low, high in ranges)


def quoted(text: str) -> str:
    """As a quoted string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

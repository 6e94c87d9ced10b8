"""The words of a SQL text, and stepping through them."""

import re

from sandbox.dataverse import refusal

_TOKEN = re.compile(
    r"(?:(?P<string>N?'(?:[^']|'')*'|\"[^\"]*\")|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>\[[^\]]+\]|[A-Za-z_]\w*)"
    r"|(?P<sign><>|!=|<=|>=|[=<>(),.*;]))",
    re.DOTALL,
)
_BLANK = re.compile(r"(?:\s|--[^\n]*|/\*.*?\*/)*", re.DOTALL)


class Tokens:
    """A SQL text as (kind, word), kinds being string, number, name and sign; comments are left out. Raises Refusal."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        place = _blank(text, 0)
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise self.wrong(text[place : place + 10])
            kind = found.lastgroup or ""
            word = found[kind]
            self.tokens.append(("name", word.strip("[]")) if kind == "name" else (kind, word))
            place = _blank(text, found.end())

    @property
    def kind(self) -> str:
        """Of the next word; empty at the end."""
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def wrong(self, near: str = "") -> refusal.Refusal:
        """A refusal that names the next word."""
        word = near or (self.tokens[self.at][1] if self.kind else "the end")
        return refusal.Refusal(400, "0x80041103", f"Incorrect syntax near '{word}', or not supported in Dataverse SQL.")

    def next(self, kind: str = "") -> str:
        """Step over the next word, which must be of this kind."""
        if not self.kind or (kind and self.kind != kind):
            raise self.wrong()
        self.at += 1
        return self.tokens[self.at - 1][1]

    def whole(self) -> int:
        """Step over a whole number."""
        if self.kind != "number" or not self.tokens[self.at][1].isdecimal():
            raise self.wrong()
        return int(self.next())

    def peek(self, *words: str) -> bool:
        """Whether one of these words comes next."""
        return self.kind not in ("", "string") and self.tokens[self.at][1].upper() in words

    def take(self, *words: str) -> bool:
        """Step over these words when they come next."""
        start = self.at
        for word in words:
            if not self.peek(word):
                self.at = start
                return False
            self.at += 1
        return True

    def expect(self, *words: str) -> None:
        """Step over these words, which must come next."""
        if not self.take(*words):
            raise self.wrong()


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at

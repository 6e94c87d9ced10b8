"""A query's tokens and how far they have been read: the small moves that the parser is made of."""

from collections.abc import Callable
from typing import TypeVar

from sandbox.salesforce import errors
from sandbox.salesforce.soql import tokens

_Item = TypeVar("_Item")


class Reader:
    """Reads tokens one by one; every refusal is MALFORMED_QUERY with the place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens.cut(text)
        self.place = 0

    @property
    def token(self) -> tokens.Token:
        """The next token."""
        return self.tokens[self.place]

    def following(self, mark: str) -> bool:
        """Whether the token after the next one is this mark."""
        after = self.tokens[min(self.place + 1, len(self.tokens) - 1)]
        return after.kind == "mark" and after.text == mark

    def fail(self, token: tokens.Token | None = None, message: str | None = None) -> errors.ApiError:
        """The error that says what was not expected here."""
        token = token or self.token
        return errors.malformed_query(tokens.complaint(self.text, token.at, message or f"unexpected token: '{token.text}'"))

    def take(self) -> tokens.Token:
        """Read the next token, whatever it is."""
        token = self.token
        self.place = min(self.place + 1, len(self.tokens) - 1)
        return token

    def is_word(self, *words: str) -> bool:
        """Whether the next token is one of these words."""
        return self.token.kind == "name" and self.token.text.upper() in words

    def accept(self, *words: str) -> str | None:
        """Read one of these words if it stands here; answers it in capitals."""
        return self.take().text.upper() if self.is_word(*words) else None

    def expect(self, *words: str) -> str:
        """Read one of these words."""
        word = self.accept(*words)
        if word is None:
            raise self.fail()
        return word

    def accept_mark(self, mark: str) -> bool:
        """Read this mark if it stands here."""
        found = self.token.kind == "mark" and self.token.text == mark
        if found:
            self.take()
        return found

    def expect_mark(self, mark: str) -> None:
        """Read this mark."""
        if not self.accept_mark(mark):
            closing = mark == ")" and self.token.kind == "end"
            raise self.fail(message="expecting a right parentheses, found '<EOF>'" if closing else None)

    def expect_kind(self, kind: str) -> tokens.Token:
        """Read a token of this kind."""
        if self.token.kind != kind:
            raise self.fail()
        return self.take()

    def whole_number(self) -> int:
        """Read an unsigned whole number."""
        token = self.expect_kind("number")
        if not token.text.isdigit():
            raise self.fail(token)
        return int(token.text)

    def separated(self, one: Callable[[], _Item]) -> list[_Item]:
        """Read one or more, with commas between."""
        items = [one()]
        while self.accept_mark(","):
            items.append(one())
        return items

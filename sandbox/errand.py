"""What the simulated customers are told to do, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import browser, letters, scanning

DOINGS = ("answer", "open", "scan", "unsubscribe", "text")


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What the customers are told to do."""

    do: str
    """``answer``, ``open`` (GET of one link), ``scan`` (GET of every link, as scanners do), ``unsubscribe`` (one
    click) or ``text`` (an answer by SMS)."""
    share: float = 1.0
    """Of the messages that are unread, that is neither answered nor unsubscribed from."""
    to: str = ""
    """Only this e-mail address or number."""
    pace: float | None = None
    """Seconds each customer spends on the page before sending, whenever the message came; None: as people do."""
    value: str = ""
    """What everybody answers, instead of what they feel."""
    comment: str | None = None
    text: str = "STOP"
    """What those who text write."""
    submit: bool = False
    """Scanners only: send the form as well, at once and with its first value, as some machines do."""
    way: str = "links"
    """Scanners only: how they fetch, as ``scanning.WAYS``."""

    @staticmethod
    def parse(asked: Mapping[str, Any]) -> "Errand":
        """From the body of ``POST /people``. Raises ValueError that says what would be right."""
        known = tuple(Errand.__dataclass_fields__)
        if unknown := set(asked) - set(known):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(known)}")
        if asked.get("do") not in DOINGS:
            raise ValueError(f'"do" should be one of {", ".join(DOINGS)}')
        if asked.get("way", "links") not in scanning.WAYS:
            raise ValueError(f'"way" should be one of {", ".join(scanning.WAYS)}')
        errand = Errand(**{**asked, "value": str(asked.get("value", ""))})
        if not 0 <= errand.share <= 1 or not 0 <= (errand.pace or 0.0) <= 600:
            raise ValueError('"share" should be between 0 and 1, "pace" between 0 and 600 seconds')
        return errand


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one letter."""

    letter: letters.Letter
    value: str = ""
    comment: str = ""
    status: int = 0
    trouble: str = ""
    """Why there is no answer, empty when there is one."""


@dataclass(frozen=True)
class Visit:
    """A page that a customer has opened."""

    letter: letters.Letter
    shown: browser.Shown

    def outcome(self, trouble: str = "") -> Outcome:
        """What there is to say when nothing is sent, or when that is the ``trouble``."""
        return Outcome(letter=self.letter, status=self.shown.status, trouble=self.shown.trouble or trouble)

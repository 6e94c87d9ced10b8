"""What is wrong with the settings: where it stands, what was found there and what would be right."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that an admin has to change."""

    section: str
    """The table: ``connectors.acme``, ``triggers.rules “Purchases”``; empty where it is about the whole file."""
    key: str
    """The key in that table; empty where it is about the table."""
    line: int | None
    """Line in the file, counted from 1; None where nothing stands there to point at."""
    found: str
    """What stands there, never a secret."""
    expected: str
    """What would be right."""

    def __str__(self) -> str:
        where = ": ".join(part for part in (f"[{self.section}]" if self.section else "", self.key) if part)
        line = f"line {self.line}: " if self.line is not None else ""
        return f"{line}{where + ': ' if where else ''}found {self.found}; {self.expected}"


class SettingsError(Exception):
    """The settings cannot be used as they are."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        self.path = path
        self.problems = sorted(problems, key=lambda problem: (problem.line or 0, problem.section, problem.key))
        """Everything that is wrong, in the order of the file."""
        count = f"{len(problems)} problems" if len(problems) != 1 else "1 problem"
        super().__init__("\n".join([f"{path}: {count} in the settings", *(f"  {problem}" for problem in self.problems)]))


_SECRET = re.compile(r"secret|pass|pwd|token|credential|private|api_?key", re.IGNORECASE)
_REFERENCE = re.compile(r"^(env:[A-Z][A-Z0-9_]*|file:[^:]*)$")
"""Where a secret is to be found, which is none itself."""
_USER_INFO = re.compile(r"//[^/@\s]*@")
_LONGEST = 60


def told(key: str, value: Any) -> str:
    """A value of the file as a problem may show it: short, and nothing that is or may be a secret."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    if _SECRET.search(key) and not (isinstance(value, str) and _REFERENCE.match(value)):
        return "a value (not shown)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        masked = masked_address(value)
        return f'"{masked[:_LONGEST]}…"' if len(masked) > _LONGEST else f'"{masked}"'
    if isinstance(value, int) and value.bit_length() > 128:
        return "a very large number"
    return str(value) if isinstance(value, int | float | date | time) else "nothing"


def masked_address(text: str) -> str:
    """The text with user and password of any address in it left out."""
    return _USER_INFO.sub("//…@", text)

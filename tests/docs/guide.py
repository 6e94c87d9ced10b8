"""Reads the examples of docs/rules.md: a heading, the settings under it, and the table of what they make of touchpoints."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "rules.md"
FRAME = """
[connectors.acme]
type = "salesforce"
login_url = "https://acme.my.salesforce.com"
client_id = "3MVG9"
client_secret = "file:acme.secret"

[surveys.brand]
name = "Havu"

[surveys.survey.case_csat]
metric = "csat"

[surveys.survey.purchase_nps]
metric = "nps"

[channels.email]
host = "smtp.example.com"
sender = "Havu <feedback@havu.example>"
"""
"""The least that an example needs around it."""
_EXAMPLE = re.compile(r"^### (?P<title>\d+\. .+?)\n(?P<body>.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_TOML = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Example:
    """One worked example."""

    title: str
    toml: str
    rows: tuple[Mapping[str, str], ...]
    """Column → cell, for each line of its table."""


def examples() -> list[Example]:
    """All of them, in the guide's order."""
    found = _EXAMPLE.finditer(GUIDE.read_text(encoding="utf-8"))
    return [Example(title=one["title"], toml=_toml(one["body"]), rows=tuple(_rows(one["body"]))) for one in found]


def _toml(body: str) -> str:
    return "\n".join(_TOML.findall(body))


def _rows(body: str) -> Iterator[Mapping[str, str]]:
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in body.splitlines() if line.startswith("|")]
    header, *rest = lines
    for line in rest[1:]:
        yield dict(zip(header, line, strict=True))

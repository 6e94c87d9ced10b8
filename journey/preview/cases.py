"""Case by case: every touchpoint of a preview as a row of a CSV file. No address and no name is in it, only record ids."""

import csv
from collections.abc import Iterable, Iterator
from typing import IO

from journey.preview import course

COLUMNS = (
    "connector",
    "kind",
    "object",
    "record",
    "label",
    "happened_at",
    "person",
    "account",
    "decided_at",
    "verdict",
    "reason",
    "rule",
    "survey",
    "channel",
    "send_at",
    "look_again_at",
    "explanation",
    "in_force",
)
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a text for a formula: https://owasp.org/www-community/attacks/CSV_Injection"""


def written(cases: Iterable[course.Case], file: IO[str]) -> Iterator[course.Case]:
    """The cases as they pass, each written to the file on its way."""
    rows = csv.writer(file)
    rows.writerow(COLUMNS)
    for case in cases:
        rows.writerow([plain(value) for value in _row(case)])
        yield case


def _row(case: course.Case) -> tuple[str, ...]:
    touch, decided, plan = case.touch, case.decided, case.decided.plan
    return (
        touch.connector,
        touch.kind,
        touch.object,
        touch.record,
        touch.label,
        touch.happened_at.isoformat(),
        touch.person.record if touch.person is not None else "",
        touch.account,
        case.at.isoformat(),
        decided.verdict,
        decided.reason,
        decided.rule,
        plan.survey if plan is not None else "",
        plan.channels[0] if plan is not None else "",
        plan.due_at.isoformat() if plan is not None else "",
        decided.look_again_at.isoformat() if decided.look_again_at is not None else "",
        decided.explanation,
        case.in_force.reason if case.in_force is not None else "",
    )


def plain(text: str) -> str:
    """The text so that a spreadsheet shows it and does not run it, in one line."""
    flat = " ".join(text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").split())
    return f"'{flat}" if flat.startswith(_FORMULA) else flat

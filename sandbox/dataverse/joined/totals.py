"""Adding up joined rows: groups, and what is counted, summed and compared in each."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sandbox.dataverse import refusal, schema
from sandbox.dataverse.joined import joins
from sandbox.dataverse.queries import operands, shape

LIMIT = 50_000
"""Rows that may be added up (AggregateQueryRecordLimit)."""
_WHOLE = frozenset({"Edm.Int32", "Edm.Int64"})


def add_up(question: joins.Question, found: list[joins.Joined], names: joins.Names, *, words: bool) -> list[dict[str, Any]]:
    """One row for each group (for everything where there is none), in the query's order; with ``words`` for choices."""
    if len(found) > LIMIT:
        raise refusal.Refusal(400, "0x8004e023", "The maximum record limit is exceeded. Reduce the number of records.")
    plain = [shown for shown in question.shown if not shown.aggregate]
    keys = [_reader(shown, names) for shown in plain]
    groups: dict[tuple[Any, ...], list[joins.Joined]] = {} if plain or question.grouped else {(): []}
    for joined in found:
        groups.setdefault(tuple(key(joined) for key in keys), []).append(joined)
    made = [_row(question, plain, key, members, names, words=words) for key, members in groups.items()]
    for part in reversed(question.order):
        label = part.label or next((label_of(shown) for shown in plain if shown.column == part.column), "")
        if not any(label == label_of(shown) for shown in question.shown):
            raise refusal.bad_query("Grouped rows can only be ordered by what is shown.")
        made.sort(key=lambda row, label=label: joins.sortable(row.get(label)), reverse=part.descending)  # type: ignore[misc]  # mypy cannot type a lambda with defaults
    return made


def label_of(shown: joins.Shown) -> str:
    """What a column of the result is called."""
    return shown.label or (shown.column[1] if shown.column else shown.aggregate)


def _reader(shown: joins.Shown, names: joins.Names) -> Callable[[joins.Joined], Any]:
    assert shown.column is not None
    get = names.operand(shown.column).get
    if not shown.part:
        return get
    return lambda joined: None if (found := get(joined)) is None else _part(date.fromisoformat(found[:10]), shown.part)


def _part(day: date, part: str) -> int:
    parts = {"day": day.day, "week": day.isocalendar().week, "month": day.month, "year": day.year}
    return {**parts, "quarter": (day.month + 2) // 3}[part]


def _row(
    question: joins.Question,
    plain: list[joins.Shown],
    key: tuple[Any, ...],
    members: list[joins.Joined],
    names: joins.Names,
    *,
    words: bool,
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for shown, value in zip(plain, key, strict=True):
        assert shown.column is not None
        if value is None:
            continue
        row[label_of(shown)] = value
        if words and not shown.part and names.column(shown.column).kind not in schema.TEXTS:
            text = names.words(shown.column)(members[0])
            row |= {label_of(shown) + shape.FORMATTED: text} if text is not None else {}
    for shown in question.shown:
        if shown.aggregate:
            row[label_of(shown)] = _total(shown, members, names)
    return row


def _total(shown: joins.Shown, members: list[joins.Joined], names: joins.Names) -> Any:
    if shown.column is None or (shown.aggregate == "count" and not shown.distinct):
        return len(members)
    operand = names.operand(shown.column)
    found = [value for joined in members if (value := operand.get(joined)) is not None]
    if shown.distinct:
        found = list(dict.fromkeys(found))
    if shown.aggregate in ("count", "countcolumn"):
        return len(found)
    return _figure(shown.aggregate, found, operand) if found else None


def _figure(aggregate: str, found: list[Any], operand: operands.Operand) -> Any:
    if aggregate in ("min", "max"):
        return (min if aggregate == "min" else max)(found)
    if operand.edm not in (*_WHOLE, "Edm.Decimal", "Edm.Double"):
        raise refusal.bad_query(f"'{operand.name}' of type '{operand.edm}' cannot be added up with {aggregate}.")
    total = sum(found)
    if aggregate == "sum":
        return total
    return total // len(found) if operand.edm in _WHOLE else total / len(found)

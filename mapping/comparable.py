"""Whether rules compare facts in a way that the CRM's columns allow: sizes of numbers, ages of instants. Pure.

Called by everything that checks settings against a CRM, with what ``Connector.describe`` says of ``readable.objects``. Facts that
come along lookups to other objects are left alone: their columns are not described.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from connectors import base
from mapping import fieldtype, kind
from triggers import facts, rule
from wire import finding

_BY_SIZE = frozenset({"above", "at_least", "below", "at_most", "older_than", "newer_than"})
_INSTANTS = frozenset({fieldtype.Family.INSTANT, fieldtype.Family.DAY})
_NUMBERS = frozenset({fieldtype.Family.WHOLE, fieldtype.Family.NUMBER})
_CODES = frozenset({"Picklist", "State", "Status"})
"""Dataverse's types for choices, which are numbers where the source gives no names; Salesforce's ``picklist`` is a text."""


def check(
    connector: str, sources: Sequence[kind.Source], rules: rule.Rules, descriptions: Mapping[str, base.Description]
) -> list[finding.Finding]:
    """One finding for each comparison that can hold for no value, or hardly any, of its column."""
    found = [
        one
        for source in sources
        for asked in rules.rules
        if asked.on == source.kind and (asked.connectors is None or connector in asked.connectors)
        for one in _of_rule(connector, source, asked, descriptions)
    ]
    return list(dict.fromkeys(found))


def _of_rule(
    connector: str, source: kind.Source, asked: rule.Rule, descriptions: Mapping[str, base.Description]
) -> Iterator[finding.Finding]:
    for condition in asked.when:
        for field, key, wanted in condition.comparisons():
            column = source.context.get(field)
            if key not in _BY_SIZE or column is None:
                continue
            if column.names:
                yield from _named(connector, asked, (field, key, wanted), column.names)
                continue
            for path in column.path:
                described = _described(source, path, descriptions)
                if described is not None and not _fits(described.type, wanted):
                    what = "a date" if isinstance(wanted, date | timedelta) else "a number"
                    told = f"{described.name} as {what}, but the CRM says that it is of the type {described.type}"
                    yield _finding(connector, asked, (field, key, wanted), told)


def _named(
    connector: str, asked: rule.Rule, compared: tuple[str, str, Any], names: Mapping[str, str]
) -> Iterator[finding.Finding]:
    """Names that the source gives to codes are what rules see, and mostly words."""
    by_date = isinstance(compared[2], date | timedelta)
    if by_date or all(math.isnan(facts.number(name)) for name in names.values()):
        seen = ", ".join(list(names.values())[:_SHOWN])
        yield _finding(connector, asked, compared, f"it as {'a date' if by_date else 'a number'}, but its values are {seen}")


_SHOWN = 5
"""Names that are told, at most."""


def _described(source: kind.Source, path: str, descriptions: Mapping[str, base.Description]) -> base.Field | None:
    """The column as the CRM describes it; None for one of another object."""
    inside = f"{source.lookup}."
    on, name = (source.target, path.removeprefix(inside)) if source.lookup and path.startswith(inside) else (source.object, path)
    described = descriptions.get(on)
    return described.fields.get(name) if described is not None and "." not in name else None


def _fits(crm_type: str, wanted: Any) -> bool:
    family = fieldtype.family(crm_type)
    if family is fieldtype.Family.UNKNOWN:
        return True
    if isinstance(wanted, date | timedelta):
        return family in _INSTANTS
    return family in _NUMBERS or crm_type in _CODES


def _finding(connector: str, asked: rule.Rule, compared: tuple[str, str, Any], told: str) -> finding.Finding:
    field, key, _ = compared
    return finding.Finding(
        subject=f"connectors.{connector}: rule “{asked.name}”",
        grade=finding.Grade.WARNING,
        message=f"{field} {key} compares {told}",
        remedy="Compare it with is, in or contains, or map the fact to a column of the right type; other values never match.",
    )

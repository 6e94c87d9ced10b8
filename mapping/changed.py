"""How facts changed: which columns a connector is to ask about, and what it told as values of a touchpoint's context. Pure.

Called by journey (which asks the connectors) and by settings (to refuse what no CRM can tell). Only a fact that is one column of
the record itself can be asked about: the CRMs keep changes per record, and a lookup shows another record's columns.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connectors import field_history
from mapping import kind, plain
from triggers import changes, facts, rule, touchpoint
from wire import finding

LIFE = timedelta(days=730)
"""How far back changes are asked for: Salesforce keeps 24 months (https://help.salesforce.com, "Field History Tracking")."""
AFTERMATH = timedelta(seconds=5)
"""A CRM stamps what belongs to a closing with times that lie moments apart; a change so soon after it is the closing's own."""


def trouble(source: kind.Source, fact: str) -> str:
    """Why the changes of a fact cannot be asked for, as the end of a sentence about it; empty where they can."""
    column = source.context.get(fact)
    if column is None:
        return "it is no column of the record" if fact in facts.INTRINSIC else f"{source.name} does not map it"
    if len(column.path) > 1:
        return f"{source.name} maps it to several columns: {', '.join(column.path)}"
    if _column(source, fact):
        return ""
    path = column.path[0]
    if "." not in path:
        return f"{source.name} maps it to {source.object}.{path}, which is not on the {source.target} itself"
    return f"{source.name} reaches it along a lookup ({path}), and the column is another record's"


def _column(source: kind.Source, fact: str) -> str:
    """The record's own column behind a fact; empty where it is none."""
    column = source.context.get(fact)
    if column is None or len(column.path) > 1:
        return ""
    inside = f"{source.lookup}." if source.lookup else ""
    path = column.path[0]
    own = path.removeprefix(inside)
    return own if path.startswith(inside) and "." not in own else ""


def columns(source: kind.Source, wanted: Iterable[str]) -> dict[str, str]:
    """Fact → the record's own column, for those of the facts that can be asked about."""
    return {fact: column for fact in sorted(wanted) if (column := _column(source, fact))}


def question(source: kind.Source, wanted: Iterable[str], records: Iterable[str], since: datetime) -> field_history.Asked | None:
    """What to ask a connector about these records; None where nothing can be asked. ``since`` as in ``field_history.Asked``."""
    asked = tuple(dict.fromkeys(columns(source, wanted).values()))
    if not asked:
        return None
    return field_history.Asked(object=source.target, records=tuple(dict.fromkeys(records)), fields=asked, since=since)


class Answer:
    """What a connector told of one question, ready to be looked up record by record."""

    def __init__(self, source: kind.Source, wanted: Iterable[str], told: field_history.Told) -> None:
        self._source = source
        self._columns = {fact: column for fact, column in columns(source, wanted).items() if column not in told.untold}
        self._changes: dict[tuple[str, str], list[field_history.FieldChange]] = {}
        for change in told.changes:
            self._changes.setdefault((change.record, change.column), []).append(change)

    def context(self, record: str, happened_at: datetime) -> dict[str, touchpoint.Plain]:
        """What the context of a touchpoint keeps: of each fact the latest change at or before its moment."""
        made: dict[str, touchpoint.Plain] = {}
        for fact, column in self._columns.items():
            latest = _latest([one for one in self._changes.get((record, column), ()) if one.at - AFTERMATH <= happened_at])
            made |= changes.never(fact) if latest is None else self._happened(fact, column, latest) if latest.kept else {}
        return made

    def _happened(self, fact: str, column: str, change: field_history.FieldChange) -> dict[str, touchpoint.Plain]:
        named = kind.Column(path=(column,), names=self._source.context[fact].names)
        was, became = (plain.fact(named, {column: value}) for value in (change.was, change.became))
        return changes.happened(fact, facts.aware(change.at), was, became)


def _latest(some: Sequence[field_history.FieldChange]) -> field_history.FieldChange | None:
    """The last of these. Both CRMs stamp whole seconds and promise no order within one: there, no other goes on from the last."""
    if not some:
        return None
    at = max(one.at for one in some)
    same = [one for one in some if one.at == at]
    ends = [one for one in same if not any(other.was == one.became for other in same if other is not one)]
    return (ends or same)[-1]


def check(
    connector: str, sources: Sequence[kind.Source], rules: rule.Rules, untold: Mapping[str, Mapping[str, field_history.Untold]]
) -> list[finding.Finding]:
    """One finding for each rule and fact whose changes are not to be had. ``untold`` is by source, as connectors answer."""
    found = [
        _finding(connector, asked, fact, message, remedy)
        for source in sources
        for asked in rules.about(source.kind, connector)
        for fact, message, remedy in _untold(source, asked, untold.get(source.name, {}))
    ]
    return list(dict.fromkeys(found))


def _untold(source: kind.Source, asked: rule.Rule, untold: Mapping[str, field_history.Untold]) -> Iterator[tuple[str, str, str]]:
    known = columns(source, asked.changes())
    for fact in sorted(asked.changes()):
        column = known.get(fact, "")
        if column and column in untold:
            why = untold[column]
            yield fact, f"{source.target} does not tell how {fact} ({column}) changes: {why.message}", why.remedy
        elif not column and fact in source.context:
            yield fact, f"nobody can tell how {fact} changes: {trouble(source, fact)}", _OTHER_FACT


_OTHER_FACT = "Compare the changes of a fact that is one column of the record itself, or map the fact to such a column."


def _finding(connector: str, asked: rule.Rule, fact: str, message: str, remedy: str) -> finding.Finding:
    return finding.Finding(
        subject=f"connectors.{connector}: rule “{asked.name}”",
        grade=finding.Grade.WRONG,
        message=f"never matches, because {message}",
        remedy=remedy,
    )

"""What ``palaute preview`` prints: a sentence first, figures second, tables third."""

from collections.abc import Sequence
from datetime import date

from rich import box, console, table, text

from journey.preview import report, tally

_REASONS = {
    "asked": "Asked",
    "no_rule_matched": "No rule matched",
    "opted_out": "Opted out",
    "consent_unreadable": "Consent not readable",
    "no_address": "No address",
    "quarantined": "Asked lately",
    "too_old": "Too old",
    "unusable": "Record unusable",
}
_MOST_DAYS = 62
_BAR = 30
_ROWS = 10
_WIDTH = 120
"""Characters of a line where there is no terminal to tell."""


def show(told: report.Report) -> None:
    """Print the report; tables with colour on a terminal, plain elsewhere."""
    out = console.Console(highlight=False, markup=False, soft_wrap=True)
    if not out.is_terminal:
        out.width = _WIDTH
    out.print(sentence(told), style="bold")
    for line in (*figures(told), *told.notes):
        out.print(line)
    for shown in tables(told):
        out.print()
        out.print(shown)


def sentence(told: report.Report) -> str:
    """The answer to "what would happen" in words."""
    all_of = told.tally.all
    silent = all_of.touchpoints - all_of.asked
    span = "day" if told.days == 1 else f"{told.days:g} days"
    happened = f"In the last {span} {_many(all_of.touchpoints, 'touchpoint')} happened in {_listed(told.connectors)}."
    if not all_of.touchpoints:
        return f"In the last {span} nothing that rules could be about happened in {_listed(told.connectors)}."
    asked = _many(told.tally.people, "person", "people")
    times = "" if told.tally.people == all_of.asked else f", {_many(all_of.asked, 'time')} in all,"
    return f"{happened} These rules would have asked {asked}{times} and left {_many(silent, 'touchpoint')} in peace."


def figures(told: report.Report) -> list[str]:
    """What follows the sentence, one line each."""
    counted = told.tally
    lines = [f"Answers to expect: about {told.answers:,} at a response rate of {told.rate:.0%}."]
    for one in told.surveys:
        if one.half_width is not None:
            unit = "points" if one.metric.startswith("nps") else "percentage points"
            known = f"{one.metric.upper()} would be known to ±{one.half_width:.0f} {unit}"
            lines.append(f"{one.survey}: {known} from {one.answers:,} answers (95 % confidence).")
    load = counted.people_by_load()
    if load:
        accounts = counted.accounts_asked_most(1)
        account = f"; {accounts[0].name or accounts[0].record} {_times(accounts[0].asked)} as an account" if accounts else ""
        lines.append(f"Asked most: {_times(max(load))} per person{account}.")
    for sent in told.by_text:
        each = f"{sent.average:.2f}".rstrip("0").rstrip(".")
        cost = f"{_many(sent.texts, 'text')} of {each} parts on average, {_many(sent.parts, 'message')} to pay for"
        lines.append(f"By SMS for “{sent.rule}”: {cost}.")
    if counted.waiting:
        lines.append(f"{_many(counted.waiting, 'touchpoint')} would still wait to be looked at again.")
    if told.compared:
        lines.append(_against(counted))
    return lines


def _against(counted: tally.Tally) -> str:
    more = counted.all.asked - counted.difference.now_asked
    changed = counted.difference.changes.total()
    if not changed:
        return "Against the rules in force: no difference."
    return f"Against the rules in force: {more:+,} asked; {_many(changed, 'touchpoint')} would fare otherwise."


def tables(told: report.Report) -> list[table.Table]:
    """Reasons, rules, conditions, differences, days, load; empty ones left out."""
    counted = told.tally
    made = [_reasons(told), _rules(counted), _conditions(counted), _changes(counted), _days(counted)]
    often = [one for one in counted.people_asked_most(_ROWS) if one.asked > 1]
    made.append(_loaded("People asked most", "Person", often))
    made.append(_loaded("Accounts asked most", "Account", counted.accounts_asked_most(_ROWS)))
    return [one for one in made if one.row_count]


def _reasons(told: report.Report) -> table.Table:
    shown = _table(
        "What would become of them", "First reason that applied", "Touchpoints", *(("Change",) if told.compared else ())
    )
    before, after = told.tally.difference.reasons, told.tally.all.reasons
    for reason in sorted({*before, *after}, key=lambda one: (one != tally.ASKED, -after[one])):
        change = (_change(after[reason] - before[reason]),) if told.compared else ()
        shown.add_row(_reason(reason), f"{after[reason]:,}", *change)
    return shown


def _rules(counted: tally.Tally) -> table.Table:
    shown = _table("By rule", "Rule", "Matched", "Asked", "Not asked")
    for name, counts in counted.rules.items():
        shown.add_row(name, f"{counts.touchpoints:,}", f"{counts.asked:,}", f"{counts.touchpoints - counts.asked:,}")
    return shown


def _conditions(counted: tally.Tally) -> table.Table:
    shown = _table("Why no rule matched", "Rule", "Condition that failed", "Touchpoints", texts=2)
    for (rule, condition), count in counted.conditions.most_common(_ROWS):
        shown.add_row(rule, condition, f"{count:,}")
    return shown


def _changes(counted: tally.Tally) -> table.Table:
    shown = _table("What would change", "Under the rules in force", "Under these rules", "Touchpoints", texts=2)
    for (was, becomes), count in counted.difference.changes.most_common(_ROWS):
        shown.add_row(_reason(was), _reason(becomes), f"{count:,}")
    return shown


def _days(counted: tally.Tally) -> table.Table:
    shown = _table("By day, on which they happened", "Day", "Touchpoints", "Asked", "")
    days = sorted(counted.days.items())[-_MOST_DAYS:]
    most = max((counts.touchpoints for _, counts in days), default=1)
    for day, counts in days:
        shown.add_row(_day(day), f"{counts.touchpoints:,}", f"{counts.asked:,}", _bar(counts, most))
    shown.columns[-1].justify = "left"
    return shown


def _day(day: date) -> str:
    return f"{day:%a} {day.isoformat()}"


def _bar(counts: tally.Counts, most: int) -> str:
    """Asked in full blocks, the rest in light ones; a day with anything at all shows something."""
    whole = max(1, round(counts.touchpoints / most * _BAR))
    asked = round(counts.asked / counts.touchpoints * whole)
    return "█" * asked + "░" * (whole - asked)


def _loaded(title: str, who: str, loads: Sequence[tally.Loaded]) -> table.Table:
    shown = _table(title, who, "Connector", "Times", texts=2)
    for one in loads:
        shown.add_row(f"{one.name} {one.record}".strip(), one.connector, f"{one.asked:,}")
    return shown


def _table(title: str, *columns: str, texts: int = 1) -> table.Table:
    """A table whose first ``texts`` columns are words and the rest figures."""
    shown = table.Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        shown.add_column(text.Text(column), justify="left" if number < texts else "right")
    return shown


def _reason(reason: str) -> str:
    return _REASONS.get(reason, reason.replace("_", " ").capitalize())


def _change(count: int) -> str:
    return f"{count:+,}" if count else "0"


def _many(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _times(count: int) -> str:
    return _many(count, "time")


def _listed(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)

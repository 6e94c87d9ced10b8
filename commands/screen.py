"""What the demo shows: the belt as it moves, in the terminal, or line by line where there is no terminal."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box, console, table, text
from rich import layout as rich_layout
from rich import panel as rich_panel

STAGES = (
    ("noticed", "in the CRM", "cyan"),
    ("sent", "mail sent", "blue"),
    ("answered", "answer", "magenta"),
    ("written", "on the record", "green"),
)
"""What happened → column title, colour; in the order of the journey."""
_CRM = {"salesforce": "Salesforce", "dynamics": "Dynamics"}
_SHORT = {"salesforce": "SF", "dynamics": "D365"}
_KIND = {"case_closed": "case", "purchase": "sale"}
_ROWS = 200


class Screen:
    """Keeps the last events of each stage and draws them with the figures."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._events: dict[str, deque[text.Text]] = {what: deque(maxlen=_ROWS) for what, _, _ in STAGES}
        self._silent: deque[text.Text] = deque(maxlen=_ROWS)

    def add(self, event: Mapping[str, Any]) -> str | None:
        """Take one line of the ledger; the same in words, for where there is no terminal; None for what is not shown."""
        what, crm = event["what"], event["connector"]
        if what in self._events:
            self._events[what].append(_line(_words(event), crm, event["label"]))
            return f"{what:>9}  {_CRM.get(crm, crm)} {event['label']}  {_words(event)}"
        if event["step"] == "decide" and what != "asked":
            self._silent.append(_line(what, crm, event["label"]))
            return f"{'not asked':>9}  {_CRM.get(crm, crm)} {event['label']}  {what}"
        return None

    def draw(self, counts: Mapping[str, Any], calls: Mapping[str, int], headlines: Sequence[str], left: str, height: int) -> Any:
        """The whole screen."""
        whole = rich_layout.Layout()
        whole.split_column(
            rich_layout.Layout(self._head(left), size=3),
            rich_layout.Layout(name="stages"),
            rich_layout.Layout(_figures(counts, calls, headlines), size=9),
        )
        rows = max(height - 16, 3)
        columns = [rich_layout.Layout(_column(title, self._events[what], colour, rows)) for what, title, colour in STAGES]
        columns.insert(1, rich_layout.Layout(_column("not asked, because", self._silent, "yellow", rows)))
        whole["stages"].split_row(*columns)
        return whole

    def _head(self, left: str) -> rich_panel.Panel:
        words = text.Text.assemble(("Palaute", "bold"), "   pages: ", (self._address, "underline"), f"   {left}")
        return rich_panel.Panel(words, box=box.ROUNDED, border_style="dim")


def _line(words: str, crm: str, label: str) -> text.Text:
    return text.Text.assemble((words, "bold"), (f" {_SHORT.get(crm, crm)} {label}", "dim"), overflow="ellipsis", no_wrap=True)


def _words(event: Mapping[str, Any]) -> str:
    if event["what"] in ("answered", "written") and event["value"] is not None:
        return f"★ {event['value']}"
    return str(_KIND.get(event["kind"], event["kind"]))


def _column(title: str, lines: Sequence[text.Text], colour: str, rows: int) -> rich_panel.Panel:
    shown = text.Text("\n", overflow="ellipsis", no_wrap=True).join(list(lines)[-rows:])
    return rich_panel.Panel(shown, title=f"[bold]{title}[/]", border_style=colour, box=box.ROUNDED)


def _figures(counts: Mapping[str, Any], calls: Mapping[str, int], headlines: Sequence[str]) -> rich_panel.Panel:
    grid = table.Table.grid(padding=(0, 3))
    touchpoints = counts["touchpoints"]["total"]
    decisions = "   ".join(f"{reason} {n}" for reason, n in counts["decisions"].items())
    answers, writes = counts["answers"], counts["writes"]
    grid.add_row("touchpoints", f"{touchpoints}   {decisions}")
    grid.add_row("messages", f"{counts['messages']['sent']} sent, {counts['messages']['due']} due")
    grid.add_row(
        "answers", f"{answers['confirmed']} confirmed, {answers['provisional']} only tapped, {answers['doubtful']} kept apart"
    )
    grid.add_row("on records", f"{writes['done']} written, {writes['due']} due, {writes['dead']} dead")
    grid.add_row("API calls", "   ".join(f"{_CRM[crm]} {n}" for crm, n in calls.items()) + "   (polled every second)")
    grid.add_row("so far", "   ".join(headlines) or "no answers yet")
    return rich_panel.Panel(grid, box=box.ROUNDED, border_style="dim")


def summary(counts: Mapping[str, Any], calls: Mapping[str, int], headlines: Sequence[str], missing: Sequence[str]) -> Any:
    """The table at the end."""
    shown = table.Table(title="What happened", box=box.SIMPLE_HEAD, show_header=False, title_justify="left")
    for noun in ("touchpoints", "decisions", "messages", "answers", "writes"):
        shown.add_row(noun, ", ".join(f"{state} {n}" for state, n in counts[noun].items() if n) or "none")
    shown.add_row("API calls", ", ".join(f"{_CRM[crm]} {n}" for crm, n in calls.items()))
    for headline in headlines:
        shown.add_row("so far", headline)
    confirmed = counts["answers"]["confirmed"]
    if missing:
        verdict = text.Text(f"{len(missing)} of {confirmed} answers are NOT on their record", "red")
    else:
        verdict = text.Text(f"all {confirmed} confirmed answers are on their records" if confirmed else "no answer came", "green")
    return console.Group(shown, verdict, *(text.Text(f"  {line}") for line in missing[:10]))

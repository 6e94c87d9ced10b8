"""``palaute coverage``: whom the surveys reach, by agent, team, queue or segment, and whose customers are never asked."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich import box, console, table

from commands import options
from journey import coverage as room
from journey.preview import cases
from mapping import kind
from settings import model, words
from store import coverage as store_coverage
from store import database
from surveys import figures

_WIDTH = 120
"""Characters of a line where there is no terminal to tell."""
_FIGURES = ("touchpoints", "eligible", "asked", "delivered", "answered", "never_eligible")


def coverage(
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    by: Annotated[
        str, typer.Option(help="owner, team, priority, origin or any other fact; or kind, connector, rule, survey.")
    ] = "owner",
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="How many days of the past.")] = 30,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write the table to this file.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Show who was eligible, asked, reached and answered, and where customers are left out more often than elsewhere."""
    chosen = options.read_settings(settings)
    known = _known(chosen)
    if by not in known:
        typer.echo(f"--by: no touchpoint has a fact {by!r}; {words.should_be(by, known, '')}", err=True)
        raise typer.Exit(2)
    store = database.Store(chosen.store.url)
    store.migrate()
    told = room.tell(store, by, datetime.now(UTC) - timedelta(days=days), chosen.surveys.as_surveys())
    store.close()
    if csv_file is not None:
        _write(told, csv_file)
    if as_json:
        options.print_json(told.as_json())
    else:
        _show(told, days)


def _known(chosen: model.Settings) -> set[str]:
    found = set(store_coverage.COLUMNS)
    for name, given in chosen.connectors.items():
        sources = chosen.mapping.sources(name, given.type)
        for one in {source.kind for source in sources}:
            found |= kind.facts(sources, one)
    return found


def _write(told: room.Report, path: Path) -> None:
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow([told.by, *_FIGURES, "share_never_eligible", "low", "high", "response_rate", "low", "high", "unusual"])
            for group in told.groups:
                counts = ["" if name == "answered" and group.withheld else str(getattr(group, name)) for name in _FIGURES]
                ends = [*_ends(group.share_never_eligible), *_ends(group.response_rate)]
                rows.writerow([cases.plain(group.value), *counts, *ends, str(group.unusual).lower()])
    except OSError as error:
        typer.echo(f"--csv: {path} cannot be written ({type(error).__name__})", err=True)
        raise typer.Exit(2) from None


def _ends(figure: figures.Figure | None) -> list[str]:
    return ["", "", ""] if figure is None else [f"{part:.1f}" for part in (figure.value, figure.low, figure.high)]


def _show(told: room.Report, days: float) -> None:
    out = console.Console(highlight=False, markup=False, soft_wrap=True)
    if not out.is_terminal:
        out.width = _WIDTH
    out.print(_sentence(told, days), style="bold")
    if not told.total.touchpoints:
        return
    for group in told.groups:
        if group.unusual:
            out.print(
                f"{group.value or 'Without ' + told.by}: nobody could be asked in {_percent(group.share_never_eligible)} of"
                f" {group.touchpoints:,} touchpoints, more than elsewhere: {_reasons(group)}."
            )
    out.print(_table(told))
    if any(figure is not None and figure.too_few for group in told.groups for figure in _shares(group)):
        out.print(f"* of fewer than {figures.TOO_FEW}: too few to judge by. Ranges are 95 % intervals.")
    if any(group.withheld for group in told.groups):
        out.print("few: so few answered an anonymous survey that it is not told how many; other groups are withheld with them.")


def _sentence(told: room.Report, days: float) -> str:
    total = told.total
    if not total.touchpoints:
        return f"Nothing was decided about the last {days:g} days."
    return (
        f"Of {total.touchpoints:,} touchpoints in the last {days:g} days {total.eligible:,} were eligible, {total.asked:,} were"
        f" asked about, {total.delivered:,} messages were delivered and {_answered(total)} answered."
        + (f" {total.visits:,} answers came at places, unasked." if total.visits else "")
    )


def _answered(group: room.Group) -> str:
    return "few" if group.withheld else f"{group.answered:,}"


def _reasons(group: room.Group) -> str:
    never = [(reason, count) for reason, count in group.reasons.most_common() if reason in room.NEVER_ELIGIBLE]
    return ", ".join(f"{reason.replace('_', ' ')} {count:,}" for reason, count in never[:3])


def _table(told: room.Report) -> table.Table:
    shown = table.Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown.add_column(told.by.replace("_", " ").capitalize())
    for column in ("Touchpoints", "Eligible", "Asked", "Delivered", "Answered", "Never eligible", "Response rate"):
        shown.add_column(column, justify="right")
    for group in told.groups:
        shown.add_row(*_cells(group.value or "–", group), style="bold" if group.unusual else "")
    shown.add_section()
    shown.add_row(*_cells("All", told.total))
    return shown


def _cells(name: str, group: room.Group) -> list[str]:
    counts = (group.touchpoints, group.eligible, group.asked, group.delivered)
    return [name, *(f"{count:,}" for count in counts), _answered(group), *(_percent(figure) for figure in _shares(group))]


def _shares(group: room.Group) -> tuple[figures.Figure | None, figures.Figure | None]:
    return group.share_never_eligible, group.response_rate


def _percent(figure: figures.Figure | None) -> str:
    if figure is None:
        return "–"
    return f"{figure.value:.0f}% ({figure.low:.0f}–{figure.high:.0f}){'*' if figure.too_few else ''}"

"""``palaute status``: counts by noun and state, how far each connector has read, what needs a person."""

from typing import Any

import typer
from rich import console, table

from commands import options
from journey import pulse
from store import database


def status(settings: options.SettingsFile = options.DEFAULT_SETTINGS, as_json: options.AsJson = False) -> None:
    """Show what is stored and what waits; status 1 when something needs a person."""
    chosen = options.read_settings(settings)
    store = database.Store(chosen.store.url)
    store.migrate()
    counted = pulse.of_store(store)
    store.close()
    for name in chosen.connectors:
        counted["connectors"].setdefault(name, {"state": "not read yet"})
    if as_json:
        options.print_json(counted)
    else:
        _show(counted)
    if counted["dead_letters"] or counted["unsure"] or any(one["state"] == "failing" for one in _parties(counted)):
        raise typer.Exit(1)


def _parties(counted: dict[str, Any]) -> list[dict[str, Any]]:
    return [*counted["connectors"].values(), *counted["channels"].values()]


def _show(counted: dict[str, Any]) -> None:
    out = console.Console(highlight=False)
    grid = table.Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for noun in ("touchpoints", "decisions", "invitations", "messages", "answers", "writes"):
        grid.add_row(f"[bold]{noun}[/]", "  ".join(f"{state} {n}" for state, n in counted[noun].items() if n) or "none")
    for name, one in counted["connectors"].items():
        grid.add_row(f"[bold]connectors.{name}[/]", _party(one))
    for name, one in counted["channels"].items():
        grid.add_row(f"[bold]channels.{name}[/]", _party(one))
    for noun in ("addresses", "reports"):
        told = "  ".join(f"{name.replace('_', ' ')} {n}" for name, n in counted[noun].items() if n)
        if told:
            grid.add_row(f"[bold]{noun}[/]", told)
    out.print(grid)
    for letter in counted["dead_letters"]:
        out.print(
            f"dead letter write-{letter['id']}: {letter['object']} {letter['record']}: {letter['code']} {letter['problem']}",
            markup=False,
        )
    for message in counted["unsure"]:
        out.print(f"unsure message-{message['id']} about {message['record']}: {message['problem']}", markup=False)
    if counted["dead_letters"] or counted["unsure"]:
        out.print("Mend the cause, then: palaute retry [ID …]")


def _party(one: dict[str, Any]) -> str:
    words = [one["state"]]
    if one.get("failing_since"):
        words.append(f"since {one['failing_since']}: {one['problem']} {one['remedy']}".strip())
    if one.get("read_until"):
        words.append(f"read until {one['read_until']}")
    if one.get("day_limit"):
        words.append(f"the org has used {one['day_used']} of {one['day_limit']} calls today")
    return ", ".join(words)

"""``palaute addresses``: addresses that do not work, by the record that showed it; ``clear`` lifts a mark."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich import console, markup, table

from commands import options
from journey.reaching import given_up
from store import database, people

addresses = typer.Typer(name="addresses", help="Addresses that do not work: nothing is sent to them until a mark is lifted.")


@addresses.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """List the addresses that are given up or watched, the newest first; status 1 when some are given up."""
    if context.invoked_subcommand is not None:
        return
    chosen = options.read_settings(settings)
    store = database.Store(chosen.store.url)
    store.migrate()
    found = given_up.listed(store)
    store.close()
    if as_json:
        options.print_json({"addresses": found})
    else:
        _show(found)
    if any(one["state"] == given_up.GIVEN_UP for one in found):
        raise typer.Exit(1)


@addresses.command()
def clear(
    what: Annotated[list[str], typer.Argument(metavar="ADDRESS|RECORD …", help="Addresses, record ids, case or order numbers.")],
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """Say that these addresses work again; status 1 when none of them was marked."""
    chosen = options.read_settings(settings)
    store = database.Store(chosen.store.url)
    store.migrate()
    secret = people.open_secret(chosen.store.secret)
    lifted = given_up.lift(store, secret, chosen.mapping.write, what, datetime.now(UTC))
    store.close()
    if as_json:
        options.print_json({"lifted": lifted})
    else:
        typer.echo(f"{lifted} marks were lifted." if lifted else "None of these is marked; palaute addresses shows what is.")
    if not lifted:
        raise typer.Exit(1)


def _show(found: list[dict[str, Any]]) -> None:
    out = console.Console(highlight=False, soft_wrap=True)
    if not found:
        out.print("No address is given up.")
        return
    grid = table.Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("record", "address", "channel", "state", "since", "why"):
        grid.add_column(heading, header_style="bold")
    for one in found:
        why = " ".join(filter(None, (one["kind"], one["code"])))
        state = one["state"] if one["state"] == given_up.GIVEN_UP else f"{one['state']} ({one['messages']} came back)"
        record = one["label"] or one["record"] or "forgotten"
        row = (record, one["address"], one["channel"], state, one["since"][:10], why)
        grid.add_row(*(markup.escape(text) for text in row))
    out.print(grid)
    out.print("An address that works again: palaute addresses clear ADDRESS, or the record's number.")

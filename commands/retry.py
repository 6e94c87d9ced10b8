"""``palaute retry``: dead letters and unsure messages are due again."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from commands import options
from store import database, messages, updates


def retry(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID …]", help="As status shows them; none: all of them.")] = None,
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """Try dead letters again and send unsure messages once more (with the same Message-ID)."""
    chosen = options.read_settings(settings)
    wrong = [one for one in ids or [] if not one.isdigit()]
    if wrong:
        typer.echo(f"{', '.join(wrong)}: not an id; palaute status shows them as numbers", err=True)
        raise typer.Exit(2)
    numbers = [int(one) for one in ids] if ids else None
    store = database.Store(chosen.store.url)
    store.migrate()
    now = datetime.now(UTC)
    with store.write() as tx:
        written = updates.retry(tx, now, numbers)
        sent = messages.send_again(tx, now, ids=numbers)
    store.close()
    if as_json:
        options.print_json({"writes": written, "messages": sent})
    else:
        typer.echo(f"{written} dead letters and {sent} unsure messages are due again.")
    if numbers and written + sent == 0:
        raise typer.Exit(1)

"""``palaute retry``: dead letters and unsure messages are due again."""

import re
from datetime import UTC, datetime
from typing import Annotated

import typer

from commands import options
from store import database, unsure, updates

_ID = re.compile(r"(write|message)-\d{1,15}", re.ASCII)
"""Dead letters and messages are numbered apart, so an id says which it is."""


def retry(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID …]", help="As status shows them; none: all of them.")] = None,
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """Try dead letters again and send unsure messages once more (with the same Message-ID)."""
    chosen = options.read_settings(settings)
    wrong = [one for one in ids or [] if not _ID.fullmatch(one)]
    if wrong:
        typer.echo(f"{', '.join(wrong)}: not an id; palaute status shows them, such as write-12 or message-7", err=True)
        raise typer.Exit(2)
    store = database.Store(chosen.store.url)
    store.migrate()
    now = datetime.now(UTC)
    with store.write() as tx:
        written = updates.retry(tx, now, _numbers(ids, "write"))
        sent = unsure.send_again(tx, now, ids=_numbers(ids, "message"))
    store.close()
    if as_json:
        options.print_json({"writes": written, "messages": sent})
    elif ids and written + sent == 0:
        typer.echo("None of these waits to be tried again; palaute status shows what does.")
    else:
        typer.echo(f"{written} dead letters and {sent} unsure messages are due again.")
    if ids and written + sent == 0:
        raise typer.Exit(1)


def _numbers(ids: list[str] | None, noun: str) -> list[int] | None:
    """Those of this noun; None, which is all of them, when no ids were given."""
    return [int(one.removeprefix(f"{noun}-")) for one in ids if one.startswith(f"{noun}-")] if ids else None

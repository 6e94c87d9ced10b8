"""What the verbs of ``palaute place`` share: finding a place, its link, and refusing what makes no sense."""

from typing import Annotated, NoReturn

import typer

from settings import model
from store import database, places

Code = Annotated[str, typer.Argument(metavar="CODE", help="As place list shows it.")]


def open_store(chosen: model.Settings) -> database.Store:
    """The store of these settings, at this version of the program."""
    store = database.Store(chosen.store.url)
    store.migrate()
    return store


def refuse(why: str) -> NoReturn:
    """Wrong use: say why, and end with status 2."""
    typer.echo(why, err=True)
    raise typer.Exit(2)


def link(chosen: model.Settings, one: places.Stored) -> str:
    """Where it is answered."""
    return f"{chosen.web.public_url}/p/{one.code}"


def find(chosen: model.Settings, code: str) -> places.Stored:
    """The place with this code; ends the command with status 2 when there is none."""
    store = open_store(chosen)
    with store.read() as tx:
        found = places.find(tx, code.upper())
    store.close()
    if found is None:
        refuse(f"there is no place {code}: palaute place list shows them")
    return found

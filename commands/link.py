"""``palaute link RECORD``: the link of the survey about a record, for the agent who hands it to the customer."""

from typing import Annotated, Any

import typer

import daemon
from commands import options
from journey.reaching import on_request
from wire import errors


def link(
    record: Annotated[str, typer.Argument(help="Record id, case or order number.")],
    survey: Annotated[str, typer.Option(help="Which survey, where no rule is about such records.")] = "",
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """Print the link of a record's survey; make it where rules did not ask and nothing speaks against it. Status 1: none."""
    belt = daemon.compose(options.read_settings(settings))
    try:
        found = on_request.link(belt, record, survey)
    except (on_request.Refused, errors.OutsideError) as error:
        _refuse(str(error), as_json)
    else:
        _show(found, as_json)
    finally:
        belt.close()


def _show(found: on_request.Link, as_json: bool) -> None:
    if as_json:
        options.print_json(_as_json(found))
        return
    typer.echo(found.url)
    made = "Made just now" if found.made else "It was there already"
    typer.echo(f"{made}, for {found.kind} {found.label}; good until {found.expires_at:%Y-%m-%d %H:%M} UTC.", err=True)


def _refuse(why: str, as_json: bool) -> None:
    if as_json:
        options.print_json({"link": None, "why": why})
    else:
        typer.echo(f"No link: {why}", err=True)
    raise typer.Exit(1)


def _as_json(found: on_request.Link) -> dict[str, Any]:
    return {
        "link": found.url,
        "made": found.made,
        "connector": found.connector,
        "object": found.object,
        "record": found.record,
        "label": found.label,
        "kind": found.kind,
        "expires_at": found.expires_at.isoformat(timespec="seconds"),
    }

"""``palaute answers``: what came back, what is kept apart and why; ``release`` and ``void`` decide it; ``signs`` tells how often
each sign was wrong."""

import enum
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from commands import options, printable
from journey.answering import reviewing
from store import database

_ID = re.compile(r"(?:answer-)?(\d{1,9})", re.ASCII)


class What(enum.StrEnum):
    """What is to be done with answers."""

    LIST = "list"
    RELEASE = "release"
    VOID = "void"
    SIGNS = "signs"


class State(enum.StrEnum):
    """Which answers are listed."""

    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    DOUBTFUL = "doubtful"
    REPLACED = "replaced"
    VOID = "void"


def answers(
    what: Annotated[What, typer.Argument(help="list, release ID…, void ID… or signs.")] = What.LIST,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID …]", help="As the list shows them: answer-12.")] = None,
    state: Annotated[State | None, typer.Option(help="List only answers in this state.")] = None,
    comments: Annotated[bool, typer.Option("--comments", help="Show what people wrote, too.")] = False,
    why: Annotated[str, typer.Option(help="Why an answer is withdrawn; kept in its story.")] = "",
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """List answers, let those count that are kept apart, withdraw some, or tell how often each sign was wrong."""
    numbers = _numbers(what, ids or [])
    chosen = options.read_settings(settings)
    store = database.Store(chosen.store.url)
    store.migrate()
    now = datetime.now(UTC)
    if what is What.LIST:
        told = reviewing.listing(store, state, comments=comments)
    elif what is What.SIGNS:
        told = reviewing.fired(store)
    elif what is What.RELEASE:
        told = reviewing.release(store, chosen.mapping.write, chosen.surveys.as_surveys(), numbers, now)
    else:
        told = reviewing.void(store, numbers, why, now)
    store.close()
    if as_json:
        options.print_json(told)
    else:
        for line in _SHOWN[what](told):
            typer.echo(printable.shown(line))
    if told.get("left"):
        raise typer.Exit(1)


def _numbers(what: What, ids: list[str]) -> list[int]:
    """The ids as numbers; ends the command with status 2 where they are none, are missing or do not belong there."""
    takes_ids = what in (What.RELEASE, What.VOID)
    wrong = [one for one in ids if not _ID.fullmatch(one)]
    problem = ""
    if wrong:
        problem = f"{', '.join(wrong)}: not an id; palaute answers shows them, such as answer-12"
    elif takes_ids and not ids:
        problem = f"which ones? For example: palaute answers {what} answer-12; palaute answers --state doubtful shows them"
    elif ids and not takes_ids:
        problem = f"palaute answers {what} takes no ids; did you mean release or void?"
    if problem:
        typer.echo(problem, err=True)
        raise typer.Exit(2)
    return [int(found[1]) for one in ids if (found := _ID.fullmatch(one))]


def _list(told: Mapping[str, Any]) -> list[str]:
    lines = []
    for one in told["answers"]:
        answer = (
            f"{one['id']}  {one['state']}  {one['value']} ({one['survey']})  {_moment(one['at'])}  {one['kind']} {one['label']}"
        )
        record = f" · {one['object']} {one['record']} in {one['connector']}" if one["connector"] else ""
        by = ", ".join(part for part in (one["channel"], one["device"], one["language"]) if part)
        lines.append(f"{answer}{record}{f'  by {by}' if by else ''}")
        if one["sign"]:
            lines.append(f"  {one['sign']}: {one['doubt'] or one['sign']}")
        if one.get("comment"):
            lines.append(f"  “{one['comment']}”")
    return lines or ["There are none."]


def _done(told: Mapping[str, Any]) -> list[str]:
    lines = [f"{one['id']} is left as it is: {one['why']}" for one in told["left"]]
    return [*([f"Done: {', '.join(told['done'])}."] if told["done"] else []), *lines]


def _signs(told: Mapping[str, Any]) -> list[str]:
    lines = [f"{'sign':<12} {'fired':>7} {'waiting':>8} {'void':>6} {'released':>9}"]
    for one in told["signs"]:
        share = "" if one["share_released"] is None else f"  ({one['share_released']:.0%} false alarms)"
        lines.append(f"{one['sign']:<12} {one['fired']:>7,} {one['waiting']:>8,} {one['void']:>6,} {one['released']:>9,}{share}")
    return lines


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC"


_SHOWN = {What.LIST: _list, What.RELEASE: _done, What.VOID: _done, What.SIGNS: _signs}

"""``palaute place``: tills, tablets, shared links and embedding pages where anybody may answer."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from commands import options, place_print, placing
from journey.visiting import place as room
from journey.visiting import place_report, shifts
from settings import model
from store import places

place = typer.Typer(
    name="place", help="Places where anybody may answer: QR code, NFC tag, tablet, shared link.", no_args_is_help=True
)


place.command("qr")(place_print.qr)
place.command("nfc")(place_print.nfc)


@place.command()
def add(
    name: Annotated[str, typer.Argument(help='What people call it: "Helsinki shop, till 2".')],
    survey: Annotated[str, typer.Option(help="Key of a survey in the settings.")],
    shift: Annotated[list[str] | None, typer.Option(help='"morning 06:00-14:00"; may be given several times.')] = None,
    lang: Annotated[str, typer.Option(help="Language that it asks in at first.")] = "",
    share: Annotated[bool, typer.Option("--share", help="A link to be shared.")] = False,
    embed: Annotated[bool, typer.Option("--embed", help="Embedded in a page of others; needs --origin.")] = False,
    origin: Annotated[list[str] | None, typer.Option(help="Who may embed it: https://shop.example")] = None,
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """Make a place; tells its link."""
    chosen = options.read_settings(settings)
    if share and embed:
        placing.refuse("--share and --embed are two ways: make a place for each")
    if bool(origin) != embed:
        placing.refuse(
            "--embed and --origin go together: palaute place add NAME --survey KEY --embed --origin https://shop.example"
        )
    way = "share" if share else "embed" if embed else "place"
    made = {
        "code": room.new_code(),
        "name": _name(name),
        "way": way,
        "survey": _survey(chosen, survey),
        "made_at": datetime.now(UTC),
        "closed_at": None,
        "options": {
            "language": _language(chosen, lang),
            "shifts": _shifts(shift),
            "origins": [_origin(one) for one in origin or []],
        },
    }
    store = placing.open_store(chosen)
    with store.write() as tx:
        if places.named(tx, str(made["name"])) is not None:
            placing.refuse(f'there is a place called "{made["name"]}" already: palaute place list')
        while not places.add(tx, made):
            made["code"] = room.new_code()
        found = places.find(tx, str(made["code"]))
    store.close()
    assert found is not None  # noqa: S101 - it has just been stored
    told = _told(chosen, found)
    if as_json:
        options.print_json(told)
    else:
        _tell(told)


def _tell(told: dict[str, object]) -> None:
    if "html" in told:
        typer.echo(f"{told['name']}: put this where the survey is to stand; docs/embed.md has what else it can do.")
        typer.echo(told["html"])
        return
    typer.echo(f"{told['name']}: {told['link']}")
    if "kiosk" in told:
        typer.echo(f"For a tablet that stays there: {told['kiosk']}")
    typer.echo(f"To print: palaute place qr {told['code']} --pdf {told['code']}.pdf")


@place.command("list")
def list_places(settings: options.SettingsFile = options.DEFAULT_SETTINGS, as_json: options.AsJson = False) -> None:
    """All places, by name."""
    chosen = options.read_settings(settings)
    store = placing.open_store(chosen)
    with store.read() as tx:
        told = [_told(chosen, one) for one in places.every(tx)]
    store.close()
    if as_json:
        options.print_json({"places": told})
        return
    for one in told:
        typer.echo(f"{one['code']}  {one['way']:<5}  {one['survey']}  {one['name']}{'  (closed)' if one['closed_at'] else ''}")
    if not told:
        typer.echo('There are no places yet: palaute place add "Helsinki shop, till 2" --survey KEY')


@place.command()
def show(
    code: placing.Code,
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="How many days of the past.")] = 30,
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """What was answered there: how many, the score with its 95 % interval, by shift."""
    chosen = options.read_settings(settings)
    one = placing.find(chosen, code)
    if one.survey not in chosen.surveys.as_surveys():
        placing.refuse(f'its survey "{one.survey}" is no longer in the settings')
    store = placing.open_store(chosen)
    found = place_report.tell(store, room.noun(one, chosen.surveys.as_surveys()), datetime.now(UTC) - timedelta(days=days))
    store.close()
    if as_json:
        options.print_json(_told(chosen, one) | {"days": days, **found})
        return
    typer.echo(f"{one.name}: {placing.link(chosen, one)}{' (closed)' if one.closed_at else ''}")
    if found["answers"] is None:
        typer.echo(f"Too few answers in the last {days:g} days to be shown: the survey is anonymous.")
        return
    typer.echo(f"In the last {days:g} days: {_said(found)}.")
    for shift in found["shifts"] if one.options.get("shifts") else ():
        typer.echo(f"  {shift['shift'] or 'outside all shifts'}: {_said(shift)}")
    if found["repeats"] or found["doubtful"]:
        typer.echo(f"Not counted: {found['repeats']} repeats, {found['doubtful']} that look like a machine's.")
    if found["withheld"]:
        typer.echo("Shifts with so few answers that somebody could be known by them are not shown, for the survey is anonymous.")


def _said(part: Mapping[str, Any]) -> str:
    score = part["score"]
    if score is None:
        return "no answers"
    few = ", too few to judge by" if score["too_few"] else ""
    return f"{part['answers']:,} answers, score {score['value']:g} ({score['low']:g} to {score['high']:g}{few})"


@place.command()
def close(code: placing.Code, settings: options.SettingsFile = options.DEFAULT_SETTINGS) -> None:
    """Take no more answers there; its link says so."""
    _change(settings, code, closed_at=datetime.now(UTC))
    typer.echo(f"{code} takes no more answers. palaute place reopen {code} undoes it.")


@place.command()
def reopen(code: placing.Code, settings: options.SettingsFile = options.DEFAULT_SETTINGS) -> None:
    """Take answers there again."""
    _change(settings, code, closed_at=None)
    typer.echo(f"{code} takes answers again.")


@place.command()
def rename(
    code: placing.Code,
    name: Annotated[str, typer.Argument(help="What it is called from now on.")],
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
) -> None:
    """Give it another name; the link stays."""
    _change(settings, code, name=_name(name))
    typer.echo(f"{code} is called {_name(name)} now.")


def _change(settings: Path, code: str, **values: object) -> None:
    chosen = options.read_settings(settings)
    found = placing.find(chosen, code)
    store = placing.open_store(chosen)
    with store.write() as tx:
        other = places.named(tx, str(values.get("name", "")))
        if other is not None and other.code != found.code:
            placing.refuse(f'there is a place called "{other.name}" already: palaute place list')
        places.change(tx, found.code, **values)
    store.close()


def _told(chosen: model.Settings, one: places.Stored) -> dict[str, object]:
    told = {
        "code": one.code,
        "name": one.name,
        "way": one.way,
        "survey": one.survey,
        "language": one.options.get("language", ""),
        "shifts": one.options.get("shifts", []),
        "origins": one.options.get("origins", []),
        "made_at": one.made_at.isoformat(timespec="seconds"),
        "closed_at": None if one.closed_at is None else one.closed_at.isoformat(timespec="seconds"),
        "link": placing.link(chosen, one),
    }
    url = chosen.web.public_url
    if one.way == "embed":
        return told | {"html": f'<script src="{url}/embed.js" data-place="{one.code}" async></script>'}
    return told | ({"kiosk": f"{url}/k/{one.code}"} if one.way == "place" else {})


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= 100:
        placing.refuse("NAME should have 1 to 100 characters")
    return name


def _survey(chosen: model.Settings, key: str) -> str:
    known = chosen.surveys.as_surveys()
    if key not in known:
        placing.refuse(f'--survey: "{key}" should be one of {", ".join(sorted(known))}')
    return key


def _language(chosen: model.Settings, code: str) -> str:
    if code and code not in chosen.surveys.languages:
        placing.refuse(f'--lang: "{code}" should be one of {", ".join(chosen.surveys.languages)}')
    return code


def _shifts(told: list[str] | None) -> list[str]:
    try:
        return [str(shifts.parse(one)) for one in told or []]
    except ValueError as error:
        placing.refuse(f"--shift: {error}")


def _origin(text: str) -> str:
    found = room.origin(text)
    if found is None:
        placing.refuse(f'--origin: "{text}" should be an address without a path, such as https://shop.example')
    return found

"""``palaute place``: tills, tablets, shared links and embedding pages where anybody may answer."""

from datetime import UTC, datetime
from typing import Annotated, NoReturn

import typer

from commands import options
from journey import places as room
from journey import shifts
from settings import model
from store import database, places

place = typer.Typer(
    name="place", help="Places where anybody may answer: QR code, NFC tag, tablet, shared link.", no_args_is_help=True
)
_Code = Annotated[str, typer.Argument(metavar="CODE", help="As place list shows it.")]


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
        _refuse("--share and --embed are two ways: make a place for each")
    if bool(origin) != embed:
        _refuse("--embed and --origin go together: palaute place add NAME --survey KEY --embed --origin https://shop.example")
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
    store = _open(chosen)
    with store.write() as tx:
        if places.named(tx, str(made["name"])) is not None:
            _refuse(f'there is a place called "{made["name"]}" already: palaute place list')
        while not places.add(tx, made):
            made["code"] = room.new_code()
        found = places.find(tx, str(made["code"]))
    store.close()
    assert found is not None  # noqa: S101 - it has just been stored
    told = _told(chosen, found)
    if as_json:
        options.print_json(told)
    else:
        typer.echo(f"{told['name']}: {told['link']}")
        if way == "place":
            typer.echo(f"For a tablet that stays there: {told['kiosk']}")
        typer.echo(f"To print: palaute place qr {told['code']} --pdf {told['code']}.pdf")


@place.command("list")
def list_places(settings: options.SettingsFile = options.DEFAULT_SETTINGS, as_json: options.AsJson = False) -> None:
    """All places, by name."""
    chosen = options.read_settings(settings)
    store = _open(chosen)
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


def _told(chosen: model.Settings, one: places.Stored) -> dict[str, object]:
    link = f"{chosen.web.public_url}/p/{one.code}"
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
        "link": link,
    }
    return told | ({"kiosk": f"{chosen.web.public_url}/k/{one.code}"} if one.way == "place" else {})


def _open(chosen: model.Settings) -> database.Store:
    store = database.Store(chosen.store.url)
    store.migrate()
    return store


def _refuse(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(2)


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= 100:
        _refuse("NAME should have 1 to 100 characters")
    return name


def _survey(chosen: model.Settings, key: str) -> str:
    known = chosen.surveys.as_surveys()
    if key not in known:
        _refuse(f'--survey: "{key}" should be one of {", ".join(sorted(known))}')
    return key


def _language(chosen: model.Settings, code: str) -> str:
    if code and code not in chosen.surveys.languages:
        _refuse(f'--lang: "{code}" should be one of {", ".join(chosen.surveys.languages)}')
    return code


def _shifts(told: list[str] | None) -> list[str]:
    try:
        return [str(shifts.parse(one)) for one in told or []]
    except ValueError as error:
        _refuse(f"--shift: {error}")


def _origin(text: str) -> str:
    found = room.origin(text)
    if found is None:
        _refuse(f'--origin: "{text}" should be an address without a path, such as https://shop.example')
    return found

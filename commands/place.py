"""``palaute place``: tills, tablets, shared links and embedding pages where anybody may answer."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from commands import options, sheet
from journey import place as room
from journey import place_report, shifts
from settings import model
from store import database, places
from surveys import wording
from wire import ndef

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


@place.command()
def show(
    code: _Code,
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="How many days of the past.")] = 30,
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """What was answered there: how many, the score with its 95 % interval, by shift."""
    chosen = options.read_settings(settings)
    one = _find(chosen, code)
    if one.survey not in chosen.surveys.as_surveys():
        _refuse(f'its survey "{one.survey}" is no longer in the settings')
    store = _open(chosen)
    found = place_report.tell(store, room.noun(one, chosen.surveys.as_surveys()), datetime.now(UTC) - timedelta(days=days))
    store.close()
    if as_json:
        options.print_json(_told(chosen, one) | {"days": days, **found})
        return
    typer.echo(f"{one.name}: {_link(chosen, one)}{' (closed)' if one.closed_at else ''}")
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
def close(code: _Code, settings: options.SettingsFile = options.DEFAULT_SETTINGS) -> None:
    """Take no more answers there; its link says so."""
    _change(settings, code, closed_at=datetime.now(UTC))
    typer.echo(f"{code} takes no more answers. palaute place reopen {code} undoes it.")


@place.command()
def reopen(code: _Code, settings: options.SettingsFile = options.DEFAULT_SETTINGS) -> None:
    """Take answers there again."""
    _change(settings, code, closed_at=None)
    typer.echo(f"{code} takes answers again.")


@place.command()
def rename(
    code: _Code,
    name: Annotated[str, typer.Argument(help="What it is called from now on.")],
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
) -> None:
    """Give it another name; the link stays."""
    _change(settings, code, name=_name(name))
    typer.echo(f"{code} is called {_name(name)} now.")


@place.command()
def qr(
    code: _Code,
    svg: Annotated[Path | None, typer.Option(help="Write an SVG image, best for print.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write a PNG image, for screens.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write a sheet to print, with the question and the link in words.")] = None,
    paper: Annotated[str, typer.Option(help="Of the sheet: a4 or a6.")] = "a4",
    level: Annotated[str, typer.Option(help="Error correction: M indoors, Q where it wears or gets dirty.")] = "M",
    width: Annotated[float | None, typer.Option(min=5, max=2000, help="Of the code in mm, with its white border.")] = None,
    font: Annotated[Path | None, typer.Option(help="TrueType file for the sheet, where letters are missing.")] = None,
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """Draw its QR code: as an image, or on a sheet to print."""
    chosen = options.read_settings(settings)
    one = _find(chosen, code)
    if paper.lower() not in sheet.PAPERS:
        _refuse(f"--paper: {paper} should be one of {', '.join(sheet.PAPERS)}")
    if level.lower() not in ("m", "q"):
        _refuse(f"--level: {level} should be M (indoors) or Q (where it wears or gets dirty)")
    if not (svg or png or pdf):
        _refuse("say what to write: --svg FILE, --png FILE or --pdf FILE")
    try:
        drawn = sheet.draw(_link(chosen, one), width or (sheet.PAPERS[paper.lower()][1] if pdf else _IN_THE_HAND), level.lower())
        for path, make in ((svg, sheet.svg), (png, sheet.png)):
            if path is not None:
                _write(path, make(drawn))
        if pdf is not None:
            _write(pdf, sheet.pdf(drawn, _words(chosen, one), paper.lower(), font))
    except (sheet.TooSmall, sheet.NoSuchLetter, sheet.NoSuchFont) as error:
        _refuse(f"this QR code cannot be drawn: {error}")
    _tell_size(drawn, as_json)


@place.command()
def nfc(
    code: _Code,
    file: Annotated[Path | None, typer.Option(help="Write the bytes of a Type 2 tag (NTAG213 …) to this file.")] = None,
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """The bytes that make an NFC tag open its link; lock the tag after writing."""
    chosen = options.read_settings(settings)
    link = _link(chosen, _find(chosen, code))
    try:
        record = ndef.record(link)
    except ValueError as error:
        _refuse(f"no tag can be made of it: {error}; a shorter public_url helps")
    if file is not None:
        _write(file, ndef.type_2(record))
    if as_json:
        options.print_json({"link": link, "record": record.hex(), "tag": ndef.type_2(record).hex()})
        return
    typer.echo(f"Record of type URI, {len(record)} bytes: {link}")
    typer.echo(record.hex(" ").upper())
    typer.echo(f"On a Type 2 tag, {len(ndef.type_2(record))} of 144 bytes:")
    typer.echo(ndef.type_2(record).hex(" ").upper())
    if not link.startswith("https://"):
        typer.echo("Phones open only https links without asking: set web.public_url to one.")


_IN_THE_HAND = 30.0
"""Millimetres: the width of a code that is read from 30 cm."""


def _tell_size(drawn: sheet.Drawn, as_json: bool) -> None:
    told = {
        "version": int(drawn.qr.version),
        "modules": drawn.modules,
        "level": str(drawn.qr.error),
        "width_mm": round(drawn.width, 1),
        "module_mm": round(drawn.module, 2),
        "readable_from_cm": round(drawn.distance / 10),
    }
    if as_json:
        options.print_json(told)
        return
    typer.echo(
        f"{told['modules']} × {told['modules']} modules of {told['module_mm']} mm, {told['width_mm']:g} mm wide with its white"
        f" border, level {told['level']}: readable from {told['readable_from_cm']} cm."
    )


def _words(chosen: model.Settings, one: places.Stored) -> sheet.Words:
    asked = chosen.surveys.as_surveys().get(one.survey)
    if asked is None:
        _refuse(f'its survey "{one.survey}" is no longer in the settings')
    language = str(one.options.get("language") or chosen.surveys.default_language)
    words = wording.Wording(language, chosen.as_brand())
    return sheet.Words(
        brand=words.brand.name,
        question=words.question(asked, room.KIND),
        invitation=words.text("place.scan"),
        link=_link(chosen, one).partition("://")[2],
        name=one.name,
        note=words.text("privacy.anonymous"),
        language=language,
    )


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        _refuse(f"{path} cannot be written ({type(error).__name__})")


def _link(chosen: model.Settings, one: places.Stored) -> str:
    return f"{chosen.web.public_url}/p/{one.code}"


def _find(chosen: model.Settings, code: str) -> places.Stored:
    store = _open(chosen)
    with store.read() as tx:
        found = places.find(tx, code.upper())
    store.close()
    if found is None:
        _refuse(f"there is no place {code}: palaute place list shows them")
    return found


def _change(settings: Path, code: str, **values: object) -> None:
    chosen = options.read_settings(settings)
    found = _find(chosen, code)
    store = _open(chosen)
    with store.write() as tx:
        other = places.named(tx, str(values.get("name", "")))
        if other is not None and other.code != found.code:
            _refuse(f'there is a place called "{other.name}" already: palaute place list')
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
        "link": _link(chosen, one),
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

"""``palaute place qr`` and ``palaute place nfc``: a place's link on paper and on a tag."""

from pathlib import Path
from typing import Annotated

import typer

from commands import options, placing, sheet
from journey.visiting import place as room
from settings import model
from store import places
from surveys import wording
from wire import ndef


def qr(
    code: placing.Code,
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
    one = placing.find(chosen, code)
    if paper.lower() not in sheet.PAPERS:
        placing.refuse(f"--paper: {paper} should be one of {', '.join(sheet.PAPERS)}")
    if level.lower() not in ("m", "q"):
        placing.refuse(f"--level: {level} should be M (indoors) or Q (where it wears or gets dirty)")
    if not (svg or png or pdf):
        placing.refuse("say what to write: --svg FILE, --png FILE or --pdf FILE")
    try:
        usual = sheet.PAPERS[paper.lower()][1] if pdf else _IN_THE_HAND
        drawn = sheet.draw(placing.link(chosen, one), width or usual, level.lower())
        for path, make in ((svg, sheet.svg), (png, sheet.png)):
            if path is not None:
                _write(path, make(drawn))
        if pdf is not None:
            _write(pdf, sheet.pdf(drawn, _words(chosen, one), paper.lower(), font))
    except (sheet.TooSmall, sheet.NoSuchLetter, sheet.NoSuchFont) as error:
        placing.refuse(f"this QR code cannot be drawn: {error}")
    _tell_size(drawn, as_json)


def nfc(
    code: placing.Code,
    file: Annotated[Path | None, typer.Option(help="Write the bytes of a Type 2 tag (NTAG213 …) to this file.")] = None,
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """The bytes that make an NFC tag open its link; lock the tag after writing."""
    chosen = options.read_settings(settings)
    link = placing.link(chosen, placing.find(chosen, code))
    try:
        record = ndef.record(link)
    except ValueError as error:
        placing.refuse(f"no tag can be made of it: {error}; a shorter public_url helps")
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
        placing.refuse(f'its survey "{one.survey}" is no longer in the settings')
    language = str(one.options.get("language") or chosen.surveys.default_language)
    words = wording.Wording(language, chosen.as_brand())
    return sheet.Words(
        brand=words.brand.name,
        question=words.question(asked, room.asked_as(one.way)),
        invitation=words.text("place.scan"),
        link=placing.link(chosen, one).partition("://")[2],
        name=one.name,
        note=words.text("privacy.anonymous"),
        language=language,
    )


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        placing.refuse(f"{path} cannot be written ({type(error).__name__})")

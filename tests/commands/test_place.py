"""``palaute place``: from a name to a code on paper, read back by somebody else's eyes."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ndef
import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from typer import testing

import commands
from commands import sheet
from tests import smallest

SETTINGS = smallest.SETTINGS.replace("http://127.0.0.1", "https://survey.example.com")
Run = Callable[..., testing.Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``palaute place ...`` in a folder with settings."""
    smallest.write(tmp_path, SETTINGS)
    monkeypatch.chdir(tmp_path)
    app = commands.application(["place", "status"])
    return lambda *words: testing.CliRunner().invoke(app, ["place", *words])


def add(run: Run, *words: str) -> dict[str, Any]:
    done = run("add", *(words or ("Till 2",)), "--survey", "csat", "--json")
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.output)
    return told


def listed(run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("list", "--json").output)["places"]
    return found


def test_a_new_place_has_a_short_link_and_one_for_its_tablet(run: Run) -> None:
    told = add(run, "Helsinki  shop, till 2", "--shift", "morning 06:00-14:00", "--lang", "fi")
    assert re.fullmatch(r"https://survey\.example\.com/p/[A-Z0-9]{6}", told["link"])
    assert told["kiosk"] == told["link"].replace("/p/", "/k/")
    assert (told["name"], told["shifts"], told["language"]) == ("Helsinki shop, till 2", ["morning 06:00-14:00"], "fi")
    assert listed(run) == [told]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Till 2", "--survey", "nps"), "should be one of csat"),
        (("Till 2", "--survey", "csat", "--lang", "xx"), "should be one of fi, sv, en"),
        (("Till 2", "--survey", "csat", "--shift", "morning"), "morning 06:00-14:00"),
        (("Till 2", "--survey", "csat", "--embed"), "--origin https://shop.example"),
        (("Till 2", "--survey", "csat", "--embed", "--origin", "https://shop.example/x"), "without a path"),
        (("Till 2", "--survey", "csat", "--share", "--embed"), "two ways"),
        ((" ", "--survey", "csat"), "1 to 100 characters"),
    ],
)
def test_wrong_use_is_told_with_what_would_be_right(run: Run, words: tuple[str, ...], said: str) -> None:
    done = run("add", *words)
    assert done.exit_code == 2
    assert said in done.output


def test_two_places_have_two_names(run: Run) -> None:
    add(run)
    done = run("add", "Till 2", "--survey", "csat")
    assert (done.exit_code, "already" in done.output) == (2, True)


def test_closing_reopening_and_renaming(run: Run) -> None:
    code = add(run)["code"]
    assert run("close", code).exit_code == 0
    assert listed(run)[0]["closed_at"] is not None
    assert run("reopen", code.lower()).exit_code == 0
    assert run("rename", code, "Till 3").exit_code == 0
    assert [(one["name"], one["closed_at"]) for one in listed(run)] == [("Till 3", None)]
    add(run, "Till 4")
    assert run("rename", code, "Till 4").exit_code == 2
    assert run("close", "NOSUCH").exit_code == 2


def read(picture: Any) -> list[str]:
    return [one.text for one in zxingcpp.read_barcodes(picture)]


def pages(path: Path) -> Any:
    return pypdfium2.PdfDocument(path.read_bytes())


@pytest.mark.parametrize("level", ["M", "Q"])
def test_a_picture_is_read_by_another_program(run: Run, tmp_path: Path, level: str) -> None:
    told = add(run)
    done = run("qr", told["code"], "--png", "code.png", "--level", level, "--json")
    assert done.exit_code == 0
    picture = Image.open(tmp_path / "code.png")
    assert read(picture) == [told["link"].upper()]
    size = json.loads(done.output)
    assert (size["level"], size["width_mm"]) == (level, 30)
    assert size["modules"] in (25, 29)
    assert picture.width / picture.info["dpi"][0] * 25.4 == pytest.approx(30, abs=0.1)


def test_the_white_border_is_four_modules(run: Run, tmp_path: Path) -> None:
    run("qr", add(run)["code"], "--png", "code.png")
    picture = Image.open(tmp_path / "code.png").convert("L")
    dark = picture.point(lambda shade: 255 - shade).getbbox()
    assert dark is not None
    module = (dark[2] - dark[0]) / 25
    assert [round(edge / module) for edge in (dark[0], dark[1], picture.width - dark[2], picture.height - dark[3])] == [4] * 4


def test_the_vector_image_tells_its_size_on_paper(run: Run, tmp_path: Path) -> None:
    run("qr", add(run)["code"], "--svg", "code.svg", "--width", "100")
    found = re.search(r'width="([\d.]+)mm"', (tmp_path / "code.svg").read_text("utf-8"))
    assert found is not None
    assert float(found[1]) == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(("paper", "size"), [("a4", (210, 297)), ("a6", (105, 148))])
def test_a_sheet_has_the_code_the_question_the_link_and_the_name(
    run: Run, tmp_path: Path, paper: str, size: tuple[int, int]
) -> None:
    told = add(run, "Helsinki shop, till 2", "--lang", "fi")
    done = run("qr", told["code"], "--pdf", "sheet.pdf", "--paper", paper, "--level", "Q")
    assert done.exit_code == 0, done.output
    page = pages(tmp_path / "sheet.pdf")[0]
    assert tuple(round(points / 72 * 25.4) for points in page.get_size()) == size
    assert read(page.render(scale=3).to_pil()) == [told["link"].upper()]
    text = " ".join(page.get_textpage().get_text_range().split())
    for said in ("Havu", "Kuinka tyytyväinen olet tämänpäiväiseen käyntiisi?", told["link"][8:], "till 2", "Nimetön."):
        assert said in text


def test_a_code_that_no_phone_could_read_is_refused_with_the_least_width(run: Run) -> None:
    done = run("qr", add(run)["code"], "--png", "code.png", "--width", "10")
    assert done.exit_code == 2
    assert "at least 14 mm" in done.output


def test_letters_that_the_font_lacks_are_named(run: Run) -> None:
    done = run("qr", add(run, "東京 1")["code"], "--pdf", "sheet.pdf")
    assert done.exit_code == 2
    assert "東" in done.output
    assert "--font" in done.output


def test_a_file_that_is_no_font_is_refused(run: Run, tmp_path: Path) -> None:
    done = run("qr", add(run)["code"], "--pdf", "sheet.pdf", "--font", "settings.toml")
    assert done.exit_code == 2
    assert "no TrueType font" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say what to write"),
        (("--png", "x.png", "--level", "H"), "M (indoors)"),
        (("--pdf", "x.pdf", "--paper", "a5"), "a4, a6"),
    ],
)
def test_drawing_needs_to_know_what(run: Run, words: tuple[str, ...], said: str) -> None:
    done = run("qr", add(run)["code"], *words)
    assert (done.exit_code, said in done.output) == (2, True)


def test_a_link_under_a_path_keeps_its_case() -> None:
    assert sheet.written("https://havu.example/feedback/p/AB34CD") == "https://havu.example/feedback/p/AB34CD"
    assert sheet.written("https://havu.example/p/AB34CD") == "HTTPS://HAVU.EXAMPLE/P/AB34CD"


def test_a_code_in_capitals_is_smaller() -> None:
    link = "https://survey.example.com/p/AB34CD"
    drawn = sheet.draw(link, 30)
    assert (drawn.modules, drawn.qr.mode) == (25, "alphanumeric")
    picture = Image.open(io.BytesIO(sheet.png(drawn)))
    assert read(picture) == [link.upper()]


def test_a_tag_is_read_by_another_library(run: Run, tmp_path: Path) -> None:
    told = add(run)
    done = run("nfc", told["code"], "--file", "tag.bin", "--json")
    record = bytes.fromhex(json.loads(done.output)["record"])
    assert [one.iri for one in ndef.message_decoder(record)] == [told["link"]]
    assert (tmp_path / "tag.bin").read_bytes() == b"\x03" + bytes([len(record)]) + record + b"\xfe"
    assert record.hex(" ").upper() in run("nfc", told["code"]).output


def test_a_new_place_has_no_answers_to_show(run: Run) -> None:
    told = add(run, "Till 2", "--shift", "morning 06:00-14:00")
    done = run("show", told["code"])
    assert (done.exit_code, "In the last 30 days: no answers." in done.output) == (0, True)
    found = json.loads(run("show", told["code"], "--json").output)
    assert (found["answers"], found["score"], [one["shift"] for one in found["shifts"]]) == (0, None, ["morning"])
    assert run("show", "NOSUCH").exit_code == 2


def test_a_place_to_embed_is_told_as_the_line_that_embeds_it(run: Run) -> None:
    done = run("add", "Shop", "--survey", "csat", "--embed", "--origin", "https://shop.example/")
    (made,) = listed(run)
    assert made["html"] == f'<script src="https://survey.example.com/embed.js" data-place="{made["code"]}" async></script>'
    assert made["html"] in done.output
    assert "qr" not in done.output
    assert made["origins"] == ["https://shop.example"]

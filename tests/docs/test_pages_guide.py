"""docs/pages.md and docs/embed.md keep their word: settings load, recipes are believed, pictures are there and small."""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from settings import load
from surveys import catalogue
from tests.docs import guide
from web import embed
from web import settings as web_settings

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "pages.md").read_text(encoding="utf-8")
EMBED = (DOCS / "embed.md").read_text(encoding="utf-8")
SECRET = "0123456789abcdef0123456789abcdef"


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_every_piece_of_settings_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAUTE_EMBED_SECRET", SECRET)
    (tmp_path / "acme.secret").write_text("a long enough secret", encoding="utf-8")
    estonian = tmp_path / "catalogues" / "et" / "LC_MESSAGES"
    estonian.mkdir(parents=True)
    (estonian / "palaute.po").write_text(catalogue.blank("et"), encoding="utf-8")
    pieces = blocks(PAGES, "toml") + blocks(EMBED, "toml")
    assert len(pieces) == 7
    brand = next(piece for piece in pieces if "[surveys.brand]" in piece)
    frame = guide.FRAME.replace('[surveys.brand]\nname = "Havu"\n', brand)
    whole = "\n".join(sorted((piece for piece in pieces if piece is not brand), key=lambda piece: "[surveys]" not in piece))
    path = tmp_path / "settings.toml"
    path.write_text((whole + frame).replace('"fi", "et", "en"', '"fi", "sv", "et", "en"'), encoding="utf-8")
    loaded = load.load(path)
    asked = loaded.surveys.as_surveys()["case_csat"]
    assert [one.key for one in asked.questions] == ["reason", "ease", "idea"]
    assert asked.thanks
    assert loaded.web.embed.secret is not None
    assert loaded.web.limits == web_settings.LimitSettings(), "the guide shows what is so without it"
    assert loaded.mapping.write["acme"]["Case"]["Palaute_Reason__c"] == "extra.reason"


RECIPES = {
    "python": (
        [sys.executable, "-c"],
        "import types\n{}\nprint(palaute_context(types.SimpleNamespace(email='aino@posti.example', name='Äino')))",
    ),
    "javascript": (["node", "-e"], "{}\nconsole.log(palauteContext({{ email: 'aino@posti.example', name: 'Äino' }}))"),
    "php": (["php", "-r"], "{}\necho palaute_context((object) ['email' => 'aino@posti.example', 'name' => 'Äino']);"),
}


@pytest.mark.parametrize("language", RECIPES)
def test_a_context_made_by_the_recipe_is_believed(language: str) -> None:
    command, call = RECIPES[language]
    (recipe,) = blocks(EMBED, language)
    if shutil.which(command[0]) is None:
        pytest.skip(f"not run here, for {command[0]} is not installed; the next test holds what it made elsewhere")
    environment = {**os.environ, "PALAUTE_EMBED_SECRET": SECRET}
    said = subprocess.run([*command, call.format(recipe)], env=environment, capture_output=True, check=True)
    told = embed.read(SECRET.encode(), said.stdout.decode().strip(), datetime.now(UTC), "AAAA")
    assert (told.email, told.name) == ("aino@posti.example", "Äino")


MADE_ELSEWHERE = {
    "PHP 8.2.36": (
        "eyJlbWFpbCI6ImFpbm9AcG9zdGkuZXhhbXBsZSIsIm5hbWUiOiJcdTAwYzRpbm8gXC8gXHUwMGM1Ym8gPGEmYj4iLC"
        "JleHAiOjE4OTM1MDI4MDB9."
        "47d0257a2cbc7b2e5ce84984113803239097eb40c7e62d1ca66e6281247140de"
    ),
    "Node.js": (
        "eyJlbWFpbCI6ImFpbm9AcG9zdGkuZXhhbXBsZSIsIm5hbWUiOiLDhGlubyAvIMOFYm8gPGEmYj4iLCJleHAiOjE4OT"
        "M1MDI4MDB9."
        "81a0f89d0425c2d51427a5d9f20991e791999745e103e05b696e5dae43bb74a8"
    ),
}
"""What the recipes made with ``SECRET`` at 12:00 UTC on 1 January 2030. PHP escapes letters and slashes, Node.js neither."""


@pytest.mark.parametrize("program", MADE_ELSEWHERE)
def test_a_context_that_the_recipe_made_elsewhere_is_believed(program: str) -> None:
    told = embed.read(SECRET.encode(), MADE_ELSEWHERE[program], datetime(2030, 1, 1, 12, 30, tzinfo=UTC), "AAAA")
    assert (told.email, told.name) == ("aino@posti.example", "Äino / Åbo <a&b>")


def test_pictures_are_there_and_small() -> None:
    named = re.findall(r"\]\((screenshots/[^)]+)\)", PAGES + EMBED)
    assert named
    assert [name for name in named if not (DOCS / name).is_file()] == []
    pictures = list((DOCS / "screenshots").glob("*.png"))
    assert len(pictures) <= 40
    assert max(picture.stat().st_size for picture in pictures) <= 60_000


def test_every_attribute_of_the_loader_is_told() -> None:
    script = (DOCS.parent / "web" / "static" / "embed.js").read_text(encoding="utf-8")
    read = set(re.findall(r"\bset\.([a-z]+)", script))
    assert read == set(re.findall(r"`data-([a-z]+)", EMBED))

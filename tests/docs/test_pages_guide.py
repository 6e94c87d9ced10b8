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
        pytest.skip(f"{command[0]} is not there")
    environment = {**os.environ, "PALAUTE_EMBED_SECRET": SECRET}
    said = subprocess.run([*command, call.format(recipe)], env=environment, capture_output=True, check=True)
    told = embed.read(SECRET.encode(), said.stdout.decode().strip(), datetime.now(UTC), "AAAA")
    assert (told.email, told.name) == ("aino@posti.example", "Äino")


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

"""The README names every command, and no guide names one that does not exist."""

import re
from pathlib import Path

import pytest
import typer

import commands

ROOT = Path(__file__).parents[2]
TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_TYPED = re.compile(r"(?:^ {4}|`|^)palaute ([a-z]+)", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.mark.parametrize("verb", commands.VERBS)
def test_the_readme_names_every_command(verb: str) -> None:
    readme = TEXTS[0].read_text(encoding="utf-8")
    assert re.search(rf"(?:palaute|make) {verb}\b", readme)


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: str(path.name))
def test_a_command_that_is_named_exists(text: Path) -> None:
    assert set(_TYPED.findall(text.read_text(encoding="utf-8"))) <= set(commands.VERBS)


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: str(path.name))
def test_links_within_the_documentation_lead_somewhere(text: Path) -> None:
    missing = [link for link in _LINK.findall(text.read_text(encoding="utf-8")) if not (text.parent / link).exists()]
    assert missing == []


def test_every_option_of_a_command_is_explained() -> None:
    program = typer.main.get_command(commands.application(commands.VERBS))
    assert isinstance(program, typer.core.TyperGroup)
    bare = [
        f"{verb} {option.opts[0]}"
        for verb, command in program.commands.items()
        for option in command.params
        if not getattr(option, "help", None) and option.name != "help"
    ]
    assert bare == []

"""docs/answers.md names every sign and every setting, with the defaults that are in force; its examples work."""

import re
import shlex
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer import testing

import commands
from journey import settings
from journey.answering import signs
from web import settings as web_settings

GUIDE = (Path(__file__).parents[2] / "docs" / "answers.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
COMMANDS = [line.split("#")[0].strip() for line in GUIDE.splitlines() if line.startswith("palaute answers")]


def as_written(value: Any) -> str:
    """A default as TOML has it."""
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return f'"{seconds / 60:g}m"' if seconds % 60 == 0 and seconds else f'"{seconds:g}s"'
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("sign", signs.Sign)
def test_every_sign_has_a_row(sign: signs.Sign) -> None:
    assert f"\n| `{sign}` |" in GUIDE


@pytest.mark.parametrize("name", settings.Signs.model_fields)
def test_every_setting_is_told_with_its_default(name: str) -> None:
    default = getattr(settings.Signs(), name)
    assert f"{name} = {as_written(default) if default != () else '[]'}" in GUIDE


def test_the_settings_in_it_are_good_ones() -> None:
    found = [tomllib.loads(example) for example in EXAMPLES]
    assert [one["journey"]["signs"] for one in found if "journey" in one]
    for one in found:
        if "journey" in one:
            settings.JourneySettings.model_validate(one["journey"])
        if "web" in one:
            web_settings.WebSettings.model_validate(one["web"])


@pytest.mark.parametrize("line", COMMANDS)
def test_the_commands_in_it_are_understood(line: str, tmp_path: Path) -> None:
    words = [*shlex.split(line)[1:], "--settings", str(tmp_path / "none.toml")]
    ended = testing.CliRunner().invoke(commands.application(["answers"]), words)
    assert ended.exit_code == 2
    assert "none.toml" in ended.output
    assert "Usage" not in ended.output


def test_there_are_commands_in_it() -> None:
    assert len(COMMANDS) == 5

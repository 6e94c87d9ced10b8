"""The guide's first ten minutes, command by command, as a new user types them: against the sandbox, in an empty folder."""

import csv
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import guide

START_SECONDS = 120
_WALK = re.compile(r"^## Ten minutes\n(.*?)^## ", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(sh|toml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_RULES = re.compile(r"^\[\[triggers\.rules\]\].*?(?=^\[(?!\[triggers\.rules))", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    """The walk's commands or settings, in order."""
    walk = _WALK.search(guide.GUIDE.read_text(encoding="utf-8"))
    assert walk is not None
    return [line for found in _BLOCK.findall(walk[1]) if found[0] == kind for line in parts(*found)]


def parts(kind: str, text: str) -> list[str]:
    return text.strip().splitlines() if kind == "sh" else [text]


SANDBOX, CHECK, PREVIEW, COPY, COMPARE, ALONE = blocks("sh")
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the user stands, with the sandbox running in another window."""
    made = tmp_path_factory.mktemp("walk")
    process = subprocess.Popen(shlex.split(SANDBOX), cwd=made, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + START_SECONDS
    while not (made / "box" / "sandbox.json").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield made
    process.terminate()
    process.wait()


def typed(command: str, folder: Path, *more: str) -> str:
    """What the command prints; it must end well."""
    done = subprocess.run(
        [*shlex.split(command), *more], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_sandbox_settings_pass_the_check(folder: Path) -> None:
    assert "✗" not in typed(CHECK, folder)


def test_there_is_a_past_to_look_at(folder: Path) -> None:
    told = json.loads(typed(PREVIEW, folder, "--json"))
    assert {"asked", "opted_out"} <= set(told["reasons"])
    assert len(told["per_day"]) > 20
    assert set(told["connectors"]) == {"salesforce", "dynamics"}


def test_a_rule_of_ones_own_is_compared_with_those_in_force(folder: Path) -> None:
    write(folder)
    shown = typed(COMPARE, folder)
    assert "Against the rules in force: -" in shown
    assert "Urgent cases" in shown
    assert "priority is High" in shown


def test_a_rule_of_ones_own_is_previewed_alone_and_case_by_case(folder: Path) -> None:
    write(folder)
    shown = typed(ALONE, folder)
    assert "would have asked" in shown
    with (folder / "urgent.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["rule"] for row in rows if row["verdict"] == "ask"} == {"Urgent cases"}


def write(folder: Path) -> None:
    """The user copies the settings and puts the guide's rule in the place of those that are there."""
    typed(COPY, folder)
    path = folder / "box" / "new.toml"
    (rule,) = blocks("toml")
    text, _ = _RULES.subn(lambda _: f"{rule}\n", path.read_text(encoding="utf-8"), count=1)
    path.write_text(text, encoding="utf-8")


def test_the_guide_explains_every_option_of_preview(folder: Path) -> None:
    options = set(re.findall(r"(--[a-z-]+)", typed("palaute preview --help", folder))) - {"--help", "--settings"}
    text = guide.GUIDE.read_text(encoding="utf-8")
    assert {option for option in options if f"| `{option}" not in text} == set()

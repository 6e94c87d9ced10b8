"""docs/sandbox.md names what there is: the keys of sandbox.json, the calls of the control address, every fault."""

import json
import re
from pathlib import Path

import pytest

from sandbox import control
from sandbox.dataverse import misbehaving
from sandbox.salesforce import misbehaviour
from tests.sandbox.conftest import Box

GUIDE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
BESIDE = {"username", "password", "security_token", "refresh_token"}
"""What the guide tells below its example of sandbox.json."""


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, without its head."""
    section = GUIDE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


def test_the_example_of_the_addresses_has_their_keys(running: Box) -> None:
    found = re.search(r"^```json\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    assert found is not None
    shown, real = json.loads(found[1]), running.addresses.as_json()
    assert set(shown) == set(real)
    for name, value in shown.items():
        if isinstance(value, dict):
            assert set(real[name]) - (BESIDE if name in ("salesforce", "dynamics") else set()) == set(value), name
    assert all(f"`{name}`" in GUIDE for name in BESIDE)


@pytest.mark.parametrize("call", list(control.HELP))
def test_every_call_is_told(call: str) -> None:
    told = " ".join(row[0] for row in table("The control address")) + GUIDE
    methods, _, path = call.partition(" /")
    assert re.search(rf"`(?:{'|'.join(methods.split(', '))}) /{re.escape(path)}\b", told), call


@pytest.mark.parametrize(("column", "kinds"), [(1, misbehaviour.KINDS), (2, misbehaving.KINDS)])
def test_every_fault_of_a_crm_is_told(column: int, kinds: tuple[str, ...]) -> None:
    told = {name for row in table("Faults") if row[column] != "–" for name in re.findall(r"`(\w+)`", row[0])}
    assert {kind.replace("_Permissions*", "_PermissionsXyz") for kind in kinds} - told == set()
    known = set(misbehaviour.KINDS) | set(misbehaving.KINDS) | {"field", "without_PermissionsXyz"}
    assert told <= known


@pytest.mark.parametrize("where", ["smtp", "imap", "sms"])
def test_every_fault_of_mail_and_text_messages_is_told(running: Box, where: str) -> None:
    missing = [kind for kind in running.get("/")["kinds"][where] if f"`{kind}`" not in GUIDE]
    assert missing == []

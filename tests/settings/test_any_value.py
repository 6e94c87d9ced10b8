"""Whatever stands behind whichever key, the settings are taken or their problems told; nothing else is ever raised."""

import contextlib
import re

import pytest

from settings import load
from tests.settings import conftest
from triggers import restraint, rule

VALUES = ["1", "-1", "0", "true", "nan", "1e400", "2026-01-01", "07:00:00", "99999999999999999999999", "[]", "[1]", "[[]]", "{}"]
VALUES += ['""', '"x"', '"1d"', '"mon"', '"2 per 3d"', '"99999999999d"', '"\\u0000"', "{ a = { b = 1 } }", '["email", 3]']
VALUES += ["[{}]", "[{ any = [{}] }]", "[{ not = [] }]", "[{ all = 3 }]"]
VALUES += [
    f'[{{ field = "priority", {key} = {value} }}]' for key in ("is", "in", "changed_to") for value in ("{}", "[[]]", "[{}]")
]
KEYS = {
    "[[triggers.rules]]": [one.alias or name for name, one in rule.Rule.model_fields.items()],
    "[triggers.quiet]": list(restraint.Quiet.model_fields),
    "[triggers.exclude]": list(restraint.Exclude.model_fields),
    "[triggers.zones]": list(restraint.Zones.model_fields),
    "[connectors.acme]": ["flow"],
}
LINES = [line for line in dict.fromkeys(conftest.GOOD.splitlines()) if re.match(r"\w+ =", line)]


def read(write: conftest.Write, text: str) -> None:
    with contextlib.suppress(load.SettingsError):
        load.load(write(text))


@pytest.mark.parametrize(("header", "key"), [(header, key) for header, keys in KEYS.items() for key in keys])
def test_any_value_of_a_key_is_taken_or_told_of(write: conftest.Write, header: str, key: str) -> None:
    others = [line for line in conftest.GOOD.splitlines() if not line.startswith(f"{key} ")]
    headed = "\n".join(others) if header in others else "\n".join([*others, header])
    for value in VALUES:
        read(write, headed.replace(header, f"{header}\n{key} = {value}", 1))


@pytest.mark.parametrize("line", LINES)
def test_any_value_in_the_place_of_a_right_one_is_taken_or_told_of(write: conftest.Write, line: str) -> None:
    for value in VALUES:
        read(write, conftest.GOOD.replace(line, f"{line.partition('=')[0]}= {value}", 1))

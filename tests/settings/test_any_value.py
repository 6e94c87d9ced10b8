"""Whatever stands behind whichever key, the settings are taken or their problems told; nothing else is ever raised."""

import contextlib
import re
import tempfile
from pathlib import Path

import hypothesis
from hypothesis import strategies as st

from settings import load
from tests.settings import conftest
from triggers import restraint, rule

VALUES = st.sampled_from(
    [
        "1",
        "-1",
        "0",
        "true",
        "nan",
        "1e400",
        '""',
        '"x"',
        '"1d"',
        '"mon"',
        '"2 per 3d"',
        "[]",
        "[1]",
        "[[]]",
        "[{}]",
        "{}",
        "{ a = { b = 1 } }",
    ]
    + ["2026-01-01", "07:00:00", "99999999999999999999999", '"99999999999d"', '"\\\\u0000"', '[{ field = "priority", is = {} }]']
    + [
        "[{ any = [{}] }]",
        "[{ not = [] }]",
        '[{ field = "priority", in = [{}] }]',
        '[{ field = "x", changed_to = [[]] }]',
        '["email", 3]',
    ]
)
KEYS = {
    "[[triggers.rules]]": [one.alias or name for name, one in rule.Rule.model_fields.items()],
    "[triggers.quiet]": list(restraint.Quiet.model_fields),
    "[triggers.exclude]": list(restraint.Exclude.model_fields),
    "[triggers.zones]": list(restraint.Zones.model_fields),
}
PLACES = st.sampled_from([(header, key) for header, keys in KEYS.items() for key in keys])
LINES = [number for number, line in enumerate(conftest.GOOD.splitlines()) if re.match(r"\w+ =", line)]


@hypothesis.given(
    st.lists(st.tuples(PLACES, VALUES), max_size=3), st.lists(st.tuples(st.sampled_from(LINES), VALUES), max_size=3)
)
def test_any_value_is_taken_or_told_of(added: list[tuple[tuple[str, str], str]], changed: list[tuple[int, str]]) -> None:
    lines = conftest.GOOD.splitlines()
    for number, value in changed:
        lines[number] = f"{lines[number].partition('=')[0]}= {value}"
    for (header, key), value in added:
        place = lines.index(header) + 1 if header in lines else len(lines) + 1
        lines[place:place] = [*([] if header in lines else [header]), f"{key} = {value}"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        (path.parent / "acme.secret").write_text("a secret", encoding="utf-8")
        with contextlib.suppress(load.SettingsError):
            load.load(path)

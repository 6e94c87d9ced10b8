"""settings.toml → Settings, or every problem at once.

Called by daemon and commands. The steps: bytes → text → TOML → each section by its own model → checks across sections. What is
wrong in one section does not keep the others from being checked.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic

from settings import crosscheck, locate, model, places, schema, words
from settings import problem as problems

SettingsError = problems.SettingsError
Problem = problems.Problem
_PLACE = re.compile(r"^(?P<what>.*?) \(at (?:line (?P<line>\d+), column \d+|end of document)\)$", re.DOTALL)
_MOST_SYNTAX_ERRORS = 20


def load(path: Path) -> model.Settings:
    """The settings in the file. Relative files in it are taken from its folder.

    Raises SettingsError with all problems.
    """
    text, found = _read(path)
    raw, broken = _parse(text)
    document = _Document(raw=raw, lines=locate.lines(text), folder=path.resolve().parent)
    found += [Problem(section="", key=key, line=line, found=seen, expected=right) for key, line, seen, right in broken]
    made, wrong = _validated(document)
    whole = not found
    found += wrong if whole else [one for one in wrong if one.found != _NOTHING]
    if whole:
        misfits = (*crosscheck.check(raw), *places.check(raw, document.folder))
        found += [document.problem(one.place, one.expected, found=one.found) for one in misfits]
    if found or made is None:
        raise SettingsError(path, list(dict.fromkeys(found)))
    zones = made.triggers.zones.at_home(made.surveys.brand.time_zone)
    triggers = made.triggers.model_copy(update={"zones": zones})
    return made.model_copy(update={"store": made.store.inside(document.folder), "triggers": triggers})


def _read(path: Path) -> tuple[str, list[Problem]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        expected = f"should be a file that this user may read ({type(error).__name__}); see settings.toml in the documentation"
        raise SettingsError(path, [Problem(section="", key="", line=None, found="no settings", expected=expected)]) from None
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = Problem(
            section="", key="", line=line, found="a letter that is not UTF-8", expected="save the file as UTF-8, not as Latin-1"
        )
        return content.decode("latin-1"), [found]


_SyntaxError = tuple[str, int | None, str, str]


def _parse(text: str) -> tuple[dict[str, Any], list[_SyntaxError]]:
    """The tables, and what is no TOML: each broken line is told and then read as if it were empty."""
    rows = text.replace("\r\n", "\n").split("\n")
    broken: list[_SyntaxError] = []
    while True:
        try:
            found = tomllib.loads("\n".join(rows))
            found.pop(_ASIDE, None)
            return found, broken
        except RecursionError:
            return {}, [*broken, ("", None, "lists or tables inside one another without end", "should nest a few levels")]
        except tomllib.TOMLDecodeError as error:
            told = _PLACE.match(str(error))
            line = int(told["line"]) if told is not None and told["line"] else len(rows)
            key = rows[line - 1].split("=")[0].strip()[:60] if "=" in rows[line - 1] else ""
            what = (told["what"] if told is not None else str(error)).splitlines()[0]
            if not rows[line - 1].strip() or len(broken) >= _MOST_SYNTAX_ERRORS:
                return {}, [*broken, _no_toml(key, line, what)]
            twice = _TWICE.fullmatch(rows[line - 1].split("#")[0].strip()) if what.startswith("Cannot declare") else None
            broken.append(_no_toml(key, line, what) if twice is None else _declared_twice(rows, line, twice[1]))
            rows[line - 1] = "" if twice is None else f"[{_ASIDE}.{line}]"


_TWICE = re.compile(r"\[\s*([^\[\]]+?)\s*\]")
_ASIDE = "a-header-that-stands-twice"
"""Where the keys under a header that stands twice are read to, so that they are not taken for those of the table before."""


def _no_toml(key: str, line: int, what: str) -> _SyntaxError:
    if what == "Cannot overwrite a value":
        return key, line, "a key that this table has already", "should stand once: take one of the two lines out"
    return key, line, "a line that is no TOML", f"the parser says: {problems.masked_address(what)[:120]}"


def _declared_twice(rows: Sequence[str], line: int, name: str) -> _SyntaxError:
    first = next((number for number, row in enumerate(rows[: line - 1], 1) if row.split("#")[0].strip() == f"[{name}]"), None)
    where = f" on line {first}" if first is not None else ""
    expected = (
        f"a table has one header: move the lines below it under the first [{name}]{where}, and take out keys that are there"
    )
    return "", line, f"[{name}] a second time", expected


_NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class _Document:
    """The file as it was read."""

    raw: Mapping[str, Any]
    lines: Mapping[locate.Place, int]
    folder: Path

    def problem(self, place: locate.Place, expected: str, *, found: str | None = None) -> Problem:
        """A problem with what stands at this place."""
        table, key = self._split(place)
        value, there = self._value(place)
        seen = found if found is not None else problems.told(key, value) if there else _NOTHING
        return Problem(section=self._section(table), key=key, line=self._line(place), found=seen, expected=expected)

    def own(self, location: Sequence[str | int], *, last_too: bool) -> locate.Place:
        """A location of pydantic's without what it adds to the file's own keys (tags of unions and the like)."""
        place: list[str | int] = []
        at: Any = self.raw
        for index, part in enumerate(location):
            value, there = _below(at, part)
            if there:
                at = value
            if there or (last_too and index == len(location) - 1):
                place.append(part)
        return tuple(place)

    def has_enough(self, place: locate.Place, least: int) -> bool:
        """Whether the list or table at this place has so many elements, right or wrong."""
        value, _ = self._value(place)
        return isinstance(value, list | dict) and len(value) >= least

    def tagged(self, place: locate.Place, kind: str) -> locate.Place:
        """The place of the ``type`` key where that is what an error is about."""
        return (*place, "type") if kind.startswith("union_tag") else place

    def _value(self, place: locate.Place) -> tuple[Any, bool]:
        at: Any = self.raw
        for part in place:
            at, there = _below(at, part)
            if not there:
                return None, False
        return at, True

    def _line(self, place: locate.Place) -> int | None:
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return None

    def _split(self, place: locate.Place) -> tuple[locate.Place, str]:
        """The table that a place is in (at most as deep as a header can go) and the key within it."""
        at: Any = self.raw
        depth = 0
        for index, part in enumerate(place):
            at, _ = _below(at, part)
            if isinstance(at, dict) and self._is_header(place[: index + 1]):
                depth = index + 1
        key = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place[depth:])
        return place[:depth], key.removeprefix(".")

    def _is_header(self, place: locate.Place) -> bool:
        return place[:2] != ("triggers", "rules") or len(place) <= 3

    def _section(self, table: locate.Place) -> str:
        if table[:2] == ("triggers", "rules") and len(table) > 2:
            name = self._value((*table[:3], "name"))[0]
            number = int(table[2]) + 1
            return f"triggers.rules “{name[:60]}”" if isinstance(name, str) and name else f"triggers.rules number {number}"
        return ".".join(str(part + 1) if isinstance(part, int) else part for part in table)


def _below(at: Any, part: str | int) -> tuple[Any, bool]:
    """What stands under a key or at an index, and whether anything does."""
    if isinstance(at, dict) and part in at:
        return at[part], True
    if isinstance(at, list) and isinstance(part, int) and part < len(at):
        return at[part], True
    return None, False


def _validated(document: _Document) -> tuple[model.Settings | None, list[Problem]]:
    """The settings, or what each section's own model finds wrong."""
    try:
        return model.Settings.model_validate(document.raw, context={"folder": document.folder}), []
    except pydantic.ValidationError as error:
        return None, list(_translated(document, error))
    except OverflowError:
        expected = "no duration or number should be longer than a calendar"
        return None, [document.problem((), expected, found="a duration or number beyond all bounds")]


def _translated(document: _Document, error: pydantic.ValidationError) -> Iterable[Problem]:
    for one in error.errors(include_url=False):
        kind = one["type"]
        place = document.own(one["loc"], last_too=kind in {"missing", "extra_forbidden"})
        if kind == "too_short" and document.has_enough(place, one.get("ctx", {}).get("min_length", 1)):
            continue  # its elements are wrong, and are told of by themselves
        known = schema.keys(one["loc"][:-1]) if kind == "extra_forbidden" else ()
        about = schema.description(place) if kind == "missing" else ""
        expected = problems.masked_address(words.expected(one, known=known, about=about))
        yield document.problem(document.tagged(place, kind), expected, found=words.unknown(one))

"""What is wrong with rules is told at start: place, line, and what would be right."""

import re
from pathlib import Path

import pytest

from settings import load
from tests import counting
from tests.settings import conftest

QUIET = 'per_person = "30d"'
CASES = 'delay = "2h"'
PRIORITY = '{ field = "priority", is_not = "Low" },'

MISTAKES: list[tuple[tuple[str, str], str, str, str]] = [
    ((QUIET, 'window = "mon-fri 17:00-09:00"'), "triggers.quiet", "window", "never opens: 09:00 is not after 17:00"),
    ((QUIET, 'window = "mon-fri 09:00-09:00"'), "triggers.quiet", "window", "never opens"),
    ((QUIET, 'window = "mon, tue 09:00-17:00"'), "triggers.quiet", "window", "hours for each part between commas: write mon 09:"),
    ((QUIET, 'window = "mon-fri 24:00-10:00"'), "triggers.quiet", "window", "write 00:00 for its beginning"),
    ((QUIET, 'window = "mo-fr 9-17"'), "triggers.quiet", "window", 'such as "mon-fri 09:00-17:00"'),
    ((QUIET, 'window = "mon-frj 09:00-17:00"'), "triggers.quiet", "window", "not frj"),
    ((QUIET, 'window = "mon 09:00-25:00"'), "triggers.quiet", "window", "00:00 to 24:00"),
    ((QUIET, 'window = "mon 09:00-12:00, mon 11:00-13:00"'), "triggers.quiet", "window", "the same hours of a day twice"),
    ((QUIET, 'holidays = "XX"'), "triggers.quiet", "holidays", 'by its two letters, such as "FI"'),
    ((QUIET, 'holidays = ["DE-QQ"]'), "triggers.quiet", "holidays[1]", "a part of DE: BB"),
    ((QUIET, 'holidays = "2026-02-30"'), "triggers.quiet", "holidays", "a day that there is"),
    ((QUIET, 'per_account = "0 per 7d"'), "triggers.quiet", "per_account", "at least 1"),
    ((QUIET, 'per_account = "three a week"'), "triggers.quiet", "per_account", 'such as "3 per 7d"'),
    ((QUIET, 'per_domain = "3 per 0d"'), "triggers.quiet", "per_domain", "longer than nought"),
    ((QUIET, "daily_cap = 0"), "triggers.quiet", "daily_cap", "at least 1"),
    ((QUIET, 'on_conflict = "wait"'), "triggers.quiet", "on_conflict", '"drop" or "defer"'),
    ((CASES, 'delay = "15d"'), "triggers.rules “Closed cases”", "delay", "shorter than expires"),
    ((CASES, 'sample = "0%"'), "triggers.rules “Closed cases”", "sample", 'such as "25%"'),
    ((CASES, "sample = 25"), "triggers.rules “Closed cases”", "sample", 'such as "25%"'),
    ((CASES, 'reopened = "again"'), "triggers.rules “Closed cases”", "reopened", '"restart", "cancel", "once-per-case"'),
    ((CASES, 'remind = ["3d", "20d"]'), "triggers.rules “Closed cases”", "remind", "before the survey expires (14 days)"),
    ((CASES, 'remind = ["7d", "3d"]'), "triggers.rules “Closed cases”", "remind", "rising times"),
    ((CASES, 'variants = [{ name = "a", share = "50%" }]'), "triggers.rules “Closed cases”", "variants", "add up to 100%"),
    (
        (CASES, 'variants = [{ name = "a", share = "100%", subject = { de = "Eine Frage" } }]'),
        "triggers.rules “Closed cases”",
        "variants[1].subject.de",
        "should be one of en, fi, sv",
    ),
    (
        (CASES, 'at_least = { by = "ownr", per = "30d", answers = 20 }'),
        "triggers.rules “Closed cases”",
        "at_least.by",
        'did you mean "owner"?',
    ),
    ((CASES, 'at_least = { by = "owner", per = "30d" }'), "triggers.rules “Closed cases”", "at_least", "answers or within"),
    (
        (PRIORITY, '{ field = "priority", changed_from = "Low", changed_to = ["low"] },'),
        "triggers.rules “Closed cases”",
        "when[1]",
        "can never hold",
    ),
    (
        (PRIORITY, '{ any = [{ field = "owner", changed_to = "Esa" }, { field = "origin", is = "Web" }] },'),
        "triggers.rules “Closed cases”",
        "when[1].any[1].changed_to",
        "along a lookup",
    ),
    (
        (PRIORITY, '{ field = "language", changed_from = "fi" },'),
        "triggers.rules “Closed cases”",
        "when[1].changed_from",
        "no column of the record",
    ),
    (
        (PRIORITY, '{ field = "creatd_at", older_than = "2d" },'),
        "triggers.rules “Closed cases”",
        "when[1].field",
        "should be one of",
    ),
    (
        (PRIORITY, '{ field = "happened_at", above = "2026-01-01" },'),
        "triggers.rules “Closed cases”",
        "when[1].above",
        "without quotes",
    ),
    (
        (PRIORITY, '{ field = "happened_at", older_than = "2 days" },'),
        "triggers.rules “Closed cases”",
        "when[1].older_than",
        "duration",
    ),
    (
        (PRIORITY, '{ field = "happened_at", older_than = "3d", newer_than = "2d" },'),
        "triggers.rules “Closed cases”",
        "when[1]",
        "can never hold",
    ),
    ((PRIORITY, '{ field = "subject", matches = "(a+)+\\\\1" },'), "triggers.rules “Closed cases”", "when[1].matches", "RE2"),
    (
        (PRIORITY, '{ field = "priority", is = "High" }, { field = "priority", is = "Low" },'),
        "triggers.rules “Closed cases”",
        "when[2].is",
        'can never hold together with priority is "High"',
    ),
    (
        (PRIORITY, '{ field = "priority", in = ["High", "Normal"] }, { field = "priority", not_in = ["high", "normal"] },'),
        "triggers.rules “Closed cases”",
        "when[2].not_in",
        "can never hold together",
    ),
    (
        (PRIORITY, '{ field = "priority", above = 100 }, { all = [{ field = "priority", below = 50 }] },'),
        "triggers.rules “Closed cases”",
        "when[2].all[1].below",
        "can never hold together with priority above 100: change one of the two",
    ),
    (
        (PRIORITY, '{ field = "happened_at", older_than = "3d" }, { field = "happened_at", newer_than = "48h" },'),
        "triggers.rules “Closed cases”",
        "when[2].newer_than",
        'can never hold together with happened_at older_than "3d"',
    ),
    (
        (PRIORITY, '{ field = "priority", in = ["1", "2"] }, { field = "priority", above = 2 },'),
        "triggers.rules “Closed cases”",
        "when[2].above",
        "can never hold together with priority in",
    ),
    (
        ("[surveys]\n", '[triggers.zones]\ncompany = "Europe/Helsingfors"\n[surveys]\n'),
        "triggers.zones",
        "company",
        "Europe/Helsinki",
    ),
    (
        ("[surveys]\n", '[triggers.zones.connectors]\nacm = "UTC"\n[surveys]\n'),
        "triggers.zones.connectors",
        "acm",
        'did you mean "acme"?',
    ),
    (("[surveys]\n", '[triggers.exclude]\ndomains = ["example"]\n[surveys]\n'), "triggers.exclude", "domains[1]", "example.com"),
    (
        ("[surveys]\n", '[triggers.exclude]\naddresses = ["anna"]\n[surveys]\n'),
        "triggers.exclude",
        "addresses[1]",
        "e-mail address",
    ),
]


@pytest.mark.parametrize(("change", "section", "key", "expected"), MISTAKES, ids=[f"{one[2]} {one[3]}"[:40] for one in MISTAKES])
def test_a_mistake_in_the_rules_is_told_with_its_place(
    broken: conftest.Break, change: tuple[str, str], section: str, key: str, expected: str
) -> None:
    problems = broken(change)
    told = [one for one in problems if (one.section, one.key) == (section, key)]
    assert len(told) == 1, [str(one) for one in problems]
    assert expected in told[0].expected
    assert told[0].line is not None


def test_everything_is_told_at_once(broken: conftest.Break) -> None:
    problems = broken((QUIET, 'window = "mon 9-8"\ndaily_cap = 0\nper_account = "x"'), (CASES, 'sample = "x"\nremind = ["1x"]'))
    assert len(problems) == 5


def test_a_mistake_in_one_key_of_a_rule_does_not_hide_that_of_another(broken: conftest.Break) -> None:
    variants = 'variants = [{ name = "a", share = "50%" }, { name = "a", share = "50%" }]'
    problems = broken((CASES, f'delay = "x"\nremind = ["3d", "2d"]\n{variants}'))
    assert sorted(one.key for one in problems) == ["delay", "remind", "variants"]


SHADOWED = """
[[triggers.rules]]
name = "The same in other words"
on = "case_closed"
when = [
  { not = { contains = "[SPAM]", field = "subject" } },
  { field = "priority", is_not = "low" },
]
survey = "case_csat"
channel = "email"
"""


def test_a_rule_that_another_takes_every_touchpoint_from_is_told(broken: conftest.Break) -> None:
    (problem,) = broken(("[triggers.quiet]", SHADOWED + "[triggers.quiet]"))
    assert problem.section == "triggers.rules “The same in other words”"
    assert "rule number 1, “Closed cases”, has the same conditions and wins" in problem.expected


def test_the_rule_that_loses_is_the_one_told(broken: conftest.Break) -> None:
    (problem,) = broken(("[triggers.quiet]", SHADOWED + "priority = 5\n[triggers.quiet]"))
    assert problem.section == "triggers.rules “Closed cases”"


DIGITS = """
[[triggers.rules]]
name = "{0}"
on = "purchase"
survey = "purchase_nps"
channel = "email"
when = [{{ field = "subject", matches = "{0}" }}]
"""
OWNED = """
[[triggers.rules]]
name = "r{0}"
on = "case_closed"
survey = "case_csat"
channel = "email"
when = [{{ field = "owner", is = "o{0}" }}, {{ field = "subject", matches = "a{0}" }}]
"""


def test_patterns_that_differ_in_letter_case_are_not_the_same(write: conftest.Write) -> None:
    text = conftest.GOOD.replace("[triggers.quiet]", DIGITS.format("\\\\d") + DIGITS.format("\\\\D") + "[triggers.quiet]")
    assert len(load.load(write(text)).triggers.rules) == 4


def test_the_company_s_zone_is_the_brand_s_unless_named(write: conftest.Write) -> None:
    brand = conftest.GOOD.replace('name = "Havu"', 'name = "Havu"\ntime_zone = "Europe/Helsinki"')
    assert load.load(write(brand)).triggers.zones.home.key == "Europe/Helsinki"
    named = brand + '\n[triggers.zones]\ncompany = "Asia/Tokyo"\n'
    assert load.load(write(named)).triggers.zones.home.key == "Asia/Tokyo"


def test_each_of_many_rules_costs_as_much_to_read_as_each_of_a_few(write: conftest.Write) -> None:
    def read(count: int) -> int:
        path = write(conftest.GOOD.replace("[triggers.quiet]", "".join(map(OWNED.format, range(count))) + "[triggers.quiet]"))
        rules: list[int] = []
        cost = counting.calls(lambda: rules.append(len(load.load(path).triggers.rules)))
        assert rules == [count + 2]
        return cost

    read(1)  # what is made once is there
    assert read(320) < 1.2 * 8 * read(40)


def test_rules_in_latin_1_are_told_with_the_line(write: conftest.Write) -> None:
    path = write("")
    path.write_bytes(conftest.GOOD.replace("Closed cases", "Päättyneet").encode("latin-1"))
    with pytest.raises(load.SettingsError) as caught:
        load.load(path)
    assert [(one.line, one.found) for one in caught.value.problems] == [(21, "a letter that is not UTF-8")]


def test_the_restraint_that_the_example_shows_works_when_uncommented(write: conftest.Write) -> None:
    example = (Path(__file__).parents[2] / "settings.toml").read_text(encoding="utf-8")
    block = re.search(r"^# window .*?(?=^\[surveys\])", example, re.MULTILINE | re.DOTALL)
    assert block is not None
    shown = re.sub(r"^# ", "", block[0], flags=re.MULTILINE)
    chosen = load.load(write(conftest.GOOD.replace(QUIET, f"{QUIET}\n{shown}"))).triggers
    assert chosen.quiet.holidays == ("FI", "2026-12-31")
    assert chosen.exclude.own_domains == ("havu.example",)
    assert chosen.zones.connectors == {"nordic": "Europe/Stockholm"}


def test_a_header_that_stands_twice_is_told_with_the_line_of_the_first(broken: conftest.Break) -> None:
    (problem,) = broken(("[surveys]\n", '[triggers.quiet]\nholidays = "FI"\ntoo_old = "14d"\n\n[surveys]\n'))
    assert problem.found == "[triggers.quiet] a second time"
    assert re.search(r"under the first \[triggers.quiet\] on line \d+", problem.expected)


def test_a_key_that_stands_twice_is_told(broken: conftest.Break) -> None:
    (problem,) = broken((QUIET, f"{QUIET}\n{QUIET}"))
    assert (problem.key, problem.found) == ("per_person", "a key that this table has already")

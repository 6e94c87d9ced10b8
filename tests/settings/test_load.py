"""Settings are right as a whole or every problem is told, with section, key, line, what was found and what would be right."""

import re
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from settings import load, model
from tests.settings import conftest

ROOT = Path(__file__).parent.parent.parent


def test_a_good_file_is_read(good: model.Settings) -> None:
    assert [rule.name for rule in good.triggers.rules] == ["Closed cases", "Purchases"]
    assert sorted(good.connectors) == ["acme", "nordic"]
    assert good.channels.email is not None


def test_relative_files_are_taken_from_the_folder_of_the_file(good: model.Settings, tmp_path: Path) -> None:
    assert good.store.url == f"sqlite:///{tmp_path}/palaute.db"
    assert good.connectors["acme"].type == "salesforce"
    assert good.connectors["acme"].client_secret is not None
    assert good.connectors["acme"].client_secret.get_secret_value() == conftest.SECRET


def test_the_example_in_the_repository_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACME_CLIENT_SECRET", "NORDIC_CLIENT_SECRET", "SMTP_PASSWORD"):
        monkeypatch.setenv(name, "x")
    assert load.load(ROOT / "settings.toml").triggers.rules


def test_the_kinds_that_the_example_shows_work_when_uncommented(write: conftest.Write) -> None:
    block = re.search(
        r"^# \[mapping.kinds.acme.case_closed\].*?\n\n",
        (ROOT / "settings.toml").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert block is not None
    settings = load.load(write(conftest.GOOD + re.sub(r"^# ?", "", block[0], flags=re.MULTILINE)))
    names = [source.name for source in settings.mapping.sources("acme", "salesforce")]
    assert names == ["case_closed", "opportunity_won", "visit_done"]


def test_a_byte_order_mark_does_no_harm(write: conftest.Write) -> None:
    assert load.load(write("\ufeff" + conftest.GOOD)).triggers.rules


def test_windows_line_ends_do_no_harm(write: conftest.Write) -> None:
    assert load.load(write(conftest.GOOD.replace("\n", "\r\n"))).triggers.rules


ONE_MISTAKE: list[tuple[tuple[str, str], tuple[str, str, int | None, str, str]]] = [
    (
        ('on = "purchase"', 'on = "purchse"'),
        ("triggers.rules “Purchases”", "on", 34, '"purchse"', 'did you mean "purchase"?'),
    ),
    (
        ('"case_csat"\nchannel', '"case_cast"\nchannel'),
        ("triggers.rules “Closed cases”", "survey", 27, '"case_cast"', 'did you mean "case_csat"?'),
    ),
    (
        ('channel = ["email"]', 'channel = ["email", "emial"]'),
        ("triggers.rules “Closed cases”", "channel[2]", 28, '"emial"', 'should be "email"'),
    ),
    (
        ('field = "priority"', 'field = "prioriti"'),
        ("triggers.rules “Closed cases”", "when[1].field", 24, '"prioriti"', 'did you mean "priority"?'),
    ),
    (
        ('field = "subject"', 'field = "subjct"'),
        ("triggers.rules “Closed cases”", "when[2].not.field", 25, '"subjct"', 'did you mean "subject"?'),
    ),
    (
        ('is_not = "Low"', 'isnt = "Low"'),
        ("triggers.rules “Closed cases”", "when[1].isnt", 24, "a key that is not known: isnt", 'did you mean "is_not"?'),
    ),
    (
        ('contains = "[spam]"', 'matches = "(spam"'),
        ("triggers.rules “Closed cases”", "when[2].not.matches", 25, '"(spam"', "RE2's syntax"),
    ),
    (
        ('delay = "2h"', 'delay = "15d"'),
        ("triggers.rules “Closed cases”", "delay", 29, '"15d"', "should be shorter than expires"),
    ),
    (
        ('name = "Purchases"', 'name = "Closed cases"'),
        ("triggers.rules “Closed cases”", "name", 33, '"Closed cases"', "rule number 1 has this one already"),
    ),
    (
        ('channel = "email"\n', 'channel = "email"\nconnectors = ["acm"]\n'),
        ("triggers.rules “Purchases”", "connectors[1]", 37, '"acm"', 'did you mean "acme"?'),
    ),
    (
        ('per_person = "30d"', 'per_person = "30 days"'),
        ("triggers.quiet", "per_person", 39, '"30 days"', "should be a duration"),
    ),
    (
        ('per_person = "30d"', 'window = "9-17"'),
        ("triggers.quiet", "window", 39, '"9-17"', 'should be days and hours such as "mon-fri 09:00-17:00"'),
    ),
    (
        ('per_person = "30d"', 'per_week = "30d"'),
        ("triggers.quiet", "per_week", 39, "a key that is not known: per_week", "should be one of per_person, per_account"),
    ),
    (
        ("[mapping.write.acme.Case]", "[mapping.write.amce.Case]"),
        ("mapping.write.amce", "", 17, "a table", 'did you mean "acme"?'),
    ),
    (
        ("[mapping.write.acme.Case]", "[mapping.write.acme.Cases]"),
        ("mapping.write.acme.Cases", "", 17, "a table", 'did you mean "Case"?'),
    ),
    (
        ('Palaute_Score__c = "score"', 'Palaute_Score__c = "points"'),
        ("mapping.write.acme.Case", "Palaute_Score__c", 18, '"points"', 'should be "score", "comment"'),
    ),
    (
        ('url = "sqlite:///palaute.db"', 'url = "mysql://root:hunter2@db/x"'),
        ("store", "url", 2, '"mysql://…@db/x"', 'should begin with "sqlite:///"'),
    ),
    (
        ('url = "sqlite:///palaute.db"', 'secret = "env:PALAUTE_NO_SUCH_SECRET"'),
        ("store", "secret", 2, '"env:PALAUTE_NO_SUCH_SECRET"', "which is not set"),
    ),
    (
        ('url = "sqlite:///palaute.db"', 'secret = "file:nowhere/palaute.secret"'),
        ("store", "secret", 2, '"file:nowhere/palaute.secret"', "create that folder"),
    ),
    (
        ('url = "sqlite:///palaute.db"', 'url = "sqlite:///nowhere/palaute.db"'),
        ("store", "url", 2, '"sqlite:///nowhere/palaute.db"', "create that folder"),
    ),
    (
        ('type = "dynamics"', 'type = "dynamic"'),
        ("connectors.nordic", "type", 11, '"dynamic"', 'should be one of "salesforce", "dynamics"'),
    ),
    (
        ('client_id = "3MVG9"', ""),
        ("connectors.acme", "client_id", 4, "nothing", "it is needed"),
    ),
    (
        ('client_secret = "file:acme.secret"', f'client_secret = "{conftest.SECRET}"'),
        ("connectors.acme", "client_secret", 8, "a value (not shown)", "should be a reference"),
    ),
    (
        ('client_secret = "file:acme.secret"', 'client_secret = "env:PALAUTE_NO_SUCH_SECRET"'),
        ("connectors.acme", "client_secret", 8, '"env:PALAUTE_NO_SUCH_SECRET"', "PALAUTE_NO_SUCH_SECRET, which is not set"),
    ),
    (
        ('client_id = "3MVG9"', f'client_id = "3MVG9"\nclient_secre = "{conftest.SECRET}"'),
        ("connectors.acme", "client_secre", 8, "a key that is not known: client_secre", 'did you mean "client_secret"?'),
    ),
    (
        ("[surveys.brand]", "[surveys.brnad]"),
        ("surveys", "brand", 41, "nothing", "it is needed"),
    ),
    (
        ("[channels.email]", "[webb]\n[channels.email]"),
        ("webb", "", 53, "a key that is not known: webb", 'did you mean "web"?'),
    ),
]


@pytest.mark.parametrize(("change", "told"), ONE_MISTAKE, ids=[told[1] or told[0] for _, told in ONE_MISTAKE])
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(
    broken: conftest.Break, change: tuple[str, str], told: tuple[str, str, int | None, str, str]
) -> None:
    section, key, line, found, expected = told
    problems = broken(change)
    matching = [one for one in problems if (one.section, one.key) == (section, key)]
    assert [(one.line, one.found) for one in matching] == [(line, found)], problems
    assert expected in matching[0].expected


def test_all_problems_are_told_at_once_in_the_order_of_the_file(broken: conftest.Break) -> None:
    problems = broken(*(change for change, _ in ONE_MISTAKE[:5]), ('per_person = "30d"', 'per_person = "soon"'))
    assert len(problems) == 6
    assert [one.line for one in problems] == sorted(one.line or 0 for one in problems)


def test_mistakes_across_sections_are_told_beside_mistakes_within_one(broken: conftest.Break) -> None:
    problems = broken(('metric = "csat"', 'metric = "csatt"'), ('on = "purchase"', 'on = "purchse"'))
    assert {one.section for one in problems} >= {"surveys", "triggers.rules “Purchases”"}


def test_the_message_is_one_line_for_each_problem(broken: conftest.Break) -> None:
    (problem,) = broken(('on = "purchase"', 'on = "purchse"'))
    words = 'should be one of case_closed, purchase; did you mean "purchase"?'
    assert str(problem) == f'line 34: [triggers.rules “Purchases”]: on: found "purchse"; {words}'


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(load.SettingsError, match="no settings"):
        load.load(tmp_path / "nowhere.toml")


def test_a_latin_1_file_is_told_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(conftest.GOOD.replace("Havu", "Hävu").encode("latin-1"))
    with pytest.raises(load.SettingsError) as caught:
        load.load(path)
    assert (45, "a letter that is not UTF-8") in [(one.line, one.found) for one in caught.value.problems]


def test_several_broken_lines_are_told_together_with_other_mistakes(broken: conftest.Break) -> None:
    problems = broken(
        ('name = "Havu"', "name = Havu"), ('host = "smtp', 'host "smtp'), ('per_person = "30d"', 'per_person = "3x"')
    )
    assert [one.line for one in problems] == [39, 45, 54]
    assert problems[1].found == "a line that is no TOML"


def test_a_key_that_is_written_twice_is_told(broken: conftest.Break) -> None:
    problems = broken(('metric = "csat"', 'metric = "csat"\nmetric = "nps"'))
    assert problems[0].line == 49


def test_a_broken_line_does_not_show_a_secret_on_it(broken: conftest.Break) -> None:
    broken(('client_id = "3MVG9"', f"client_secret = {conftest.SECRET}"))


def test_a_changed_built_in_source_is_checked(broken: conftest.Break) -> None:
    text = conftest.GOOD + '[mapping.kinds.acme.case_closed]\nwher = "IsClosed = true"\n'
    (problem,) = broken(text=text)
    assert (problem.section, problem.key) == ("mapping.kinds.acme.case_closed", "wher")
    assert problem.expected == 'did you mean "where"?'


def test_a_kind_that_settings_define_may_be_asked_about(write: conftest.Write) -> None:
    text = conftest.GOOD.replace('on = "purchase"', 'on = "visit_done"\nwhen = [{ field = "technician", is = "Esa" }]')
    text += """
[mapping.kinds.acme.work_order_completed]
kind = "visit_done"
object = "WorkOrder"
when = { Status = "Completed" }
once = "completed"
context = { technician = "Technician__r.Name" }
"""
    settings = load.load(write(text))
    sources = settings.mapping.sources("acme", "salesforce")
    assert [source.name for source in sources][-1] == "work_order_completed"


@pytest.mark.parametrize("text", ["", "x = 1", "[" * 5_000, "a" * 100_000, "= = =", "\x00", '"', "[[triggers.rules]]\n" * 500])
def test_nonsense_is_told_and_never_a_crash(write: conftest.Write, text: str) -> None:
    with pytest.raises(load.SettingsError):
        load.load(write(text))


@pytest.mark.parametrize("old", ["[[triggers.rules]]", "[connectors.acme]", "[channels.email]", "[surveys]", "[triggers.quiet]"])
@pytest.mark.parametrize("new", ["[x]", "[[x]]", "x = 1"])
def test_a_section_of_another_shape_is_told_and_never_a_crash(broken: conftest.Break, old: str, new: str) -> None:
    assert broken((old, new.replace("x", old.strip("[]").split(".")[0])), ("[store]", ""))


def test_a_duration_beyond_all_bounds_is_told(broken: conftest.Break) -> None:
    assert broken(('delay = "2h"', f'delay = "{"9" * 400}h"'))


VALUES = st.sampled_from(
    ["", "1", "true", '""', "[]", "{}", '"x"', "[[]]", "{ x = 1 }", "1979-05-27", "nan", '"\\u0000"', "[{}]", '["x", 1]', "1e400"]
)


@hypothesis.settings(max_examples=150, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(st.data())
def test_settings_broken_anywhere_are_told_or_still_right(write: conftest.Write, data: st.DataObject) -> None:
    lines = conftest.EVERYTHING.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        number = data.draw(st.integers(0, len(lines) - 1))
        key, equals, _ = lines[number].partition("=")
        drawn = data.draw(st.sampled_from(["value", "key", "gone", "twice"]))
        if drawn == "value" and equals:
            lines[number] = f"{key}= {data.draw(VALUES)}"
        elif drawn == "key":
            lines[number] = lines[number].replace("e", "a", 1)
        elif drawn == "gone":
            lines[number] = ""
        else:
            lines.insert(number, lines[number])
    told = problems_of(write("\n".join(lines)))
    assert all(problem.found and problem.expected for problem in told)
    assert conftest.SECRET not in str(told)


def problems_of(path: Path) -> list[load.Problem]:
    """What is wrong with the file; nothing where it is right."""
    try:
        load.load(path)
    except load.SettingsError as error:
        return list(error.problems)
    return []

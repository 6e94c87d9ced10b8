"""SIGHUP: what changed settings do to a running service, and what broken ones do not do."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import structlog

import daemon
from commands import run
from connectors import memory
from journey import fitting
from journey.deciding import versions
from settings import exchange, load
from tests import smallest, waiting
from tests.journey import conftest
from triggers import rule
from wire import errors

ROOT = Path(__file__).parents[2]
SETTINGS = smallest.SETTINGS + smallest.CASES + 'delay = "2h"\n'
Edit = Callable[[str, str], bool]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file of a service on this machine alone."""
    return smallest.write(tmp_path, SETTINGS)


@pytest.fixture
def service(file: Path) -> Iterator[daemon.Daemon]:
    """The service, running."""
    with daemon.Daemon(load.load(file)) as running:
        yield running


def reloaded(service: daemon.Daemon, file: Path, old: str, new: str) -> tuple[bool, list[str]]:
    """Whether the edited settings were taken over, and what was logged."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    quiet = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    try:
        with structlog.testing.capture_logs() as lines:
            taken = run.reload(service, file)
    finally:
        structlog.configure(wrapper_class=quiet)
    return taken, [" ".join(str(value) for value in line.values()) for line in lines]


def test_a_changed_rule_takes_effect(service: daemon.Daemon, file: Path) -> None:
    before = service.belt.rules.rules[0].version
    assert reloaded(service, file, "2h", "3h")[0]
    assert service.belt.rules.rules[0].delay.total_seconds() == 3 * 3600
    assert [one["version"] for one in versions.history(service.belt.store, None)["rules"][0]["versions"]] == [
        before,
        service.belt.rules.rules[0].version,
    ]


@pytest.mark.parametrize("page", ["/privacy", "/static/icon.svg"])
def test_the_pages_speak_for_the_new_brand(service: daemon.Daemon, file: Path, page: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        before = session.get(service.pages.address + page, timeout=10).text
        assert reloaded(service, file, 'name = "Havu"', 'name = "Kaisla"\naddress = "Kaislatie 1"')[0]
        after = session.get(service.pages.address + page, timeout=10).text
    assert before != after


def test_broken_settings_leave_the_old_ones_and_every_problem_is_told(service: daemon.Daemon, file: Path) -> None:
    belt = service.belt
    taken, lines = reloaded(service, file, 'delay = "2h"', 'delay = "soon"\nsurvay = "x"')
    assert not taken
    assert service.belt is belt
    assert sum("settings problem" in line for line in lines) == 2
    assert any("the old ones stay" in line for line in lines)


WRITE = """
[mapping.write.crm.case]
score = "score"

[[triggers.rules]]"""


def test_a_field_that_the_crm_has_not_got_leaves_the_old_ones(service: daemon.Daemon, file: Path) -> None:
    crm(service).put("case", "1", {"closed": False})
    belt = service.belt
    taken, lines = reloaded(service, file, "\n[[triggers.rules]]", WRITE)
    assert not taken
    assert service.belt is belt
    assert [line for line in lines if "settings problem" in line and "case" in line and "score" in line]
    assert any("the old ones stay" in line for line in lines)


def test_a_field_that_the_crm_has_got_is_taken_over(service: daemon.Daemon, file: Path) -> None:
    crm(service).put("case", "1", {"closed": False, "score": 0})
    assert reloaded(service, file, "\n[[triggers.rules]]", WRITE)[0]


def test_what_did_not_fit_before_keeps_no_mended_rule_out(service: daemon.Daemon, file: Path) -> None:
    crm(service).put("case", "1", {"closed": False, "score": 0})
    assert reloaded(service, file, "\n[[triggers.rules]]", WRITE)[0]
    crm(service).hidden.add(("case", "score"))
    assert reloaded(service, file, "2h", "3h")[0]


def test_a_crm_that_is_down_hinders_no_reload(service: daemon.Daemon, file: Path) -> None:
    crm(service).failures += [errors.Later("the CRM is down")] * 20
    taken, lines = reloaded(service, file, "\n[[triggers.rules]]", WRITE)
    assert taken
    assert [line for line in lines if "the CRM is down" in line and "Run palaute check" in line]


def test_a_crm_that_hangs_holds_no_reload_up(service: daemon.Daemon, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "WITHIN", 0.1)
    with crm(service).lock:
        taken, lines = reloaded(service, file, "\n[[triggers.rules]]", WRITE)
    assert taken
    assert any("no answer within 0.1 seconds" in line for line in lines)


def crm(service: daemon.Daemon) -> memory.Crm:
    """The records behind the service's connector."""
    connector = service.belt.connectors["crm"]
    assert isinstance(connector, memory.MemoryConnector)
    return connector.crm


def test_settings_that_are_gone_leave_the_old_ones(service: daemon.Daemon, file: Path) -> None:
    file.unlink()
    assert not run.reload(service, file)


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [
        ('listen = "127.0.0.1:0"', 'listen = "127.0.0.1:1"', "web"),
        ("palaute.db", "other.db", "store"),
        ('type = "memory"', 'type = "memory"\npoll = "5s"', "connectors.crm"),
        ("port = 9", "port = 10", "channels.email"),
    ],
)
def test_what_needs_a_restart_is_told(service: daemon.Daemon, file: Path, old: str, new: str, section: str) -> None:
    taken, lines = reloaded(service, file, old, new)
    assert taken
    assert [line for line in lines if "only a restart" in line and section in line]


def test_a_rule_on_a_connector_that_only_a_restart_brings_is_not_taken_over(service: daemon.Daemon, file: Path) -> None:
    rules = service.belt.rules
    new = '[connectors.other]\ntype = "memory"\n\n[[triggers.rules]]\nconnectors = "other"'
    taken, lines = reloaded(service, file, "[[triggers.rules]]", new)
    assert (taken, service.belt.rules) == (False, rules)
    assert any("connectors.other" in line for line in lines)


def test_the_same_settings_need_no_restart(file: Path) -> None:
    assert exchange.restarts(load.load(file), load.load(file)) == []


def says(log: Path, word: str) -> None:
    """Wait until it does."""
    waiting.until(lambda: word in log.read_text(), word)


def test_a_process_that_gets_sighup_reads_its_settings_again(file: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", "import commands; commands.main()", "run", "--settings", str(file)]
    with log.open("w") as told:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=told, text=True)
    try:
        assert process.stdout is not None
        assert "Palaute runs" in process.stdout.readline()
        for text, word in ((SETTINGS.replace("2h", "3h"), "settings reloaded"), ("[store", "the old ones stay")):
            file.write_text(text, encoding="utf-8")
            os.kill(process.pid, signal.SIGHUP)
            says(log, word)
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


def listens(process: subprocess.Popen[str]) -> bool:
    """Whether the process would survive a SIGHUP: the kernel's own word (proc(5), SigCgt)."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) & (1 << (signal.SIGHUP - 1)))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells which signals a process catches")
def test_a_sighup_while_the_service_starts_waits_until_it_has_started(file: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", "import commands; commands.main()", "run", "--settings", str(file)]
    with log.open("w") as told:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=told, text=True)
    try:
        waiting.until(lambda: listens(process), "the process listens", every=0)
        os.kill(process.pid, signal.SIGHUP)  # the slow part is still to come
        assert process.stdout is not None
        assert "Palaute runs" in process.stdout.readline()
        says(log, "settings reloaded")
    finally:
        process.kill()
        process.wait()


def ruled(**changes: object) -> rule.Rules:
    """One rule, changed."""
    listed = {"name": "Cases", "on": "case_closed", "survey": "csat", "channel": "memory", **changes}
    return rule.Rules.model_validate({"rules": [listed]})


@conftest.sqlite_only
def test_a_changed_rule_applies_to_what_is_decided_from_then_on(world: conftest.World) -> None:
    first, second = ruled(delay="2h"), ruled(delay="1d")
    told = []
    for rules in (first, second):
        versions.note(world.belt.store, rules, world.clock())
        world.changes["rules"] = rules
        world.restart()
        case = world.close_case()
        world.turn()
        told.append(world.why(case)["decision"]["rule_version"])
    assert told == [first.rules[0].version, second.rules[0].version]
    of_rule = versions.history(world.belt.store, "Cases")["rules"][0]["versions"]
    assert [(one["version"], one["decisions"]["ask"]) for one in of_rule] == [(told[0], 1), (told[1], 1)]
    assert of_rule[1]["changes"] == [{"key": "delay", "was": "2h", "is": "1d"}]
    assert (of_rule[0]["until"], of_rule[1]["until"]) == (of_rule[1]["since"], None)


@conftest.sqlite_only
def test_a_rule_that_comes_back_is_in_force_again(world: conftest.World) -> None:
    for rules in (ruled(), rule.Rules(), ruled()):
        versions.note(world.belt.store, rules, world.clock())
        versions.note(world.belt.store, rules, world.clock())
    assert [one["until"] is None for one in versions.history(world.belt.store, None)["rules"][0]["versions"]] == [False, True]


@conftest.sqlite_only
def test_variants_are_told_with_their_intervals(world: conftest.World) -> None:
    variants = [{"name": "a", "share": "50%"}, {"name": "b", "share": "50%"}]
    world.changes["rules"] = ruled(variants=variants, remind=["1d"])
    world.restart()
    for _ in range(24):
        world.close_case()
        world.turn()
    world.answer("5", which=-1)
    world.answer("2", which=-2)
    told = versions.variants(world.belt.store, world.belt.surveys, "Cases")["rules"][0]["variants"]
    assert [one["variant"] for one in told] == ["a", "b"]
    assert (sum(one["delivered"] for one in told), sum(one["answered"] for one in told)) == (24, 2)
    assert all(one["response_rate"]["low"] <= one["response_rate"]["value"] <= one["response_rate"]["high"] for one in told)


@conftest.sqlite_only
def test_the_list_tells_what_came_of_each_rule(world: conftest.World) -> None:
    rules = ruled(remind=["1d"])
    versions.note(world.belt.store, rules, world.clock())
    world.changes["rules"] = rules
    world.restart()
    world.close_case()
    world.turn()
    told = versions.listing(world.belt.store, rules)["rules"]
    assert [(one["rule"], one["in_force"], one["decisions"]["ask"], one["sent"], one["answered"]) for one in told] == [
        ("Cases", True, 1, 1, 0)
    ]

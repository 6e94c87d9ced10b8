"""The daemon as it is run: starts while a CRM is down, stops cleanly in the middle of work, and does nothing twice."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import daemon
from settings import load
from tests import smallest, waiting
from tests.endtoend import stage

SETTINGS = (smallest.SETTINGS + smallest.CASES).replace('type = "memory"', 'type = "memory"\npoll = "0.2s"')


def run(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """``palaute run`` to its end."""
    command = [*stage.PALAUTE, "run", "--settings", str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_broken_settings_are_told_all_at_once_and_nothing_is_started(tmp_path: Path) -> None:
    broken = SETTINGS.replace("port = 9", 'port = "many"').replace('metric = "csat"', 'metric = "cast"')
    done = run(smallest.write(tmp_path, broken + '\n[journey]\nforget = "1d"\n'))
    assert done.returncode == 2
    assert [word for word in ("port", "cast", "forget") if word not in done.stderr] == []
    assert not (tmp_path / "palaute.db").exists()


def test_an_address_that_is_taken_is_told_and_ends_with_2(tmp_path: Path) -> None:
    settings = load.load(smallest.write(tmp_path, SETTINGS))
    with daemon.Daemon(settings) as running:
        port = running.pages.address.rsplit(":", 1)[1]
        (tmp_path / "second").mkdir()
        done = run(smallest.write(tmp_path / "second", SETTINGS.replace("127.0.0.1:0", f"127.0.0.1:{port}")))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_daemon_object_opens_its_pages_and_leaves_nothing_behind(tmp_path: Path) -> None:
    settings = load.load(smallest.write(tmp_path, SETTINGS))
    before = threading.active_count()
    with daemon.Daemon(settings) as running:
        address = running.pages.address
        assert requests.get(f"{address}/healthz", timeout=60).status_code == 200
        waiting.until(lambda: requests.get(f"{address}/readyz", timeout=60).status_code == 200, "the daemon is ready")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{address}/healthz", timeout=60)
    waiting.until(lambda: threading.active_count() <= before, "all threads end")


def test_the_daemon_can_be_started_and_stopped_again_and_again_on_one_file(tmp_path: Path) -> None:
    settings = load.load(smallest.write(tmp_path, SETTINGS))
    for _ in range(3):
        with daemon.Daemon(settings) as running:
            assert requests.get(f"{running.pages.address}/healthz", timeout=60).status_code == 200


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stage.Stage]:
    """A sandbox that runs."""
    running = stage.Stage(tmp_path_factory.mktemp("box"), "--cases", "60", "--purchases", "10")
    yield running
    running.close()


@pytest.fixture
def place(box: stage.Stage) -> Iterator[stage.Stage]:
    """The sandbox without faults and without a daemon; every test starts its own."""
    yield box
    box.control("DELETE", "/faults")
    if box.daemon is not None and box.daemon.poll() is None:
        box.daemon.kill()
        box.daemon.wait(60)


def lines(place: stage.Stage, subject: str) -> list[str]:
    """What the daemon logged about this party failing and recovering."""
    logged = [json.loads(line) for line in (place.folder / "daemon.log").read_text().splitlines() if line.startswith("{")]
    return [one["event"] for one in logged if one.get("subject") == subject and one["event"] in ("failing", "recovered")]


def mails(place: stage.Stage) -> int:
    return len(place.control("GET", "/mailbox"))


def asked(place: stage.Stage, crm: str) -> int:
    """How many calls this CRM has had."""
    total: int = place.control("GET", "/counters")[crm]["total"]
    return total


def fault(place: stage.Stage, crm: str, kind: str, **how: Any) -> None:
    place.control("POST", "/faults", {"crm": crm, "kind": kind, **how})


def test_a_crm_that_is_down_at_the_start_is_told_of_once_and_the_other_is_served(place: stage.Stage) -> None:
    fault(place, "dynamics", "server_error", seconds=3600)
    place.run()
    waiting.until(lambda: lines(place, "connectors.dynamics") == ["failing"])
    place.act("salesforce", "close_cases", 3)
    waiting.until(lambda: mails(place) == 3, "three mails")
    place.control("DELETE", "/faults")
    waiting.until(lambda: lines(place, "connectors.dynamics") == ["failing", "recovered"], seconds=180)
    place.act("dynamics", "close_cases", 2)
    waiting.until(lambda: mails(place) == 5, "two more mails")
    place.stop()
    assert lines(place, "connectors.dynamics") == ["failing", "recovered"]


def test_sigterm_in_the_middle_of_a_call_that_hangs_stops_in_time_with_status_0(place: stage.Stage) -> None:
    place.run()
    fault(place, "salesforce", "timeout", count=20, seconds=3600, hang=3600)
    place.act("salesforce", "close_cases", 3)
    calls = asked(place, "dynamics")
    waiting.until(lambda: asked(place, "dynamics") > calls + 5, "the daemon polls, and hangs in the other CRM")
    place.stop()


def test_sigterm_in_the_middle_of_work_loses_nothing_and_repeats_nothing(place: stage.Stage) -> None:
    before = place.status()["touchpoints"].get("case_closed", 0)
    place.run()
    place.act("dynamics", "close_cases", 20)
    waiting.until(lambda: place.status()["touchpoints"].get("case_closed", 0) > before, "something is noticed")
    place.stop()
    place.run()
    waiting.until(lambda: settled(place, before + 20), "all is done", seconds=180)
    place.stop()
    recipients = [str(mail["to"]) for mail in place.control("GET", "/mailbox")]
    assert len(recipients) == len(set(recipients)) == place.status()["messages"]["sent"]


def settled(place: stage.Stage, cases: int) -> bool:
    """Whether so many closed cases were noticed, and nothing waits any more.

    There may be more: cases that an earlier test closed while its CRM hung are noticed now.
    """
    counted = place.status()
    nothing_waits = (counted["touchpoints"]["waiting"], counted["messages"]["due"], counted["messages"]["sending"]) == (0, 0, 0)
    invited = sum(counted["invitations"].values()) == counted["decisions"].get("asked", 0)
    return counted["touchpoints"].get("case_closed", 0) >= cases and nothing_waits and invited


def test_running_once_and_once_more_changes_nothing_the_second_time(place: stage.Stage) -> None:
    place.palaute("run", "--once")
    place.act("salesforce", "close_cases", 4)
    place.control("POST", "/clock", {"advance": "5s"})  # the bookmark stays a second behind the CRM's clock
    place.palaute("run", "--once")
    before = place.status()
    second = json.loads(place.palaute("run", "--once", "--json"))
    after = place.status()
    assert set(second.values()) == {0}
    nouns = ("touchpoints", "decisions", "invitations", "messages", "answers", "writes")
    assert {noun: after[noun] for noun in nouns} == {noun: before[noun] for noun in nouns}


def test_sigterm_while_it_runs_once_ends_it(place: stage.Stage) -> None:
    command, calls = [*stage.PALAUTE, "run", "--once", "--settings", str(place.settings)], asked(place, "salesforce")
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    waiting.until(lambda: asked(place, "salesforce") > calls, "it works")
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) in (0, -signal.SIGTERM)

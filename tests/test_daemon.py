"""The daemon as it is run: starts while a CRM is down, stops cleanly in the middle of work, and does nothing twice."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import daemon
from settings import load
from tests.endtoend import stage

SETTINGS = """
[store]
url    = "sqlite:///palaute.db"
secret = "file:palaute.secret"

[connectors.here]
type = "memory"
poll = "0.2s"

[[triggers.rules]]
name    = "Closed cases"
on      = "case_closed"
survey  = "csat"
channel = "email"

[surveys.brand]
name = "Havu"

[surveys.survey.csat]
metric = "csat"

[channels.email]
host     = "127.0.0.1"
port     = 9
security = "none"
sender   = "Havu <feedback@havu.example>"

[web]
listen     = "127.0.0.1:0"
public_url = "http://127.0.0.1"
"""


def write(folder: Path, text: str = SETTINGS) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def run(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """``palaute run`` to its end."""
    command = [*stage.PALAUTE, "run", "--settings", str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_broken_settings_are_told_all_at_once_and_nothing_is_started(tmp_path: Path) -> None:
    broken = SETTINGS.replace("port     = 9", 'port     = "many"').replace('metric = "csat"', 'metric = "cast"')
    done = run(write(tmp_path, broken + '\n[journey]\nforget = "1d"\n'))
    assert done.returncode == 2
    assert [word for word in ("port", "cast", "forget") if word not in done.stderr] == []
    assert not (tmp_path / "palaute.db").exists()


def test_an_address_that_is_taken_is_told_and_ends_with_2(tmp_path: Path) -> None:
    settings = load.load(write(tmp_path))
    with daemon.Daemon(settings) as running:
        port = running.pages.address.rsplit(":", 1)[1]
        (tmp_path / "second").mkdir()
        done = run(write(tmp_path / "second", SETTINGS.replace("127.0.0.1:0", f"127.0.0.1:{port}")))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_daemon_object_opens_its_pages_and_leaves_nothing_behind(tmp_path: Path) -> None:
    settings = load.load(write(tmp_path))
    before = threading.active_count()
    with daemon.Daemon(settings) as running:
        address = running.pages.address
        assert requests.get(f"{address}/healthz", timeout=10).status_code == 200
        assert until(lambda: requests.get(f"{address}/readyz", timeout=10).status_code == 200, 10)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{address}/healthz", timeout=10)
    assert until(lambda: threading.active_count() <= before, 10)


def test_the_daemon_can_be_started_and_stopped_again_and_again_on_one_file(tmp_path: Path) -> None:
    settings = load.load(write(tmp_path))
    for _ in range(3):
        with daemon.Daemon(settings):
            time.sleep(0.05)


def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether it comes to hold in time."""
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds()


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
        box.daemon.wait(10)


def lines(place: stage.Stage, subject: str) -> list[str]:
    """What the daemon logged about this party failing and recovering."""
    logged = [json.loads(line) for line in (place.folder / "daemon.log").read_text().splitlines() if line.startswith("{")]
    return [one["event"] for one in logged if one.get("subject") == subject and one["event"] in ("failing", "recovered")]


def mails(place: stage.Stage) -> int:
    return len(place.control("GET", "/mailbox"))


def fault(place: stage.Stage, crm: str, kind: str, **how: Any) -> None:
    place.control("POST", "/faults", {"crm": crm, "kind": kind, **how})


def test_a_crm_that_is_down_at_the_start_is_told_of_once_and_the_other_is_served(place: stage.Stage) -> None:
    fault(place, "dynamics", "server_error", seconds=300)
    place.run()
    assert until(lambda: lines(place, "connectors.dynamics") == ["failing"], 30)
    place.act("salesforce", "close_cases", 3)
    assert until(lambda: mails(place) == 3, 30)
    place.control("DELETE", "/faults")
    assert until(lambda: lines(place, "connectors.dynamics") == ["failing", "recovered"], 70)
    place.act("dynamics", "close_cases", 2)
    assert until(lambda: mails(place) == 5, 30)
    assert place.stop() < daemon.STOP_WITHIN
    assert lines(place, "connectors.dynamics") == ["failing", "recovered"]


def test_sigterm_in_the_middle_of_a_call_that_hangs_stops_in_time_with_status_0(place: stage.Stage) -> None:
    place.run()
    fault(place, "salesforce", "timeout", count=20, seconds=60)
    place.act("salesforce", "close_cases", 3)
    time.sleep(2)
    assert place.stop() < daemon.STOP_WITHIN


def test_sigterm_in_the_middle_of_work_loses_nothing_and_repeats_nothing(place: stage.Stage) -> None:
    before = place.status()["touchpoints"].get("case_closed", 0)
    place.run()
    place.act("dynamics", "close_cases", 20)
    assert until(lambda: place.status()["touchpoints"].get("case_closed", 0) > before, 40)
    assert place.stop() < daemon.STOP_WITHIN
    place.run()
    assert until(lambda: settled(place, before + 20), 60)
    assert place.stop() < daemon.STOP_WITHIN
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
    time.sleep(2)  # the bookmark stays a second behind the CRM's clock
    place.palaute("run", "--once")
    before = place.status()
    second = json.loads(place.palaute("run", "--once", "--json"))
    after = place.status()
    assert set(second.values()) == {0}
    nouns = ("touchpoints", "decisions", "invitations", "messages", "answers", "writes")
    assert {noun: after[noun] for noun in nouns} == {noun: before[noun] for noun in nouns}


def test_sigterm_while_it_runs_once_ends_it(place: stage.Stage) -> None:
    command = [*stage.PALAUTE, "run", "--once", "--settings", str(place.settings)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(3)
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) in (0, -signal.SIGTERM)

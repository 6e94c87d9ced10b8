"""The program as its users run it: the console script in processes of their own, against the sandbox in another."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from typer import testing

import commands
from tests import waiting

PALAUTE = [str(Path(sys.executable).with_name("palaute"))]
READS = 2.2
"""Seconds that a person spends on a page: what is sent sooner is doubted."""
ARRIVES = 3.2
"""Seconds until somebody can have answered a mail that was sent just now: what comes sooner is doubted."""


class Stage:
    """A running sandbox, and the commands that are run against it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.session = requests.Session()
        self.session.trust_env = False
        self._sandbox = subprocess.Popen([*PALAUTE, "sandbox", "--dir", str(folder), *options], stdout=subprocess.DEVNULL)
        self.until(lambda: (folder / "sandbox.json").exists(), 180, "the sandbox starts")
        self.addresses = json.loads((folder / "sandbox.json").read_text())
        self.settings = folder / "settings.toml"
        self.daemon: subprocess.Popen[str] | None = None

    def close(self) -> None:
        """Stop everything that still runs."""
        for process in (self.daemon, self._sandbox):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(60)

    @staticmethod
    def until(holds: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait for something; fails with its name when it does not come."""
        waiting.until(holds, what, seconds=seconds, every=0.1)

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """A call to the control address."""
        answer = self.session.request(method, f"{self.addresses['control']}{path}", json=body, timeout=600)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, crm: str, do: str, count: int) -> list[str]:
        """Something happens in a CRM; the records concerned."""
        records: list[str] = self.control("POST", "/act", {"crm": crm, "do": do, "count": count})["records"]
        return records

    def palaute(self, *words: str, status: int = 0) -> str:
        """Run a command to its end; what it printed. ``run`` is a process of its own, the others need none: starting one
        costs more than what they do.
        """
        line = [*words, "--settings", str(self.settings)]
        if words[0] == "run":
            done = subprocess.run([*PALAUTE, *line], capture_output=True, text=True, timeout=600)
            ended, printed, told = done.returncode, done.stdout, done.stderr
        else:
            result = testing.CliRunner().invoke(commands.application([words[0]]), line)
            ended, printed, told = result.exit_code, result.stdout, result.stderr
        assert ended == status, f"palaute {' '.join(words)} ended with {ended}\n{printed}\n{told}"
        return printed

    def status(self) -> dict[str, Any]:
        """``palaute status --json``, whatever it finds."""
        line = ["status", "--json", "--settings", str(self.settings)]
        counted: dict[str, Any] = json.loads(testing.CliRunner().invoke(commands.application(["status"]), line).stdout)
        return counted

    def why(self, record: str) -> dict[str, Any]:
        """``palaute why RECORD --json``, the only touchpoint in it."""
        told = json.loads(self.palaute("why", record, "--json"))
        assert len(told["touchpoints"]) == 1
        one: dict[str, Any] = told["touchpoints"][0]
        return one

    def run(self) -> None:
        """Start the daemon and wait until it is ready."""
        environment = os.environ | {"REQUESTS_CA_BUNDLE": "/nowhere/else.pem", "HTTPS_PROXY": "http://127.0.0.1:9"}
        command = [*PALAUTE, "run", "--settings", str(self.settings)]
        log = (self.folder / "daemon.log").open("a")
        self.daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        assert self.daemon.stdout is not None
        self.pages = self.daemon.stdout.readline().strip().rsplit(" ", 1)[1]
        self.until(self._ready, 180, "the daemon is ready")

    def _ready(self) -> bool:
        return self.session.get(f"{self.pages}/readyz", timeout=60).status_code == 200

    def stop(self) -> None:
        """SIGTERM to the daemon, which ends with status 0."""
        assert self.daemon is not None
        self.daemon.send_signal(signal.SIGTERM)
        assert self.daemon.wait(60) == 0

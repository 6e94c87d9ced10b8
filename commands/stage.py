"""The demo's stage: the stand-ins in a process of their own, what happens in their CRMs, what ended up on their records."""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

_ENTITY_SETS = {"incident": "incidents", "opportunity": "opportunities", "salesorder": "salesorders"}
_START_SECONDS = 60


class Stage:
    """``with Stage(folder, seed) as stage``: the stand-ins run until the block ends."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self._seed = seed
        self._session = requests.Session()
        self._session.trust_env = False  # loopback: a company's proxy has no business here
        self._process: subprocess.Popen[bytes] | None = None
        self.addresses: dict[str, Any] = {}

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "sandbox", "--dir", str(self.folder), "--seed", str(self._seed), "--people"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
        self._wait_until_ready(self._process)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        ready = self.folder / "sandbox.json"
        deadline = time.monotonic() + _START_SECONDS
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the stand-ins did not start; palaute sandbox --dir DIR shows why")
            time.sleep(0.05)
        self.addresses = json.loads(ready.read_text(encoding="utf-8"))

    def act(self, crm: str, do: str, count: int) -> None:
        """Something happens in a CRM."""
        answer = self._session.post(f"{self.addresses['control']}/act", json={"crm": crm, "do": do, "count": count}, timeout=30)
        answer.raise_for_status()

    def calls(self) -> dict[str, int]:
        """CRM → calls as it would bill them."""
        counted = self._session.get(f"{self.addresses['control']}/counters", timeout=30).json()
        return {crm: counted[crm]["total"] for crm in ("salesforce", "dynamics")}

    def records(self, crm: str, object_name: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Id → the record as the CRM has it."""
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(ids), 100):
            address = f"{self.addresses['control']}/records/{crm}/{_ENTITY_SETS.get(object_name, object_name)}"
            rows = self._session.get(address, params={"ids": ",".join(ids[start : start + 100])}, timeout=30).json()
            key = "Id" if crm == "salesforce" else f"{object_name}id"
            found.update((row[key], row) for row in rows)
        return found


@dataclass
class Happenings:
    """Cases close and customers buy, a few at a time, until told to stop."""

    stage: Stage
    seed: int
    pause: tuple[float, float] = (0.4, 1.6)

    def __post_init__(self) -> None:
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run, name="happenings", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """No more; may be called twice."""
        self._enough.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        chance = random.Random(self.seed)  # noqa: S311 - a show, not a secret
        while not self._enough.wait(chance.uniform(*self.pause)):
            crm = chance.choice(("salesforce", "dynamics"))
            do = chance.choice(("close_cases", "close_cases", "make_purchases"))
            self.stage.act(crm, do, chance.randint(1, 3))

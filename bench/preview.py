"""How long ``palaute preview`` takes over a large past, and how much memory: the real command, against the stand-ins.

Run as ``python -m bench.preview [CLOSURES] [salesforce|dynamics]``. The cases are closed over 30 days of the stand-ins' time. The
stand-ins run in a process of their own, whose work is part of the time but not of the memory.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from rich import console, table

_PALAUTE = str(Path(sys.executable).with_name("palaute"))
_DAYS = 30
_START_SECONDS = 900
_SLOWEST, _LARGEST = 60.0, 200.0
"""Seconds and megabytes that 100,000 closures may take."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What the command said and used."""

    said: dict[str, Any]
    seconds: float
    own_seconds: float
    """Processor time of the command alone."""
    megabytes: float


class Stage:
    """The stand-ins with a past."""

    def __init__(self, folder: Path, crm: str, closures: int) -> None:
        self._folder, self._crm, self._closures = folder, crm, closures
        self._session = requests.Session()
        self._session.trust_env = False
        command = [_PALAUTE, "sandbox", "--dir", str(folder), "--cases", str(closures), "--purchases", "2"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603  # our own program
        self._control = ""

    def __enter__(self) -> "Stage":
        ready = self._folder / "sandbox.json"
        deadline = time.monotonic() + _START_SECONDS
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the stand-ins did not start")
            time.sleep(0.2)
        self._control = json.loads(ready.read_text(encoding="utf-8"))["control"]
        self._make_past()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def _make_past(self) -> None:
        """So many cases a day, the day over two working halves."""
        left = self._closures
        for half in range(2 * _DAYS):
            count = left // (2 * _DAYS - half)
            self._call("/act", {"do": "close_cases", "crm": self._crm, "count": count})
            self._call("/clock", {"advance": "12h"})
            left -= count

    def _call(self, path: str, body: dict[str, Any]) -> None:
        self._session.post(f"{self._control}{path}", json=body, timeout=300).raise_for_status()

    def preview(self) -> "Run":
        """The command, run to its end."""
        out = self._folder / "preview.json"
        words = [_PALAUTE, "preview", "--settings", str(self._folder / "settings.toml"), "--connector", self._crm]
        began = time.monotonic()
        with out.open("w") as file:
            child = os.posix_spawn(
                words[0],
                [*words, "--days", str(_DAYS + 1), "--json"],
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, file.fileno(), 1)],
            )
            _, status, used = os.wait4(child, 0)
        took = time.monotonic() - began
        if status:
            raise RuntimeError(f"palaute preview ended with {os.waitstatus_to_exitcode(status)}")
        return Run(
            said=json.loads(out.read_text(encoding="utf-8")),
            seconds=took,
            own_seconds=used.ru_utime + used.ru_stime,
            megabytes=used.ru_maxrss / 1024,
        )


def main() -> None:
    """Print a line of figures; status 1 when they miss the target."""
    closures = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    crm = sys.argv[2] if len(sys.argv) > 2 else "salesforce"
    out = console.Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="palaute-bench-") as folder, Stage(Path(folder), crm, closures) as stage:
        run = stage.preview()
    shown = table.Table("CRM", "touchpoints", "asked", "seconds", "of them our own", "peak MB")
    count, asked = run.said["touchpoints"], run.said["asked"]
    shown.add_row(crm, f"{count:,}", f"{asked:,}", f"{run.seconds:.1f}", f"{run.own_seconds:.1f}", f"{run.megabytes:.0f}")
    out.print(shown)
    if count < closures or run.seconds > _SLOWEST * max(1.0, closures / 100_000) or run.megabytes > _LARGEST:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

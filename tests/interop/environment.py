"""The strangers' own environment: programs by others, pinned, installed from PyPI once and kept beside the repository.

``.venv-interop/`` is named by the hash of what is pinned; a new pin makes a new one.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

PINNED = Path(__file__).with_name("constraints.txt")
HOME = Path(__file__).parents[2] / ".venv-interop"
_PATIENCE = 420
"""Seconds for the whole installation."""
_SENTENCE = (
    "The other programs of tests/interop could not be installed: is the package index reachable? "
    'Leave these tests out with -m "not interop".'
)


class NotInstalled(Exception):
    """The strangers' programs could not be installed."""


def prepare() -> Path:
    """The folder with the strangers' programs (``bin``); installs them when they are not there. Raises ``NotInstalled``."""
    name = hashlib.sha256(PINNED.read_bytes() + sys.version.encode()).hexdigest()[:12]
    HOME.mkdir(exist_ok=True)
    (HOME / ".gitignore").write_text("*\n")
    folder, ready = HOME / name, HOME / f"{name}.ready"
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            _install(folder)
            ready.touch()
    return folder / "bin"


def _install(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    fetch(folder / "bin" / "python")


def fetch(python: Path, *options: str | Path) -> None:
    """Have the pip of this Python install everything that is pinned. Raises ``NotInstalled``."""
    quick = ["--disable-pip-version-check", "--quiet", "--timeout", "20", "--retries", "1"]
    command = [python, "-m", "pip", *quick, "install", "-r", PINNED, *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"{_SENTENCE} It was not done within {_PATIENCE} seconds.") from None
    if done.returncode:
        raise NotInstalled(f"{_SENTENCE} pip said: {done.stderr.strip()[-800:]}")

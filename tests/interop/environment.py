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
            install(folder)
            ready.touch()
    return folder / "bin"


def install(folder: Path) -> None:
    """A new environment in this folder with everything that is pinned. Raises ``NotInstalled``."""
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    pip: list[str | Path] = [
        folder / "bin" / "python",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        "--timeout",
        "20",
        "--retries",
        "1",
    ]
    try:
        done = subprocess.run([*pip, "install", "-r", PINNED], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise NotInstalled(
            f"The other programs of tests/interop were not installed within {_PATIENCE} seconds: is the package index reachable? "
            'Leave these tests out with -m "not interop".'
        ) from None
    if done.returncode:
        raise NotInstalled(
            "The other programs of tests/interop could not be installed: is the package index reachable? "
            f'Leave these tests out with -m "not interop". pip said: {done.stderr.strip()[-800:]}'
        )

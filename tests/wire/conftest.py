"""A server that misbehaves; short faults are tried again without waiting."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire.rogue import Rogue, serving
from wire import retry


@pytest.fixture
def rogue(tmp_path: Path) -> Iterator[Rogue]:
    with serving(tmp_path) as server:
        yield server


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "sleep", lambda seconds: None)

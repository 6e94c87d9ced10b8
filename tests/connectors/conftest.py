"""Assertions of the shared suite tell their values; short faults are tried again without waiting."""

from collections.abc import Iterator
from pathlib import Path

import pytest

for name in ("contract", "over_the_wire", "reading", "rough_rows", "stand_in", "torture", "tracing", "writing"):
    pytest.register_assert_rewrite(f"tests.connectors.{name}")

from tests.connectors import stand_in  # noqa: E402 (after the line above, which must come first)
from tests.wire.rogue import Rogue, serving  # noqa: E402
from wire import retry  # noqa: E402


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "sleep", lambda seconds: None)


@pytest.fixture
def rogue(tmp_path: Path) -> Iterator[Rogue]:
    with serving(tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stand_in.Control]:
    with stand_in.running(tmp_path_factory.mktemp("sandbox")) as control:
        yield control

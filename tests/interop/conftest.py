"""One sandbox, one proxy and one environment of the strangers for all tests here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop import environment, stage


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "interop: other people's programs against the stand-ins (installs them from PyPI once)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.interop)
            item.add_marker(pytest.mark.timeout(540))  # the first of them waits for the installation


@pytest.fixture(scope="session")
def programs() -> Path:
    """The ``bin`` folder of the strangers' environment."""
    return environment.prepare()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Iterator[stage.Stage]:
    with stage.open_stage(tmp_path_factory.mktemp("interop"), programs) as opened:
        yield opened


@pytest.fixture
def world(running: stage.Stage, tmp_path: Path) -> stage.Stage:
    """The sandbox without faults, and an empty folder for what the programs write."""
    running.control("DELETE", "/faults")
    running.folder = tmp_path
    return running

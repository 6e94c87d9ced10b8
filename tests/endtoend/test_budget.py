"""Near its day's limit a CRM is polled less often; last looks and scores still get through, and `run --once` always reads."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

import daemon
from journey import belt as belts
from journey import notice
from sandbox import server
from settings import load


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Sandbox]:
    with server.Sandbox(tmp_path_factory.mktemp("box"), cases=20, purchases=10) as made:
        yield made


@pytest.fixture
def belt(sandbox: server.Sandbox, tmp_path: Path) -> Iterator[belts.Belt]:
    text = (sandbox.directory / "settings.toml").read_text().replace("/palaute.db", f"/{tmp_path.name}.db")
    path = sandbox.directory / "budget.toml"
    path.write_text(text.replace('poll = "1s"', 'poll = "60s"\ncall_budget = 20'))
    made = daemon.compose(load.load(path))
    yield made
    made.close()


@pytest.mark.parametrize("crm", ["salesforce", "dynamics"])
def test_rounds_stretch_near_the_budget(sandbox: server.Sandbox, belt: belts.Belt, crm: str) -> None:
    for _ in range(15):
        notice.notice(belt, crm)
    made = sandbox.stand_ins[crm].counters.total
    closed = sandbox.stand_ins[crm].act("close_cases", count=1)
    for _ in range(15):
        notice.notice(belt, crm)
    assert sandbox.stand_ins[crm].counters.total - made <= 4
    assert belt.connectors[crm].patience() > 0
    assert notice.notice(dataclasses.replace(belt, patient=False), crm) >= 0
    assert sandbox.stand_ins[crm].counters.total - made <= 5
    assert closed

"""What the tests of ``palaute check`` share: a sandbox in which something can be made to be wrong."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from commands import check
from sandbox import server

Finding = dict[str, str]


class Box:
    """A sandbox, and the settings file that it wrote."""

    def __init__(self, sandbox: server.Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder

    def check(self, capsys: pytest.CaptureFixture[str], *replace: tuple[str, str]) -> tuple[int, list[Finding]]:
        """Exit status and findings of ``palaute check --json``, with some texts of the settings file replaced."""
        text = (self.folder / "settings.toml").read_text()
        for old, new in replace:
            assert old in text
            text = text.replace(old, new)
        path = self.folder / "changed.toml"
        path.write_text(text)
        capsys.readouterr()
        status = 0
        try:
            check.check(settings=path, as_json=True)
        except typer.Exit as end:
            status = end.exit_code
        found: list[Finding] = json.loads(capsys.readouterr().out)["findings"]
        return status, found


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    folder = tmp_path_factory.mktemp("box")
    with server.Sandbox(folder, cases=20, purchases=10) as sandbox:
        (folder / "wrong.secret").write_text("not it")
        yield Box(sandbox, folder)


@pytest.fixture(autouse=True)
def all_well_again(box: Box) -> Iterator[None]:
    yield
    for stand_in in box.sandbox.stand_ins.values():
        stand_in.faults.clear()


Trouble = Callable[[Box], AbstractContextManager[Any]]


def fault(crm: str, kind: str, **options: Any) -> Trouble:
    def switch_on(box: Box) -> AbstractContextManager[Any]:
        box.sandbox.stand_ins[crm].faults.add(kind, seconds=600, **options)
        return nullcontext()

    return switch_on


def changed(find: Callable[[Box], Any], name: str, value: Any) -> Trouble:
    """An attribute of a stand-in is another one for a while."""

    @contextmanager
    def change(box: Box) -> Iterator[None]:
        target = find(box)
        before = getattr(target, name)
        setattr(target, name, value)
        yield
        setattr(target, name, before)

    return change


@contextmanager
def crm_clocks_ahead(box: Box) -> Iterator[None]:
    box.sandbox.clock.advance(timedelta(hours=1))
    yield
    box.sandbox.clock.advance(-timedelta(hours=1))


@contextmanager
def without_the_object(box: Box) -> Iterator[None]:
    """The permission set that the user holds does not let it read orders any more."""
    org = box.sandbox.salesforce.org
    rows = [row for row in org.store.table("ObjectPermissions").rows.values() if row["SobjectType"] == "Order"]
    for row in rows:
        row["PermissionsRead"] = False
    org.needs_grant.add(("Order", ""))
    yield
    org.needs_grant.discard(("Order", ""))
    for row in rows:
        row["PermissionsRead"] = True


def role_with(*privileges: str, depth: str = "Global") -> Trouble:
    """The application user holds a role with these privileges only."""

    @contextmanager
    def swap(box: Box) -> Iterator[None]:
        store = box.sandbox.dynamics.store
        roles, held = store.links["systemuserroles_association"], store.links["roleprivileges_association"]
        before, before_held = set(roles), set(held)
        user = next(user for user, _ in roles)
        role = next(record for record, row in store.table("role").by_id.items() if row["name"] == "Basic User")
        ids = {row["name"].lower(): record for record, row in store.table("privilege").by_id.items()}
        roles.clear()
        roles.add((user, role))
        for name in privileges:
            held.add((role, ids[name.lower()]))
            store.depths[role, ids[name.lower()]] = depth
        yield
        roles.clear()
        roles.update(before)
        held.clear()
        held.update(before_held)
        for name in privileges:
            del store.depths[role, ids[name.lower()]]

    return swap


READ = tuple(
    f"prvRead{name}"
    for name in ("Activity", "Incident", "Contact", "Account", "Opportunity", "SalesOrder", "SystemUser", "Team", "Product")
)
WRITE = ("prvWriteIncident", "prvWriteOpportunity", "prvWriteSalesOrder")


@contextmanager
def without_history_tracking(box: Box) -> Iterator[None]:
    before = box.sandbox.salesforce.org.tracked["Case"]
    box.sandbox.salesforce.track_history("Case", ["Status"])
    yield
    box.sandbox.salesforce.track_history("Case", before)


@contextmanager
def without_auditing(box: Box) -> Iterator[None]:
    [row] = box.sandbox.dynamics.store.table("organization").by_id.values()
    row["isauditenabled"] = False
    yield
    row["isauditenabled"] = True


@contextmanager
def without_auditing_the_column(box: Box) -> Iterator[None]:
    table = box.sandbox.dynamics.store.schema.tables["incident"]
    before = table.columns["prioritycode"]
    table.add(replace(before, audited=False))
    yield
    table.add(before)

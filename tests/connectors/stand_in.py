"""A contract's org in the sandbox, driven over its control address."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pydantic
import requests

from connectors import base, registry, settings
from sandbox import server
from tests.connectors import org as orgs

_SETTINGS: pydantic.TypeAdapter[settings.ConnectorSettings] = pydantic.TypeAdapter(settings.ConnectorSettings)
_LATE = 3600


class Control:
    """The control address of a sandbox."""

    def __init__(self, sandbox: server.Sandbox) -> None:
        assert sandbox.addresses is not None
        self.sandbox = sandbox
        self.addresses = sandbox.addresses
        self._http = requests.Session()
        self._http.trust_env = False

    def ask(self, method: str, path: str, **body: Any) -> Any:
        response = self._http.request(method, f"{self.addresses.control}{path}", json=body or None, timeout=60)
        assert response.status_code == 200, response.text
        return response.json()


def hidden(secret: str) -> pydantic.SecretStr:
    """As settings hold it once its reference has been resolved."""
    return pydantic.SecretStr(secret)


@contextmanager
def running(directory: Path) -> Iterator[Control]:
    """A small sandbox."""
    with server.Sandbox(directory, cases=60, purchases=20) as sandbox:
        yield Control(sandbox)


class StandInOrg(orgs.Org):
    """What both CRMs' orgs share."""

    crm: str
    subject: str
    """Path of a column that a touchpoint cannot do without."""
    comment: str
    """Column on the case that takes a long text."""
    address_key: str
    """Setting that holds the address to sign in at."""
    rate_limit_delay: float
    """Seconds to wait after ``rate_limit`` with ``retry_after`` 7."""
    connection: Mapping[str, Any]
    """Settings of a connector to this stand-in."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self._opened: list[base.Connector] = []
        control.ask("DELETE", "/faults")
        self.advance(timedelta(hours=2))

    def close(self) -> None:
        """Give back what the test opened."""
        for connector in self._opened:
            connector.close()
        self.control.ask("DELETE", "/faults")

    def connector(self, **changed: Any) -> base.Connector:
        chosen = _SETTINGS.validate_python({**self.connection, "ca": self.control.addresses.ca, **changed})
        self._opened.append(registry.open_connector("acme", chosen))
        return self._opened[-1]

    def act(self, do: str, **what: Any) -> list[str]:
        """People in the CRM do something."""
        found: list[str] = self.control.ask("POST", "/act", crm=self.crm, do=do, **what)["records"]
        return found

    def fault(self, kind: str, **options: Any) -> None:
        """Switch a misbehaviour on."""
        self.control.ask("POST", "/faults", crm=self.crm, kind=kind, **options)

    def close_cases(self, count: int) -> list[str]:
        return self.act("close_cases", count=count)

    def close_late(self, count: int) -> list[str]:
        self.fault("late_commit", count=1, seconds=_LATE)
        return self.close_cases(count)

    def reveal(self) -> None:
        self.advance(timedelta(seconds=_LATE))

    def delete_cases(self, records: Sequence[str]) -> None:
        self.act("delete_cases", records=list(records))

    def hide(self, path: str) -> None:
        self.fault("hide_field", field=self.column(path), seconds=3600)

    def column(self, path: str) -> str:
        """``TABLE.COLUMN`` of a path of the watch."""
        raise NotImplementedError

    def expire_tokens(self) -> None:
        self.fault("expire_token", count=1)

    def lock_rows(self, count: int) -> None:
        self.fault("lock_rows", count=count)

    def refuse_rows(self, count: int) -> None:
        self.fault("partial_failure", count=count)

    def fail_calls(self, count: int) -> None:
        self.control.ask("DELETE", "/faults")
        if count:
            self.fault("server_error", count=count)

    def calls(self) -> int:
        total: int = self.control.ask("GET", "/counters")[self.crm]["total"]
        return total

    def advance(self, by: timedelta) -> None:
        self.control.ask("POST", "/clock", advance=f"{by.total_seconds():.0f}s")

    def shift(self, by: timedelta) -> None:
        """Move the CRM's clock either way."""
        self.control.sandbox.clock.advance(by)

    def tokens(self) -> int:
        """Tokens given since all of them expired."""
        raise NotImplementedError

    def secret(self, text: str) -> pydantic.SecretStr:
        """A secret as settings hold it."""
        return hidden(text)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.control.ask("GET", "/clock")["now"])

    def records(self, object_name: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Records as an administrator sees them."""
        found: list[dict[str, Any]] = self.control.ask("GET", f"/records/{self.crm}/{object_name}?ids={','.join(ids)}")
        return found

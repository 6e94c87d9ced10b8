"""The whole sandbox: every stand-in on its socket, one event loop on one thread, so that tests and the demo can embed it."""

import asyncio
import contextlib
import dataclasses
import json
import random
import secrets
import threading
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from sandbox import (
    alone,
    base,
    control,
    happened,
    imap,
    imap_view,
    lines,
    mail,
    owners,
    people,
    population,
    settings_file,
    sms,
    tls,
)
from sandbox.dataverse import Dataverse
from sandbox.salesforce import Salesforce

SMS_SENDER = "+358457300000"
"""A number that customers can answer."""
_SECURE = ("salesforce_login", "salesforce", "entra", "dynamics")
"""What is spoken to over TLS from the first word."""
START_TIMEOUT = 300
"""Seconds to fill the CRMs and open all sockets."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where to listen on loopback; 0 is any free port."""

    control: int = 0
    salesforce_login: int = 0
    salesforce: int = 0
    entra: int = 0
    dynamics: int = 0
    smtp: int = 0
    imap: int = 0
    imap_starttls: int = 0
    sms: int = 0
    web: int = 0
    """Not ours: where the daemon's pages shall listen, by the settings file that we write."""


class Sandbox:
    """``with Sandbox(directory) as sandbox: …``, or ``start`` and ``stop``.

    The size is given by ``cases`` and ``purchases``, open ones per CRM. With ``alone`` the customers answer by themselves; with
    ``past`` something happened on each of so many days before.
    """

    def __init__(
        self,
        directory: Path,
        *,
        seed: int = 1,
        cases: int = 600,
        purchases: int = 300,
        alone: bool = False,
        past: int = 0,
        ports: Ports | None = None,
    ) -> None:
        self.directory = directory.absolute()
        self.clock = base.Clock()
        self.clock.advance(-timedelta(days=past))
        self.population = population.make(seed=seed, cases=cases, purchases=purchases)
        self.mailbox = mail.Mailbox(self.clock)
        self.returned = imap_view.Server(self.mailbox.bounces, self.clock)
        self.gateway = sms.Gateway(self.clock)
        made_up = random.Random(seed)
        self._tenant = _guid(made_up)
        self._keys = {
            "salesforce": {"client_id": f"3MVG9{made_up.randbytes(20).hex()}", "client_secret": secrets.token_hex(32)},
            "dynamics": {"client_id": _guid(made_up), "client_secret": secrets.token_urlsafe(30)},
        }
        self.salesforce = Salesforce(self.clock, seed=seed, **self._keys["salesforce"])
        self.dynamics = Dataverse(self.clock, tenant=self._tenant, seed=seed, **self._keys["dynamics"])
        self.customers = people.Customers(self.population, self.mailbox, self.gateway, owners.Owners(self.stand_ins))
        self.addresses: settings_file.Addresses | None = None
        """Where everything is, once it is started."""
        self._alone = alone
        self._past, self._seed = past, seed
        self._ports = ports or Ports()
        self._ready = threading.Event()
        self._trouble: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._enough: asyncio.Event | None = None

    @property
    def stand_ins(self) -> dict[str, base.StandIn]:
        """The CRMs by name."""
        return {"salesforce": self.salesforce, "dynamics": self.dynamics}

    def start(self) -> None:
        """Returns when everything answers and ``sandbox.json`` is written. Raises ``lines.AddressTaken``, OSError."""
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "sandbox.json").unlink(missing_ok=True)
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_TIMEOUT):
            raise TimeoutError(f"The sandbox was not ready within {START_TIMEOUT} seconds")
        if self._trouble is not None:
            raise self._trouble

    def stop(self) -> None:
        """Close all sockets and end the thread; may be called twice."""
        if self._loop is not None and self._enough is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._enough.set)
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _run(self) -> None:
        loop_factory = uvicorn.Config(lambda: None, log_config=None).get_loop_factory()
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            try:
                runner.run(self._serve())
            except BaseException as error:  # noqa: BLE001 - handed to the thread that waits in start()
                self._trouble = error
            finally:
                self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._enough = asyncio.get_running_loop(), asyncio.Event()
        for stand_in in self.stand_ins.values():
            stand_in.populate(self.population)
        happened.live(self.clock, self.stand_ins, self._past, self._seed, self.customers.remember)
        async with contextlib.AsyncExitStack() as stack:
            self.addresses = await self._open(stack)
            settings_file.write(self.directory, self.addresses)
            if self._alone:
                await stack.enter_async_context(alone.answering(self.customers))
            _write_whole(self.directory / "sandbox.json", json.dumps(self.addresses.as_json(), indent=2))
            self._ready.set()
            await self._enough.wait()

    async def _open(self, stack: contextlib.AsyncExitStack) -> settings_file.Addresses:
        """Bind every socket, tell the CRMs and the gateway their addresses, and begin to serve."""
        context = tls.make(self.directory)
        sockets = lines.Sockets(stack, self._listening(), _SECURE, context)
        stack.callback(self.customers.close)
        stack.callback(self.gateway.reports.close)
        addresses = self._told(sockets, lines.free_port(self._ports.web))
        await self._serve_webs(sockets)
        await stack.enter_async_context(mail.listening(self.mailbox, sockets.bound["smtp"]))
        await stack.enter_async_context(imap.listening(self.returned, sockets.bound["imap"], context))
        in_the_clear = imap.listening(self.returned, sockets.bound["imap_starttls"], context, starttls=True)
        await stack.enter_async_context(in_the_clear)
        return addresses

    def _listening(self) -> dict[str, int]:
        return {name: port for name, port in dataclasses.asdict(self._ports).items() if name != "web"}

    async def _serve_webs(self, sockets: lines.Sockets) -> None:
        driver = control.Control(self.clock, self.stand_ins, self.mailbox, self.gateway, self.customers)
        driver.faults["imap"] = self.returned.faults
        await sockets.serve("salesforce_login", self.salesforce.login_app)
        await sockets.serve("salesforce", self.salesforce.instance_app)
        await sockets.serve("entra", self.dynamics.token_app)
        await sockets.serve("dynamics", self.dynamics.app)
        await sockets.serve("sms", self.gateway.app)
        await sockets.serve("control", driver.app)

    def _told(self, sockets: lines.Sockets, web_port: int) -> settings_file.Addresses:
        """Where everything is, after the stand-ins that must know their own address have been told it."""
        self.salesforce.login_url, self.salesforce.instance_url = sockets.url("salesforce_login"), sockets.url("salesforce")
        self.dynamics.authority = f"{sockets.url('entra')}/{self._tenant}"
        self.dynamics.url = sockets.url("dynamics")
        hooks = f"http://{lines.HOST}:{web_port}/hooks/sms"
        self.gateway.reports.reports_to, self.gateway.reports.inbound_to = f"{hooks}/status", f"{hooks}/inbound"
        return settings_file.Addresses(
            control=sockets.url("control"),
            ca=self.directory / "ca.pem",
            salesforce=self._salesforce(),
            dynamics=self._dynamics(),
            smtp_host=lines.HOST,
            smtp_port=lines.port(sockets.bound["smtp"]),
            imap={
                "host": lines.HOST,
                "port": lines.port(sockets.bound["imap"]),
                "starttls_port": lines.port(sockets.bound["imap_starttls"]),
                "user": self.mailbox.bounces.user,
                "password": self.mailbox.bounces.password,
            },
            sms={"url": sockets.url("sms"), "sender": SMS_SENDER, **self._gateway_keys()},
            web_port=web_port,
        )

    def _salesforce(self) -> dict[str, str]:
        urls = {"login_url": self.salesforce.login_url, "instance_url": self.salesforce.instance_url}
        return {**urls, **self._keys["salesforce"], **self.salesforce.sign_in}

    def _dynamics(self) -> dict[str, str]:
        urls = {"url": self.dynamics.url, "authority": self.dynamics.authority}
        return {**urls, **self._keys["dynamics"], "refresh_token": self.dynamics.refresh_token}

    def _gateway_keys(self) -> dict[str, str]:
        account = self.gateway.account
        return {
            "token": account.token,
            "hook_secret": account.hook_secret,
            "account_sid": account.account_sid,
            "auth_token": account.auth_token,
        }


def _guid(made_up: random.Random) -> str:
    return str(uuid.UUID(bytes=made_up.randbytes(16), version=4))


def _write_whole(path: Path, text: str) -> None:
    """Nobody ever sees half of it."""
    draft = path.with_suffix(".new")
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(path)

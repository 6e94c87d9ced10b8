"""A real mail server (aiosmtpd) on a free port, with moods, TLS and sign-in."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd import controller, smtp

from tests.channels import contract


@dataclass
class Handler:
    """Keeps what it takes; does what its mood says with the next mail."""

    mails: list[tuple[str, bytes]] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    """Their envelope senders."""
    mood: contract.Mood | None = None
    sessions: set[tuple[str, int]] = field(default_factory=set)
    """The far ends of the connections that mails came over."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802
        refusals = {
            contract.Mood.DEFER: f"451 4.7.1 <{address}>: Greylisted, try again later",
            contract.Mood.REFUSE: f"550 5.1.1 <{address}>: user {address.partition('@')[0]} unknown",
            contract.Mood.WANT_PERSON: f"550 5.7.1 <{address}>: Sender not allowed to relay",
        }
        if self.mood in refusals:
            mood, self.mood = self.mood, None
            return refusals[mood]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append((envelope.rcpt_tos[0], envelope.content))
        self.senders.append(envelope.mail_from)
        self.sessions.add(session.peer)
        if self.mood is contract.Mood.FALL_SILENT:
            self.mood = None
            server.transport.abort()
        return f"250 2.0.0 Ok: queued for {envelope.rcpt_tos[0]} as 4F1C2"


class Server(controller.Controller):
    """Starts on a port of the system's choice, stops as often as it is told to."""

    runs = False

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        self.runs = True
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd has no types here

    def stop(self, no_assert: bool = False) -> None:
        if self.runs:
            self.runs = False
            super().stop(no_assert)


def start(
    handler: Handler, *, certificate: ssl.SSLContext | None = None, at_once: bool = False, password: str = "", utf8: bool = True
) -> Server:
    """A running server. A certificate makes it offer STARTTLS (``at_once``: TLS from the first byte), a password a sign-in."""

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> smtp.AuthResult:
        return smtp.AuthResult(handled=False, success=data.login == b"havu" and data.password == password.encode())

    told: dict[str, Any] = {"hostname": "127.0.0.1", "port": 0, "enable_SMTPUTF8": utf8}
    if certificate is not None:
        told |= {"ssl_context": certificate} if at_once else {"tls_context": certificate}
    if password:
        told |= {
            "authenticator": authenticate,
            "auth_required": True,
            "auth_require_tls": certificate is not None and not at_once,
        }
    server = Server(handler, **told)
    server.start()
    return server

"""The mailbox server's stand-in: IMAP4rev1 (RFC 3501) over TLS, with what clients of today use: UIDPLUS, MOVE, IDLE, SASL-IR.

One user, whose INBOX is where returned mails arrive. TLS from the first byte (port 993 of the real ones), or from STARTTLS on
(port 143): in the clear nobody signs in then (RFC 9051, 6.2.1, 6.2.3 and 11.1). Not there: parts of a mail by number and
BODYSTRUCTURE, which are answered with NO. Faults (``Faults.add``): ``refuse_login``, ``drop`` (hangs up at the next command),
``no_folder``, and at a greeting in the clear ``no_starttls`` (an old server, which takes passwords in the clear) and ``preauth``
(somebody in between, who says that the client is signed in already).
"""

import asyncio
import base64
import binascii
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping

from sandbox import imap_folders, imap_mails, imap_view, imap_words
from sandbox.imap_words import Word, Wrong

CAPABILITIES = "IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN ID IDLE NAMESPACE UIDPLUS UNSELECT MOVE"
IN_THE_CLEAR = "IMAP4rev1 LITERAL+ SASL-IR ID STARTTLS LOGINDISABLED"
BEFORE_LOGIN = "IMAP4rev1 LITERAL+ SASL-IR ID AUTH=PLAIN"
"""What can be done with mails is told to whoever has signed in, as Dovecot does it."""
_LONGEST_LINE = 65_536
_MOMENT = 0.01
"""Seconds in which what was sent together with STARTTLS is here."""
_ELSEWHERE = {**imap_folders.COMMANDS, **imap_mails.COMMANDS}
_BEFORE_LOGIN = ("CAPABILITY", "NOOP", "LOGOUT", "LOGIN", "AUTHENTICATE", "ID", "STARTTLS")
_WITH_FOLDER = ("CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "MOVE", "UID", "IDLE")


class Session:
    """One connection."""

    def __init__(
        self, server: imap_view.Server, line: tuple[asyncio.StreamReader, asyncio.StreamWriter], tls: ssl.SSLContext | None
    ) -> None:
        """``tls``: what STARTTLS begins with, on a line that is in the clear so far."""
        self._server, (self._reader, self._writer) = server, line
        self._view = imap_view.View(server, self._writer)
        self._tls = tls
        self._signed_in = False
        self._over = False

    async def run(self) -> None:
        """Greet and answer until the client leaves."""
        greeting = "OK"
        if self._tls is not None and self._server.faults.take("preauth"):
            greeting, self._signed_in = "PREAUTH", True
        if self._tls is not None and self._server.faults.take("no_starttls"):
            self._tls = None
        self._view.say(f"* {greeting} [CAPABILITY {self._capabilities}] ready")
        while not self._over:
            await self._writer.drain()
            try:
                parts = await self._command()
            except Wrong as error:
                self._view.say(f"* BAD {error}")
                return
            if not parts[0].strip():
                continue
            if self._server.faults.take("drop"):
                self._writer.transport.abort()
                return
            await self._answer(parts)

    async def _command(self) -> list[bytes]:
        """A line and, for each literal in it, its octets and the rest of the line."""
        parts = [await self._line()]
        while (wanted := imap_words.literal(parts[-1])) is not None:
            if wanted[1]:
                self._view.say("+ go on")
                await self._writer.drain()
            parts.append(await self._reader.readexactly(wanted[0]))
            parts.append(await self._line())
        return parts

    async def _line(self) -> bytes:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise asyncio.IncompleteReadError(line, None)
        return line.rstrip(b"\r\n")

    async def _answer(self, parts: list[bytes]) -> None:
        tag, name = "*", ""
        try:
            words = imap_words.Reader(parts).words()
            if len(words) < 2 or not isinstance(words[0], str) or not isinstance(words[1], str):
                raise Wrong("a command is a tag and a name")
            tag, name = words[0], words[1].upper()
            self._server.heard.append((name, self._writer.get_extra_info("ssl_object") is not None))
            done = await self._do(name, words[2:])
            self._view.say(f"{tag} OK {done or name + ' done'}")
            if name == "STARTTLS":
                await self._encrypt()
        except Wrong as error:
            self._view.say(f"{tag} BAD {error}")
        except imap_view.Refused as error:
            self._view.say(f"{tag} NO {error}")
        except (ValueError, IndexError, TypeError) as error:
            self._view.say(f"{tag} BAD {name} cannot be read ({type(error).__name__})")

    async def _do(self, name: str, words: list[Word]) -> str:
        """Carry it out; what follows OK."""
        if not self._signed_in and name not in _BEFORE_LOGIN:
            raise (
                imap_view.Refused("sign in first") if name in _ELSEWHERE or name == "IDLE" else Wrong(f"{name[:20]} is not known")
            )
        if name in _WITH_FOLDER and self._view.folder is None:
            raise Wrong("select a folder first")
        if name == "AUTHENTICATE":
            return await self._authenticate([imap_view.text(one) for one in words])
        if name == "STARTTLS":
            return await self._starttls()
        if name == "IDLE":
            return await self._idle()
        if name in self._own:
            done = self._own[name](self, words)
        elif name in _ELSEWHERE:
            done = _ELSEWHERE[name](self._view, words)
        else:
            raise Wrong(f"{name[:20]} is not known")
        if name not in ("FETCH", "STORE", "SEARCH", "LOGOUT", "CLOSE", "UNSELECT"):
            self._view.news()
        return done

    @property
    def _capabilities(self) -> str:
        if self._tls is not None:
            return IN_THE_CLEAR
        return CAPABILITIES if self._signed_in else BEFORE_LOGIN

    async def _starttls(self) -> str:
        """Encrypt from here on. What came along with the command was not encrypted and is not looked at (RFC 9051, 11.1)."""
        if self._tls is None:
            raise Wrong("STARTTLS is not known")
        if self._signed_in:
            raise Wrong("STARTTLS comes before the sign-in")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT):
                await self._reader.read(_LONGEST_LINE)
        return "begin TLS now"

    async def _encrypt(self) -> None:
        tls, self._tls = self._tls, None
        assert tls is not None
        await self._writer.drain()
        await self._writer.start_tls(tls)

    def _capability(self, words: list[Word]) -> str:
        self._view.say(f"* CAPABILITY {self._capabilities}")
        return ""

    def _login(self, words: list[Word]) -> str:
        user, password = (imap_view.text(one) for one in words)
        return self._sign_in(user, password)

    async def _authenticate(self, words: list[str]) -> str:
        if self._tls is not None:
            raise imap_view.Refused("[PRIVACYREQUIRED] not in the clear")
        if words[0].upper() != "PLAIN":
            raise imap_view.Refused("[CANNOT] PLAIN is what there is")
        if len(words) == 1:
            self._view.say("+ ")
            await self._writer.drain()
            said = (await self._line()).decode("ascii", "replace")
        else:
            said = words[1]
        try:
            _, user, password = base64.b64decode(said, validate=True).decode().split("\0")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise Wrong("that is not what PLAIN wants") from None
        return self._sign_in(user, password)

    def _sign_in(self, user: str, password: str) -> str:
        if self._tls is not None:
            raise imap_view.Refused("[PRIVACYREQUIRED] not in the clear")
        right = (user, password) == (self._view.account.user, self._view.account.password)
        if not right or self._server.faults.take("refuse_login"):
            raise imap_view.Refused("[AUTHENTICATIONFAILED] wrong user or password")
        self._signed_in = True
        return f"[CAPABILITY {CAPABILITIES}] signed in"

    def _logout(self, words: list[Word]) -> str:
        self._view.say("* BYE until next time")
        self._over = True
        return ""

    async def _idle(self) -> str:
        """Tell of news as they come, until the client says DONE (RFC 2177)."""
        self._view.say("+ idling")
        done = asyncio.create_task(self._line())
        while not done.done():
            self._view.news()
            await self._writer.drain()
            await asyncio.wait({done}, timeout=0.05)
        if done.result().upper() != b"DONE":
            raise Wrong("DONE should end it")
        return ""

    _own: Mapping[str, Callable[..., str]] = {
        "CAPABILITY": _capability,
        "LOGIN": _login,
        "LOGOUT": _logout,
    }


@contextlib.asynccontextmanager
async def listening(
    server: imap_view.Server, bound: socket.socket, context: ssl.SSLContext, *, starttls: bool = False
) -> AsyncIterator[None]:
    """Answer on this socket, over TLS from the first byte, or with ``starttls`` from that command on."""
    open_: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.add(writer)
        # The client leaves when it likes, or sends a line without end.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            await Session(server, (reader, writer), context if starttls else None).run()
            await writer.drain()
        open_.discard(writer)
        writer.close()

    listens = await asyncio.start_server(connected, sock=bound, ssl=None if starttls else context, limit=_LONGEST_LINE)
    try:
        yield
    finally:
        listens.close()
        for writer in list(open_):
            writer.transport.abort()

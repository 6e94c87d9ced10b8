"""A mail server that says what a test tells it to, over real sockets: for replies and breaks that none makes to order."""

import enum
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field


class Break(enum.Enum):
    """What may happen in place of a reply."""

    HANG_UP = enum.auto()
    SAY_NOTHING = enum.auto()
    """Until the other side gives up."""


@dataclass(frozen=True)
class After:
    """A reply that takes its time."""

    seconds: float
    reply: str


Answer = str | Break | After


@dataclass
class Script:
    """What is answered to which command. Each list is worked off once, over all connections; after it comes the usual reply."""

    answers: Mapping[str, list[Answer]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    """Commands in the order in which they came, with ``BODY`` for a whole mail."""
    lines: list[str] = field(default_factory=list)
    """The same commands with what follows them."""
    connections: int = 0

    def answer(self, command: str) -> Answer:
        """The next answer to the command."""
        self.heard.append(command)
        told = self.answers.get(command, [])
        return told.pop(0) if told else _USUAL.get(command, "250 2.0.0 Ok")


_USUAL = {
    "CONNECT": "220 ready",
    "EHLO": "250-here\r\n250-SIZE 1000000\r\n250 AUTH PLAIN",
    "DATA": "354 go on",
    "QUIT": "221 bye",
    "AUTH": "235 ok",
}


@contextmanager
def running(script: Script) -> Iterator[int]:
    """Serves the script on a free port, which is given."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_ones: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_ones.append(connection)
            script.connections += 1
            threading.Thread(target=_serve, args=(script, connection), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in open_ones:
            connection.close()
        thread.join()


def _serve(script: Script, connection: socket.socket) -> None:
    stream = connection.makefile("rb")
    goes_on = _say(connection, script.answer("CONNECT"))
    while goes_on and (line := stream.readline()):
        command = line.split()[0].decode().upper()
        script.lines.append(line.decode().strip())
        answer = script.answer(command)
        goes_on = _say(connection, answer)
        if command == "DATA" and isinstance(answer, str) and answer.startswith("354"):
            goes_on = _take_mail(script, connection, iter(stream.readline, b""))


def _take_mail(script: Script, connection: socket.socket, lines: Iterator[bytes]) -> bool:
    if script.answers.get("MIDDLE"):
        next(lines)
        return _say(connection, script.answer("MIDDLE"))
    for line in lines:
        if line == b".\r\n":
            return _say(connection, script.answer("BODY"))
    return False


def _say(connection: socket.socket, answer: Answer) -> bool:
    """Whether the conversation goes on."""
    if answer is Break.SAY_NOTHING:
        return True
    if isinstance(answer, After):
        time.sleep(answer.seconds)
        answer = answer.reply
    if isinstance(answer, Break):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        return False
    connection.sendall(answer.encode() + b"\r\n")
    return True

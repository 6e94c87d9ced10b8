"""What one IMAP client sees, and the server behind it: shared by the commands on folders and on mails."""

import asyncio
from collections import deque

from sandbox import base, imap_box
from sandbox.imap_words import Word, Wrong


class Refused(Exception):
    """Understood, and not done; the message goes to the client after NO."""


class Server:
    """The account and what is to go wrong with it."""

    def __init__(self, account: imap_box.Account, clock: base.Clock) -> None:
        self.account, self.clock = account, clock
        self.faults = base.Faults(("refuse_login", "drop", "no_folder", "no_starttls", "preauth"))
        self.heard: deque[tuple[str, bool]] = deque(maxlen=1000)
        """The names of the latest commands, and whether each came encrypted."""


class View:
    """The folder that a client has opened, as the client knows it, and the line to it."""

    def __init__(self, server: Server, writer: asyncio.StreamWriter) -> None:
        self.server, self.account = server, server.account
        self._writer = writer
        self.folder: imap_box.Folder | None = None
        self.read_only = False
        self.known: list[imap_box.Kept] = []
        """A mail's number is its place here."""

    def say(self, line: str | bytes) -> None:
        """Send a line."""
        self._writer.write((line.encode("utf-8", "surrogateescape") if isinstance(line, str) else line) + b"\r\n")

    def news(self) -> None:
        """Tell of mails that went and came since the client last heard (RFC 9051, 7.4)."""
        if self.folder is None:
            return
        there = {kept.uid for kept in self.folder.mails}
        for number in range(len(self.known), 0, -1):
            if self.known[number - 1].uid not in there:
                del self.known[number - 1]
                self.say(f"* {number} EXPUNGE")
        last = self.known[-1].uid if self.known else 0
        fresh = [kept for kept in self.folder.mails if kept.uid > last]
        if fresh:
            self.known += fresh
            self.say(f"* {len(self.known)} EXISTS")


def text(word: Word) -> str:
    """The word, which is to be one and not a list. Raises Wrong."""
    if not isinstance(word, str):
        raise Wrong("a list stands where a word should")
    return word

"""What an IMAP server keeps: folders with mails, their UIDs and flags (RFC 3501, 2.3; RFC 9051, 2.3)."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

UID_VALIDITY = 1_772_442_000
INBOX = "INBOX"


@dataclass
class Kept:
    """One mail in a folder."""

    uid: int
    raw: bytes
    at: datetime
    """Its internal date."""
    flags: set[str] = field(default_factory=set)

    def has(self, flag: str) -> bool:
        """Whether the flag is set; upper and lower case are the same (RFC 9051, 2.3.2)."""
        return any(one.lower() == flag.lower() for one in self.flags)

    @property
    def head(self) -> bytes:
        """Up to and with the empty line."""
        before, edge, _ = self.raw.partition(b"\r\n\r\n")
        return before + edge

    @property
    def text(self) -> bytes:
        """What follows the empty line."""
        return self.raw.partition(b"\r\n\r\n")[2]


class Folder:
    """Mails in the order in which they came; UIDs only grow."""

    def __init__(self) -> None:
        self.mails: list[Kept] = []
        self.next_uid = 1

    def add(self, raw: bytes, at: datetime, flags: set[str] | None = None) -> Kept:
        """Put a mail in."""
        kept = Kept(self.next_uid, raw, at, set(flags or ()))
        self.next_uid += 1
        self.mails.append(kept)
        return kept

    def remove(self, gone: list[Kept]) -> None:
        """Take mails out."""
        uids = {kept.uid for kept in gone}
        self.mails = [kept for kept in self.mails if kept.uid not in uids]


class Account:
    """One user with folders; there is always an INBOX, in upper and lower case the same."""

    def __init__(self, user: str) -> None:
        self.user, self.password = user, secrets.token_urlsafe(18)
        self.folders: dict[str, Folder] = {INBOX: Folder()}

    @property
    def inbox(self) -> Folder:
        """Where mail arrives."""
        return self.folders[INBOX]

    def find(self, name: str) -> Folder | None:
        """The folder of that name."""
        return self.folders.get(INBOX if name.upper() == INBOX else name)

    def clear(self) -> None:
        """Empty every folder; UIDs go on."""
        for folder in self.folders.values():
            folder.mails = []

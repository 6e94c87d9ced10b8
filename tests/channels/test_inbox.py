"""The mailbox of returned mails, read from a real IMAP server: the sandbox's."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from channels import report
from channels.email import channel as email_channel
from channels.email import settings
from sandbox import base, imap, imap_box, imap_view
from tests.channels import returned_mail
from wire import errors, finding

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Server:
    """The stand-in on a thread of its own, over TLS from the first byte or from STARTTLS on."""

    def __init__(self, folder: Path, *, starttls: bool = False) -> None:
        self.starttls = starttls
        authority = trustme.CA()
        self.ca = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self._context)
        self.behind = imap_view.Server(imap_box.Account("bounces"), base.Clock())
        self._bound = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._bound.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._enough = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._thread.start()
        self._ready.wait(10)

    async def _serve(self) -> None:
        async with imap.listening(self.behind, self._bound, self._context, starttls=self.starttls):
            self._ready.set()
            await self._enough.wait()

    @property
    def mails(self) -> list[imap_box.Kept]:
        return self.behind.account.inbox.mails

    @property
    def url(self) -> str:
        return f"{'imap' if self.starttls else 'imaps'}://127.0.0.1:{self.port}"

    @property
    def in_the_clear(self) -> list[str]:
        """The commands that were not encrypted."""
        return [name for name, encrypted in self.behind.heard if not encrypted]

    def put(self, *raws: bytes) -> None:
        for raw in raws:
            self.behind.account.inbox.add(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), NOW)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._enough.set)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture(params=[False, True], ids=["tls", "starttls"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    server = Server(tmp_path, starttls=request.param)
    yield server
    server.stop()


only_starttls = pytest.mark.parametrize("server", [True], indirect=True, ids=["starttls"])
only_tls = pytest.mark.parametrize("server", [False], indirect=True, ids=["tls"])


@pytest.fixture
def opened(server: Server, tmp_path: Path) -> Iterator[Callable[..., email_channel.EmailChannel]]:
    """Opens channels that look into this mailbox."""
    made: list[email_channel.EmailChannel] = []

    def open_(
        *, ca: Path | None = server.ca, patience: str = "5s", password: str = server.behind.account.password, **told: Any
    ) -> Any:
        (tmp_path / "password").write_text(password)
        bounces = {"imap": server.url, "username": "bounces", "password": "file:password", **told}
        common = {"host": "127.0.0.1", "sender": "feedback@havu.example", "timeout": patience, "ca": str(ca) if ca else None}
        given = settings.EmailSettings.model_validate({**common, "bounces": bounces}, context={"folder": tmp_path})
        made.append(email_channel.EmailChannel(given))
        return made[-1]

    yield open_
    for channel in made:
        channel.close()


class Heard:
    """What the channel hands over, and what it says of each mail."""

    def __init__(self, *, takes: bool = True) -> None:
        self.takes = takes
        self.reports: list[report.Report] = []
        self.kinds: list[str] = []

    def settle(self, reports: Sequence[report.Report]) -> bool:
        self.reports += reports
        return self.takes

    def look(self, channel: email_channel.EmailChannel, now: datetime = NOW) -> int:
        return channel.fetch(now, self.settle, lambda kind: self.kinds.append(str(kind)))


def test_reports_are_handed_over_and_marked_as_seen(server: Server, opened: Any) -> None:
    server.put(returned_mail.postfix(), returned_mail.away(), returned_mail.complaint())
    heard, channel = Heard(), opened()
    assert heard.look(channel) == 3
    assert [one.fate for one in heard.reports] == [report.Fate.REFUSED, report.Fate.COMPLAINT]
    assert heard.kinds == ["report", "automatic_reply", "report"]
    assert [mail.flags for mail in server.mails] == [{"\\Seen"}] * 3
    assert heard.look(channel) == 0


def test_a_mail_that_is_for_people_is_left_unseen(server: Server, opened: Any) -> None:
    server.put(b"From: aino@posti.example\nSubject: Hello\n\nHi\n", returned_mail.postfix())
    heard, channel = Heard(), opened(done="delete")
    assert [heard.look(channel), heard.look(channel)] == [1, 0]
    assert [mail.flags for mail in server.mails] == [set()]


def test_what_cannot_be_settled_yet_comes_again(server: Server, opened: Any) -> None:
    server.put(returned_mail.postfix())
    heard, channel = Heard(takes=False), opened()
    assert (heard.look(channel), server.mails[0].flags) == (0, set())
    heard.takes = True
    assert (heard.look(channel), len(heard.reports)) == (1, 2)


def test_reports_may_be_deleted_or_moved(server: Server, opened: Any) -> None:
    server.put(returned_mail.postfix())
    assert Heard().look(opened(done="delete")) == 1
    assert server.mails == []
    server.behind.account.folders["Käsitelty/1"] = imap_box.Folder()
    server.behind.account.folders["K&AOQ-sitelty/1"] = server.behind.account.folders.pop("Käsitelty/1")
    server.put(returned_mail.postfix())
    assert Heard().look(opened(done="move:Käsitelty/1")) == 1
    assert (server.mails, len(server.behind.account.folders["K&AOQ-sitelty/1"].mails)) == ([], 1)


def test_only_the_beginning_of_a_huge_mail_is_fetched(server: Server, opened: Any) -> None:
    server.put(returned_mail.postfix() + b"x" * 2_000_000)
    heard = Heard()
    assert heard.look(opened()) == 1
    assert heard.reports[0].code == "5.1.1"


def test_a_line_that_broke_is_opened_again(server: Server, opened: Any) -> None:
    heard, channel = Heard(), opened()
    heard.look(channel)
    server.behind.faults.add("drop")
    server.put(returned_mail.postfix())
    assert heard.look(channel) == 1


def test_it_is_time_to_look_once_in_a_while(server: Server, opened: Any) -> None:
    channel = opened(poll="5m")
    assert channel.fetches(NOW)
    Heard().look(channel)
    assert [channel.fetches(NOW + timedelta(minutes=minutes)) for minutes in (0, 4, 5)] == [False, False, True]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"password": "wrong-password"}, "refused the sign-in"),
        ({"folder": "Nowhere"}, "cannot be opened"),
        ({"ca": None}, "not trusted"),
    ],
)
def test_a_person_must_act(opened: Any, told: dict[str, Any], words: str) -> None:
    channel = opened(**told)
    with pytest.raises(errors.NeedsPerson, match=words) as caught:
        Heard().look(channel)
    assert caught.value.remedy
    assert "wrong-password" not in str(caught.value)
    wrong = [found for found in channel.check() if found.subject.endswith("returned mails")]
    assert [found.grade for found in wrong] == [finding.Grade.WRONG]


@only_starttls
def test_nothing_but_starttls_is_said_in_the_clear(server: Server, opened: Any) -> None:
    server.put(returned_mail.postfix())
    assert Heard().look(opened()) == 1
    assert server.in_the_clear == ["CAPABILITY", "STARTTLS"]


@only_starttls
@pytest.mark.parametrize(
    ("fault", "words"), [("no_starttls", "offers no STARTTLS"), ("preauth", "begins no encryption"), ("", "not trusted")]
)
def test_no_password_goes_over_a_line_that_cannot_be_encrypted(
    server: Server, opened: Any, tmp_path: Path, fault: str, words: str
) -> None:
    if fault:
        server.behind.faults.add(fault, count=2)
    trusted = server.ca if fault else None
    channel = opened(ca=trusted)
    with pytest.raises(errors.NeedsPerson, match=words) as caught:
        Heard().look(channel)
    assert caught.value.remedy
    assert [found.grade for found in channel.check() if found.subject.endswith("returned mails")] == [finding.Grade.WRONG]
    assert set(server.in_the_clear) <= {"CAPABILITY", "STARTTLS"}
    assert [name for name, _ in server.behind.heard if name in ("LOGIN", "AUTHENTICATE")] == []


@only_tls
def test_a_server_that_does_not_speak_tls_at_once_is_told_apart(opened: Any, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    clear = Server(tmp_path / "other", starttls=True)
    channel = opened(imap=f"imaps://127.0.0.1:{clear.port}")
    with pytest.raises(errors.NeedsPerson, match="no encryption could be agreed") as caught:
        Heard().look(channel)
    clear.stop()
    assert "143" in caught.value.remedy


@only_starttls
def test_a_server_that_only_speaks_tls_is_asked_later(opened: Any, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    encrypted = Server(tmp_path / "other")
    channel = opened(imap=f"imap://127.0.0.1:{encrypted.port}", patience="1s")
    with pytest.raises(errors.Later, match="cannot be read"):
        Heard().look(channel)
    encrypted.stop()
    assert list(encrypted.behind.heard) == []


def test_a_folder_to_move_to_that_is_not_there_is_told(server: Server, opened: Any) -> None:
    server.put(returned_mail.postfix())
    with pytest.raises(errors.NeedsPerson, match="cannot be moved"):
        Heard().look(opened(done="move:Nowhere"))
    assert server.mails[0].flags == set()


def test_a_server_that_is_gone_is_asked_later(server: Server, opened: Any) -> None:
    channel = opened(imap="imaps://127.0.0.1:1")
    with pytest.raises(errors.Later, match="cannot be read"):
        Heard().look(channel)


def test_a_good_mailbox_is_a_good_finding(opened: Any) -> None:
    assert any(found.subject.endswith("returned mails") and found.grade == "good" for found in opened().check())

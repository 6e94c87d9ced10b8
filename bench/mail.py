"""Mails a second: rendering alone, and rendering with SMTP over loopback, beside the ways we did not take.

Run as ``python -m bench.mail [MAILS]``. The server is aiosmtpd in a process of its own, sharing no interpreter with us.
"""

import email.message
import email.policy
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich import console, table

from channels import base
from channels.email import channel as email_channel
from channels.email import render, settings, words
from surveys import survey

_BRAND = survey.Brand(name="Havu", partitive="Havua", genitive="Havun", address="Havu Oy, Rantatie 1, 00100 Helsinki")
_SURVEYS = tuple(survey.Survey(key=metric, metric=metric) for metric in ("nps", "csat", "ces"))


def messages(count: int) -> Iterator[base.Message]:
    """Messages in three languages with three metrics, to as many people."""
    for number in range(count):
        yield base.Message(
            key=f"bench-{number}",
            address=f"person{number}@posti.example",
            name="Äino Virtanen",
            language=("fi", "sv", "en")[number % 3],
            brand=_BRAND,
            survey=_SURVEYS[number % len(_SURVEYS)],
            kind="case_closed",
            subject=f"Reititin käynnistyy uudelleen, {number}",
            happened_at=datetime(2026, 11, 14, 9, tzinfo=UTC),
            page_url=f"https://feedback.havu.example/s/{number:022}",
            unsubscribe_url=f"https://feedback.havu.example/u/{number:022}",
            privacy_url="https://feedback.havu.example/privacy",
        )


@contextmanager
def mail_server() -> Iterator[int]:
    """A server that takes every mail and keeps none; its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", f"127.0.0.1:{port}"]
    with subprocess.Popen(command) as server:  # noqa: S603  # our own interpreter, nothing from outside
        try:
            _await_greeting(port)
            yield port
        finally:
            server.terminate()


def through(port: int, connections: int) -> email_channel.EmailChannel:
    """Our channel to that server."""
    given = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "Havu <feedback@havu.example>",
        "connections": connections,
    }
    return email_channel.EmailChannel(settings.EmailSettings.model_validate(given))


def ours(port: int, threads: int) -> Callable[[list[base.Message]], None]:
    """Rendering and sending from several threads over kept connections."""

    def work(batch: list[base.Message]) -> None:
        channel = through(port, threads)
        workers = [threading.Thread(target=_send_all, args=(channel, batch[start::threads])) for start in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        channel.close()

    return work


def peer(port: int, *, kept: bool) -> Callable[[list[base.Message]], None]:
    """The same words in the standard library's EmailMessage, sent with ``send_message``."""

    def work(batch: list[base.Message]) -> None:
        line = smtplib.SMTP("127.0.0.1", port)
        for message in batch:
            if not kept:
                line.quit()
                line = smtplib.SMTP("127.0.0.1", port)
            line.send_message(standard(message))
        line.quit()

    return work


def standard(message: base.Message) -> email.message.EmailMessage:
    """The mail as the standard library would have it built."""
    said = words.words(message)
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = "Havu <feedback@havu.example>", message.address, said.title
    mail["List-Unsubscribe"], mail["Auto-Submitted"] = f"<{message.unsubscribe_url}>", "auto-generated"
    mail.set_content(render.text(said))
    mail.add_alternative(render.html(said), subtype="html")
    return mail


def main() -> None:
    """Print one row per way."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    batch = list(messages(count))
    rows = table.Table("way", "mails/s", "ms a mail", "of our processor, ms")
    with mail_server() as port:
        channel = through(port, 1)
        sizes = [len(channel.mail(message)) for message in batch[:300]]
        ways: dict[str, Callable[[list[base.Message]], object]] = {
            "rendering alone": lambda batch: [channel.mail(message) for message in batch],
            "rendering alone, EmailMessage": lambda batch: [standard(message).as_bytes() for message in batch],
            "rendering and SMTP, 1 thread": ours(port, 1),
            "rendering and SMTP, 2 threads": ours(port, 2),
            "rendering and SMTP, 4 threads": ours(port, 4),
            "EmailMessage, connection kept": peer(port, kept=True),
            "EmailMessage, new connection each": peer(port, kept=False),
        }
        for name, work in ways.items():
            begun, used = time.perf_counter(), time.process_time()
            work(batch)
            seconds, processor = time.perf_counter() - begun, time.process_time() - used
            rows.add_row(name, f"{count / seconds:.0f}", f"{seconds / count * 1000:.2f}", f"{processor / count * 1000:.2f}")
    console.Console().print(rows, f"{count} mails of {min(sizes):,} to {max(sizes):,} octets")


def _send_all(channel: base.Channel, batch: list[base.Message]) -> None:
    for message in batch:
        channel.send(message)


def _await_greeting(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


if __name__ == "__main__":
    main()

"""``palaute run``: the daemon with its pages; with ``--once`` every due step until nothing is due, without pages."""

import os
import signal
import sys
import threading
from types import FrameType
from typing import Annotated

import typer

import daemon
from commands import options
from journey import steps, tidy
from settings import model


def run(
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    once: Annotated[bool, typer.Option("--once", help="Run every due step until nothing is due, then stop; no pages.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Watch the CRMs, ask, collect and write back, until stopped."""
    options.set_up_logs()
    chosen = options.read_settings(settings)
    if once:
        _once(chosen, as_json=as_json)
        return
    _until_stopped(chosen)


def _once(chosen: model.Settings, *, as_json: bool) -> None:
    belt = daemon.compose(chosen, patient=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: belt.stop.set())
    try:
        tidy.recover(belt, tidy.STALLED)
        moved = steps.until_nothing_is_due(belt)
    finally:
        daemon.release(belt)
    if as_json:
        options.print_json(moved)
    else:
        typer.echo(", ".join(f"{step} {count}" for step, count in moved.items()))


def _until_stopped(chosen: model.Settings) -> None:
    asked_to_stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    service = daemon.Daemon(chosen)
    try:
        service.start()
    except OSError as error:
        typer.echo(f"The pages cannot be opened: {error}", err=True)
        daemon.release(service.belt)
        raise typer.Exit(2) from None
    typer.echo(f"Palaute runs; its pages are at {service.pages.address}")
    sys.stdout.flush()
    asked_to_stop.wait()
    service.stop()
    sys.stdout.flush()
    sys.stderr.flush()
    # A call to a CRM that hangs keeps its thread, and Python would wait for that thread; all that matters is stored.
    os._exit(0)

"""``palaute run``: the daemon with its pages; with ``--once`` every due step until nothing is due, without pages."""

import gc
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

import daemon
from commands import heard, options
from journey import steps, tidy
from journey.deciding import versions
from settings import load, model

log = structlog.get_logger("daemon")


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
    _until_stopped(chosen, settings)


def _once(chosen: model.Settings, *, as_json: bool) -> None:
    belt = daemon.compose(chosen, patient=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: belt.stop.set())
    try:
        tidy.recover(belt, tidy.STALLED)
        versions.note(belt.store, belt.rules, belt.now())
        moved = steps.until_nothing_is_due(belt)
    finally:
        belt.close()
    if as_json:
        options.print_json(moved)
    else:
        typer.echo(", ".join(f"{step} {count}" for step, count in moved.items()))


def _until_stopped(chosen: model.Settings, path: Path) -> None:
    heard.listen(signal.SIGTERM, signal.SIGINT)
    service = daemon.Daemon(chosen)
    try:
        service.start()
    except OSError as error:
        typer.echo(f"The pages cannot be opened: {error}", err=True)
        service.belt.close()
        raise typer.Exit(2) from None
    typer.echo(f"Palaute runs; its pages are at {service.pages.address}")
    sys.stdout.flush()
    gc.collect()
    gc.freeze()  # what a start has made stays: looking through it again stopped everything for a tenth of a second each time
    while heard.following() == signal.SIGHUP:
        reload(service, path)
    service.stop()
    sys.stdout.flush()
    sys.stderr.flush()
    # A call to a CRM that hangs keeps its thread, and Python would wait for that thread; all that matters is stored.
    os._exit(0)


def reload(service: daemon.Daemon, path: Path) -> bool:
    """Read the settings again (SIGHUP). Broken ones: every problem is logged, and the service goes on with those it has."""
    try:
        chosen = load.load(path)
    except load.SettingsError as error:
        for problem in error.problems:
            log.error("settings problem", problem=str(problem))
        log.error("settings not reloaded, the old ones stay", problems=len(error.problems))
        return False
    return service.reload(chosen)

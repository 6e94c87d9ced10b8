"""What several verbs share: their options, reading settings, and how they talk."""

import json
import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from settings import load, model

SettingsFile = Annotated[Path, typer.Option("--settings", help="The settings file.", envvar="PALAUTE_SETTINGS")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
DEFAULT_SETTINGS = Path("settings.toml")


def read_settings(path: Path) -> model.Settings:
    """The checked settings; ends the command with status 2 and all problems when there are any."""
    try:
        return load.load(path)
    except load.SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def print_json(value: Any) -> None:
    """Indented, with letters as they are."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def set_up_logs() -> None:
    """One line per event on standard error: words on a terminal, JSON elsewhere. Libraries speak from WARNING up."""
    terminal = sys.stderr.isatty()
    renderer: Any = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    # APScheduler names every overlapping run; a step that takes longer than its interval is nothing to report.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)

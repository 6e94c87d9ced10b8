"""Commands: what a person types, one verb per file; the console script ``palaute``.

In: arguments and settings.toml. Out: words or ``--json``; exit status 0 good, 1 a finding, 2 wrong use.
May import: daemon, settings and every room; commands/sandbox and commands/demo alone import sandbox.
To add one: a file with a function of the verb's name, a line in VERBS.
"""

import importlib
import sys
from collections.abc import Sequence

import typer

from commands import heard

VERBS = (
    "run",
    "check",
    "status",
    "why",
    "preview",
    "coverage",
    "rules",
    "answers",
    "link",
    "retry",
    "addresses",
    "place",
    "demo",
    "sandbox",
)
"""Each stands in commands/VERB.py as a function of that name, or as a ``typer.Typer`` where it has verbs of its own."""


def application(verbs: Sequence[str]) -> typer.Typer:
    """The command line with these verbs."""
    app = typer.Typer(
        name="palaute",
        help="Surveys at the moments that matter, driven by Salesforce and Dynamics 365; the score goes back onto the record.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_nothing)
    for verb in verbs:
        found = getattr(importlib.import_module(f"commands.{verb}"), verb)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=verb)
        else:
            app.command(verb)(found)
    return app


def _nothing() -> None:
    """Keeps the verb on the command line also when only one is loaded."""


def main() -> None:
    """The console script. Only the verb that was typed is imported: all of them together take seconds to load."""
    typed = [word for word in sys.argv[1:2] if word in VERBS]
    if typed == ["run"]:
        heard.listen()
    app = application(typed or VERBS)
    app(prog_name="palaute")

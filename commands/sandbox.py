"""``palaute sandbox``: stand-ins for both CRMs, mail and SMS, to try the whole thing without an account anywhere."""

import importlib
import importlib.util
from pathlib import Path
from typing import Annotated

import typer

NEEDED = ("aiosmtpd", "cryptography", "lark", "orjson", "trustme")
"""What the stand-ins need beyond the daemon; the extra ``sandbox`` brings it."""

Port = Annotated[int, typer.Option(min=0, max=65_535, help="0 takes any free port.")]


def sandbox(
    dir: Annotated[Path, typer.Option("--dir", help="Where sandbox.json and settings.toml are written.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and records.")] = 1,
    cases: Annotated[int, typer.Option(min=0, help="Open cases per CRM.")] = 600,
    purchases: Annotated[int, typer.Option(min=0, help="Open opportunities and orders per CRM.")] = 300,
    past: Annotated[int, typer.Option(min=0, max=365, help="Days before now on which cases were closed and things bought.")] = 0,
    people: Annotated[bool, typer.Option("--people", help="The customers answer by themselves over time.")] = False,
    control_port: Port = 0,
    salesforce_login_port: Port = 0,
    salesforce_port: Port = 0,
    entra_port: Port = 0,
    dynamics_port: Port = 0,
    smtp_port: Port = 0,
    imap_port: Port = 0,
    sms_port: Port = 0,
    web_port: Port = 0,
) -> None:
    """Start stand-ins for Salesforce, Dataverse, mail and SMS; runs until it is stopped."""
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        typer.echo(f"The sandbox needs {', '.join(missing)}: install it with pip install 'palaute[sandbox]'", err=True)
        raise typer.Exit(2)
    server = importlib.import_module("sandbox.server")
    foreground = importlib.import_module("sandbox.foreground")
    ports = server.Ports(
        control=control_port,
        salesforce_login=salesforce_login_port,
        salesforce=salesforce_port,
        entra=entra_port,
        dynamics=dynamics_port,
        smtp=smtp_port,
        imap=imap_port,
        sms=sms_port,
        web=web_port,
    )
    made = server.Sandbox(dir, seed=seed, cases=cases, purchases=purchases, alone=people, past=past, ports=ports)
    raise typer.Exit(foreground.run(made))

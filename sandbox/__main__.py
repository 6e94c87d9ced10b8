"""``python -m sandbox --dir DIR``: the stand-ins alone, until SIGTERM or Ctrl-C."""

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from sandbox import foreground, server


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} should be a whole number, 0 or more")
    return int(text)


def main(arguments: list[str] | None = None) -> int:
    """Answers the exit status: 0 after a clean stop, 2 when the start was impossible."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where sandbox.json and settings.toml are written")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=_count, default=600, help="open cases per CRM")
    parser.add_argument("--purchases", type=_count, default=300, help="open opportunities and orders per CRM")
    parser.add_argument("--past", type=_count, default=0, metavar="DAYS", help="days before now on which something happened")
    parser.add_argument("--people", action="store_true", help="the customers answer by themselves")
    for port in fields(server.Ports):
        parser.add_argument(f"--{port.name.replace('_', '-')}-port", type=_count, default=0, dest=port.name)
    given = vars(parser.parse_args(arguments))
    ports = server.Ports(**{port.name: given[port.name] for port in fields(server.Ports)})
    chosen = {name: given[name] for name in ("seed", "cases", "purchases", "past")}
    sandbox = server.Sandbox(given["dir"], **chosen, alone=given["people"], ports=ports)
    return foreground.run(sandbox)


if __name__ == "__main__":
    sys.exit(main())

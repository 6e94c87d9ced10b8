"""``palaute check``: settings, reachability, sign-in, fields and rights, clock, mail server; what to do about each finding."""

import ipaddress
import itertools
from collections.abc import Iterator
from urllib.parse import urlsplit

import typer
from rich import console

import daemon
from commands import options
from connectors import base
from journey import belt as belts
from journey.deciding import changes
from mapping import comparable, inward, outward, readable
from settings import model
from wire import errors, finding

_SIGNS = {finding.Grade.GOOD: "✓", finding.Grade.WARNING: "!", finding.Grade.WRONG: "✗"}
_COLOURS = {finding.Grade.GOOD: "green", finding.Grade.WARNING: "yellow", finding.Grade.WRONG: "red"}


def check(settings: options.SettingsFile = options.DEFAULT_SETTINGS, as_json: options.AsJson = False) -> None:
    """Look at everything the daemon depends on, without sending or writing anything; status 1 when something is wrong."""
    chosen = options.read_settings(settings)
    belt = daemon.compose(chosen)
    try:
        found = []
        for one in itertools.chain(_words(chosen), findings(belt)):
            found.append(one)
            if not as_json:
                _show(one)
    finally:
        belt.close()
    if as_json:
        options.print_json({"findings": [_as_json(one) for one in found]})
    if any(one.grade is finding.Grade.WRONG for one in found):
        raise typer.Exit(1)


def findings(belt: belts.Belt) -> Iterator[finding.Finding]:
    """Every finding, each as soon as it is known."""
    yield finding.Finding(subject="settings", grade=finding.Grade.GOOD, message="read and understood")
    yield finding.Finding(subject="store", grade=finding.Grade.GOOD, message="opened and up to date")
    yield _pages("public_url", belt.public_url)
    if belt.short_url:
        yield _pages("short_url", belt.short_url)
    for name, connector in belt.connectors.items():
        yield from _connector(belt, name, connector)
    for channel in belt.channels.values():
        yield from channel.check()


def _words(chosen: model.Settings) -> Iterator[finding.Finding]:
    """Words that customers would read in another language than their own."""
    remedy = "Add them there, or take the language out of surveys.languages."
    for gap in chosen.surveys.gaps():
        yield finding.Finding(subject="surveys: words", grade=finding.Grade.WARNING, message=gap, remedy=remedy)


def _pages(key: str, public_url: str) -> finding.Finding:
    """Mail programs offer to unsubscribe with one click only where the link is https (RFC 8058, section 3.1)."""
    parts = urlsplit(public_url)
    if parts.scheme == "https" or _loopback(parts.hostname or ""):
        where = "texts" if key == "short_url" else "mails"
        return finding.Finding(subject=f"web: {key}", grade=finding.Grade.GOOD, message=f"links in {where} lead to {public_url}")
    return finding.Finding(
        subject=f"web: {key}",
        grade=finding.Grade.WARNING,
        message=f"{public_url} is not https: answers travel in clear, and mail programs offer no one-click unsubscribe",
        remedy=f"Put the pages behind a reverse proxy with a certificate, and write its https address as {key}.",
    )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _connector(belt: belts.Belt, name: str, connector: base.Connector) -> Iterator[finding.Finding]:
    seen = connector.check()
    yield from seen
    if any(one.grade is finding.Grade.WRONG for one in seen):
        return
    watches = inward.watches(belt.sources[name])
    for watch in watches:
        yield _readable(connector, watch)
    try:
        targets, sources = belt.targets.get(name, {}), belt.sources[name]
        described = connector.describe(tuple(dict.fromkeys((*readable.objects(sources), *targets))))
        yield from connector.rights(readable.objects(sources), tuple(targets))
        yield from readable.check(name, sources, described)
        yield from comparable.check(name, sources, belt.rules, described)
        yield from changes.check(connector, sources, belt.rules)
        asked = {one.key: one.kind for survey in belt.surveys.values() for one in survey.questions}
        yield from outward.check(name, targets, described, asked)
    except (errors.Later, errors.NeedsPerson) as error:
        yield _failed(f"connectors.{name}: describe", error)


def _readable(connector: base.Connector, watch: base.Watch) -> finding.Finding:
    """One round of reading from now on: the query is the real one, and nothing is asked about what it finds."""
    subject = f"connectors.{connector.name}: reading {watch.object} for {watch.name}"
    try:
        marks = connector.start((watch,))
        for _ in connector.read((watch,), marks):
            break
    except (errors.Later, errors.NeedsPerson) as error:
        return _failed(subject, error)
    return finding.Finding(subject=subject, grade=finding.Grade.GOOD, message=f"{len(watch.fields)} fields can be read")


def _failed(subject: str, error: errors.OutsideError) -> finding.Finding:
    remedy = error.remedy if isinstance(error, errors.NeedsPerson) else "Try again in a while; look at the network if it stays."
    return finding.Finding(subject=subject, grade=finding.Grade.WRONG, message=str(error), remedy=remedy)


def _show(one: finding.Finding) -> None:
    out = console.Console(highlight=False, soft_wrap=True)
    out.print(f"[{_COLOURS[one.grade]}]{_SIGNS[one.grade]}[/] ", end="")
    out.print(f"{one.subject}: {one.message}", markup=False)
    if one.remedy:
        out.print(f"    {one.remedy}", markup=False)


def _as_json(one: finding.Finding) -> dict[str, str]:
    return {"subject": one.subject, "grade": str(one.grade), "message": one.message, "remedy": one.remedy}

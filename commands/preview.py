"""``palaute preview``: what rules would have done with the CRM's real past. Sends and writes nothing."""

import contextlib
import gc
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import typer

from channels import base
from channels import registry as channel_registry
from commands import options, previewed, previewing
from connectors import registry as connector_registry
from journey.deciding import changes, judging
from journey.preview import cases, course, expected, reading, report, tally, texts
from settings import model, words
from store import opened, past, people
from triggers import rule
from wire import errors

_COLLECT_AFTER = 50_000
"""New objects between looks of Python's collector of cycles: there are hardly any here, and it takes a fifth of the time."""


def preview(
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    rule_name: Annotated[str, typer.Option("--rule", help="Try only the rule of this name.")] = "",
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="How many days of the past.")] = 30,
    connector: Annotated[str, typer.Option(help="Only the past of this connector.")] = "",
    rules: Annotated[
        Path | None,
        typer.Option(help="A settings file with other rules: tries those, and tells the difference to the present ones."),
    ] = None,
    response_rate: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of people who answer.")] = expected.USUAL_RATE,
    csv: Annotated[Path | None, typer.Option(help="Write every touchpoint, and what would become of it, to this file.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Try rules on what really happened: whom they would have asked, whom not, and why. Nothing is sent or written."""
    gc.set_threshold(_COLLECT_AFTER)
    chosen = options.read_settings(settings)
    proposed = None if rules is None else options.read_settings(rules)
    trial = _Trial(chosen=chosen, proposed=proposed or chosen, days=days, rate=response_rate, csv=csv)
    trial.choose(rule_name, connector, compared=proposed is not None)
    try:
        told = trial.run()
    except (errors.Later, errors.NeedsPerson) as error:
        remedy = error.remedy if isinstance(error, errors.NeedsPerson) else "Try again in a while."
        typer.echo(f"The past cannot be read: {error}. {remedy}", err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"--csv: {csv} cannot be written ({type(error).__name__})", err=True)
        raise typer.Exit(2) from None
    if as_json:
        options.print_json(told.as_json())
    else:
        previewed.show(told)


@dataclass
class _Trial:
    """One preview, from settings to report."""

    chosen: model.Settings
    proposed: model.Settings
    """Whose rules are tried, with the surveys and channels that they name; the past is read as those in force say."""
    days: float
    rate: float
    csv: Path | None
    tried: rule.Rules = field(init=False)
    in_force: rule.Rules | None = field(init=False)
    names: list[str] = field(init=False)
    notes: list[str] = field(default_factory=list)

    def choose(self, rule_name: str, connector: str, *, compared: bool) -> None:
        """Which rules and connectors; ends the command when there are none of these names."""
        known = [one.name for one in self.proposed.triggers.rules]
        if rule_name and rule_name not in known:
            _wrong(f"--rule: there is no rule “{rule_name}”; {words.should_be(rule_name, known, 'there are no rules at all')}")
        if connector and connector not in self.chosen.connectors:
            _wrong(f"--connector: there is no [connectors.{connector}]; {words.should_be(connector, self.chosen.connectors, '')}")
        self.tried = _only(self.proposed.triggers, rule_name)
        self.in_force = _only(self.chosen.triggers, rule_name) if compared else None
        if self.proposed.mapping.kinds != self.chosen.mapping.kinds:
            self.notes.append("The kinds of touchpoints are those of --settings; to try those of --rules, name that file there.")
        self.names = [connector] if connector else list(self.chosen.connectors)

    def run(self) -> report.Report:
        """Read the past and send it past the rules."""
        told = tally.Tally(tried=self.tried, zone=ZoneInfo(self.chosen.surveys.brand.time_zone))
        with contextlib.ExitStack() as stack:
            channels = _channels(self.proposed, stack)
            way = self._course(stack, channels)
            counted = self._texts(channels)
            self.notes += [note for origin in way.origins for note in _untold(origin, self.tried)]
            bar = stack.enter_context(previewing.Bar(self.names))
            prepared = way.read(bar.reading)
            for case in bar.judging(self._on_file(prepared.cases(), stack), prepared.count):
                told.count(case)
                counted.count(case)
        return report.Report(
            connectors=self.names,
            days=self.days,
            since=min(span.since for span in prepared.spans.values()),
            until=prepared.until,
            tally=told,
            compared=self.in_force is not None,
            rate=self.rate,
            surveys=expected.expected(told.surveys, self.proposed.surveys.as_surveys(), self.rate),
            by_text=counted.by_rule(),
            notes=self.notes,
        )

    def _texts(self, channels: dict[str, base.Channel]) -> texts.Texts:
        web = self.chosen.web
        return texts.Texts(
            channels=channels,
            surveys=self.proposed.surveys.as_surveys(),
            brand=self.proposed.as_brand(),
            rules=self.tried,
            url=web.short_url or web.public_url,
        )

    def _course(self, stack: contextlib.ExitStack, channels: dict[str, base.Channel]) -> course.Course:
        origins = []
        for name in self.names:
            given = self.chosen.connectors[name]
            connector = connector_registry.open_connector(name, given)
            stack.callback(connector.close)
            origins.append(
                reading.Origin(connector=connector, sources=self.chosen.mapping.sources(name, given.type), poll=given.poll)
            )
        judges = [judging.Judge(rules=self.tried, channels=channels)]
        if self.in_force is not None:
            judges.append(judging.Judge(rules=self.in_force, channels=_channels(self.chosen, stack)))
        store = self._past(stack)
        return course.Course(
            origins=origins,
            judges=judges,
            store=store,
            secret=_secret(self.chosen.store.secret),
            days=self.days,
            batch=self.chosen.journey.batch,
        )

    def _past(self, stack: contextlib.ExitStack) -> opened.Opened | None:
        try:
            store = past.open_read_only(self.chosen.store.url)
        except sa.exc.OperationalError:
            self.notes.append("The database cannot be reached, so who was asked or said no before is not known here.")
            return None
        if store is None:
            self.notes.append("The database holds nothing yet, so nobody was asked and nobody said no before this time.")
            return None
        stack.callback(store.close)
        return store

    def _on_file(self, stream: Iterable[course.Case], stack: contextlib.ExitStack) -> Iterable[course.Case]:
        if self.csv is None:
            return stream
        return cases.written(stream, stack.enter_context(self.csv.open("w", encoding="utf-8-sig", newline="")))


def _channels(given: model.Settings, stack: contextlib.ExitStack) -> dict[str, base.Channel]:
    channels = channel_registry.open_channels(given.channels)
    for channel in channels.values():
        stack.callback(channel.close)
    return channels


def _untold(origin: reading.Origin, tried: rule.Rules) -> list[str]:
    """Rules that compare changes which the CRM does not tell, so that nobody takes their silence for an answer."""
    found = changes.check(origin.connector, origin.sources, tried)
    return [f"{one.subject}: {one.message}. {one.remedy}" for one in found]


def _only(rules: rule.Rules, name: str) -> rule.Rules:
    return rules.model_copy(update={"rules": tuple(one for one in rules.rules if one.name == name)}) if name else rules


def _secret(reference: str) -> bytes:
    """The installation's secret; one for the moment where it has not been made yet, since nothing is to be written."""
    how, _, where = reference.partition(":")
    if how == "file" and not Path(where).exists():
        return secrets.token_bytes()
    return people.open_secret(reference)


def _wrong(words: str) -> None:
    typer.echo(words, err=True)
    raise typer.Exit(2)

"""``palaute demo``: stand-ins for both CRMs, the daemon, its pages, and customers who answer, shown live."""

import contextlib
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich import console, live

import daemon
from commands import screen, stage
from journey import pulse
from journey import settings as journey_settings
from settings import load, model
from store import stories
from surveys import figures, metrics
from wire import duration

_SETTLE_SECONDS = 60.0
_DRAW_EVERY = 0.4
_LAST_SECONDS = 15.0
"""Before the end nothing new happens, so that what is under way can come home."""
_FIELDS = {"salesforce": ("Palaute_Score__c", "Palaute_Comment__c"), "dynamics": ("palaute_score", "palaute_comment")}


def demo(
    how_long: Annotated[str, typer.Option("--for", help="End by itself after so long (60s, 5m); else Ctrl-C ends it.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and records.")] = 1,
    dir: Annotated[Path | None, typer.Option("--dir", help="Keep the database and the stand-ins' files here.")] = None,
) -> None:
    """Watch cases close, mails go, answers come and scores arrive. Status 0 only if every confirmed answer is on its record."""
    try:
        seconds = duration.parse(how_long).total_seconds() if how_long else None
    except ValueError as error:
        typer.echo(f"--for: {how_long!r} {error}", err=True)
        raise typer.Exit(2) from None
    structlog.configure(logger_factory=_quiet)
    with contextlib.ExitStack() as stack:
        folder = dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="palaute-demo-")))
        typer.echo("Starting the stand-ins for Salesforce, Dataverse, mail and SMS …")
        scene = stack.enter_context(stage.Stage(folder, seed))
        service = stack.enter_context(daemon.Daemon(_lively(load.load(folder / "settings.toml"))))
        missing = Show(service, scene, seed).play(seconds)
    raise typer.Exit(1 if missing else 0)


def _quiet(*_: Any) -> Any:
    return structlog.PrintLogger(file=_Nowhere())  # type: ignore[arg-type]


class _Nowhere:
    def write(self, _: str) -> None:
        """The screen shows what the log would say."""

    def flush(self) -> None:
        """Nothing to flush."""


def _lively(settings: model.Settings) -> model.Settings:
    """Batches are gathered for seconds rather than half a minute, so that there is something to see; and whoever has no mail
    address is asked by text."""
    gather = journey_settings.Gather(quiet=timedelta(seconds=1), at_most=timedelta(seconds=4))
    rules = [one.model_copy(update={"channel": ("email", "sms")}) for one in settings.triggers.rules]
    changed = {
        "journey": settings.journey.model_copy(update={"gather": gather}),
        "triggers": settings.triggers.model_copy(update={"rules": tuple(rules)}),
    }
    return settings.model_copy(update=changed)


@dataclass
class Show:
    """The demo's course: things happen, the screen follows, at the end the records are held against the answers."""

    service: daemon.Daemon
    scene: stage.Stage
    seed: int

    def play(self, seconds: float | None) -> list[str]:
        """Run for so long; the answers that are not on their records, as lines."""
        self._seen = 0
        self._screen = screen.Screen(self.service.pages.address)
        happenings = stage.Happenings(self.scene, self.seed)
        end = None if seconds is None else time.monotonic() + seconds
        self._wait_until_ready()
        happenings.start()
        out = console.Console()
        with contextlib.suppress(KeyboardInterrupt), self._display(out) as show:
            while end is None or time.monotonic() < end:
                if end is not None and end - time.monotonic() < _LAST_SECONDS:
                    happenings.stop()
                show(_left(end))
                time.sleep(_DRAW_EVERY)
        happenings.stop()
        missing = self._settle()
        out.print(screen.summary(pulse.counts(self.service.belt), self.scene.calls(), self._headlines(), missing))
        return missing

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _SETTLE_SECONDS
        while not pulse.ready(self.service.belt)[0] and time.monotonic() < deadline:
            time.sleep(0.1)

    @contextlib.contextmanager
    def _display(self, out: console.Console) -> Iterator[Callable[[str], None]]:
        """A function that shows how things stand; live on a terminal, else a line per event."""
        if not out.is_terminal:
            yield lambda _left: self._print_new(out)
            return
        with live.Live(console=out, screen=True, auto_refresh=False) as display:

            def show(left: str) -> None:
                self._new_lines()
                counts, calls = pulse.counts(self.service.belt), self.scene.calls()
                display.update(self._screen.draw(counts, calls, self._headlines(), left, out.height), refresh=True)

            yield show

    def _print_new(self, out: console.Console) -> None:
        for line in self._new_lines():
            out.print(line, markup=False, highlight=False)
        sys.stdout.flush()

    def _new_lines(self) -> list[str]:
        with self.service.belt.store.read() as tx:
            events = stories.feed(tx, self._seen)
        if events:
            self._seen = events[-1]["id"]
        lines = [self._screen.add(event) for event in events]
        return [line for line in lines if line is not None]

    def _headlines(self) -> list[str]:
        """Each survey's figure with its interval."""
        with self.service.belt.store.read() as tx:
            answers = stories.confirmed(tx)
        values: dict[str, list[int]] = defaultdict(list)
        for answer in answers:
            values[answer["survey"]].append(answer["value"])
        surveys = self.service.belt.surveys
        return [_headline(surveys[key].definition, given) for key, given in sorted(values.items()) if key in surveys]

    def _settle(self) -> list[str]:
        """Wait until nothing is under way and every answer is where it belongs, or for a minute; what is missing then."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while True:
            counts = pulse.counts(self.service.belt)
            under_way = counts["touchpoints"]["waiting"] or counts["messages"]["due"] or counts["writes"]["due"]
            missing = self.missing()
            if time.monotonic() > deadline or not (under_way or missing):
                return missing
            time.sleep(_DRAW_EVERY)

    def missing(self) -> list[str]:
        """Confirmed answers that are not on their records as they were given."""
        with self.service.belt.store.read() as tx:
            answers = stories.confirmed(tx)
        by_object: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for answer in answers:
            by_object[answer["connector"], answer["object"]].append(answer)
        wrong: list[str] = []
        for (crm, object_name), given in by_object.items():
            wrong += self._wrong(crm, object_name, given)
        return wrong

    def _wrong(self, crm: str, object_name: str, given: Sequence[dict[str, Any]]) -> list[str]:
        records = self.scene.records(crm, object_name, [answer["record"] for answer in given])
        score, comment = _FIELDS[crm]
        wrong = []
        for answer in given:
            record = records.get(answer["record"], {})
            if record.get(score) != answer["value"] or (record.get(comment) or "") != (answer["comment"] or ""):
                wrong.append(f"{crm} {object_name} {answer['label']}: {record.get(score)} instead of {answer['value']}")
        return wrong


def _left(end: float | None) -> str:
    return "Ctrl-C ends it" if end is None else f"{max(0, end - time.monotonic()):.0f} s left"


def _headline(metric: metrics.Metric, values: Sequence[int]) -> str:
    figure = figures.headline(metric, Counter(values))
    if figure is None:
        return f"{metric.key.upper()}: no figure"
    few = " (too few to judge)" if figure.too_few else ""
    return f"{metric.key.upper()} {figure.value:.0f} [{figure.low:.0f}, {figure.high:.0f}], n = {figure.n}{few}"

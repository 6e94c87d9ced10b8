"""The progress of ``palaute preview``, on standard error so that what is printed stays clean."""

from collections.abc import Iterable, Iterator
from typing import Self

from rich import console, progress

from journey.preview import course


class Bar:
    """Progress on standard error, where that is a terminal: the CRMs do not tell how much there is, so time covered is shown."""

    def __init__(self, names: Iterable[str]) -> None:
        out = console.Console(stderr=True)
        self._shown = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.TaskProgressColumn(),
            progress.TextColumn("{task.fields[figures]}"),
            progress.TimeElapsedColumn(),
            console=out,
            disable=not out.is_terminal,
            transient=True,
        )
        self._tasks = {name: self._shown.add_task(f"reading {name}", total=1.0, figures="") for name in names}

    def __enter__(self) -> Self:
        self._shown.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._shown.stop()

    def reading(self, step: course.Step) -> None:
        """Show how far a connector has been read."""
        task = self._tasks[step.connector]
        elapsed = self._shown.tasks[task].elapsed or 0.0
        rate = f", {step.records / elapsed:,.0f}/s" if elapsed > 0.5 else ""
        self._shown.update(task, completed=step.covered, figures=f"{step.records:,} records{rate}")

    def judging(self, stream: Iterable[course.Case], total: int) -> Iterator[course.Case]:
        """The cases as they pass, shown."""
        task = self._shown.add_task("deciding", total=total, figures=f"{total:,} touchpoints")
        for count, case in enumerate(stream, 1):
            if count % 500 == 0:
                self._shown.update(task, completed=count)
            yield case

"""Whether a CRM lets us read what the sources need: columns of the watched rows, and above all the consent of people. Pure.

Called by everything that checks settings against a CRM, with what ``Connector.describe`` says of ``objects``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors import base
from mapping import kind
from wire import finding


def objects(sources: Sequence[kind.Source]) -> tuple[str, ...]:
    """The objects that are to be described."""
    named = [name for source in sources for name in (source.object, source.target, *(person.object for person in source.person))]
    return tuple(dict.fromkeys(name for name in named if name))


def check(connector: str, sources: Sequence[kind.Source], descriptions: Mapping[str, base.Description]) -> list[finding.Finding]:
    """One finding for each source whose columns are all there, and one for each column that is not."""
    found: list[finding.Finding] = []
    for source in sources:
        wrong = list(dict.fromkeys((*_rows(connector, source, descriptions), *_people(connector, source, descriptions))))
        found += wrong or [_good(connector, source)]
    return found


def _good(connector: str, source: kind.Source) -> finding.Finding:
    message = f"its columns and people's consent on {source.object} can be read"
    return finding.Finding(subject=_subject(connector, source), grade=finding.Grade.GOOD, message=message)


def _subject(connector: str, source: kind.Source) -> str:
    return f"connectors.{connector}: source {source.name}"


def _rows(connector: str, source: kind.Source, descriptions: Mapping[str, base.Description]) -> Iterator[finding.Finding]:
    """Columns of the watched row itself; those along lookups are seen when it is read."""
    described = descriptions.get(source.object)
    if described is None:
        yield finding.Finding(
            subject=_subject(connector, source),
            grade=finding.Grade.WRONG,
            message=f"{source.object} does not exist, or this user may not see it",
            remedy=f"Let the user read it, or switch the source off: [mapping.kinds.{connector}.{source.name}] enabled = false.",
        )
        return
    own = [path for path in source.paths if "." not in path and path not in source.may_miss]
    for path in _missing(own, described):
        yield finding.Finding(
            subject=_subject(connector, source),
            grade=finding.Grade.WRONG,
            message=f"{source.object}.{path} does not exist, or this user may not read it",
            remedy=f"Let the user read it, or name another column in [mapping.kinds.{connector}.{source.name}].",
        )


def _people(connector: str, source: kind.Source, descriptions: Mapping[str, base.Description]) -> Iterator[finding.Finding]:
    for person in source.person:
        described = descriptions.get(person.object)
        if described is None and not person.object:
            continue
        names = [path.rpartition(".")[2] for path in person.opt_out]
        for name in _missing(names, described):
            yield finding.Finding(
                subject=_subject(connector, source),
                grade=finding.Grade.WRONG,
                message=f"the opt-out column {person.object}.{name} cannot be read, so nobody will be asked",
                remedy=f"Give the user read access to {person.object}.{name}, or name the column that your org uses for it.",
            )


def _missing(names: Iterable[str], described: base.Description | None) -> Iterator[str]:
    """The names that the description does not have; Dataverse describes the lookup ``_x_value`` as ``x``."""
    known = {name.casefold() for name in described.fields} if described is not None else set()
    for name in names:
        plain = name.casefold()
        if plain not in known and plain.removeprefix("_").removesuffix("_value") not in known:
            yield name

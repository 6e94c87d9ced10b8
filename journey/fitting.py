"""Whether changed settings fit the CRMs as they are: looked at when a running service is told to read its settings again.

Called by the daemon. What did not fit before either is not held against the new settings, so that a column that somebody took
away meanwhile does not keep a mended rule out.
"""

import queue
import threading
import time
from collections.abc import Sequence

import structlog

from journey import belt as belts
from journey.deciding import changes
from mapping import comparable, outward, readable
from surveys import questions
from wire import errors, finding

log = structlog.get_logger("journey.fitting")
WITHIN = 8.0
"""Seconds that the CRMs together get to answer: whoever stops the service waits for a reload no longer than this."""
_Answer = tuple[str, Sequence[finding.Finding] | errors.OutsideError]
"""Connector, and what is wrong now that was not before, or why it cannot be told."""


def fits(running: belts.Belt, wanted: belts.Belt) -> bool:
    """Whether the belt wanted asks nothing new of a CRM that it has not got; everything that is wrong is logged.

    A CRM that cannot be asked hinders nothing, as at the start: that it is not known is logged.
    """
    asked = [name for name in wanted.connectors if _differs(running, wanted, name)]
    answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
    for name in asked:
        threading.Thread(target=lambda name=name: answers.put(_answer(running, wanted, name)), daemon=True).start()
    until, wrong = time.monotonic() + WITHIN, 0
    for _ in range(len(asked)):
        try:
            name, answer = answers.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        asked.remove(name)
        wrong += _told(name, answer)
    for name in asked:
        _told(name, errors.Later(f"no answer within {WITHIN:g} seconds"))
    return not wrong


def _differs(running: belts.Belt, wanted: belts.Belt, name: str) -> bool:
    """Whether anything is different that this CRM has to do with."""

    def concerns(belt: belts.Belt) -> object:
        return belt.sources.get(name), belt.targets.get(name), belt.rules.rules, _kinds(belt)

    return concerns(running) != concerns(wanted)


def _kinds(belt: belts.Belt) -> dict[str, questions.Kind]:
    return {one.key: one.kind for survey in belt.surveys.values() for one in survey.questions}


def _answer(running: belts.Belt, wanted: belts.Belt, name: str) -> _Answer:
    try:
        before = _findings(running, name)
        return name, [one for one in _findings(wanted, name) if one.grade is not finding.Grade.GOOD and one not in before]
    except errors.OutsideError as error:
        return name, error


def _findings(belt: belts.Belt, name: str) -> list[finding.Finding]:
    """As ``palaute check`` finds them, without what a reload cannot change."""
    sources, targets, connector = belt.sources.get(name, ()), belt.targets.get(name, {}), belt.connectors[name]
    described = connector.describe(tuple(dict.fromkeys((*readable.objects(sources), *targets))))
    return [
        *readable.check(name, sources, described),
        *comparable.check(name, sources, belt.rules, described),
        *changes.check(connector, sources, belt.rules),
        *outward.check(name, targets, described, _kinds(belt)),
    ]


def _told(name: str, answer: Sequence[finding.Finding] | errors.OutsideError) -> int:
    """Log it; how many problems there are."""
    if isinstance(answer, errors.OutsideError):
        words = "the CRM cannot be asked, so it is not known whether the changed settings fit it"
        log.warning(words, connector=name, problem=str(answer), remedy="Run palaute check when it answers again.")
        return 0
    wrong = [one for one in answer if one.grade is finding.Grade.WRONG]
    for one in answer:
        say = log.error if one in wrong else log.warning
        say("settings problem", subject=one.subject, problem=one.message, remedy=one.remedy)
    return len(wrong)

"""What is told of an answer: to which records of the CRM, and which wording it was an answer to. Pure.

Called by taking, by the answers at places and by reviewing.
"""

import functools
import hashlib
from dataclasses import dataclass, field

from journey import belt as belts
from mapping import outward
from store import answers, holding, updates
from surveys import metrics, survey, wording


def targets(belt: belts.Belt, invited: holding.Invited, given: answers.Given) -> list[updates.Target]:
    """Which records get to know this answer, and what of it."""
    return targets_of(belt.targets, belt.surveys[invited.survey].definition, invited, given)


def targets_of(
    wanted: outward.Targets, definition: metrics.Metric, invited: holding.Invited, given: answers.Given
) -> list[updates.Target]:
    """``targets`` without a belt. ``wanted``: the section ``[mapping.write]``."""
    if not outward.takes_answers(wanted.get(invited.connector, {}).get(invited.object, {})):
        return []
    kept = {
        "score": given.value,
        "comment": given.comment,
        "answered_at": given.at.isoformat(),
        "metric": definition.key,
        "band": definition.band(given.value).key,
        "normalised": definition.normalised(given.value),
        **outward.extras(given.extras),
    }
    return [updates.Target(connector=invited.connector, object=invited.object, record=invited.record, fields=kept)]


def wording_of(brand: survey.Brand, asked: survey.Survey, language: str, kind: str) -> str:
    """Hash of the question as it was put: with another one, answers are another series."""
    own = (asked.metric, id(asked.custom), *sorted(asked.question.items()))
    return _hash(_Put(brand=brand, own=own, language=language, kind=kind, asked=asked))


@dataclass(frozen=True, kw_only=True)
class _Put:
    """A question as it is put; ``own`` tells surveys apart, which cannot be compared fast."""

    brand: survey.Brand
    own: tuple[object, ...]
    language: str
    kind: str
    asked: survey.Survey = field(compare=False)


@functools.lru_cache(maxsize=512)
def _hash(put: _Put) -> str:
    words = wording.Wording(put.language, put.brand)
    ends = words.ends(put.asked)
    text = "\n".join((put.asked.definition.key, put.language, words.question(put.asked, put.kind), ends.low, ends.high))
    return hashlib.sha256(text.encode()).hexdigest()[:12]

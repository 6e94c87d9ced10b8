"""What was answered at a place: counts, the score with its interval, by shift. Called by ``palaute place show``."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from journey.answering import anonymous
from journey.visiting import place, place_answers
from store import opened
from store import place_answers as store_answers


def tell(store: opened.Opened, one: place.Place, since: datetime) -> Mapping[str, Any]:
    """``{"answers", "repeats", "doubtful", "score", "shifts", "withheld"}`` of answers given since.

    Answers that count stand apart from those that do not. Of an anonymous survey, shifts too small to be shown are left out.
    """
    with store.read() as tx:
        found = store_answers.counts(tx, one.code, since)
    by_shift: dict[str, Counter[int]] = {shift.name: Counter() for shift in one.shifts}
    apart: Counter[str] = Counter()
    for shift, state, sign, value, count in found:
        if state == "confirmed":
            by_shift.setdefault(shift, Counter())[value] += count
        else:
            apart["repeats" if sign == place_answers.REPEAT else "doubtful"] += count
    told = anonymous.shown(one.survey, list(by_shift), list(by_shift.values()))
    total = told["total"] or {"answers": None, "score": None}
    return {
        "answers": total["answers"],
        "repeats": apart["repeats"],
        "doubtful": apart["doubtful"],
        "metric": one.survey.metric,
        "score": total["score"],
        "shifts": [{"shift": group["group"], "answers": group["answers"], "score": group["score"]} for group in told["groups"]],
        "withheld": told["withheld"],
    }

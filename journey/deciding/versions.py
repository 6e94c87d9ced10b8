"""Rules as they were: which version was in force when, what changed, what was decided under it, and how variants do.

Called by the daemon at start and reload (``note``) and by ``palaute rules`` (the others). A decision keeps its version; a changed
rule applies to what is decided from then on.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from store import opened, versions
from surveys import figures, survey
from triggers import rule

log = structlog.get_logger("journey.versions")
Told = dict[str, Any]
_NOTHING: Mapping[str, Any] = {}


def note(store: opened.Opened, rules: rule.Rules, now: datetime) -> None:
    """The service runs with these rules from now on."""
    current = {one.name: versions.Text(version=one.version, text=text(one)) for one in rules.rules}
    with store.write() as tx:
        fresh = versions.note(tx, current, now)
    if fresh:
        log.info("rules in force", new_or_changed=len(fresh), of=len(current))


def text(one: rule.Rule) -> Told:
    """A rule as data, without what is left at its default: the text that its version is made of."""
    return one.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def listing(store: opened.Opened, rules: rule.Rules) -> Told:
    """``{"rules": [...]}``: the rules of the settings and those that once were, with what came of each."""
    with store.read() as tx:
        known, decided, sent = versions.history(tx), versions.decided(tx), versions.sent(tx)
    current = {one.name: one for one in rules.rules}
    former = [row["rule"] for row in known if row["rule"] not in current]
    told = []
    for name in dict.fromkeys([*current, *former]):
        of_rule = [row for row in known if row["rule"] == name]
        one = current.get(name)
        told.append(
            {
                "rule": name,
                "version": one.version if one is not None else of_rule[-1]["version"],
                "in_settings": one is not None,
                "in_force": bool(of_rule)
                and of_rule[-1]["until"] is None
                and (one is None or of_rule[-1]["version"] == one.version),
                "versions": len({row["version"] for row in of_rule}),
                "decisions": _summed([counts for (rule_name, _), counts in decided.items() if rule_name == name]),
                "sent": 0,
                "reminded": 0,
                "answered": 0,
                **sent.get(name, {}),
            }
        )
    return {"rules": told}


def _summed(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {verdict: sum(part.get(verdict, 0) for part in parts) for verdict in ("ask", "later", "never")}


def history(store: opened.Opened, name: str | None) -> Told:
    """``{"rules": [...]}``: of one rule or of all, each version with its time, its changes and its decisions."""
    with store.read() as tx:
        known, decided = versions.history(tx), versions.decided(tx)
    told: dict[str, list[Told]] = {}
    for row in known:
        if name is None or row["rule"] == name:
            before = told.setdefault(row["rule"], [])
            before.append(
                {
                    "version": row["version"],
                    "since": row["since"].isoformat(timespec="seconds"),
                    "until": None if row["until"] is None else row["until"].isoformat(timespec="seconds"),
                    "changes": changes(before[-1]["text"] if before else _NOTHING, row["text"]) if before else [],
                    "decisions": _summed([decided.get((row["rule"], row["version"]), {})]),
                    "text": row["text"],
                }
            )
    return {"rules": [{"rule": one, "versions": of_rule} for one, of_rule in told.items()]}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Told]:
    """Key by key what a rule said and says; None where a key was or is left at its default."""
    keys = [key for key in dict.fromkeys([*before, *after]) if before.get(key) != after.get(key)]
    return [{"key": key, "was": readable(before.get(key)), "is": readable(after.get(key))} for key in keys]


_SPAN = re.compile(r"^P(?=.)(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")


def readable(value: Any) -> Any:
    """A value of a rule's text as settings write it: durations as ``2h``."""
    if isinstance(value, list | tuple):
        return [readable(one) for one in value]
    found = _SPAN.match(value) if isinstance(value, str) else None
    if found is None:
        return value
    return " ".join(f"{count}{unit}" for count, unit in zip(found.groups(), "dhms", strict=True) if count) or value


def variants(store: opened.Opened, surveys: Mapping[str, survey.Survey], name: str | None) -> Told:
    """``{"rules": [...]}``: for each rule how many got each variant, answered and what they answered, with 95 % intervals."""
    with store.read() as tx:
        groups = versions.variants(tx)
    told: dict[tuple[str, str], list[Told]] = {}
    for one in groups:
        if name is None or one.rule == name:
            told.setdefault((one.rule, one.survey), []).append(_variant(one, surveys.get(one.survey)))
    return {"rules": [{"rule": of, "survey": asked, "variants": found} for (of, asked), found in told.items()]}


def _variant(one: versions.Group, asked: survey.Survey | None) -> Told:
    answered = sum(one.answers.values())
    return {
        "variant": one.variant,
        "delivered": one.delivered,
        "answered": answered,
        "response_rate": _figure(figures.response_rate(answered, one.delivered)),
        "score": _figure(figures.headline(asked.definition, one.answers)) if asked is not None else None,
        "metric": asked.metric if asked is not None else None,
    }


def _figure(one: figures.Figure | None) -> Told | None:
    if one is None:
        return None
    return {"n": one.n, "value": one.value, "low": one.low, "high": one.high, "too_few": one.too_few}

"""The link of one record, for somebody who wants to hand it to the customer; made on request where there is none.

Called by ``palaute link``. A person asks, so the rules' silence does not stand in the way where it only means "not this time"
(no rule matched, not in the sample, no address). Whatever protects the customer does: a no, a quarantine, an exclusion, the last
look.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from journey import belt as belts
from journey import invite
from journey.deciding import verdicts
from journey.reaching import last_look, links, remind
from store import decisions, identities, messages, outbox, people, stories, touchpoints
from triggers import decision, facts, load, restraint, rule, touchpoint

CHANNEL = "link"
_NOT_THIS_TIME = frozenset({decision.Reason.NO_RULE_MATCHED, decision.Reason.SAMPLED_OUT, decision.Reason.NO_ADDRESS})
_LONGEST_OPEN = timedelta(days=14)
"""How long a link is good where no rule says."""


class Refused(Exception):
    """There is no link for this record; the message is for the person who asked, and says why."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """The link of one touchpoint."""

    connector: str
    object: str
    record: str
    label: str
    kind: str
    url: str = field(repr=False)
    expires_at: datetime
    made: bool
    """Whether it was made just now."""


def link(belt: belts.Belt, text: str, survey: str = "") -> Link:
    """The link of the latest touchpoint that ``text`` means (record id, case or order number).

    Raises Refused; and Later or NeedsPerson where the CRM cannot be looked at: the link is made all the same as soon as it can.
    """
    with belt.store.read() as tx:
        waiting = _latest(tx, text)
        _protected(belt, tx, waiting)
        told = stories.tell(tx, [waiting.id])[0]
    invitation = told["invitation"]
    if invitation is not None:
        return _existing(belt, waiting, invitation)
    _may_be_made(told["decision"])
    _make(belt, waiting, survey)
    with belt.store.read() as tx:
        told = stories.tell(tx, [waiting.id])[0]
    if told["invitation"] is None or told["invitation"]["state"] != "open":
        raise Refused((told["decision"] or {}).get("explanation") or "The invitation could not be made.")
    return _told(belt, waiting, told["invitation"], made=True)


def _latest(tx: sa.Connection, text: str) -> touchpoints.Waiting:
    ids = stories.find(tx, text)
    if not ids:
        raise Refused(f"Nothing is known about {text}: it was not closed or bought while Palaute was watching.")
    return touchpoints.load(tx, ids[-1:])[0]


def _protected(belt: belts.Belt, tx: sa.Connection, waiting: touchpoints.Waiting) -> None:
    """Raises Refused for whoever said no, here, in this CRM or in another one."""
    person, who = waiting.touch.person, waiting.person_id
    if person is None:
        raise Refused("The record names nobody whom the link could be for.")
    said_no = who is not None and (who in people.opted_out(tx, [who]) or identities.refused(tx, [who]).get(who))
    if person.opted_out or said_no:
        raise Refused("The person has opted out and is not asked, by whatever way.")
    if person.opted_out is None:
        raise Refused("Whether the person opted out cannot be read: check the user's permissions on the opt-out field.")
    if _excluded(belt.rules.exclude, waiting.touch, person):
        raise Refused("The person is on one of the lists of [triggers.exclude] and is never asked.")


def _excluded(lists: restraint.Exclude, touch: touchpoint.Touchpoint, person: touchpoint.Recipient) -> bool:
    domain = load.domain(touch)
    of_type = facts.fold(facts.plain(touch.context.get(restraint.ACCOUNT_TYPE))) in lists.folded_types
    listed = restraint.within(domain, lists.own_domains) or restraint.within(domain, lists.domains)
    return bool(listed or lists.names(person) or of_type)


def _existing(belt: belts.Belt, waiting: touchpoints.Waiting, invitation: dict[str, Any]) -> Link:
    if invitation["state"] == "answered":
        raise Refused("The customer has answered already.")
    if invitation["state"] != "open" or invitation["expires_at"] <= belt.now():
        raise Refused("The survey about this record is closed.")
    return _told(belt, waiting, invitation, made=False)


def _told(belt: belts.Belt, waiting: touchpoints.Waiting, invitation: dict[str, Any], *, made: bool) -> Link:
    touch = waiting.touch
    return Link(
        connector=touch.connector,
        object=touch.object,
        record=touch.record,
        label=touch.label,
        kind=touch.kind,
        url=links.page(belt.public_url, invitation["token"]),
        expires_at=invitation["expires_at"],
        made=made,
    )


def _may_be_made(decided: dict[str, Any] | None) -> None:
    """Raises Refused where the last word on the touchpoint is more than "not this time"."""
    if decided is None:
        raise Refused("The record has not been decided yet; try again in a moment.")
    if decided["reason"] not in _NOT_THIS_TIME:
        raise Refused(f"{decided['reason']}: {decided['explanation']}")


def _make(belt: belts.Belt, waiting: touchpoints.Waiting, survey: str) -> None:
    """Decide that the person is asked by link, invite, look at the record for the last time, and count it as asked."""
    if CHANNEL not in belt.channels:
        raise Refused("There is no link yet, and none can be made without [channels.link] in the settings: add that table.")
    now = belt.now()
    plan = _plan(belt, waiting.touch, survey, now)
    with belt.store.write() as tx:
        if waiting.person_id is not None:
            people.lock(tx, [waiting.person_id])
            _quarantine(belt, tx, waiting.person_id, now)
        words = "A link was asked for by hand (palaute link)."
        made = decision.Decision(verdict=decision.Verdict.ASK, reason=decision.Reason.ASKED, explanation=words, plan=plan)
        decisions.put(tx, {waiting.id: (waiting.person_id, made)}, now, tell=verdicts.wanted(belt, [waiting]))
    invite.invite(belt)
    _go(belt, waiting)


def _plan(belt: belts.Belt, touch: touchpoint.Touchpoint, survey: str, now: datetime) -> decision.Plan:
    fitting = [one for one in belt.rules.rules if one.on == touch.kind]
    chosen = survey or next((one.survey for one in fitting), "") or _only(list(belt.surveys))
    if chosen not in belt.surveys:
        raise Refused(f"Which survey? Say one of {', '.join(sorted(belt.surveys))}.")
    expires = _expires(fitting, chosen)
    return decision.Plan(survey=chosen, channels=(CHANNEL,), due_at=now, expires_at=now + expires)


def _expires(fitting: Sequence[rule.Rule], survey: str) -> timedelta:
    return next((one.expires for one in fitting if one.survey == survey), _LONGEST_OPEN)


def _only(keys: Sequence[str]) -> str:
    return keys[0] if len(keys) == 1 else ""


def _quarantine(belt: belts.Belt, tx: sa.Connection, person_id: int, now: datetime) -> None:
    asked_at = people.last_asked(tx, [person_id]).get(person_id)
    free_at = None if asked_at is None else asked_at + belt.rules.quiet.per_person
    if free_at is not None and free_at > now:
        raise Refused(f"The person was asked lately and is free again on {free_at:%Y-%m-%d %H:%M} UTC.")


def _go(belt: belts.Belt, waiting: touchpoints.Waiting) -> None:
    """As deliver would, at once and whatever the send window: nothing is sent to anybody."""
    with belt.store.read() as tx:
        due = outbox.load(tx, messages.of_touchpoint(tx, waiting.id))
    if not due:
        return  # the service was faster
    refusals = last_look.look(belt, waiting.touch.connector, due)
    with belt.store.write() as tx:
        for one in due:
            if one.id in refusals:
                last_look.withdraw(tx, one, *refusals[one.id], belt.now())
            elif messages.claim(tx, one.id, belt.now(), belt.channels[CHANNEL].reference(one.key)):
                remind.sent(belt, tx, one, belt.channels[CHANNEL].reference(one.key), belt.now())

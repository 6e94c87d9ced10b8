"""What comes back about texts: delivery reports, and people who write STOP.

Called by web, with what a gateway posted and the channel found to be true, and by deliver, when a gateway knows of a no already.
"""

import enum
import re

import sqlalchemy as sa
import structlog

from channels import phone
from channels.sms import hooks
from journey import belt as belts
from journey.reaching import bounces
from store import decisions, ledger, messages, people, returned, texted
from triggers import decision, touchpoint

log = structlog.get_logger("journey.replies")
_EVERYWHERE = ("stop", "stopall", "unsubscribe", "optout", "opt-out", "arret")
STOP_WORDS = {
    "fi": ("seis", "lopeta", "peru", "peruuta", "poista"),
    "sv": ("stopp", "stoppa", "avsluta", "sluta"),
    "en": ("end", "quit", "cancel", "revoke"),
    "et": ("lõpeta", "peata"),
    "nb": ("stopp", "avslutt"),
    "da": ("stop", "afmeld"),
    "de": ("stopp", "abmelden"),
    "fr": ("arrêt", "arrêter"),
    "es": ("alto", "baja"),
    "nl": ("stoppen", "afmelden"),
}
"""By language, beside those that hold everywhere. Whoever writes one of any language means it."""
_WORDS = frozenset((*_EVERYWHERE, *(word for words in STOP_WORDS.values() for word in words)))
_MOST_WORDS = 3
"""``STOP HAVU`` means no; a sentence that begins with the same word may be about something else."""
_WAIT, _TRIES = 0.2, 5
"""Seconds between looks for a text that is just being sent, and how many."""


class Heard(enum.StrEnum):
    """What was made of something that came in."""

    STOPPED = "stopped"
    UNKNOWN = "unknown"
    """Nobody whom we know, or a text that we never sent."""
    OTHER = "other"
    """Something else than a no. ``START`` too: a yes is given where the no is kept, not by text."""
    SETTLED = "settled"
    AGAIN = "again"
    """The text is being sent at this very moment: the gateway should tell it once more."""


def is_no(text: str) -> bool:
    """Whether a text says no: a stop word, perhaps with a word or two after it."""
    words = re.findall(r"[\w-]+", text.casefold())
    return bool(words) and words[0] in _WORDS and len(words) <= _MOST_WORDS


def inbound(belt: belts.Belt, told: hooks.Inbound) -> Heard:
    """Somebody wrote a text. A no opts out whoever has the number, and whoever was texted there last."""
    number = phone.caller(told.number)
    if not is_no(told.text):
        return _count(belt, "sms_other_text", Heard.OTHER)
    key = people.keys(belt.secret, touchpoint.Recipient(phone=number or "")).phone
    with belt.store.write() as tx:
        by_key = people.known(tx, [key]).values() if key is not None else ()
        last = texted.last(tx, number) if number is not None else None
        persons = {*by_key, *([last.person_id] if last is not None and last.person_id is not None else [])}
        said = [person for person in sorted(persons) if people.opt_out(tx, person, belt.now(), "sms")]
        if last is not None and said:
            line = ledger.Line(touchpoint_id=last.touchpoint_id, at=belt.now(), step="collect", what="opted_out", detail="sms")
            ledger.note(tx, [line])
    if not persons:
        return _count(belt, "sms_unknown_number", Heard.UNKNOWN)
    log.info("opted out by text", persons=len(said))
    return Heard.STOPPED


def said_no(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing, problem: str, code: str) -> None:
    """The far end refused a message because the person told it that they want none: they are opted out here, too."""
    now, person = belt.now(), one.waiting.person_id
    messages.refused(tx, one, problem, now, code)
    if person is not None and people.opt_out(tx, person, now, one.channel):
        line = ledger.Line(touchpoint_id=one.waiting.id, at=now, step="deliver", what="opted_out", detail=one.channel)
        ledger.note(tx, [line])
    if not one.is_reminder:
        messages.end(tx, one.invitation_id)
        decisions.withdraw(tx, one.waiting.id, decision.Reason.OPTED_OUT, f"The person said no to the sender of texts: {problem}")


def report(belt: belts.Belt, word: hooks.Word) -> Heard:
    """What became of a text. One that nobody knew to have gone did go, when the gateway speaks of it by our key."""
    said = word.as_report()
    for attempt in range(_TRIES):
        if attempt:
            belt.stop.wait(_WAIT)
        with belt.store.write() as tx:
            texted.recognise(tx, word.key, word.reference, belt.now())
            known = word.reference in returned.find(tx, [word.reference])
        if known and (said is None or bounces.settle(belt, [said])):
            return Heard.SETTLED
    if known:
        return Heard.AGAIN
    return _count(belt, bounces.UNKNOWN, Heard.UNKNOWN)


def _count(belt: belts.Belt, name: str, heard: Heard) -> Heard:
    with belt.store.write() as tx:
        returned.count(tx, name, belt.now())
    return heard

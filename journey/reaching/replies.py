"""What comes back about texts: delivery reports, and people who write STOP, or START after it.

Called by web, with what a gateway posted and the channel found to be true, and by deliver, when a gateway knows of a no already.
"""

import enum
import re
import unicodedata
from datetime import datetime

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
_START = frozenset({"start", "unstop", "aloita", "starta", "starten", "alusta"})
_MOST_WORDS = 3
"""``STOP HAVU`` means no; a sentence that begins with the same word may be about something else."""
_WAIT, _TRIES = 0.2, 5
"""Seconds between looks for a text that is just being sent, and how many."""


class Heard(enum.StrEnum):
    """What was made of something that came in."""

    STOPPED = "stopped"
    STARTED = "started"
    UNKNOWN = "unknown"
    """Nobody whom we know, or a text that we never sent."""
    OTHER = "other"
    """Something else than a no, or a yes to somebody who had not said no by text."""
    SETTLED = "settled"
    AGAIN = "again"
    """The text is being sent at this very moment: the gateway should tell it once more."""


def is_no(text: str) -> bool:
    """Whether a text says no: a stop word, perhaps with a word or two after it."""
    words = _words(text)
    return bool(words) and len(words) <= _MOST_WORDS and (words[0] in _WORDS or words[:2] == ["opt", "out"])


def is_yes(text: str) -> bool:
    """Whether a text takes a no back: one word, nothing else."""
    words = _words(text)
    return len(words) == 1 and words[0] in _START


def _words(text: str) -> list[str]:
    """In lower case, accents and letters as one kind: decomposed and full-width ones are the usual ones."""
    return re.findall(r"[\w-]+", unicodedata.normalize("NFKC", text).casefold())


def inbound(belt: belts.Belt, told: hooks.Inbound) -> Heard:
    """Somebody wrote a text. A no opts out whoever has the number, and whoever was texted there last; a yes takes back a no that
    came by text, and no other: what was said on a page, in a mail or in the CRM stands.
    """
    no, yes = is_no(told.text), is_yes(told.text)
    if not no and not yes:
        return _count(belt, "sms_other_text", Heard.OTHER)
    with belt.store.write() as tx:
        persons, last = _meant(belt, tx, phone.caller(told.number))
        said = [person for person in sorted(persons) if _change(tx, person, belt.now(), no=no)]
        if last is not None and said:
            what = "opted_out" if no else "opted_in"
            ledger.note(tx, [ledger.Line(touchpoint_id=last, at=belt.now(), step="collect", what=what, detail=people.BY_TEXT)])
    if not persons:
        return _count(belt, "sms_unknown_number", Heard.UNKNOWN)
    log.info("opted out by text" if no else "opted in by text", persons=len(said))
    return Heard.STOPPED if no else Heard.STARTED if said else Heard.OTHER


def _change(tx: sa.Connection, person: int, at: datetime, *, no: bool) -> bool:
    return people.opt_out(tx, person, at, people.BY_TEXT) if no else people.opt_in(tx, person)


def _meant(belt: belts.Belt, tx: sa.Connection, number: str | None) -> tuple[set[int], int | None]:
    """Persons who have the number or were texted there last, and the touchpoint of that text."""
    if number is None:
        return set(), None
    key = people.keys(belt.secret, touchpoint.Recipient(phone=number)).phone
    by_key = set(people.known(tx, [key]).values()) if key is not None else set()
    last = texted.last(tx, number)
    if last is None:
        return by_key, None
    return by_key | ({last.person_id} if last.person_id is not None else set()), last.touchpoint_id


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
    """What became of a text. One that nobody knew to have gone did go, when the gateway speaks of it by our key.

    A text that a phone has got is there, whatever is told later (of another part of it, in the wrong order): nothing follows it.
    """
    said = word.as_report()
    failed = said is not None and said.fate in bounces.FAILED
    for attempt in range(_TRIES):
        if attempt:
            belt.stop.wait(_WAIT)
        with belt.store.write() as tx:
            texted.recognise(tx, word.key, word.reference, belt.now())
            found = returned.find(tx, [word.reference]).get(word.reference)
        if failed and found is not None and found.delivered_at is not None:
            return _count(belt, "sms_failed_after_delivery", Heard.SETTLED)
        if found is not None and (said is None or bounces.settle(belt, [said])):
            return Heard.SETTLED
    if found is not None:
        return Heard.AGAIN
    return _count(belt, bounces.UNKNOWN, Heard.UNKNOWN)


def _count(belt: belts.Belt, name: str, heard: Heard) -> Heard:
    with belt.store.write() as tx:
        returned.count(tx, name, belt.now())
    return heard

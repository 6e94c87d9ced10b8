"""The simulated customers: they open the links in their mail and text messages, read the page, fill in its form and send it.

They know no more than a browser does. Which record an answer was about is told by owners.py, from outside.
"""

import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sandbox import base, browser, letters, mail, owners, page, phrases, sms

THREADS = 8
"""How many customers sit at their screens at the same time."""
SHARE_WITH_COMMENT = 0.6
SHARE_OF_TAPS = 0.5
"""Of answers that begin with a tap on a value in the mail rather than on the plain link."""
SHARE_CORRECTED = 0.1
"""Of taps that the customer corrects on the page."""
MOOD = (1, 1, 1, 1, 2, 2, 3, 5, 10, 14, 16)
"""How often people feel so, from worst to best; stretched over whatever scale the form has."""
ACTS_THAT_ARE_ASKED_ABOUT = ("close_cases", "make_purchases")
DOINGS = ("answer", "open", "scan", "unsubscribe")


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What the customers are told to do."""

    do: str
    """``answer``, ``open`` (GET of one link), ``scan`` (GET of every link, as scanners do) or ``unsubscribe`` (one click)."""
    share: float = 1.0
    """Of the messages that are unread, that is neither answered nor unsubscribed from."""
    to: str = ""
    """Only this e-mail address or number."""
    pace: float = 0.0
    """Seconds each customer spends on the page before sending."""
    value: str = ""
    """What everybody answers, instead of what they feel."""
    comment: str | None = None

    @staticmethod
    def parse(asked: Mapping[str, Any]) -> "Errand":
        """From the body of ``POST /people``. Raises ValueError that says what would be right."""
        known = tuple(Errand.__dataclass_fields__)
        if unknown := set(asked) - set(known):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(known)}")
        if asked.get("do") not in DOINGS:
            raise ValueError(f'"do" should be one of {", ".join(DOINGS)}')
        errand = Errand(**{**asked, "value": str(asked.get("value", ""))})
        if not 0 <= errand.share <= 1 or not 0 <= errand.pace <= 600:
            raise ValueError('"share" should be between 0 and 1, "pace" between 0 and 600 seconds')
        return errand


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one letter."""

    letter: letters.Letter
    value: str = ""
    comment: str = ""
    status: int = 0
    trouble: str = ""
    """Why there is no answer, empty when there is one."""


@dataclass
class Customers:
    """Everybody in the population, and what they have read so far."""

    population: base.Population
    mailbox: mail.Mailbox
    gateway: sms.Gateway
    owners: owners.Owners
    _read: set[str] = field(default_factory=set)
    _browser: browser.Browser = field(default_factory=browser.Browser)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "customer"))

    def __post_init__(self) -> None:
        self._known = {person.phone: person for person in self.population.people if person.phone}
        self._known |= {person.email.lower(): person for person in self.population.people if person.email}

    def remember(self, crm: str, do: str, records: Sequence[str]) -> None:
        """Something was done to these records; customers may be asked about it."""
        if do in ACTS_THAT_ARE_ASKED_ABOUT:
            self.owners.remember(crm, records)

    def unread(self, to: str = "") -> list[letters.Letter]:
        """Messages that are neither answered nor unsubscribed from, oldest first, mails before text messages."""
        unread = [letters.from_mail(one) for one in list(self.mailbox.mails) if one.key not in self._read]
        unread += [letters.from_sms(one) for one in list(self.gateway.messages) if one.id not in self._read]
        return [letter for letter in unread if not to or letter.address.lower() == to.lower()]

    def run(self, errand: Errand) -> list[Outcome]:
        """Let a share of the customers do it. Blocks until all are done; not to be called on the event loop."""
        chosen = self.unread(errand.to)
        if errand.share < 1:
            chance = random.Random(f"{self.population.seed} {len(self._read)} {len(chosen)}")
            chosen = chance.sample(chosen, round(len(chosen) * errand.share))
        return self.do(errand, chosen)

    def do(self, errand: Errand, chosen: Sequence[letters.Letter]) -> list[Outcome]:
        """Do it with these letters. Blocks; not to be called on the event loop."""
        if errand.do in {"answer", "unsubscribe"}:
            self._read.update(letter.key for letter in chosen)
        if errand.do == "answer":
            visits = list(self._pool.map(self._visit, chosen))
            return list(self._pool.map(lambda visit: self._answer(visit, errand), visits))
        if errand.do == "open":
            return [visit.outcome() for visit in self._pool.map(self._visit, chosen)]
        if errand.do == "scan":
            pairs = [(letter, link) for letter in chosen for link in (*letter.links, letter.unsubscribe) if link]
            return list(self._pool.map(lambda pair: self._scan(*pair), pairs))
        return list(self._pool.map(self._unsubscribe, chosen))

    def close(self) -> None:
        """Send everybody home; answers under way are finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _visit(self, letter: letters.Letter) -> "_Visit":
        """Tap a value in the message, or follow its plain link."""
        chance = self._chance(letter, "visit")
        taps, plain = letter.taps(), letter.plain()
        link = _feel(taps, chance) if taps and (chance.random() < SHARE_OF_TAPS or not plain) else plain
        shown = self._browser.open(link, self._language(letter)) if link else browser.Shown(address="", trouble="no link")
        return _Visit(letter, shown, time.monotonic())

    def _answer(self, visit: "_Visit", errand: Errand) -> Outcome:
        """Fill in the form and send it, once the customer has had time to read."""
        form = visit.shown.document.survey() if visit.shown.document else None
        if form is None:
            return visit.outcome("no form on the page")
        value, comment = self._opinion(visit.letter, form, errand)
        time.sleep(max(0.0, visit.opened_at + errand.pace - time.monotonic()))
        shown = self._browser.send(form, form.filled(value, comment), self._language(visit.letter), visit.shown.address)
        thanked = shown.status == 200 and shown.document is not None and shown.document.thanks()
        trouble = "" if thanked else shown.trouble or "no thanks after sending"
        return Outcome(letter=visit.letter, value=value, comment=comment, status=shown.status, trouble=trouble)

    def _opinion(self, letter: letters.Letter, form: page.Form, errand: Errand) -> tuple[str, str]:
        """The value and the comment this customer sends."""
        chance = self._chance(letter, "answer")
        scale, value = form.scale(), form.chosen()
        if value is None or chance.random() < SHARE_CORRECTED:
            value = _feel(scale, chance)
        value = errand.value or value
        if errand.comment is not None:
            return value, errand.comment
        if chance.random() >= SHARE_WITH_COMMENT:
            return value, ""
        height = scale.index(value) / max(1, len(scale) - 1) if value in scale else 0.5
        mood = "low" if height < 0.5 else "middle" if height < 0.85 else "high"
        return value, chance.choice(phrases.COMMENTS[self._language(letter)][mood])

    def _scan(self, letter: letters.Letter, link: str) -> Outcome:
        shown = self._browser.open(link, "en")
        return Outcome(letter=letter, status=shown.status, trouble=shown.trouble)

    def _unsubscribe(self, letter: letters.Letter) -> Outcome:
        if not letter.unsubscribe:
            return Outcome(letter=letter, trouble="no one-click unsubscribe address in the mail")
        shown = self._browser.press_unsubscribe(letter.unsubscribe)
        trouble = shown.trouble or ("" if shown.status in {200, 202, 204} else "refused")
        return Outcome(letter=letter, status=shown.status, trouble=trouble)

    def report(self, errand: Errand, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        """What ``POST /people`` answers. To be called on the event loop, for the stand-ins are asked about records."""
        good = [outcome for outcome in outcomes if not outcome.trouble]
        failed = [{"to": one.letter.address, "status": one.status, "reason": one.trouble} for one in outcomes if one.trouble]
        if errand.do == "answer":
            return {"answers": [self._answered(outcome) for outcome in good], "failed": failed}
        done = [{"to": one.letter.address, "status": one.status} for one in good]
        return {"answers": [], errand.do: done, "failed": failed}

    def _answered(self, outcome: Outcome) -> dict[str, Any]:
        person = self._person(outcome.letter)
        crm, record = self.owners.find(person.email if person else outcome.letter.address, outcome.letter.text)
        value = int(outcome.value) if outcome.value.isdecimal() else outcome.value
        return {"crm": crm, "record": record, "value": value, "comment": outcome.comment}

    def _person(self, letter: letters.Letter) -> base.Person | None:
        return self._known.get(letter.address.lower())

    def _language(self, letter: letters.Letter) -> str:
        person = self._person(letter)
        return person.language if person else "en"

    def _chance(self, letter: letters.Letter, about: str) -> random.Random:
        """The same for the same seed, person and text, in whatever order the messages come."""
        return random.Random(f"{self.population.seed} {about} {letter.address} {letter.text[:100]}")


@dataclass(frozen=True)
class _Visit:
    """A page that a customer has opened."""

    letter: letters.Letter
    shown: browser.Shown
    opened_at: float

    def outcome(self, trouble: str = "") -> Outcome:
        return Outcome(letter=self.letter, status=self.shown.status, trouble=self.shown.trouble or trouble)


def _feel(scale: Sequence[str], chance: random.Random) -> str:
    """One of the values of a scale from worst to best, mostly a good one."""
    height = chance.choices(range(len(MOOD)), MOOD)[0] / (len(MOOD) - 1)
    return scale[round(height * (len(scale) - 1))]

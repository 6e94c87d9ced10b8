"""The simulated customers: they open the links in their mail and text messages, read the page, fill in its form and send it.

They know no more than a browser does. Which record an answer was about is told by owners.py, from outside.
"""

import asyncio
import functools
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from sandbox import base, browser, errand, letters, mail, owners, page, phrases, scanning, sms

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 8
"""How many customers sit at their screens at the same time."""
NOTICING = (1.5, 2.5)
"""Seconds from a message's arrival to opening it, at least and at most: nobody's phone shows it sooner."""
READING = (2.3, 3.0)
"""Seconds on the page, at least and at most, of people who are told to answer now; those in the demo take longer."""
SHARE_WITH_COMMENT = 0.6
SHARE_OF_TAPS = 0.5
"""Of answers that begin with a tap on a value in the mail rather than on the plain link."""
SHARE_CORRECTED = 0.1
"""Of taps that the customer corrects on the page."""
MOOD = (1, 1, 1, 1, 2, 2, 3, 5, 10, 14, 16)
"""How often people feel so, from worst to best; stretched over whatever scale the form has."""
ACTS_THAT_ARE_ASKED_ABOUT = ("close_cases", "make_purchases")


@dataclass
class Customers:
    """Everybody in the population, and what they have read so far."""

    population: base.Population
    mailbox: mail.Mailbox
    gateway: sms.Gateway
    owners: owners.Owners
    _read: set[str] = field(default_factory=set)
    _letters: dict[str, letters.Letter] = field(default_factory=dict)
    _browser: browser.Browser = field(default_factory=browser.Browser)
    _scanner: scanning.Scanner = field(default_factory=scanning.Scanner)
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
        unread = [self._letter(one) for one in list(self.mailbox.mails) if one.key not in self._read]
        unread += [letters.from_sms(one) for one in list(self.gateway.messages) if one.id not in self._read]
        return [letter for letter in unread if not to or letter.address.lower() == to.lower()]

    async def run(self, asked: errand.Errand) -> dict[str, Any]:
        """Let a share of the customers do it, and tell what ``POST /people`` answers."""
        if asked.do == "text":
            return await self._aside(self._text, asked)
        chosen = await self._aside(self.unread, asked.to)
        if asked.share < 1:
            chance = random.Random(f"{self.population.seed} {len(self._read)} {len(chosen)}")
            chosen = chance.sample(chosen, round(len(chosen) * asked.share))
        if asked.do == "answer":
            self._read.update(letter.key for letter in chosen)
            return self._report(asked, await asyncio.gather(*(self.answer(letter, asked) for letter in chosen)))
        if asked.do == "open":
            visits = await asyncio.gather(*(self._aside(self._visit, letter) for letter in chosen))
            return self._report(asked, [visit.outcome() for visit in visits])
        if asked.do == "scan":
            scans = await asyncio.gather(*(self._aside(self._scan, letter, asked) for letter in chosen))
            return self._report(asked, [outcome for scan in scans for outcome in scan])
        self._read.update(letter.key for letter in chosen)
        return self._report(asked, await asyncio.gather(*(self._aside(self._unsubscribe, letter) for letter in chosen)))

    async def answer(self, letter: letters.Letter, asked: errand.Errand) -> errand.Outcome:
        """Open the page, read it for as long as is asked or as people do, and send the form."""
        self._read.add(letter.key)
        chance = self._chance(letter, "pace")
        if asked.pace is None:
            await asyncio.sleep(letter.arrived + chance.uniform(*NOTICING) - time.monotonic())
        visit = await self._aside(self._visit, letter)
        await asyncio.sleep(chance.uniform(*READING) if asked.pace is None else asked.pace)
        outcome = await self._aside(self._send, visit, asked)
        if outcome.trouble and (outcome.status == 0 or outcome.status >= 500):
            self._read.discard(letter.key)  # the site was down: people try again another time
        return outcome

    def _aside(self, do: Callable[P, T], *given: P.args, **named: P.kwargs) -> asyncio.Future[T]:
        """In one of the customers' own threads, at most ``THREADS`` at a time."""
        return asyncio.get_running_loop().run_in_executor(self._pool, functools.partial(do, *given, **named))

    def close(self) -> None:
        """Send everybody home; answers under way are finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _visit(self, letter: letters.Letter) -> errand.Visit:
        """Tap a value in the message, or follow its plain link."""
        chance = self._chance(letter, "visit")
        taps, plain = letter.taps(), letter.plain()
        link = _feel(taps, chance) if taps and (chance.random() < SHARE_OF_TAPS or not plain) else plain
        shown = self._browser.open(link, self._language(letter)) if link else browser.Shown(address="", trouble="no link")
        return errand.Visit(letter, shown)

    def _send(self, visit: errand.Visit, asked: errand.Errand) -> errand.Outcome:
        """Fill in the form and send it."""
        form = visit.shown.document.survey() if visit.shown.document else None
        if form is None:
            return visit.outcome("no form on the page")
        value, comment = self._opinion(visit.letter, form, asked)
        shown = self._browser.send(form, form.filled(value, comment), self._language(visit.letter), visit.shown.address)
        thanked = shown.status == 200 and shown.document is not None and shown.document.thanks()
        trouble = "" if thanked else shown.trouble or "no thanks after sending"
        return errand.Outcome(letter=visit.letter, value=value, comment=comment, status=shown.status, trouble=trouble)

    def _opinion(self, letter: letters.Letter, form: page.Form, asked: errand.Errand) -> tuple[str, str]:
        """The value and the comment this customer sends."""
        chance = self._chance(letter, "answer")
        scale, value = form.scale(), form.chosen()
        if value is None or chance.random() < SHARE_CORRECTED:
            value = _feel(scale, chance)
        value = asked.value or value
        if asked.comment is not None:
            return value, asked.comment
        if chance.random() >= SHARE_WITH_COMMENT:
            return value, ""
        height = scale.index(value) / max(1, len(scale) - 1) if value in scale else 0.5
        mood = "low" if height < 0.5 else "middle" if height < 0.85 else "high"
        return value, chance.choice(phrases.COMMENTS[self._language(letter)][mood])

    def _letter(self, received: mail.Mail) -> letters.Letter:
        """Taken apart once, however often somebody looks into the mailbox."""
        if received.key not in self._letters:
            self._letters[received.key] = letters.from_mail(received)
        return self._letters[received.key]

    def _scan(self, letter: letters.Letter, asked: errand.Errand) -> list[errand.Outcome]:
        opened = self._scanner.scan(letter, asked.way)
        if asked.submit:
            opened += self._scanner.submit(opened)
        return [errand.Outcome(letter=letter, status=shown.status, trouble=shown.trouble) for shown in opened]

    def _text(self, asked: errand.Errand) -> dict[str, Any]:
        """Everybody who got a text, or the one at ``to``, answers it by text; told when the gateway has handed it on."""
        numbers = dict.fromkeys(one.to for one in list(self.gateway.messages))
        wanted = [asked.to] if asked.to else list(numbers)
        heard = [number for number in wanted if self.gateway.hear(number, asked.text)]
        self.gateway.reports.wait()
        silent = [{"to": number, "status": 0, "reason": "got no text"} for number in wanted if number not in heard]
        return {"answers": [], "text": [{"to": number} for number in heard], "failed": silent}

    def _unsubscribe(self, letter: letters.Letter) -> errand.Outcome:
        if not letter.unsubscribe:
            return errand.Outcome(letter=letter, trouble="no one-click unsubscribe address in the mail")
        shown = self._browser.press_unsubscribe(letter.unsubscribe)
        trouble = shown.trouble or ("" if shown.status in {200, 202, 204} else "refused")
        return errand.Outcome(letter=letter, status=shown.status, trouble=trouble)

    def _report(self, asked: errand.Errand, outcomes: Sequence[errand.Outcome]) -> dict[str, Any]:
        good = [outcome for outcome in outcomes if not outcome.trouble]
        failed = [{"to": one.letter.address, "status": one.status, "reason": one.trouble} for one in outcomes if one.trouble]
        if asked.do == "answer":
            return {"answers": self._answered(good), "failed": failed}
        done = [{"to": one.letter.address, "status": one.status} for one in good]
        return {"answers": [], asked.do: done, "failed": failed}

    def _answered(self, outcomes: Sequence[errand.Outcome]) -> list[dict[str, Any]]:
        found = self.owners.find([(self._email(one.letter), one.letter.text) for one in outcomes])
        return [
            {
                "crm": crm,
                "record": record,
                "value": int(one.value) if one.value.isdecimal() else one.value,
                "comment": one.comment,
            }
            for one, (crm, record) in zip(outcomes, found, strict=True)
        ]

    def _email(self, letter: letters.Letter) -> str:
        """The address by which the CRMs know whoever got this letter."""
        person = self._person(letter)
        return person.email if person else letter.address

    def _person(self, letter: letters.Letter) -> base.Person | None:
        return self._known.get(letter.address.lower())

    def _language(self, letter: letters.Letter) -> str:
        person = self._person(letter)
        return person.language if person else "en"

    def _chance(self, letter: letters.Letter, about: str) -> random.Random:
        """The same for the same seed, person and text, in whatever order the messages come."""
        return random.Random(f"{self.population.seed} {about} {letter.address} {letter.text[:100]}")


def _feel(scale: Sequence[str], chance: random.Random) -> str:
    """One of the values of a scale from worst to best, mostly a good one."""
    height = chance.choices(range(len(MOOD)), MOOD)[0] / (len(MOOD) - 1)
    return scale[round(height * (len(scale) - 1))]

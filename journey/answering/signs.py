"""Signs that a post is a machine's: pure functions of the post, the fetches of its invitation and the times of its messages.

Called by taking for every post. A sign concerns this very post: what machines did before makes nobody's later answer doubtful.
No single sign proves anything (docs/answers.md has the evidence and the known false alarms), so a post that shows one is kept
apart and never refused. Thresholds: ``[journey.signs]``.
"""

import enum
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from journey import settings
from journey.answering import forms, visits


class Sign(enum.StrEnum):
    """What speaks against a post, in the order in which they are looked for."""

    NAMED = "named"
    """The client calls itself by the name of a program."""
    AUTOMATED = "automated"
    """The browser says that a program steers it (https://www.w3.org/TR/webdriver2/#dom-navigatorautomationinformation)."""
    DECOY = "decoy"
    """A field that people cannot see was filled in."""
    SWEPT = "swept"
    """Its form was opened in the middle of a run through the links of the mail."""
    JUST_SENT = "just_sent"
    """It came before the mail server had taken the message, or moments after."""
    TOO_FAST = "too_fast"
    """It was sent faster than a person reads."""
    GATEWAY = "gateway"
    """The same visitor answered the invitations of many people within moments."""
    CAME_AFTER = "came_after"
    """An answer that counts was there already, and this one did not come through "change my answer"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A request for one of the invitation's links."""

    at: datetime
    link: str
    value: int | None
    visitor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Handed:
    """A message of the invitation on its way to the mail server or the gateway."""

    at: datetime
    """When it was handed over; while that lasts, when it began."""
    under_way: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """The post in question."""

    at: datetime
    shown: forms.Shown
    visit: visits.Visit
    decoy: bool = False
    automated: bool = False
    invited: bool = True
    """Whether the form was behind somebody's own link. Nobody mails the link of a place to a scanner, and the next in the queue
    taps at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """What else happened."""

    fetches: Sequence[Fetched] = ()
    """Of this invitation."""
    handed: Sequence[Handed] = ()
    others: int = 0
    """How many other people's invitations this visitor answered within ``gateway_within``."""


NO_TRAFFIC = Traffic()


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A sign that was found."""

    sign: str
    sentence: str
    """What was seen, for an admin to read; no personal data."""


CAME_AFTER = Hit(sign=Sign.CAME_AFTER, sentence="it came after an answer that counts")
DECOY = Hit(sign=Sign.DECOY, sentence="a field that people cannot see was filled in")
_DATA_STAGE = timedelta(minutes=1)
"""How long handing over one message may take; content filters read the mail meanwhile."""
_REMEMBERED = timedelta(hours=1)
"""How long a visitor who ran through the links is known by it."""
_SAME_MOMENT = timedelta(milliseconds=1)
"""A form knows to the millisecond when it was asked for."""
_FEW_VALUES, _MANY_LINKS = 2, 4
"""A mail with two values (yes, no) has few links: most of them are four."""


def look(posted: Posted, traffic: Traffic, chosen: settings.Signs) -> Hit | None:
    """The first sign that this post shows; None when it looks like a person's."""
    for find in _IN_ORDER:
        sentence = find(posted, traffic, chosen)
        if sentence:
            return Hit(sign=_SIGNS[find], sentence=sentence)
    return None


def named(posted: Posted, _traffic: Traffic, chosen: settings.Signs) -> str:
    """The client names itself."""
    return f"the program that sent it calls itself {posted.visit.robot}" if chosen.named and posted.visit.robot else ""


def automated(posted: Posted, _traffic: Traffic, chosen: settings.Signs) -> str:
    """The browser names whoever steers it."""
    return "the browser that sent it says that a program steers it" if chosen.automated and posted.automated else ""


def decoy(posted: Posted, _traffic: Traffic, chosen: settings.Signs) -> str:
    """The decoy is filled."""
    return DECOY.sentence if chosen.decoy and posted.decoy else ""


def swept(posted: Posted, traffic: Traffic, chosen: settings.Signs) -> str:
    """The form belongs to a run through the values, or its sender is known for one.

    A person whose mail was run through by a scanner opens a form of their own: later, or with another browser.
    """
    visitor, shown = posted.visit.visitor, posted.shown.at
    if not chosen.values or not traffic.fetches:
        return ""
    near = [one for one in traffic.fetches if abs(one.at - shown) <= chosen.within and visits.related(one.visitor, visitor)]
    if _is_run(near, chosen.values) and _is_inside(near, shown, chosen.values):
        return f"its form was opened in the middle of a run through {_links(near)} within {_seconds(chosen.within)}"
    if not visits.is_shared(visitor):
        own = [one for one in traffic.fetches if one.visitor == visitor and posted.at - one.at <= _REMEMBERED]
        starts = sorted({one.at for one in own})
        runs = ([one for one in own if start <= one.at <= start + chosen.within] for start in starts)
        run = next((one for one in runs if _is_run(one, chosen.values)), None)
        if run is not None:
            return f"the same visitor had run through {_links(run)} within {_seconds(chosen.within)}"
    return ""


def just_sent(posted: Posted, traffic: Traffic, chosen: settings.Signs) -> str:
    """Nobody can have read the message yet."""
    if not chosen.just_sent:
        return ""
    for one in traffic.handed:
        passed = posted.at - one.at
        if one.under_way and timedelta(0) <= passed < _DATA_STAGE and posted.shown.at >= one.at:
            return "it came before the mail server had taken the message"
        if not one.under_way and timedelta(0) <= passed < chosen.just_sent and posted.shown.at > one.at - _DATA_STAGE:
            return f"it came {_seconds(passed)} after the mail server took the message"
    return ""


def too_fast(posted: Posted, _traffic: Traffic, chosen: settings.Signs) -> str:
    """Faster than a person reads."""
    passed = posted.at - posted.shown.at
    if not posted.invited or passed >= chosen.pace:
        return ""
    return f"it was sent {_seconds(passed)} after its page was shown, faster than a person reads"


def gateway(posted: Posted, traffic: Traffic, chosen: settings.Signs) -> str:
    """One visitor in the name of many."""
    if not chosen.gateway or visits.is_shared(posted.visit.visitor) or traffic.others + 1 < chosen.gateway:
        return ""
    return f"the same visitor answered {traffic.others + 1} people's invitations within {_seconds(chosen.gateway_within)}"


Find = Callable[[Posted, Traffic, settings.Signs], str]
_SIGNS: dict[Find, Sign] = {
    named: Sign.NAMED,
    automated: Sign.AUTOMATED,
    decoy: Sign.DECOY,
    swept: Sign.SWEPT,
    just_sent: Sign.JUST_SENT,
    too_fast: Sign.TOO_FAST,
    gateway: Sign.GATEWAY,
}
_IN_ORDER = tuple(_SIGNS)


def _is_inside(near: Sequence[Fetched], shown: datetime, most: int) -> bool:
    """Whether a form that was opened then belongs to the run, rather than to somebody who opens one link of it again.

    It does when the run goes on with values that nobody had fetched, or is yet to come; and when its own value was fetched for
    the first time, or for the second in a second run: as often as those of a whole run.
    """
    if any(at >= shown for at in _first(near).values()):
        return True
    own = [one for one in near if timedelta(0) <= one.at - shown < _SAME_MOMENT and one.value is not None]
    if _is_run([one for one in near if one.at >= shown and one not in own], most):
        return True
    times = Counter((one.link, one.value) for one in near)
    for one in own:
        rank = sum(other.value == one.value and other.at <= one.at for other in near)
        if _is_run([other for other in near if times[(other.link, other.value)] >= rank], most):
            return True
    return False


def _first(fetches: Sequence[Fetched]) -> dict[int, datetime]:
    """Value → when it was fetched first."""
    first: dict[int, datetime] = {}
    for one in sorted(fetches, key=lambda one: one.at):
        if one.value is not None:
            first.setdefault(one.value, one.at)
    return first


def _is_run(fetches: Sequence[Fetched], most: int) -> bool:
    """Whether these are so many values, or links, as nobody opens within moments."""
    values = {one.value for one in fetches if one.value is not None}
    links = {(one.link, one.value) for one in fetches}
    return len(values) >= most or (len(values) >= _FEW_VALUES and len(links) >= _MANY_LINKS)


def _links(fetches: Sequence[Fetched]) -> str:
    return f"{len({(one.link, one.value) for one in fetches})} links"


def _seconds(passed: timedelta) -> str:
    return f"{passed.total_seconds():.3g} s"

"""bounces: what the far end reports about messages that went, "it came back" or "unwanted". Settled once, however often told.

Called by the clock (channels that have a mailbox to look into) and by web (providers that call us). A report counts only for a
message whose reference we know; all others are counted and forgotten.
"""

import functools
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
import structlog

from channels import report
from journey import belt as belts
from journey.reaching import addresses, fallback
from store import health, ledger, messages, people, returned
from wire import errors

log = structlog.get_logger("journey.bounces")
UNKNOWN = "unknown_message"
"""Tally of reports about messages that we never sent: forged, or of another system that uses the mailbox."""
_OURS = "refused_because_of_us"
_REMEDY = (
    "Read what the far end says: our mails lack a signature, or our server is on a block list. palaute check looks at SPF, DKIM"
    " and DMARC; ask whoever runs the mail server."
)
_CALM_AFTER = timedelta(days=1)
"""Without another such report for this long, the sender is taken to be well again."""
FAILED = frozenset({report.Fate.REFUSED, report.Fate.PASSING, report.Fate.OURS})
"""It did not arrive."""


def bounces(belt: belts.Belt, _connector: str = "") -> int:
    """Look into every mailbox whose time it is; how many reports were settled."""
    total = 0
    for name, channel in belt.channels.items():
        if belt.stop.is_set() or not channel.fetches(belt.now()):
            continue
        try:
            with belt.outside.dealing_with(f"channels.{name}.inbox"):
                total += channel.fetch(belt.now(), functools.partial(settle, belt), functools.partial(_note, belt))
        except (errors.Later, errors.NeedsPerson):
            continue  # noted by outside; the reports stay where they are
        _calm(belt, name)
    return total


def settle(belt: belts.Belt, reports: Sequence[report.Report]) -> bool:
    """Store what these say. False, and nothing is stored, when a message is meant that is being sent at this very moment."""
    with belt.store.write() as tx:
        found = returned.find(tx, [one.reference for one in reports])
        if any(one.state == "sending" for one in found.values()):
            return False
        for one in reports:
            if one.reference in found:
                _settle(belt, tx, found[one.reference], one)
            else:
                returned.count(tx, UNKNOWN, belt.now())
    return True


def _settle(belt: belts.Belt, tx: sa.Connection, sent: returned.Sent, said: report.Report) -> None:
    if said.fate in FAILED:
        _bounced(belt, tx, sent, said)
    elif said.fate is report.Fate.COMPLAINT:
        _complaint(belt, tx, sent.message, said)
    else:
        returned.delivered(tx, sent.message, belt.now())
        addresses.arrived(belt, tx, sent.message)


def _bounced(belt: belts.Belt, tx: sa.Connection, sent: returned.Sent, said: report.Report) -> None:
    now, one = belt.now(), sent.message
    if not returned.bounced(tx, one, said.code, said.told, now):
        return
    log.info("message came back", channel=one.channel, message=one.id, code=said.code, fate=str(said.fate))
    if sent.answered:
        return  # whoever answered got it, by whatever way: neither the address nor the question is lost
    messages.call_off(tx, one.invitation_id, "the message before it came back")
    if said.fate is report.Fate.REFUSED:
        addresses.give_up(belt, tx, one, addresses.BOUNCED, said.code, said.words)
    elif said.fate is report.Fate.PASSING:
        addresses.came_back(belt, tx, one, said.code, said.words)
    else:
        _blame_us(belt, tx, one, said)
    late = sent.sent_at is not None and now - sent.sent_at > belt.settings.undelivered.fallback_within
    words = f"The message came back on {now.date().isoformat()}"
    fallback.not_delivered(belt, tx, one, f"{words}: {said.told}" if said.told else f"{words}.", late=late)


def _complaint(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing, said: report.Report) -> None:
    """Whoever reports a message as unwanted has said no."""
    person, now = one.waiting.person_id, belt.now()
    if person is None or not people.opt_out(tx, person, now, addresses.COMPLAINT):
        return
    addresses.give_up(belt, tx, one, addresses.COMPLAINT, said.code, said.words)
    ledger.note(tx, [ledger.Line(touchpoint_id=one.waiting.id, at=now, step="deliver", what="complained", detail=one.channel)])
    log.info("message was reported as unwanted", channel=one.channel, message=one.id)


def _blame_us(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing, said: report.Report) -> None:
    """A person must act; it is told once, and as long as it goes on."""
    returned.count(tx, f"{one.channel}_{_OURS}", belt.now())
    problem = f"a message came back because of us: {said.told}"
    news = health.failing(tx, f"channels.{one.channel}.sender", belt.now(), errors.NeedsPerson(problem, remedy=_REMEDY))
    if news:
        log.error("failing", subject=f"channels.{one.channel}.sender", problem=problem, remedy=_REMEDY)


def _calm(belt: belts.Belt, name: str) -> None:
    """The sender is well again when nothing came back because of us for a day."""
    subject, now = f"channels.{name}.sender", belt.now()
    with belt.store.read() as tx:
        last = returned.last(tx, f"{name}_{_OURS}")
        fails = last is not None and any(row["subject"] == subject and row["failing_since"] for row in health.all_of(tx))
    if fails and last is not None and now - last >= _CALM_AFTER:
        with belt.store.write() as tx:
            health.well(tx, subject, now)
        log.info("recovered", subject=subject)


def _note(belt: belts.Belt, kind: str) -> None:
    """Count what was in the mailbox."""
    with belt.store.write() as tx:
        returned.count(tx, str(kind), belt.now())

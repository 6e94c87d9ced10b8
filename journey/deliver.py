"""deliver: invitation → message → receipt. A last look at the CRM, then row first, attempt second, outcome third."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import sqlalchemy as sa
import structlog

from channels import base as channel
from journey import belt as belts
from journey import last_look, links
from store import messages
from triggers import decision
from wire import errors

log = structlog.get_logger("journey.deliver")
_CHANNEL_PAUSE = timedelta(seconds=5)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
Settle = Callable[[sa.Connection], None]


def deliver(belt: belts.Belt, connector: str) -> int:
    """Send what is due for touchpoints of this connector; how many messages were settled one way or another."""
    total = 0
    while not belt.stop.is_set():
        with belt.store.read() as tx:
            waiting = messages.gathered(tx, connector, belt.now())
        if not belt.ripe(waiting.count, waiting.oldest, waiting.newest):
            break
        count = _batch(belt, connector)
        total += count
        if count == 0:
            break
    return total


def _batch(belt: belts.Belt, connector: str) -> int:
    with belt.store.read() as tx:
        due = messages.due(tx, connector, belt.now(), belt.settings.batch)
    try:
        refusals = last_look.look(belt, connector, due)
    except (errors.Later, errors.NeedsPerson):
        return 0  # noted by outside; nobody is asked on stale knowledge
    _cancel(belt, [(one, *refusals[one.id]) for one in due if one.id in refusals])
    sent = _send_all(belt, [one for one in due if one.id not in refusals])
    if sent or refusals:
        log.info("messages", connector=connector, sent=sent, cancelled=len(refusals))
    return sent + len(refusals)


def _cancel(belt: belts.Belt, refused: Sequence[tuple[messages.Outgoing, decision.Reason, str]]) -> None:
    if refused:
        with belt.store.write() as tx:
            for one, reason, explanation in refused:
                last_look.withdraw(tx, one, reason, explanation, belt.now())


def _send_all(belt: belts.Belt, due: Sequence[messages.Outgoing]) -> int:
    """One message after the other. The outcome of one is stored in the same transaction that claims the next."""
    settle: Settle | None = None
    down: set[str] = set()
    sent = 0
    for one in due:
        if belt.stop.is_set():
            break
        if one.channel in down or belt.outside.rests(f"channels.{one.channel}"):
            continue
        claimed = _settle_and_claim(belt, settle, one)
        settle = None
        if claimed:
            settle, well = _attempt(belt, one)
            sent += well
            if not well:
                down.add(one.channel)
    if settle is not None:
        with belt.store.write() as tx:
            settle(tx)
    return sent


def _attempt(belt: belts.Belt, one: messages.Outgoing) -> tuple[Settle, bool]:
    """What is to be stored about this message, and whether its channel works."""
    try:
        with belt.outside.dealing_with(f"channels.{one.channel}"):
            return _send(belt, one), True
    except (errors.Later, errors.NeedsPerson) as error:
        return _again(belt, one, str(error), _CHANNEL_PAUSE), False


def _settle_and_claim(belt: belts.Belt, settle: Settle | None, one: messages.Outgoing) -> bool:
    with belt.store.write() as tx:
        if settle is not None:
            settle(tx)
        return messages.claim(tx, one.id, belt.now())


def _send(belt: belts.Belt, one: messages.Outgoing) -> Settle:
    """Hand it to the channel; what is to be stored about it. Raises Later and NeedsPerson when the whole channel is down."""
    out = belt.channels[one.channel]
    try:
        receipt = out.send(_message(belt, one))
    except errors.Unsure as error:
        return _unsure(belt, one, out, str(error))
    except errors.Never as error:
        problem = str(error)
        return lambda tx: last_look.undeliverable(tx, one, problem, belt.now())
    except errors.Later as error:
        if not error.code:
            raise
        # A code is the transport's word on this one message (greylisted, mailbox full): the channel itself is well.
        return _again(belt, one, str(error), _pause(one) if error.delay is None else timedelta(seconds=error.delay))
    return lambda tx: messages.sent(tx, one, receipt.reference, belt.now())


def _unsure(belt: belts.Belt, one: messages.Outgoing, out: channel.Channel, problem: str) -> Settle:
    if out.repeatable:
        return _again(belt, one, problem, _pause(one))
    return lambda tx: messages.unsure(tx, one, problem, belt.now())


def _again(belt: belts.Belt, one: messages.Outgoing, problem: str, pause: timedelta) -> Settle:
    return lambda tx: messages.later(tx, one, belt.now() + pause, problem, belt.now())


def _pause(one: messages.Outgoing) -> timedelta:
    return min(_FIRST_PAUSE * (1 << min(one.attempts, 10)), _LONGEST_PAUSE)


def _message(belt: belts.Belt, one: messages.Outgoing) -> channel.Message:
    touch = one.waiting.touch
    return channel.Message(
        key=one.key,
        address=one.address,
        name=touch.person.name if touch.person is not None else "",
        language=one.language,
        survey=belt.surveys[one.survey],
        brand=belt.brand,
        kind=touch.kind,
        subject=links.subject(touch),
        reference=touch.label,
        happened_at=touch.happened_at,
        page_url=links.page(belt.public_url, one.token),
        unsubscribe_url=links.unsubscribe(belt.public_url, one.token),
        privacy_url=links.privacy(belt.public_url),
    )

"""deliver: invitation → message → receipt. A last look at the CRM, then row first, attempt second, outcome third."""

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from channels import base as channel
from journey import belt as belts
from journey import poison
from journey.reaching import addresses, caps, fallback, hours, last_look, links, remind, replies, turns, variants
from store import messages, outbox, unsure
from triggers import decision
from wire import errors

log = structlog.get_logger("journey.deliver")
_CHANNEL_PAUSE, _LONGEST_CHANNEL_PAUSE = timedelta(seconds=5), timedelta(minutes=5)
_POISON_PAUSE = timedelta(minutes=5)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
_GAVE_UP = "it was deferred for too long"
Settle = Callable[[sa.Connection], None]


def deliver(belt: belts.Belt, connector: str) -> int:
    """Send what is due for touchpoints of this connector; how many messages were settled one way or another."""
    total = 0
    while not belt.stop.is_set():
        resting = [name for name in belt.channels if belt.outside.rests(f"channels.{name}")]
        with belt.store.read() as tx:
            waiting = outbox.gathered(tx, connector, belt.now(), resting)
        ripe = belt.ripe(waiting.count, waiting.oldest, waiting.newest)
        if not ripe and not waiting.held:
            break
        count = _batch(belt, connector, resting, held=not ripe)
        total += count
        if count == 0:
            break
    return total


def _batch(belt: belts.Belt, connector: str, resting: Sequence[str], *, held: bool) -> int:
    """``held``: only what the pace held back, which was gathered once."""
    with belt.store.read() as tx:
        if held:
            ids = outbox.held(tx, connector, belt.now(), belt.settings.batch, resting)
        else:
            ids = outbox.due(tx, connector, belt.now(), belt.settings.batch, resting)
    moved: list[int] = []
    with contextlib.suppress(errors.Later, errors.NeedsPerson):  # noted by outside; nobody is asked on stale knowledge
        poison.halved(ids, lambda some: moved.append(_some(belt, connector, some)), lambda one, e: _set_aside(belt, one, e))
    return sum(moved)


def _set_aside(belt: belts.Belt, message_id: int, error: Exception) -> None:
    """This message cannot even be looked at: it waits, and the others go on."""
    with belt.store.write() as tx:
        problem = f"it could not be looked at, for a reason of our own ({type(error).__name__})"
        messages.postpone(tx, message_id, belt.now() + _POISON_PAUSE, problem)
    log.error("message cannot be sent", message=message_id, error=poison.where(error))


def _some(belt: belts.Belt, connector: str, ids: Sequence[int]) -> int:
    with belt.store.read() as tx:
        loaded = outbox.load(tx, ids)
    now = belt.now()
    wanted = _one_per_person(caps.keep(belt, hours.keep(belt, loaded, now), now))
    due = turns.keep(belt, wanted, now)
    look_at = [*due, *turns.ahead(belt, connector, due, now)] if due else []
    refusals = last_look.look(belt, connector, look_at, turns.unseen(belt, look_at, now)) if due else {}
    _cancel(belt, [(one, *refusals[one.id]) for one in look_at if one.id in refusals])
    fit = [one for one in look_at if one.id not in refusals]
    turns.seen(belt, turns.unseen(belt, fit, now), now)
    going = [one for one in due if one.id not in refusals]
    sent = _send_all(belt, going, turns.until(belt, going, now))
    if sent or refusals:
        log.info("messages", connector=connector, sent=sent, cancelled=len(refusals))
    return sent + len(refusals) + len(wanted) - len(due)


def _one_per_person(due: Sequence[messages.Outgoing]) -> list[messages.Outgoing]:
    """The first message of each person: a second one has a last look of its own, once the first is on its way."""
    first: dict[tuple[str, int], messages.Outgoing] = {}
    for one in due:
        person = one.waiting.person_id
        first.setdefault(("message", one.id) if person is None else ("person", person), one)
    return list(first.values())


def _cancel(belt: belts.Belt, refused: Sequence[tuple[messages.Outgoing, decision.Reason, str]]) -> None:
    if refused:
        with belt.store.write() as tx:
            for one, reason, explanation in refused:
                if reason is decision.Reason.UNDELIVERABLE:
                    fallback.skip(belt, tx, one, explanation)
                else:
                    last_look.withdraw(tx, one, reason, explanation, belt.now())


def _send_all(belt: belts.Belt, due: Sequence[messages.Outgoing], until: datetime) -> int:
    """One message after the other, as long as the last look holds. The outcome of one is stored in the same transaction that
    claims the next."""
    settle: Settle | None = None
    down: set[str] = set()
    sent = 0
    for one in due:
        if belt.stop.is_set() or belt.now() > until:
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
        pause = min(_CHANNEL_PAUSE * (1 << min(one.attempts, 6)), _LONGEST_CHANNEL_PAUSE)
        return _again(belt, one, error, pause), False


def _settle_and_claim(belt: belts.Belt, settle: Settle | None, one: messages.Outgoing) -> bool:
    with belt.store.write() as tx:
        if settle is not None:
            settle(tx)
        if caps.postponed(belt, tx, one) or turns.postponed(belt, tx, one):
            return False
        return messages.claim(tx, one.id, belt.now(), belt.channels[one.channel].reference(one.key))


def _send(belt: belts.Belt, one: messages.Outgoing) -> Settle:
    """Hand it to the channel; what is to be stored about it. Raises Later and NeedsPerson when the whole channel is down."""
    out = belt.channels[one.channel]
    try:
        receipt = out.send(_message(belt, one))
    except errors.Unsure as error:
        return _unsure(belt, one, out, str(error))
    except channel.SaidNo as error:
        told, code = str(error), error.code
        return lambda tx: replies.said_no(belt, tx, one, told, code)
    except errors.Never as error:
        return _refused(belt, one, error)
    except errors.Later as error:
        if not error.code:
            raise
        # A code is the transport's word on this one message (greylisted, mailbox full): the channel itself is well.
        if belt.now() - (one.tried_at or belt.now()) >= belt.settings.undelivered.give_up:
            return _refused(belt, one, channel.Unfit(f"{_GAVE_UP}: {error}", code=error.code, passing=True))
        return _again(belt, one, error, _pause(one) if error.delay is None else timedelta(seconds=max(error.delay, 1)))
    except (errors.NeedsPerson, sa.exc.SQLAlchemyError):
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours in the middle of a send: nobody knows whether it went
        log.error("channel failed", channel=one.channel, message=one.id, error=poison.where(error))
        return _unsure(belt, one, out, f"the channel failed for a reason of our own ({type(error).__name__})")
    return _sent(belt, one, receipt)


def _sent(belt: belts.Belt, one: messages.Outgoing, receipt: channel.Receipt) -> Settle:
    def store(tx: sa.Connection) -> None:
        remind.sent(belt, tx, one, receipt.reference, belt.now())
        if receipt.parts is not None:
            messages.made_of(tx, one, receipt.parts)

    return store


def _refused(belt: belts.Belt, one: messages.Outgoing, error: errors.Never) -> Settle:
    """For good: the address is given up where it is to blame, and the next channel is tried."""
    code, problem = error.code, str(error)

    def store(tx: sa.Connection) -> None:
        messages.refused(tx, one, problem, belt.now(), code)
        if not isinstance(error, channel.Unfit):
            addresses.give_up(belt, tx, one, addresses.REFUSED, code, problem)
        elif error.passing:
            addresses.came_back(belt, tx, one, code, problem)
        fallback.not_delivered(belt, tx, one, f"The message was refused for good: {problem}")

    return store


def _unsure(belt: belts.Belt, one: messages.Outgoing, out: channel.Channel, problem: str) -> Settle:
    if out.repeatable:
        return _again(belt, one, errors.Later(problem), _pause(one))
    return lambda tx: unsure.leave(tx, one, problem, belt.now())


def _again(belt: belts.Belt, one: messages.Outgoing, error: errors.OutsideError, pause: timedelta) -> Settle:
    problem, code = str(error), error.code
    return lambda tx: messages.later(tx, one, belt.now() + pause, problem, belt.now(), code)


def _pause(one: messages.Outgoing) -> timedelta:
    return min(_FIRST_PAUSE * (1 << min(one.attempts, 10)), _LONGEST_PAUSE)


def _message(belt: belts.Belt, one: messages.Outgoing) -> channel.Message:
    touch, links_to = one.waiting.touch, links.root(belt, one.channel)
    return channel.Message(
        key=one.key,
        address=one.address,
        name=touch.person.name if touch.person is not None else "",
        language=one.language,
        survey=variants.survey_of(belt.surveys[one.survey], one.words),
        title=variants.subject(one.words, one.language),
        brand=belt.brand,
        kind=touch.kind,
        subject=links.subject(touch),
        reference=touch.label,
        happened_at=touch.happened_at,
        page_url=links.page(links_to, one.token),
        unsubscribe_url=links.unsubscribe(links_to, one.token),
        privacy_url=links.privacy(belt.public_url, one.token),
        reminder=one.is_reminder,
        person=touch.person,
        connector=touch.connector,
        object=touch.object,
        record=touch.record,
        facts=touch.context,
        expires_at=one.expires_at,
    )

"""What a messenger's answer means: for the delivery, its subscriber, and what else waits there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.model import Delivery, DeliveryState
from bot.core.ports import Gone, Moved, Refused, RetryAt, SendOutcome, Sent, Unknown
from bot.core.timing import is_refusal_believed, refusal_delay, retry_delay
from bot.services.subscribe import move, switch_off
from bot.store import meta, outbox, sending, subscribers
from bot.store.db import Session

THROTTLED = "throttled."
"""Before a messenger's name: until when nothing at all goes out through it."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """There was nothing to send."""

    why: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one attempt. ``state`` is PENDING when there will be another."""

    delivery: Delivery
    state: DeliveryState
    why: str = ""


def settle(
    session: Session, delivery: Delivery, outcome: SendOutcome | Nothing, now: datetime
) -> Settled:
    """Writes an answer down, in the caller's transaction."""
    reader = delivery.subscriber
    match outcome:
        case Sent(message_id):
            subscribers.accept(session, reader.id)
            sending.settle(session, delivery.id, DeliveryState.SENT, now, message_id=message_id)
            return Settled(delivery, DeliveryState.SENT)
        case RetryAt(at, why, everywhere):
            at = at if at > now else now + retry_delay(delivery.attempts + 1)
            return _try_again(session, delivery, at, why, everywhere=everywhere)
        case Moved(address):
            # Not delivered, for certain: once more at the new address. A chat that keeps moving
            # is followed ever more slowly.
            pause = retry_delay(delivery.attempts) if delivery.attempts else timedelta(0)
            why = "moved to another address"
            sending.put_back(session, delivery.id, now + pause, why)
            move(session, reader.messenger, reader.address, address, now)
            return Settled(delivery, DeliveryState.PENDING, why)
        case Gone(why, for_good):
            refused = None if for_good else subscribers.refuse(session, reader.id, now)
            if refused:
                refusals, since = refused
                if not is_refusal_believed(refusals, since, now):
                    at = now + refusal_delay(refusals)
                    return _try_again(session, delivery, at, why, everywhere=False)
            return _lose(session, delivery, why, now)
        case Unknown(why):
            return _end(session, delivery, DeliveryState.UNKNOWN, why, now)
        case Refused(why):
            return _end(session, delivery, DeliveryState.FAILED, why, now)
        case Nothing(why):
            return _end(session, delivery, DeliveryState.CANCELLED, why, now)


def is_throttled(session: Session, messenger: str, now: datetime) -> bool:
    """Whether nothing at all may go out through a messenger yet."""
    until = meta.moments(session, THROTTLED + messenger).get("")
    return until is not None and until > now


def _try_again(
    session: Session, delivery: Delivery, at: datetime, why: str, *, everywhere: bool
) -> Settled:
    """Later, at exactly the time named; and until then nothing else goes where it came from."""
    reader = delivery.subscriber
    sending.put_back(session, delivery.id, at, why)
    if everywhere:
        meta.mark(session, THROTTLED + reader.messenger, at)
    else:
        outbox.postpone(session, reader.messenger, reader.address, at)
    return Settled(delivery, DeliveryState.PENDING, why)


def _lose(session: Session, delivery: Delivery, why: str, now: datetime) -> Settled:
    """The chat is gone: its subscription ends."""
    reader = subscribers.find_by_id(session, delivery.subscriber.id)
    if reader and reader.active:
        switch_off(session, reader, now, why)
    return _end(session, delivery, DeliveryState.CANCELLED, why, now)


def _end(
    session: Session, delivery: Delivery, state: DeliveryState, why: str, now: datetime
) -> Settled:
    sending.settle(session, delivery.id, state, now, error=why)
    return Settled(delivery, state, why)

"""The outbox: one delivery for each alert and subscriber, from the decision to its settling.

    pending ──claim──▶ pending, leased ──attempt──▶ attempted ──settle──▶ sent · failed · unknown
       ▲                     │ lease ends               │                  · pending again, later
       └─────────────────────┘                          └─ lease ends ──▶ unknown

Telegram has no idempotency key, so a delivery is marked as attempted, and that is on the disk,
before the messenger is called. Whoever dies between the mark and the answer leaves a delivery
that may have arrived: it becomes unknown and is not repeated. We rather miss one message than
send one twice; how many are unknown is counted and shown.

Within one story a subscriber's deliveries go in order, so that an update never precedes what it
updates, and an edit finds the message it edits.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Exists,
    Integer,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from bot.core.corroboration import corroborate
from bot.core.model import (
    DECISIONS,
    LEVEL_STANCES,
    Alert,
    AlertKind,
    DeliveryState,
    Stance,
)
from bot.store.db import Session
from bot.store.tables import UtcDateTime, deliveries, subscriber_topics, subscribers

PENDING, ATTEMPTED, SENT = DeliveryState.PENDING, DeliveryState.ATTEMPTED, DeliveryState.SENT
UNKNOWN, CANCELLED = DeliveryState.UNKNOWN, DeliveryState.CANCELLED
OPEN = (PENDING, ATTEMPTED)
_SETTLED = (SENT, UNKNOWN, DeliveryState.FAILED, CANCELLED)


def fan_out(session: Session, alert: Alert, now: datetime) -> int:
    """One pending delivery for each subscriber who is to hear of ``alert``; says how many.

    News goes to those whose level and topics want it; to those who wait for a second outlet, once
    the story is confirmed. What changes an earlier story also goes to everybody who was told of
    that one, whatever they want to hear of otherwise; a correction to all of them at once. A silent
    update goes to those who were told of the story, as an edit that takes the place of earlier
    ones not yet made, and with a sound to those who waited for it to be confirmed.
    """
    if not alert.push:
        _supersede_edits(session, alert.story.id)
    told = _was_told(alert.story.id)
    levels = [level for level, stances in LEVEL_STANCES.items() if alert.finding.stance in stances]
    own_topics = exists().where(subscriber_topics.c.subscriber_id == subscribers.c.id)
    wanted: ColumnElement[bool] = subscribers.c.level.in_(levels) & or_(
        ~own_topics, own_topics.where(subscriber_topics.c.topic.in_(alert.finding.topics))
    )
    confirmed = corroborate(alert.story).confirmed
    sound = literal(_rank(alert.finding.stance), Integer)
    rank: ColumnElement[int] = sound
    if not confirmed:
        wanted &= ~subscribers.c.confirmed
    if not alert.push:
        rank = case((told, literal(0, Integer)), else_=sound)
        wanted = or_(told, wanted & subscribers.c.confirmed)
    elif alert.kind is not AlertKind.NEW:
        heard = or_(told, _was_told(alert.follows))
        if alert.kind is AlertKind.UPDATE and not confirmed:
            heard &= ~subscribers.c.confirmed
        wanted = or_(wanted, heard)
    row: dict[str, Any] = {
        "alert_id": literal(alert.id),
        "subscriber_id": subscribers.c.id,
        "story_id": literal(alert.story.id),
        "rank": rank,
        "state": literal(PENDING.value),
        "attempts": literal(0),
        "next_try_at": literal(now, UtcDateTime()),
    }
    source = select(*row.values()).where(subscribers.c.active, wanted)
    statement = insert(deliveries).from_select(list(row), source)
    return session.execute(statement.execution_options(preserve_rowcount=True)).rowcount


def _was_told(story: str) -> Exists:
    """Whether a subscriber was told of a story, or is about to be."""
    return exists().where(
        deliveries.c.subscriber_id == subscribers.c.id,
        deliveries.c.story_id == story,
        deliveries.c.state.in_((*OPEN, SENT, UNKNOWN)),
    )


def _rank(stance: Stance) -> int:
    """Of messages with a sound: decisions before other news. Edits are 0."""
    return 2 if stance in DECISIONS else 1


def _supersede_edits(session: Session, story_id: str) -> None:
    session.execute(
        update(deliveries)
        .where(
            deliveries.c.story_id == story_id,
            deliveries.c.rank == 0,
            deliveries.c.state == PENDING,
        )
        .values(state=CANCELLED.value, error="a later edit took its place")
    )


def postpone(session: Session, messenger: str, address: str, at: datetime) -> None:
    """Nothing more goes to this address before ``at``."""
    there = select(subscribers.c.id).where(
        subscribers.c.messenger == messenger, subscribers.c.address == address
    )
    session.execute(
        update(deliveries)
        .where(
            deliveries.c.subscriber_id.in_(there),
            deliveries.c.state == PENDING,
            deliveries.c.next_try_at < at,
        )
        .values(next_try_at=at)
    )


def cancel(session: Session, subscriber_id: int, now: datetime, why: str) -> None:
    """What waits for a subscriber is not sent any more."""
    session.execute(
        update(deliveries)
        .where(deliveries.c.subscriber_id == subscriber_id, deliveries.c.state == PENDING)
        .values(state=CANCELLED.value, settled_at=now, error=why)
    )


def hand_over(session: Session, giver: int, taker: int, now: datetime) -> None:
    """What waits for one subscriber waits for another, unless that one has the same alert."""
    has = select(deliveries.c.alert_id).where(deliveries.c.subscriber_id == taker)
    session.execute(
        update(deliveries)
        .where(
            deliveries.c.subscriber_id == giver,
            deliveries.c.state == PENDING,
            deliveries.c.alert_id.not_in(has),
        )
        .values(subscriber_id=taker)
    )
    cancel(session, giver, now, "the chat moved to one that is subscribed")


def count(session: Session) -> dict[DeliveryState, int]:
    """How many deliveries are in each state."""
    rows = session.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
    return {DeliveryState(state): number for state, number in rows}


def oldest_due(session: Session, now: datetime) -> datetime | None:
    """Since when the delivery that has waited longest could have gone out; None when none could."""
    return session.scalars(
        select(deliveries.c.next_try_at)
        .where(deliveries.c.state == PENDING, deliveries.c.next_try_at <= now)
        .order_by(deliveries.c.next_try_at)
        .limit(1)
    ).one_or_none()


def prune(session: Session, before: datetime) -> int:
    """Forgets deliveries settled before then; says how many."""
    return session.execute(
        delete(deliveries).where(deliveries.c.state.in_(_SETTLED), deliveries.c.settled_at < before)
    ).rowcount

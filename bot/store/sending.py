"""One delivery's way through the hands of whoever sends it: claim, attempt, settle.

See ``outbox`` for the states and the promise.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select, update

from bot.core.model import Delivery, DeliveryState
from bot.store import alerts as alert_rows
from bot.store import subscribers as subscriber_rows
from bot.store.db import Session
from bot.store.outbox import OPEN
from bot.store.tables import alerts, deliveries, subscribers

PENDING, ATTEMPTED, SENT = DeliveryState.PENDING, DeliveryState.ATTEMPTED, DeliveryState.SENT
UNKNOWN, CANCELLED = DeliveryState.UNKNOWN, DeliveryState.CANCELLED


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery, and the message to edit or, for one with a sound, to reply to: the last one that
    told its subscriber of the story, or of the story that this one changes."""

    delivery: Delivery
    earlier_message: str | None


def claim(
    session: Session,
    now: datetime,
    limit: int,
    *,
    lease: str,
    until: datetime,
    messengers: Collection[str],
    busy: Collection[str] = (),
) -> list[Claimed]:
    """Up to ``limit`` deliveries whose time has come, at most one for each address: decisions
    before other news before edits, of these the newest alert first.

    Nobody else is given them before ``until``. ``busy`` are addresses to leave alone.
    """
    earlier = deliveries.alias()
    blocked = exists().where(
        earlier.c.subscriber_id == deliveries.c.subscriber_id,
        earlier.c.story_id == deliveries.c.story_id,
        earlier.c.alert_id < deliveries.c.alert_id,
        earlier.c.state.in_(OPEN),
    )
    rows = session.execute(
        select(deliveries.c.id, subscribers.c.address)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(
            deliveries.c.state == PENDING,
            deliveries.c.next_try_at <= now,
            or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until <= now),
            subscribers.c.messenger.in_(messengers),
            subscribers.c.address.not_in(busy),
            ~blocked,
        )
        .order_by(deliveries.c.rank.desc(), deliveries.c.alert_id.desc(), deliveries.c.id.desc())
        .limit(limit * 4)
        .with_for_update(skip_locked=True, of=deliveries)
    ).all()
    first = {row.address: row.id for row in reversed(rows)}
    numbers = [row.id for row in rows if first[row.address] == row.id][:limit]
    if not numbers:
        return []
    session.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(numbers))
        .values(lease=lease, lease_until=until)
    )
    return _load(session, numbers)


def _load(session: Session, numbers: Sequence[int]) -> list[Claimed]:
    rows = session.execute(select(deliveries).where(deliveries.c.id.in_(numbers))).all()
    told = {
        alert.id: alert
        for alert in map(
            alert_rows.read,
            session.execute(select(alerts).where(alerts.c.id.in_({r.alert_id for r in rows}))),
        )
    }
    readers = {
        reader.id: reader
        for reader in subscriber_rows.read_all(
            session,
            session.execute(
                select(subscribers).where(subscribers.c.id.in_({r.subscriber_id for r in rows}))
            ).all(),
        )
    }
    found = {
        row.id: Claimed(
            Delivery(
                id=row.id,
                alert=told[row.alert_id],
                subscriber=readers[row.subscriber_id],
                state=DeliveryState(row.state),
                attempts=row.attempts,
                next_try_at=row.next_try_at,
                message_id=row.message_id,
                sound=row.rank > 0,
            ),
            find_message(
                session,
                row.subscriber_id,
                told[row.alert_id].follows if row.rank else row.story_id,
            ),
        )
        for row in rows
    }
    return [found[number] for number in numbers]


def find_message(session: Session, subscriber_id: int, story_id: str) -> str | None:
    """The id of the last message that told a subscriber of a story; None for no story."""
    if not story_id:
        return None
    return session.scalar(
        select(deliveries.c.message_id)
        .where(
            deliveries.c.subscriber_id == subscriber_id,
            deliveries.c.story_id == story_id,
            deliveries.c.state == SENT,
            deliveries.c.message_id.is_not(None),
        )
        .order_by(deliveries.c.alert_id.desc())
        .limit(1)
    )


def attempt(session: Session, delivery_id: int, *, lease: str, until: datetime) -> bool:
    """Marks a claimed delivery as attempted; False when it is no longer ours to attempt."""
    return (
        session.execute(
            update(deliveries)
            .where(
                deliveries.c.id == delivery_id,
                deliveries.c.lease == lease,
                deliveries.c.state == PENDING,
            )
            .values(
                state=ATTEMPTED.value,
                attempts=deliveries.c.attempts + 1,
                lease_until=until,
            )
        ).rowcount
        == 1
    )


def let_go(session: Session, numbers: Collection[int], *, lease: str) -> None:
    """Claimed deliveries that were not attempted after all are anybody's at once."""
    session.execute(
        update(deliveries)
        .where(
            deliveries.c.id.in_(numbers),
            deliveries.c.lease == lease,
            deliveries.c.state == PENDING,
        )
        .values(lease=None, lease_until=None)
    )


def settle(
    session: Session,
    delivery_id: int,
    state: DeliveryState,
    now: datetime,
    *,
    message_id: str | None = None,
    error: str | None = None,
) -> None:
    """Writes the end of a delivery. An answer that comes after the lease is still believed."""
    session.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery_id, deliveries.c.state.in_((*OPEN, UNKNOWN)))
        .values(
            state=state.value,
            settled_at=now,
            lease=None,
            lease_until=None,
            message_id=message_id,
            error=error,
        )
    )


def put_back(session: Session, delivery_id: int, at: datetime, error: str) -> None:
    """A delivery that certainly did not arrive is due again at ``at``; if its subscriber has left
    meanwhile, it is cancelled."""
    wants = exists().where(subscribers.c.id == deliveries.c.subscriber_id, subscribers.c.active)
    ours = (deliveries.c.id == delivery_id) & deliveries.c.state.in_((*OPEN, UNKNOWN))
    done: dict[str, Any] = {"lease": None, "lease_until": None, "error": error}
    session.execute(
        update(deliveries)
        .where(ours, wants)
        .values(state=PENDING.value, next_try_at=at, settled_at=None, **done)
    )
    session.execute(update(deliveries).where(ours, ~wants).values(state=CANCELLED.value, **done))


def release(session: Session, now: datetime) -> int:
    """Deliveries attempted by somebody who never came back become unknown; says how many."""
    return session.execute(
        update(deliveries)
        .where(deliveries.c.state == ATTEMPTED, deliveries.c.lease_until <= now)
        .values(
            state=UNKNOWN.value,
            settled_at=now,
            lease=None,
            lease_until=None,
            error="the process ended before the answer came",
        )
    ).rowcount

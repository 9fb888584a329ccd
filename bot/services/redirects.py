"""Feeds that move: permanent redirects, believed when they hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.model import Feed, FeedState
from bot.core.ports import Body
from bot.store import audit, feeds
from bot.store.db import Session

MOVES_BELIEVED = 3
"""A permanent redirect is believed when it was seen so many times in a row: some sites answer with
one by mistake, or while they are being worked on."""


def follow(session: Session, feed: Feed, body: Body, now: datetime) -> Feed:
    """Counts permanent redirects (RFC 9110, 15.4.2 and 15.4.9) and believes one that held."""
    if body.moved_to is None or body.moved_to == feed.url:
        return replace(feed, moved_to=None, moved_times=0)
    times = feed.moved_times + 1 if body.moved_to == feed.moved_to else 1
    feed = replace(feed, moved_to=body.moved_to, moved_times=times)
    if times < MOVES_BELIEVED:
        return feed
    there = feeds.find_by_url(session, body.moved_to)
    if there is None or there.id == feed.id:
        feeds.move(session, feed, body.moved_to, now)
        audit.record(session, now, "greenlight", "feed.moved", feed.url, to=body.moved_to)
        return replace(feed, url=body.moved_to, moved_to=None, moved_times=0)
    if there.state in (FeedState.ACTIVE, FeedState.PAUSED):
        # One address is visited once: the feed that has it already goes on alone.
        audit.record(session, now, "greenlight", "feed.merged", feed.url, into=there.url)
        return replace(feed, state=FeedState.REMOVED, last_error=f"moved to {there.url}")
    return feed

"""A bot to talk to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.core.model import Matter, Topic
from bot.store.db import Database
from tests.chat.wire import Talk, make_talk

TOPICS = (
    Topic("strike-permission", {"en": "Strikes", "uk": "Удари"}, (Matter.STRIKE,)),
    Topic("weapons-restrictions", {"en": "Restrictions"}, (Matter.TRANSFER,)),
)


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Talk]:
    """The whole chat on an empty database, and people who talk to it."""
    talk = make_talk(database, TOPICS)
    async with talk.application:
        yield talk

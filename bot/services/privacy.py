"""What is held about a chat: shown to it, and erased when it says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from bot.store import privacy
from bot.store.db import Database, hold
from bot.store.privacy import Held

__all__ = ["Held", "Privacy"]


class Privacy:
    """A chat and its data. Synchronous: from async code, call it in a thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def held(self, messenger: str, address: str) -> Held:
        """How much the database holds about a chat, with all topics of a forum."""
        with self._database.read() as session:
            return privacy.count(session, messenger, address)

    def export(self, messenger: str, address: str, now: datetime) -> bytes:
        """All of it as one JSON document (UTF-8): see docs/privacy.md. An unknown chat's lists
        are empty."""
        with self._database.read() as session:
            held = privacy.read(session, messenger, address)
        made = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        document = {"made_at": made, "messenger": messenger, "address": address, **held}
        return json.dumps(document, ensure_ascii=False, indent=2).encode()

    def erase(self, messenger: str, address: str) -> bool:
        """Erases it for good; False when there was nothing. What was waiting is not sent, and the
        chat is unknown from then on."""
        with self._database.begin() as session:
            hold(session, "ingest")  # nobody makes a delivery for a chat that is being erased
            if not any(privacy.count(session, messenger, address)):
                return False
            privacy.erase(session, messenger, address)
            return True

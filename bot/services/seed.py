"""Plants what was known before the bot began into the ledger, and weeds out what is no longer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bot.core.lines import line_key
from bot.core.model import Grant
from bot.store import stories
from bot.store.db import Database, hold


class Planted(NamedTuple):
    """How many lines changed."""

    new: int = 0
    mended: int = 0
    gone: int = 0


def plant(database: Database, seed: Sequence[Grant]) -> Planted:
    """Makes the ledger's seeded lines those of ``seed``; an empty one takes them all out.

    What the bot learnt itself stays as it is, and stands in place of a seeded line with the same
    ``line_key``. One transaction; where nothing has to change, nothing is written.
    """
    with database.begin() as session:
        hold(session, "ingest")  # no report may move a line between our look and our write
        lines = {line_key(line): line for line in stories.list_grants(session)}
        planted = {key: line for key, line in lines.items() if line.seeded}
        wanted = {
            key: line for line in seed if (key := line_key(line)) in planted or key not in lines
        }
        new = [line for key, line in wanted.items() if key not in planted]
        mended = [line for key, line in wanted.items() if planted.get(key, line) != line]
        gone = [line for key, line in planted.items() if key not in wanted]
        if gone:
            stories.remove_grants(session, gone)
        stories.save_grants(session, [*new, *mended])
    return Planted(len(new), len(mended), len(gone))

"""demo: the bundled archive through the real pipeline, offline and without a token."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bot.cli import display
from bot.cli.base import (
    AtLevel,
    InLanguage,
    console,
    fitting_texts,
    passing_database,
    progress,
    show,
    wait_for,
)
from bot.core.errors import ConfigError
from bot.core.model import Level, Verdict
from bot.core.ports import Message, SendOutcome, Sent, Texts
from bot.core.render import render_alert
from bot.demo import list_feed_files
from bot.feeds.parse import parse_feed
from bot.lexicons import load_detector
from bot.locale import texts_for
from bot.messengers.console import ConsoleMessenger
from bot.pictures import draw_timeline
from bot.services import archive
from bot.services.archive import Archived, Played
from bot.services.deliver import Deliver
from bot.services.ingest import Ingest
from bot.services.subscribe import Subscriptions
from bot.store.db import Database

YOU = "you"


def demo(level: AtLevel = Level.DECISIONS, lang: InLanguage = "en") -> None:
    """Replay six months of 2024 as thirteen feeds told them: offline, no token, under 20 s.

    Example: python -m bot demo --level signals --lang uk
    """
    texts = fitting_texts(lang)
    out = console()
    feeds = archive.read_archive(list_feed_files(), parse_feed)
    show(out, *display.demo_opening(feeds, texts.say(f"level.{level}")))
    started = time.monotonic()
    with passing_database() as database:
        subscriptions = Subscriptions(database)
        reader, _ = subscriptions.subscribe("console", YOU, None, lang, archive.start_of(feeds))
        subscriptions.change(reader.id, level=level, now=archive.start_of(feeds))
        tale = _Tale(out)
        wait_for(_tell(feeds, database, tale))
    seconds = time.monotonic() - started
    show(out, *display.demo_closing(feeds, tale.played, tale.held, tale.edits, seconds, texts))
    show(out, _picture(tale.played, texts))


async def _tell(feeds: list[Archived], database: Database, tale: _Tale) -> None:
    detector = load_detector()
    deliver = Deliver(database, {"console": tale}, texts_for, render_alert)
    ingest = Ingest(database, parse_feed, detector)
    total = sum(len(feed.entries) for feed in feeds)
    with progress("entries", total) as steps:
        async for played in archive.play(feeds, database, ingest, deliver):
            tale.note(played)
            steps.step()
    tale.end()


class _Tale:
    """What is printed while the archive plays: a Messenger for the alerts, and a line now and
    then for what was held back between them."""

    name = "console"

    def __init__(self, out: Console) -> None:
        self._out = out
        self._screen = ConsoleMessenger(lambda block: out.print(escape(block), end=""))
        self._quiet: list[Verdict] = []
        self._told = False
        self.held: list[Verdict] = []  # what woke nobody, from beginning to end
        self.played: list[Played] = []
        self.edits = 0

    async def turn(self, address: str, *, edit: bool = False) -> None:
        """A terminal has no limits."""

    async def send(
        self,
        address: str,
        message: Message,
        *,
        thread: int | None = None,
        reply_to: str | None = None,
    ) -> SendOutcome:
        self._hush()
        self._told = True
        return await self._screen.send(address, message, thread=thread, reply_to=reply_to)

    async def edit(self, address: str, message_id: str, message: Message) -> SendOutcome:
        """Only counted: a terminal can't take a message back, and would show it anew."""
        self.edits += 1
        return Sent(message_id)

    def note(self, played: Played) -> None:
        self.played.append(played)
        if not self._told:
            self._quiet.append(played.verdict)
            self.held.append(played.verdict)
        self._told = False

    def end(self) -> None:
        self._hush()

    def _hush(self) -> None:
        if self._quiet:
            show(self._out, display.quiet_line(self._quiet))
            self._quiet = []


def _picture(played: list[Played], texts: Texts) -> str:
    grants = [grant for each in played if each.alert for grant in each.verdict.grants]
    path = Path(tempfile.gettempdir(), "greenlight-timeline.png")
    try:
        draw_timeline(grants, path, texts=texts, until=played[-1].at)
    except ConfigError as error:
        return f"No timeline picture: {escape(str(error))}"
    return f"The timeline as a picture: {escape(str(path))}"

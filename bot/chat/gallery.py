"""Pictures for chats: drawn one at a time in a thread, the last ones kept for whoever asks next."""

from __future__ import annotations

import asyncio
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from bot.core.model import Grant
from bot.core.ports import Texts
from bot.pictures import draw_timeline

Lines = tuple[Grant, ...]
Draw = Callable[[Lines, Texts, datetime, bool], bytes]
"""Lines, words, up to when, whether dark → a PNG."""

_KEPT = 32  # pictures of some 50 kB


class Gallery:
    """Draws timelines. A picture takes two seconds and 75 MB, so nobody draws beside another, and
    a crowd that asks for one picture gets one: it is good until the day or the lines change."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._one_at_a_time = asyncio.Lock()
        self._kept: OrderedDict[tuple[object, ...], bytes] = OrderedDict()

    async def timeline(self, lines: Lines, texts: Texts, now: datetime, *, dark: bool) -> bytes:
        """The PNG of these lines up to now. ConfigError when it can't be drawn."""
        key = (lines, texts.language, now.date(), dark)
        async with self._one_at_a_time:
            if key not in self._kept:
                self._kept[key] = await asyncio.to_thread(self._draw, lines, texts, now, dark)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]


def open_gallery() -> Gallery | None:
    """A gallery, where the extra that draws (``greenlight[pictures]``) is installed."""
    return Gallery(_draw) if find_spec("matplotlib") else None


def _draw(lines: Lines, texts: Texts, until: datetime, dark: bool) -> bytes:
    with tempfile.TemporaryDirectory(prefix="greenlight-") as folder:
        path = Path(folder, "timeline.png")
        return draw_timeline(lines, path, texts=texts, until=until, dark=dark).read_bytes()

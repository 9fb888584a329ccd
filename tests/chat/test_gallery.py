"""Pictures are drawn one at a time, and once for everybody who asks."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from threading import Lock

import pytest

from bot.chat import gallery
from bot.chat.gallery import Gallery, Lines, open_gallery
from bot.core.errors import ConfigError
from bot.core.ports import Texts
from bot.locale import texts_for
from tests.core.making import grant
from tests.fakes import NOW

EN, UK = texts_for("en"), texts_for("uk")
LINES = (grant(),)


class Painter:
    """Draws numbers, and knows when it is asked for two at once."""

    def __init__(self) -> None:
        self.drawn: list[tuple[str, bool]] = []
        self._busy = Lock()

    def __call__(self, lines: Lines, texts: Texts, until: datetime, dark: bool) -> bytes:
        assert self._busy.acquire(blocking=False), "two pictures at once"
        self.drawn.append((texts.language, dark))
        self._busy.release()
        return b"%d" % len(self.drawn)


async def test_a_crowd_gets_one_picture() -> None:
    """Whoever asks for the same picture on the same day gets the one that was drawn."""
    painter = Painter()
    room = Gallery(painter)
    asked = (room.timeline(LINES, EN, NOW, dark=False) for _ in range(20))
    assert set(await asyncio.gather(*asked)) == {b"1"}
    assert painter.drawn == [("en", False)]


async def test_another_picture_is_drawn_anew() -> None:
    """Other lines, another language, theme or day make another picture; none beside another."""
    painter = Painter()
    room = Gallery(painter)
    pictures = await asyncio.gather(
        room.timeline(LINES, EN, NOW, dark=False),
        room.timeline(LINES, EN, NOW, dark=True),
        room.timeline(LINES, UK, NOW, dark=True),
        room.timeline((*LINES, grant(days=1)), EN, NOW, dark=False),
        room.timeline(LINES, EN, NOW + timedelta(days=1), dark=False),
    )
    assert len(set(pictures)) == 5


async def test_only_the_last_pictures_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory holds a few pictures, those that were asked for last."""
    monkeypatch.setattr(gallery, "_KEPT", 2)
    painter = Painter()
    room = Gallery(painter)
    for days in (0, 1, 0, 2, 0, 1):
        await room.timeline(LINES, EN, NOW + timedelta(days=days), dark=False)
    assert len(painter.drawn) == 4


async def test_a_failure_is_not_kept() -> None:
    """What could not be drawn is tried again the next time."""
    tries = iter([ConfigError("no"), b"png"])

    def draw(lines: Lines, texts: Texts, until: datetime, dark: bool) -> bytes:
        answer = next(tries)
        if isinstance(answer, ConfigError):
            raise answer
        return answer

    room = Gallery(draw)
    with pytest.raises(ConfigError):
        await room.timeline(LINES, EN, NOW, dark=False)
    assert await room.timeline(LINES, EN, NOW, dark=False) == b"png"


async def test_the_real_gallery_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra a PNG comes out; without it there is no gallery."""
    room = open_gallery()
    if room is None:
        pytest.skip("pictures need the extra: pip install '.[pictures]'")
    png = await room.timeline(LINES, EN, NOW + timedelta(days=9), dark=False)
    assert png.startswith(b"\x89PNG")
    monkeypatch.setattr(gallery, "find_spec", lambda name: None)
    assert open_gallery() is None

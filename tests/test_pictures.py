"""The timeline: a picture of the ledger, drawn in a process of its own."""

from __future__ import annotations

import struct
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot import pictures
from bot.core.errors import ConfigError, UserError
from bot.core.model import Grant, LedgerState, Matter
from bot.locale import texts_for
from bot.pictures import _lane, _lanes, _ticks, draw_timeline

AT = datetime(2024, 5, 3, tzinfo=UTC)
UNTIL = AT + timedelta(days=200)
GRANT = Grant("GB", Matter.STRIKE, LedgerState.GRANTED, AT, weapons=("Storm Shadow",))
HISTORY = [
    GRANT,
    Grant("US", Matter.STRIKE, LedgerState.SIGNALLED, AT + timedelta(days=20), "UA", "RU"),
    Grant("US", Matter.STRIKE, LedgerState.GRANTED, AT + timedelta(days=27), scope=("Харків",)),
    Grant("GB", Matter.STRIKE, LedgerState.CONTESTED, AT + timedelta(days=70)),
    Grant("NATO", Matter.TRANSFER, LedgerState.REVOKED, AT + timedelta(days=90)),
]
EN = texts_for("en")

drawn = pytest.mark.skipif(
    find_spec("matplotlib") is None, reason="pictures need the extra: pip install '.[pictures]'"
)


def measure(path: Path) -> tuple[int, int]:
    """Width and height as a PNG's header tells them."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:24])
    return width, height


@drawn
@pytest.mark.parametrize("language", ["en", "uk"])
def test_a_history_becomes_a_picture_for_a_phone(tmp_path: Path, language: str) -> None:
    """A PNG as wide as a phone, with room for every lane, and light enough to send."""
    path = tmp_path / "all.png"
    assert draw_timeline(HISTORY, path, texts=texts_for(language), until=UNTIL) == path
    width, height = measure(path)
    assert width == 1080
    assert height > 3 * 100 + 200
    assert path.stat().st_size < 150_000


@drawn
def test_the_dark_picture_is_another(tmp_path: Path) -> None:
    """``dark`` changes the picture, not its size."""
    light = draw_timeline([GRANT], tmp_path / "light.png", texts=EN, until=UNTIL)
    dark = draw_timeline([GRANT], tmp_path / "dark.png", texts=EN, until=UNTIL, dark=True)
    assert light.read_bytes() != dark.read_bytes()
    assert measure(light) == measure(dark)


@drawn
def test_awkward_histories_are_drawn(tmp_path: Path) -> None:
    """Money signs, markup, long and broken notes, and decisions of one moment break nothing."""
    notes = ("$a$ and $\\frac", "<b>&amp;", "x" * 300, "line\nbreak", "\ud83d", "弾道ミサイル", "")
    grants = [replace(GRANT, weapons=(note,), authority=f"X{note[:1]}") for note in notes]
    path = draw_timeline([*grants, *grants], tmp_path / "t.png", texts=EN, until=AT)
    assert measure(path)[0] == 1080


@drawn
def test_matplotlib_stays_out_of_the_service(tmp_path: Path) -> None:
    """Drawing loads matplotlib in the child alone, whose memory is given back."""
    program = (
        "import sys; from pathlib import Path; from tests.test_pictures import *;"
        "draw_timeline(HISTORY, Path(sys.argv[1]), texts=EN, until=UNTIL);"
        "sys.exit('matplotlib' in sys.modules or 'numpy' in sys.modules)"
    )
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", program, str(tmp_path / "t.png")]
    done = subprocess.run(command, cwd=root, check=False)  # noqa: S603 - our own program
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("steps", "holds"),
    [
        ("granted: revoked:", ["granted", "revoked"]),
        ("granted:UA revoked:IL", ["granted", "granted"]),  # taken from one, kept by another
        ("granted:UA granted:IL revoked:", ["granted", "granted", "revoked"]),  # from everybody
        ("granted:UA revoked:UA granted:IL", ["granted", "revoked", "granted"]),
        ("granted:UA signalled:IL", ["granted", "granted"]),  # talk of more takes nothing back
        ("signalled:UA granted:UA", ["signalled", "granted"]),
        ("revoked:UA signalled:UA", ["revoked", "signalled"]),
        ("granted:UA contested:UA", ["granted", "contested"]),
    ],
)
def test_a_lane_shows_what_is_allowed_to_anybody(steps: str, holds: list[str]) -> None:
    """The bar's colour is what holds of an authority after each of its decisions."""
    told = [
        replace(GRANT, state=LedgerState(state), beneficiary=whom)
        for state, _, whom in (step.partition(":") for step in steps.split())
    ]
    assert [step["holds"] for step in _lane("GB", told, EN)["steps"]] == holds


def test_one_authority_has_a_lane_for_each_matter_and_receiver() -> None:
    """Alone in the picture, an authority is taken apart; beside others it is one lane."""
    mine = [GRANT, replace(GRANT, beneficiary="UA"), replace(GRANT, matter=Matter.TRANSFER)]
    assert [lane["name"] for lane in _lanes([*mine, GRANT], EN)] == [
        "Strikes with supplied weapons",
        "Strikes with supplied weapons → Ukraine",
        "Arms deliveries and exports",
    ]
    both = _lanes([*mine, replace(GRANT, authority="US")], EN)
    assert [lane["name"] for lane in both] == ["United Kingdom", "United States"]


def test_years_mark_a_long_time() -> None:
    """Over years the axis tells new years, as few as can be read; over months its thirds."""
    words = [word for _, word in _ticks(AT, AT + timedelta(days=1000), EN)]
    assert words == ["", "2025", "2026", "2027"]
    assert len(_ticks(AT, AT + timedelta(days=9000), EN)) <= 7
    assert next(word for _, word in _ticks(AT, UNTIL, EN)) == "May 3, 2024"


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    """Without a decision up to the given time there is a short reply and no picture."""
    for grants in ([], [replace(GRANT, since=UNTIL + timedelta(days=1))]):
        with pytest.raises(UserError) as error:
            draw_timeline(grants, tmp_path / "t.png", texts=EN, until=UNTIL)
        assert error.value.key == "picture.empty"


def test_without_matplotlib_the_cure_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the extra is missing the error says which command brings it."""
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'greenlight\[pictures\]'"):
        draw_timeline(HISTORY, tmp_path / "t.png", texts=EN, until=UNTIL)


@drawn
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder that isn't there: one line with the path and the reason, no traceback."""
    path = tmp_path / "nowhere" / "t.png"
    with pytest.raises(ConfigError) as error:
        draw_timeline([GRANT], path, texts=EN, until=UNTIL)
    assert str(path) in str(error.value)
    assert "No such file" in str(error.value)
    assert "\n" not in str(error.value)

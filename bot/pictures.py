"""Pictures: who allows what, over time. matplotlib draws them, in a process of its own.

matplotlib is an extra (``pip install 'greenlight[pictures]'``) and takes 75 MB; the child process
(``python -m bot.pictures``, JSON on its standard input) gives them back when it ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypedDict

from bot.core.errors import ConfigError, UserError
from bot.core.markup import clean
from bot.core.model import Grant, LedgerState
from bot.core.ports import Texts

_SECONDS = 60  # for one picture; a usual one takes two
_SHOWN = (
    LedgerState.GRANTED,
    LedgerState.SIGNALLED,
    LedgerState.CONTESTED,
    LedgerState.REVOKED,
)

# Okabe and Ito's colours, told apart by colour-blind eyes; the sign says it once more.
_COLOURS = {"granted": "#009E73", "signalled": "#E69F00", "contested": "#0072B2"}
_COLOURS |= {"revoked": "#D55E00", "none": "#9A9A9A"}
_SIGNS = {"granted": "✓", "signalled": "?", "contested": "!", "revoked": "✕", "none": ""}
_SIGN: dict[str, Any] = {
    "color": "#FFFFFF",
    "fontweight": "bold",
    "ha": "center",
    "va": "center_baseline",
}
_WIDTH, _DPI = 7.2, 150  # inches; 1080 pixels: a phone's width
_HEAD, _LANE, _NOTE, _FOOT = 0.95, 0.68, 0.21, 0.55  # inches: one line of notes, and so on
_LINES = 4  # of notes under a lane; what finds no room there keeps its mark alone


class _Step(TypedDict):
    at: float
    state: str  # of this decision: the mark
    holds: str  # of the authority from here on: the bar
    note: str


class _Lane(TypedDict):
    name: str
    steps: list[_Step]


class _Job(TypedDict):
    path: str
    dark: bool
    title: str
    until: float
    ticks: list[tuple[float, str]]
    legend: list[tuple[str, str]]
    lanes: list[_Lane]


def draw_timeline(
    grants: Sequence[Grant], path: Path, *, texts: Texts, until: datetime, dark: bool = False
) -> Path:
    """Draws the ledger's history as a PNG, 1080 pixels wide, and returns ``path``.

    One lane for each authority, in the order of first decisions, coloured by what was in force
    up to ``until``, each decision marked with a sign, its date and its weapons or limits.

    Raises UserError "picture.empty" when there is nothing to draw, and ConfigError when
    matplotlib is missing or the file can't be written. Blocks for a second or two.
    """
    told = sorted((one for one in grants if one.since <= until), key=lambda one: one.since)
    if not told:
        raise UserError("picture.empty")
    if find_spec("matplotlib") is None:
        raise ConfigError("pictures need matplotlib: pip install 'greenlight[pictures]'")
    job = _Job(
        path=str(path),
        dark=dark,
        title=texts.say("picture.title"),
        until=until.timestamp(),
        ticks=_ticks(told[0].since, until, texts),
        legend=[(state, texts.say(f"picture.{state}")) for state in _SHOWN],
        lanes=[
            _lane(authority, [one for one in told if one.authority == authority], texts)
            for authority in dict.fromkeys(one.authority for one in told)
        ],
    )
    _draw_apart(job)
    return path


def _draw_apart(job: _Job) -> None:
    try:
        child = subprocess.run(
            [sys.executable, "-m", "bot.pictures"],
            input=json.dumps(job),
            encoding="utf-8",
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigError(f"{job['path']}: no picture after {_SECONDS} s; try again") from error
    if child.returncode:
        last = (child.stderr.strip() or "no reason given").splitlines()[-1]
        raise ConfigError(f"{job['path']}: the picture can't be drawn: {last}")


def _lane(authority: str, told: Sequence[Grant], texts: Texts) -> _Lane:
    steps: list[_Step] = []
    holds = LedgerState.NONE
    for grant in told:
        # Talk of more doesn't take back what is allowed already.
        if not (grant.state is LedgerState.SIGNALLED and holds is LedgerState.GRANTED):
            holds = grant.state
        notes = [*grant.weapons[:2], *grant.scope[:1]] or [texts.say(f"matter.{grant.matter}")]
        steps.append(
            {
                "at": grant.since.timestamp(),
                "state": grant.state,
                "holds": holds,
                "note": f"{_date(grant.since, texts)}: {clean(', '.join(notes), 34)}",
            }
        )
    return {"name": clean(texts.country(authority), 40), "steps": steps}


def _ticks(start: datetime, until: datetime, texts: Texts) -> list[tuple[float, str]]:
    marks = [start + (until - start) * part / 3 for part in range(4)]
    days = {_date(mark, texts): mark.timestamp() for mark in reversed(marks)}  # no day twice
    return [(at, day) for day, at in reversed(days.items())]


def _date(at: datetime, texts: Texts) -> str:
    """The day alone: a moment reads "day, 18:00 UTC" in every language."""
    return texts.moment(at).rpartition(", ")[0]


# --- the child ------------------------------------------------------------------------------


def _draw(job: _Job) -> None:
    """Draws one job. Lengths up and down are inches, so that text never runs into text."""
    from matplotlib.figure import Figure

    light, dark = ("#FFFFFF", "#1B1F23", "#E3E7EB"), ("#17212B", "#F2F4F5", "#2B3A47")
    paper, ink, faint = dark if job["dark"] else light
    figure = Figure(figsize=(_WIDTH, 5), dpi=_DPI, facecolor=paper)
    axes = figure.add_axes((0.05, 0, 0.90, 1), facecolor=paper)
    start, end = job["ticks"][0][0], max(job["until"], job["ticks"][0][0] + 3600)
    pad = (end - start) * 0.03
    axes.set_xlim(start - pad, end + pad)
    pen: dict[str, Any] = {"color": ink, "va": "center", "parse_math": False}  # "$" is money
    pen["bbox"] = {"facecolor": paper, "edgecolor": "none", "pad": 0.6}  # over the grid
    y = 0.22
    for lane in job["lanes"]:
        axes.text(start - pad, y, lane["name"], fontsize=13, fontweight="bold", **pen)
        _draw_bar(axes, y + 0.32, lane["steps"], end, paper)
        y += _LANE + _NOTE * _draw_notes(axes, y + 0.55, lane["steps"], pen)
    height = _HEAD + y - 0.22 + _FOOT
    figure.set_size_inches(_WIDTH, height)
    axes.set_position((0.05, _FOOT / height, 0.90, (y - 0.22) / height))
    axes.set_ylim(y - 0.22, 0)
    _draw_axis(axes, job["ticks"], ink, faint)
    _draw_head(figure, job, height, ink)
    figure.savefig(job["path"], format="png", facecolor=paper)


def _draw_bar(axes: Any, y: float, steps: list[_Step], end: float, paper: str) -> None:
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        length = (following["at"] if following else end) - step["at"]
        axes.barh(y, length, left=step["at"], height=0.19, color=_COLOURS[step["holds"]])
    for step in steps:
        colour = _COLOURS[step["state"]]
        axes.plot(step["at"], y, "o", markersize=17, color=colour, markeredgecolor=paper)
        axes.text(step["at"], y, _SIGNS[step["state"]], fontsize=11, **_SIGN)


def _draw_notes(axes: Any, y: float, steps: list[_Step], pen: dict[str, Any]) -> int:
    """Dates and notes under their marks, each on the first line with room; lines used."""
    left, right = axes.get_xlim()
    free = [left] * _LINES  # up to where each line is written on
    for step in steps:
        note = axes.text(step["at"], y, step["note"], fontsize=9.5, **pen)
        box = note.get_window_extent().transformed(axes.transData.inverted())
        x = min(step["at"], right - box.width)
        line = next((one for one in range(_LINES) if free[one] <= x), None)
        if line is None:
            note.remove()
            continue
        note.set_position((x, y + _NOTE * line))
        free[line] = x + box.width + 0.02 * (right - left)
    return sum(1 for end in free if end > left)


def _draw_axis(axes: Any, ticks: list[tuple[float, str]], ink: str, faint: str) -> None:
    axes.set_yticks([])
    axes.set_xticks([at for at, _ in ticks], [date for _, date in ticks])
    axes.tick_params(colors=ink, labelsize=10, length=0, pad=9)
    axes.xaxis.get_ticklabels()[-1].set_horizontalalignment("right")
    axes.xaxis.get_ticklabels()[0].set_horizontalalignment("left")
    axes.grid(axis="x", color=faint, linewidth=1)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_head(figure: Any, job: _Job, height: float, ink: str) -> None:
    """Title and legend. The words come from the reader's catalogue."""
    from matplotlib.lines import Line2D

    figure.text(
        0.05,
        1 - 0.30 / height,
        job["title"],
        color=ink,
        fontsize=15,
        fontweight="bold",
        va="center",
    )
    x, y = 0.062, 1 - 0.65 / height
    for state, word in job["legend"]:
        dot = Line2D([x], [y], marker="o", markersize=13, color=_COLOURS[state], linewidth=0)
        figure.add_artist(dot)
        figure.text(x, y, _SIGNS[state], fontsize=9, **_SIGN)
        text = figure.text(x + 0.021, y, word, color=ink, fontsize=10.5, va="center")
        box = text.get_window_extent().transformed(figure.transFigure.inverted())
        x = box.x1 + 0.042


if __name__ == "__main__":
    _draw(json.load(sys.stdin))

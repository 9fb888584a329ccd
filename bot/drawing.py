"""Draws one timeline with matplotlib: the child process of ``pictures``, which hands it a job as
JSON on its standard input.
"""

from __future__ import annotations

import json
import sys
from typing import Any, TypedDict

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


class Step(TypedDict):
    """One decision."""

    at: float
    state: str  # of this decision: the mark
    holds: str  # of the authority from here on: the bar
    note: str


class Lane(TypedDict):
    """The decisions of one authority, or of one of its matters, oldest first."""

    name: str
    steps: list[Step]


class Job(TypedDict):
    """A picture to be drawn; times are seconds since 1970, words the reader's."""

    path: str
    dark: bool
    title: str
    until: float
    ticks: list[tuple[float, str]]
    legend: list[tuple[str, str]]
    lanes: list[Lane]


def _draw(job: Job) -> None:
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


def _draw_bar(axes: Any, y: float, steps: list[Step], end: float, paper: str) -> None:
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        length = (following["at"] if following else end) - step["at"]
        axes.barh(y, length, left=step["at"], height=0.19, color=_COLOURS[step["holds"]])
    for over, step in enumerate(steps, start=3):  # a later mark hides an earlier one's sign too
        at, colour = step["at"], _COLOURS[step["state"]]
        dot = {"markersize": 17, "color": colour, "markeredgecolor": paper, "zorder": over}
        axes.plot(at, y, "o", **dot)
        axes.text(at, y, _SIGNS[step["state"]], fontsize=11, zorder=over, **_SIGN)


def _draw_notes(axes: Any, y: float, steps: list[Step], pen: dict[str, Any]) -> int:
    """Dates and notes under their marks, the newest first, each on the first line with room; says
    how many lines that took."""
    left, right = axes.get_xlim()
    gap = 0.02 * (right - left)
    free = [right + gap] * _LINES  # down to where each line is written on
    for step in reversed(steps):
        note = axes.text(step["at"], y, step["note"], fontsize=9.5, **pen)
        box = note.get_window_extent().transformed(axes.transData.inverted())
        x = min(step["at"], right - box.width)
        line = next((n for n in range(_LINES) if x + box.width + gap <= free[n]), None)
        if line is None:
            note.remove()
            continue
        note.set_position((x, y + _NOTE * line))
        free[line] = x
    return sum(1 for start in free if start <= right)


def _draw_axis(axes: Any, ticks: list[tuple[float, str]], ink: str, faint: str) -> None:
    axes.set_yticks([])
    axes.set_xticks([at for at, _ in ticks], [date for _, date in ticks])
    axes.tick_params(colors=ink, labelsize=10, length=0, pad=9)
    if len(ticks) > 1 and ticks[0][1]:  # the thirds: the last one ends at the edge
        axes.xaxis.get_ticklabels()[-1].set_horizontalalignment("right")
    axes.xaxis.get_ticklabels()[0].set_horizontalalignment("left")
    axes.grid(axis="x", color=faint, linewidth=1)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_head(figure: Any, job: Job, height: float, ink: str) -> None:
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

"""Pictures: who allows what, over time. matplotlib draws them, in a process of its own.

matplotlib is an extra (``pip install 'greenlight[pictures]'``) and takes 75 MB; the child process
(``python -m bot.drawing``, JSON on its standard input) gives them back when it ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from bot.core.errors import ConfigError, UserError
from bot.core.markup import clean
from bot.core.model import Grant, LedgerState
from bot.core.ports import Texts
from bot.drawing import Job, Lane, Step

_SECONDS = 60  # for one picture; a usual one takes two
_SHOWN = (
    LedgerState.GRANTED,
    LedgerState.SIGNALLED,
    LedgerState.CONTESTED,
    LedgerState.REVOKED,
)

_LONG = timedelta(days=600)  # a time of which years are the marks, at most so many
_MOST_YEARS = 6
_MOST_LANES = 10  # of one authority; the text tells the rest


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
    job = Job(
        path=str(path),
        dark=dark,
        title=_title(told, texts),
        until=until.timestamp(),
        ticks=_ticks(told[0].since, until, texts),
        legend=[(state, texts.say(f"picture.{state}")) for state in _SHOWN],
        lanes=_lanes(told, texts),
    )
    _draw_apart(job)
    return path


def _title(told: Sequence[Grant], texts: Texts) -> str:
    """What the picture shows; of one authority, with its name."""
    authorities = {one.authority for one in told}
    name = f" · {clean(texts.country(told[0].authority), 40)}" if len(authorities) == 1 else ""
    return texts.say("picture.title") + name


def _lanes(told: Sequence[Grant], texts: Texts) -> list[Lane]:
    """A lane an authority; of one alone, a lane for each matter and whom it is about, the fullest
    first."""
    groups: dict[str, list[Grant]] = {}
    single = len({one.authority for one in told}) == 1
    for one in told:
        name = texts.country(one.authority)
        if single:
            whom = f" → {texts.country(one.beneficiary)}" if one.beneficiary else ""
            name = texts.say(f"matter.{one.matter}") + whom
        groups.setdefault(clean(name, 70), []).append(one)
    shown = list(groups.items())
    if single:
        shown = sorted(shown, key=lambda group: -len(group[1]))[:_MOST_LANES]
    return [_lane(name, its, texts, whom=not single) for name, its in shown]


def _draw_apart(job: Job) -> None:
    try:
        child = subprocess.run(
            [sys.executable, "-m", "bot.drawing"],
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


def _lane(name: str, told: Sequence[Grant], texts: Texts, *, whom: bool = True) -> Lane:
    steps: list[Step] = []
    states: dict[tuple[str, str], LedgerState] = {}  # of each matter and beneficiary
    for grant in told:
        _take_over(states, grant)
        holds = min(states.values(), key=_SHOWN.index, default=LedgerState.NONE)
        notes = [*grant.weapons[:2], *grant.scope[:1]] or [texts.say(f"matter.{grant.matter}")]
        receiver = f" → {clean(grant.beneficiary, 4)}" if whom and grant.beneficiary else ""
        steps.append(
            {
                "at": grant.since.timestamp(),
                "state": grant.state,
                "holds": holds,
                "note": f"{_date(grant.since, texts)}: {clean(', '.join(notes), 34)}{receiver}",
            }
        )
    return {"name": name, "steps": steps}


def _take_over(states: dict[tuple[str, str], LedgerState], grant: Grant) -> None:
    """What a decision leaves of the states before it. Talk of more takes back nothing, and what
    is withdrawn from one is still allowed to others; where nobody is named, all are meant."""
    own = (grant.matter, grant.beneficiary)
    if grant.state is LedgerState.SIGNALLED and LedgerState.GRANTED in states.values():
        return
    states[own] = grant.state
    if grant.state is not LedgerState.GRANTED and not grant.beneficiary:
        for slot in states:
            if slot[0] == grant.matter:
                states[slot] = grant.state


def _ticks(start: datetime, until: datetime, texts: Texts) -> list[tuple[float, str]]:
    """Where the axis is marked: at new years, over a longer time; else at its thirds."""
    if until - start > _LONG:
        years = range(start.year + 1, until.year + 1)
        step = -(-len(years) // _MOST_YEARS)
        news = [(datetime(year, 1, 1, tzinfo=UTC).timestamp(), str(year)) for year in years]
        return [(start.timestamp(), ""), *news[::step]]
    marks = [start + (until - start) * part / 3 for part in range(4)]
    days = {_date(mark, texts): mark.timestamp() for mark in reversed(marks)}  # no day twice
    return [(at, day) for day, at in reversed(days.items())]


def _date(at: datetime, texts: Texts) -> str:
    """The day alone: a moment reads "day, 18:00 UTC" in every language."""
    return texts.moment(at).rpartition(", ")[0]

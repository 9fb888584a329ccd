"""Why a stance and not its neighbour, in parts that a catalogue can make a sentence of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.core.detect.clauses import Marked
from bot.core.detect.frames import Frame, stance_of
from bot.core.model import Reason, Stance
from bot.core.tags import Tag

# The mode that decides where several hold, as in the stance table: first wins.
ORDER = (
    "disavowed",
    "urged",
    "reacted",
    "explained",
    "background",
    "recalled",
    "considered",
    "negated",
    "refused",
    "questioned",
    "conditional",
    "hedged",
    "future",
)
VETOED, WEIGHED, ASSERTED, ANNOUNCED = "vetoed", "weighed", "asserted", "announced"


def give_reason(
    stance: Stance,
    frames: Sequence[Frame],
    chances: Mapping[Stance, float],
    parts: Sequence[Marked],
    *,
    vetoed: bool,
) -> Reason:
    """The first frame of that stance, with the mode that made it so; without one, the weights.

    The neighbour is what the event would tell without that mode, else the next likeliest stance.
    """
    second = max((s for s in sorted(Stance) if s is not stance), key=lambda one: chances[one])
    frame = next((frame for frame in frames if frame.stance is stance), None)
    told = frame or next(
        (f for f in frames if f.announces and stance is stance_of(f.event, {})), None
    )
    if told is None:
        return Reason(VETOED if vetoed else WEIGHED, second)
    part = next(each for each in parts if each.text.part == told.part)
    event, thing = _words(part, told.tag), _words(part, told.object)
    mode = next((mode for mode in ORDER if mode in told.modes), ASSERTED)
    if mode == ASSERTED:
        return Reason(mode, second, event, thing)
    modifier = told.modes[mode]
    by = "" if modifier.words == told.tag.words else _words(part, modifier)
    if frame is None:
        return Reason(ANNOUNCED, Stance.SIGNALLED, event, thing, by)
    plain = stance_of(told.event, {})
    return Reason(mode, second if plain is stance else plain, event, thing, by)


def _words(part: Marked, tag: Tag) -> str:
    """A tag's words as written; those of a gap only when it is short."""
    tokens = part.tokens
    if tag.last - tag.first < len(tag.words) + 2:
        return part.words(tag.first, tag.last)
    return " … ".join(tokens[word].raw for word in tag.words)

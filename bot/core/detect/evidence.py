"""Where in the entry's own text everything was found that a finding says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.core.detect.clauses import Marked
from bot.core.detect.frames import Frame
from bot.core.detect.slots import Slots, find_limits
from bot.core.model import Evidence
from bot.core.tags import Tag

NAMED = ("actor", "system")  # a value of theirs is a name; of others, a topic's own concept


def gather(parts: Sequence[Marked], frames: Iterable[Frame], slots: Slots) -> tuple[Evidence, ...]:
    """The spans that decided (event, object, subject, modifiers), then those that fill slots."""
    found: dict[tuple[str, int, int, str], Evidence] = {}
    of_part = {part.text.part: part for part in parts}
    for frame in frames:
        part = of_part.get(frame.part)
        if part is None:
            continue
        for tag in (frame.tag, *frame.modes.values(), frame.object, frame.subject):
            if tag is not None:
                shown = tag.value if tag.value and tag.concept not in NAMED else tag.concept
                _add(found, part, (tag.first, tag.last), shown, "")
    for part in parts:
        for tag, slot in _fillers(part, slots):
            _add(found, part, (tag.first, tag.last), tag.concept, slot)
        for limit in find_limits(part):
            if part.words(*limit) in slots.scope:
                _add(found, part, limit, "only", "scope")
    ordered = sorted(
        found.values(), key=lambda e: (bool(e.slot), e.part != "title", e.start, e.end)
    )
    return tuple(ordered)


def _fillers(part: Marked, slots: Slots) -> Iterator[tuple[Tag, str]]:
    """The first tag of this part for each value that a slot holds."""
    named = (
        ("actor", "actor", slots.actors),
        ("actor", "beneficiary", slots.beneficiaries),
        ("actor", "territory", slots.territory),
        ("system", "weapon", slots.weapons),
        ("system", "without", slots.without),
    )
    for concept, slot, values in named:
        first: dict[str, Tag] = {}
        for tag in part.of(concept):
            if tag.value in values:
                first.setdefault(tag.value, tag)
        yield from ((tag, slot) for tag in first.values())
    for tag in part.of("date", "longago"):
        if part.words(tag.first, tag.last) == slots.when:
            yield tag, "when"
            return


def _add(
    found: dict[tuple[str, int, int, str], Evidence],
    part: Marked,
    words: tuple[int, int],
    concept: str,
    slot: str,
) -> None:
    first, last = words
    start, end = part.tokens[first].start, part.tokens[last].end
    key = (part.text.part, start, end, slot)
    found.setdefault(
        key, Evidence(part.text.part, start, end, part.words(first, last), concept, slot)
    )

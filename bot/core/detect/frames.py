"""Frames: an event with its object, its subject and its mode, and the stance that follows.

The stance table (event × mode) is the design's heart: a plea, a refusal or a reaction changes
the stance; it is never a weight among others.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.detect.clauses import Marked
from bot.core.detect.modifiers import modes
from bot.core.model import Stance
from bot.core.tags import Tag

EASING = ("permit", "lift", "widen", "nolimit", "entitled", "resume")
TIGHTENING = ("block", "suspend", "tighten", "revoke")
DECIDING = (*EASING, *TIGHTENING, "refuse")
EVENTS = (*DECIDING, "used", "transfer")

USE = ("strike", "employ", "territory", "longrange", "bases", "intelligence", "ownforces")
ARMS = ("weapon", "system")
GOODS = ("transfer", *ARMS)

# which concepts an event needs near it, and how near (words; in the same sentence)
OBJECTS: dict[str, tuple[str, ...]] = {
    "permit": (*USE, *GOODS),
    "entitled": (*USE, *ARMS),
    "nolimit": (*USE, *GOODS),
    "lift": ("limit",),
    "widen": ("permit", "ownforces", "strike", "longrange", "territory", "bases", "intelligence"),
    "resume": (*GOODS, "intelligence", "bases"),
    "block": (*USE, *GOODS),
    "suspend": (*GOODS, "bases", "intelligence", "permit", "ownforces", "strike"),
    "tighten": ("limit", "policy", *GOODS, "strike", "employ", "longrange", "bases"),
    "revoke": (*GOODS, "permit", *USE),
    "refuse": (*USE, *GOODS, "permit", "limit", "policy"),
    "used": (*ARMS, "strike"),
    "transfer": ARMS,
}
ABOUT = 5  # words between a limit and what it is a limit of
WITHDRAWN = 3  # words between a permission and what takes it away
REACH = {"transfer": 8, "lift": 10, "widen": 6, "resume": 8, "suspend": 8, "tighten": 8}


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a text in its mode."""

    part: str
    event: str
    tag: Tag
    stance: Stance
    modes: dict[str, Tag]
    object: Tag
    subject: Tag | None
    agent: str  # what kind of subject: owner, beneficiary, opponent, alliance, nonbinding, unknown
    noun: bool
    sentence: int
    about: str  # what a limit is a limit of: the concept nearest to it, or nothing

    @property
    def announces(self) -> bool:
        """Whether the event is told as coming, without a doubt: "US to allow"."""
        return (
            "future" in self.modes
            and self.stance is Stance.SIGNALLED
            and self.modes.keys().isdisjoint(("questioned", "conditional", "recalled"))
        )


def find_frames(marked: Marked) -> list[Frame]:
    """Every event that has its object, in the order of the text."""
    found = []
    for event in EVENTS:
        for tag in marked.of(event):
            if reading := _read(event, tag, marked):
                found.append(_frame(*reading, tag, marked))
    # a limit that is lifted, or blocked itself, is no new limit ("lifts ban", "veto dropped")
    lifted = {f.object.words for f in found if f.event == "lift"}
    blocks = {tag.first: limit.words for tag in marked.of("block") if (limit := _bars(tag, marked))}
    gone = lifted | set(blocks.values())
    tight = [f.tag for f in found if f.event in TIGHTENING]
    kept = []
    for f in found:
        if f.event in (*TIGHTENING, "refuse"):
            void = f.tag.words in gone or f.tag.first in blocks
        else:
            void = f.noun and f.event == "permit" and _is_withdrawn(f.tag, tight, marked)
        if not void:
            kept.append(f)
    return kept


def _is_withdrawn(permit: Tag, tight: list[Tag], marked: Marked) -> bool:
    """Whether a permission is what is taken away: "revokes permits", "licences frozen"."""
    return any(
        marked.same_segment(permit, tag)
        and 0 <= max(tag.first - permit.last, permit.first - tag.last) <= WITHDRAWN
        for tag in tight
    )


def _bars(block: Tag, marked: Marked) -> Tag | None:
    """The limit that a block stands in the way of: "blocks the ban"."""
    limit = _object(block, marked, ("limit",), 4)
    later = limit is not None and limit.first > block.last and limit.words != block.words
    return limit if later else None


def _read(event: str, tag: Tag, marked: Marked) -> tuple[str, Tag] | None:
    """What the event is, and its object: suspending a ban is lifting it. None without an object."""
    if event in ("suspend", "revoke"):
        limit = _object(tag, marked, ("limit",), 4)
        if limit and limit.first > tag.first and set(limit.words).isdisjoint(tag.words):
            return "lift", limit
    if event == "entitled" and any(tag.first < p.first <= tag.last for p in marked.of("permit")):
        return None  # "may allow Ukraine to use": the permission is the event
    if event == "transfer" and any(
        marked.same_clause(tag, each)
        for concept in DECIDING
        for each in marked.by_concept.get(concept, ())
    ):
        return None  # "halts deliveries": what is done to a delivery is the event
    thing = _object(tag, marked, OBJECTS[event], REACH.get(event, 40))
    return None if thing is None else (event, thing)


def _frame(event: str, thing: Tag, tag: Tag, marked: Marked) -> Frame:
    held = modes(tag, marked)
    if event == "entitled" and (speaker := _speaks_for_others(tag, marked)) is not None:
        held.setdefault("urged", speaker)
    if event == "refuse":
        held.pop("urged", None)  # a plea refused is a refusal
    if "refused" in held and held["refused"].words == thing.words:
        del held["refused"]  # the veto that is dropped refuses nothing any more
    noun = "noun" in tag.flags and event in ("permit", "lift")
    subject = _subject(tag, marked)
    return Frame(
        marked.text.part,
        event,
        tag,
        stance_of(event, held),
        held,
        thing,
        subject,
        _agent(tag, subject, marked),
        noun,
        marked.tokens[tag.first].sentence,
        _about(thing, marked) if thing.concept == "limit" else "",
    )


def _about(limit: Tag, marked: Marked) -> str:
    """What a limit is a limit of: "ban on missiles", "arms embargo"; nothing for metals."""
    near = [
        (max(tag.first - limit.last, limit.first - tag.last), tag.concept)
        for tag in marked.of(*USE, *GOODS)
        if marked.same_clause(tag, limit)
    ]
    return min((each for each in near if each[0] <= ABOUT), default=(0, ""))[1]


def _speaks_for_others(event: Tag, marked: Marked) -> Tag | None:
    """The alliance whose word on a right it is, where no state speaks in the sentence: its head
    can't permit anything, so "has the right to strike, says NATO" backs and permits nothing."""
    actors = [tag for tag in marked.of("actor") if marked.same_sentence(tag, event)]
    states = {tag.value for tag in actors if "group" not in tag.flags} - {"UA", "RU"}
    groups = [tag for tag in actors if "group" in tag.flags]
    return groups[0] if groups and not states else None


def stance_of(event: str, held: dict[str, Tag]) -> Stance:
    """The stance table: event × mode."""
    if "disavowed" in held:
        return Stance.DENIED
    if "urged" in held:
        return Stance.URGED
    if "reacted" in held or "explained" in held:
        return Stance.REACTION
    if "background" in held or "recalled" in held:
        return Stance.NONE
    doubtful = not held.keys().isdisjoint(("hedged", "considered", "questioned", "conditional"))
    no = "negated" in held or "refused" in held
    if event in EASING:
        if no:
            return Stance.SIGNALLED if "considered" in held else Stance.DENIED
        return Stance.SIGNALLED if doubtful or "future" in held else Stance.GRANTED
    if event in TIGHTENING:
        if no:
            return Stance.NONE
        return Stance.SIGNALLED if doubtful or "future" in held else Stance.REVOKED
    if event == "refuse":
        if "past" in held:
            return Stance.NONE  # "which it had long refused"
        return Stance.SIGNALLED if "negated" in held else Stance.DENIED
    if event == "transfer":
        if no:
            return Stance.DENIED
        return Stance.SIGNALLED if doubtful else Stance.GRANTED
    return Stance.SIGNALLED if doubtful or no else Stance.USED


def _object(event: Tag, marked: Marked, concepts: tuple[str, ...], reach: int) -> Tag | None:
    """The nearest tag of the concepts: in the event's clause, else its sentence; for a permission
    whose sentence names no object ("several have given theirs"), in the sentence before."""
    best: tuple[int, int, Tag] | None = None
    here = marked.tokens[event.first].sentence
    for tag in marked.of(*concepts):
        sentence = marked.tokens[tag.first].sentence
        alone = tag.words == event.words and event.concept in ("permit", "resume", "used")
        if alone or not (sentence == here or (event.concept == "permit" and sentence == here - 1)):
            continue
        distance = max(tag.first - event.last, event.first - tag.last)
        if distance > reach:
            continue
        rank = 2 if sentence != here else 0 if marked.same_clause(event, tag) else 1
        if best is None or (rank, distance) < best[:2]:
            best = (rank, distance, tag)
    return best[2] if best else None


def _subject(event: Tag, marked: Marked) -> Tag | None:
    """Who acts: the actor before the event in its clause, else in its sentence. A noun's owner
    may follow it ("згода Байдена", "permission from Berlin")."""
    if "noun" in event.flags:
        for tag in marked.of("actor"):
            if 0 < tag.first - event.last <= 2 and marked.same_clause(tag, event):
                return tag
    before = [
        tag
        for tag in marked.of("actor")
        if tag.last < event.first and marked.same_sentence(tag, event)
    ]
    near = [tag for tag in before if marked.same_clause(tag, event)]
    pool = [t for t in near if "adjective" not in t.flags] or near or before
    return pool[0] if pool else None


def _agent(event: Tag, subject: Tag | None, marked: Marked) -> str:
    for tag in marked.of("nonbinding"):
        if tag.last < event.first and marked.same_clause(tag, event):
            return "nonbinding"
    if subject is None:
        return "unknown"
    return {
        "UA": "beneficiary",
        "RU": "opponent",
        "NATO": "alliance",
        "EU": "alliance",
        "UN": "alliance",
    }.get(subject.value, "owner")

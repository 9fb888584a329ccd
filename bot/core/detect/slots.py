"""Who, for whom, with what, where, within which limits: the slots of a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from bot.core.detect.clauses import Marked
from bot.core.detect.frames import ARMS, EASING, TIGHTENING, Frame
from bot.core.model import Matter

# whose leave is never the news here: they receive, fight back or comment
BANS = frozenset({"tighten", "block", "lift"})
"""Events that, with arms for their object, are about trade in them."""

NOT_AUTHORITIES = frozenset({"UA", "RU", "PS", "LB", "SY", "YE", "IQ", "KP", "BY"})
FOES = frozenset({"RU", "PS", "LB", "YE", "KP", "BY"})  # struck at, never helped, in this news
ALLIANCES = frozenset({"NATO", "EU", "UN"})
MOST_SCOPES, SCOPE_WORDS = 4, 12


@dataclass(frozen=True, slots=True)
class Weapon:
    """A system, its class and the states whose leave is needed for its use."""

    name: str
    weapon_class: str
    suppliers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slots:
    """What ``Finding`` holds beside its stance."""

    matter: Matter
    actors: tuple[str, ...]
    inferred: tuple[str, ...]
    beneficiaries: tuple[str, ...]
    weapons: tuple[str, ...]
    weapon_classes: tuple[str, ...]
    territory: tuple[str, ...]
    scope: tuple[str, ...]
    without: tuple[str, ...]
    when: str


def fill(parts: list[Marked], frames: list[Frame], weapons: Mapping[str, Weapon]) -> Slots:
    """The slots of what the parts (title, lead) tell, read off the frames and the names."""
    systems = _systems(parts)
    without = _left_out(parts)
    named = tuple(name for name in systems if name not in without)
    matter = find_matter(parts, frames)
    actors = find_actors(parts, frames)
    inferred: tuple[str, ...] = ()
    if not actors:
        found = [s for name in systems if name in weapons for s in weapons[name].suppliers]
        actors = inferred = tuple(dict.fromkeys(s for s in found if s not in NOT_AUTHORITIES))[:1]
    territory = _territory(parts, actors)
    classes = dict.fromkeys(weapons[name].weapon_class for name in named if name in weapons)
    return Slots(
        matter,
        actors,
        inferred,
        _beneficiaries(parts, actors, territory, matter),
        named,
        tuple(classes),
        territory,
        _scope(parts),
        without,
        _when(parts),
    )


def find_actors(parts: list[Marked], frames: list[Frame]) -> tuple[str, ...]:
    """The states whose decision it is, by the part they play and the place they stand in."""
    weight: dict[str, float] = {}

    # of its own forces every state disposes
    own = {
        frame.subject.value
        for part in parts
        for frame in frames
        if frame.part == part.text.part and frame.subject
        if any(part.same_clause(tag, frame.tag) for tag in part.of("ownforces"))
    }

    def add(code: str, worth: float) -> None:
        if code not in NOT_AUTHORITIES or code in own:
            weight[code] = weight.get(code, 0.0) + worth

    for frame in frames:
        if frame.subject is not None and frame.event in (*EASING, *TIGHTENING, "refuse"):
            add(frame.subject.value, 3.0 if frame.part == "title" else 1.5)
    for part in parts:
        titled = part.text.part == "title"
        for tag in part.of("actor"):
            sentence = part.tokens[tag.first].sentence
            if not titled and sentence > 1:
                break
            worth = (2.0 if titled else 1.0) / (1 + sentence)
            if "adjective" in tag.flags:
                worth *= 0.6
            if part.stands_after(tag, part.grammar.towards):
                worth *= 0.15
            add(tag.value, worth)
    for one, other in _coordinated(parts):
        if one in weight and other in weight:
            weight[one] = weight[other] = max(weight[one], weight[other])
    if any(code not in ALLIANCES for code in weight):
        weight = {c: w * (0.4 if c in ALLIANCES else 1.0) for c, w in weight.items()}
    named = {tag.value for tag in parts[0].of("actor")} - NOT_AUTHORITIES - ALLIANCES
    if named & weight.keys():
        # "Macron: Ukraine's forces may fire": by the leave of the one who is named
        weight = {c: w for c, w in weight.items() if c not in NOT_AUTHORITIES}
    if not weight:
        return ()
    top = max(weight.values())
    chosen = [code for code, worth in weight.items() if worth >= 0.72 * top]
    return tuple(sorted(chosen, key=lambda code: -weight[code])[:3])


def _coordinated(parts: list[Marked]) -> list[tuple[str, str]]:
    """Pairs of actors named side by side in the title: "Paris and Berlin", "US, UK"."""
    title = parts[0]
    tags = title.of("actor") if title.text.part == "title" else []
    return [
        (one.value, other.value)
        for one, other in pairwise(tags)
        if one.value != other.value
        and one.flags == other.flags
        and (
            (other.first - one.last == 2 and len(title.tokens[one.last + 1].norm) <= 3)
            or (other.first - one.last == 1 and one.last in title.text.commas)
        )
    ]


def find_matter(parts: list[Marked], frames: list[Frame]) -> Matter:
    """What is permitted or restricted, by the concepts that stand nearest to the news."""
    points: dict[Matter, float] = dict.fromkeys(Matter, 0.0)
    for part in parts:
        worth = 2.0 if part.text.part == "title" else 1.0
        for concept, matter, weight in _MATTERS:
            if part.of(concept):
                points[matter] += worth * weight
    if any(f.part == "title" and f.event in BANS and _is_on_arms(f, parts[0]) for f in frames):
        points[Matter.TRANSFER] += 2 * 1.7  # an embargo on arms, whatever ports it closes besides
    if any(t.value == "UA" for p in parts for t in p.of("actor")):
        points[Matter.OWN] *= 0.2
    return max(Matter, key=lambda matter: points[matter])


def _is_on_arms(frame: Frame, title: Marked) -> bool:
    """Whether a ban is on arms as goods: on themselves, or by a limit on them whose title speaks of
    no strikes ("lifts the arms embargo", not "lifts the ban on missile strikes")."""
    used = title.of("strike", "employ", "longrange", "territory")
    return frame.object.concept in ARMS or (frame.about in ARMS and not used)


_MATTERS = (
    ("strike", Matter.STRIKE, 1.0),
    ("employ", Matter.STRIKE, 0.6),
    ("longrange", Matter.STRIKE, 0.6),
    ("territory", Matter.STRIKE, 1.0),
    ("transfer", Matter.TRANSFER, 1.7),
    ("suspend", Matter.TRANSFER, 0.3),
    ("bases", Matter.BASES, 1.9),
    ("intelligence", Matter.INTELLIGENCE, 2.2),
    ("ownforces", Matter.OWN, 1.6),
)


def _systems(parts: list[Marked]) -> list[str]:
    """The systems named; a family's name is dropped where a member is named too."""
    found = list(dict.fromkeys(tag.value for part in parts for tag in part.of("system")))
    return [name for name in found if not any(o.startswith(f"{name} ") for o in found)]


def _left_out(parts: list[Marked]) -> tuple[str, ...]:
    """Systems under a negation, an exception or a refusal: "but not ATACMS", "ATACMS stay barred".

    A negation belongs to the permission itself, not to the system, when an event stands between.
    """
    found: dict[str, None] = {}
    for part in parts:
        events = {word for tag in part.of(*EASING, *TIGHTENING) for word in tag.words}
        for tag in part.of("system"):
            for mark in part.of("neg", "refuse", "except"):
                before = 0 < tag.first - mark.last <= 6
                after = mark.concept != "neg" and 0 < mark.first - tag.last <= 5
                between = range(mark.last + 1, tag.first) if before else ()
                if (
                    (before or after)
                    and part.same_segment(tag, mark)
                    and events.isdisjoint(between)
                ):
                    found.setdefault(tag.value)
    return tuple(found)


def _territory(parts: list[Marked], actors: tuple[str, ...]) -> tuple[str, ...]:
    """States whose soil is spoken of: an actor inside or right after a term of territory."""
    found: dict[str, None] = {}
    for part in parts:
        places = part.of("territory", "longrange")
        for tag in part.of("actor"):
            if tag.value in actors or tag.value in ALLIANCES or tag.value == "UA":
                continue
            near = any(
                set(tag.words) & set(place.words)
                or 0 < tag.first - place.last <= 3
                or 0 < place.first - tag.last <= 2
                for place in places
            )
            marked = part.stands_after(tag, part.grammar.into)
            if near or marked or (tag.value == "RU" and part.of("strike")):
                found.setdefault(tag.value)
    return tuple(found)[:2]


def _beneficiaries(
    parts: list[Marked], actors: tuple[str, ...], territory: tuple[str, ...], matter: Matter
) -> tuple[str, ...]:
    """For whom: Ukraine where it is named; of a transfer, the one it goes to."""
    named = [
        (tag.value, part.stands_after(tag, part.grammar.towards))
        for part in parts
        for tag in part.of("actor")
        if tag.value not in actors and tag.value not in ALLIANCES and tag.value not in FOES
    ]
    codes = list(dict.fromkeys(code for code, _ in named))
    if "UA" in codes:
        return ("UA",)
    if matter is Matter.TRANSFER:
        towards = [code for code, marked in named if marked]
        return tuple([*towards, *codes][:1])
    return tuple(code for code in codes if code not in territory)[:1]


def find_limits(part: Marked) -> list[tuple[int, int]]:
    """(first, last) token of each limit: from a limiting term to the end of its segment."""
    found = []
    for tag in part.of("only"):
        last = tag.last
        while (
            last + 1 < len(part.tokens)
            and part.segments[last + 1] == part.segments[tag.first]
            and last not in part.text.commas
            and last - tag.first < SCOPE_WORDS
        ):
            last += 1
        while (
            last > tag.last
            and len(part.tokens[last].norm) <= 3
            and part.tokens[last].norm.isalpha()
        ):
            last -= 1  # a conjunction or an article left hanging
        found.append((tag.first, last))
    return found


def _scope(parts: list[Marked]) -> tuple[str, ...]:
    """The limits as the entry words them."""
    found: list[str] = []
    for part in parts:
        for first, last in find_limits(part):
            words = part.words(first, last)
            if not any(words in other for other in found):
                found.append(words)
    return tuple(found[:MOST_SCOPES])


def _when(parts: list[Marked]) -> str:
    """The first date or time told: "on Thursday", "last year"."""
    for part in parts:
        for tag in part.of("date", "longago"):
            return part.words(tag.first, tag.last)
    return ""

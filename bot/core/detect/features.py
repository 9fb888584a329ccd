"""What the score looks at: concepts, their order inside a clause, and frames with their modes.

Features speak of concepts, so all languages share one table of weights. Of words, only those that
no concept covers are looked at, cut to their stems, each in its own language.
"""

from __future__ import annotations

from bot.core.detect.clauses import Marked
from bot.core.detect.frames import EASING, TIGHTENING, Frame
from bot.core.model import DECISIONS
from bot.core.tags import Tag

WINDOW = 8  # words between the two concepts of a pair
LEAD_SENTENCES = 2
STEM = 6  # letters by which a word is known, its ending left out
KINDS = {"UA": "ua", "RU": "ru", "NATO": "nato", "EU": "eu", "UN": "un"}
FAMILIES = dict.fromkeys(EASING, "ease") | dict.fromkeys(TIGHTENING, "tight")
THINGS = {"transfer": "goods", "weapon": "arms", "system": "arms", "limit": "limit"}
ABSENT = {
    "arms": ("weapon", "system"),
    "force": ("strike", "employ", "territory", "longrange", "bases", "intelligence", "ownforces"),
    "authority": ("actor:owner", "actor:nato", "actor:eu"),
}
"""What speaks by not being there."""
PAIRED = frozenset(
    """permit lift widen limit resume block suspend tighten revoke refuse entitled nolimit neg
    plea hedge consider future cond hist attrib decide shift react explain disavow only used
    strike employ weapon system transfer territory longrange bases intelligence ownforces
    policy labour sport otherdomain aid nonbinding official actor:owner actor:ua actor:ru
    actor:nato actor:eu actor:un
    """.split()
)


def features(title: Marked, lead: Marked, frames: list[Frame]) -> set[str]:
    """The names of all features that hold."""
    found: set[str] = set()
    seen: set[str] = set()
    for prefix, marked in (("T", title), ("L", lead)):
        tags = [
            tag
            for tag in marked.tags
            if prefix == "T" or marked.tokens[tag.first].sentence < LEAD_SENTENCES
        ]
        names = [(kind(tag), tag) for tag in tags if tag.concept != "date"]
        for name, _ in names:
            found.add(f"{prefix}:{name}")
            seen.add(name)
        found |= _pairs(prefix, names, marked)
        if marked.text.questions and prefix == "T":
            found.add("T:?")
        found |= _words(marked, prefix)
    found |= {f"A:{name}" for name in seen}
    found |= {f"0:{kind_}" for kind_, concepts in ABSENT.items() if seen.isdisjoint(concepts)}
    found |= _frames(frames)
    return found


def _words(marked: Marked, prefix: str) -> set[str]:
    """The words that show no concept: what news of this kind is told with, or other news."""
    covered = {word for tag in marked.tags for word in tag.words}
    language, found = marked.grammar.language, set()
    for at, token in enumerate(marked.tokens):
        if prefix == "L" and token.sentence >= LEAD_SENTENCES:
            break
        if at not in covered and len(token.norm) > 2 and not token.norm.isdigit():
            found.add(f"w:{language}:{token.norm[:STEM]}")
            if prefix == "T":
                found.add(f"wT:{language}:{token.norm[:STEM]}")
    return found


def kind(tag: Tag) -> str:
    """A tag's name as a feature: actors by the part they play, nouns apart from verbs."""
    if tag.concept == "actor":
        return f"actor:{KINDS.get(tag.value, 'owner')}"
    return tag.concept


def _pairs(prefix: str, names: list[tuple[str, Tag]], marked: Marked) -> set[str]:
    """Two concepts in their order, where one clause holds both within a few words."""
    tokens = marked.tokens
    usable = [
        (name, tag.first, tag.last, tokens[tag.first].clause)
        for name, tag in names
        if name in PAIRED
    ]
    found: set[str] = set()
    for at, (one, _, last, clause) in enumerate(usable, start=1):
        for other, first, _, same in usable[at:]:
            if first - last > WINDOW or same != clause:
                break
            if first > last and one != other:
                found.add(f"{prefix}:{one}>{other}")
    return found


def _frames(frames: list[Frame]) -> set[str]:
    """Frames as features, from the plain (an asserted decision) to the full (event and modes)."""
    found: set[str] = set()
    told: dict[str, set[str]] = {"T": set(), "L": set()}
    for frame in frames:
        prefix = "T" if frame.part == "title" else "L"
        if prefix == "L" and frame.sentence >= LEAD_SENTENCES:
            continue
        family = "mention" if frame.noun else FAMILIES.get(frame.event, frame.event)
        stance = f"{family}:{frame.stance}"
        if frame.event == "transfer":
            # a delivery is news only where it ends a refusal: it counts for itself, by a supplier
            if frame.agent == "owner":
                found.add(f"{prefix}f:transfer:{frame.stance}")
                found.add(f"{prefix}f:transfer:{frame.stance}:{frame.object.concept}")
            continue
        told[prefix].add(frame.stance.value)
        if frame.stance in DECISIONS and not frame.noun:
            found.add(f"{prefix}f:decision")
            found.add(f"{prefix}f:decision:{frame.agent}")
            found.add("Af:decision")
        found.add(f"{prefix}f:{stance}")
        found.add(f"{prefix}f:{stance}:{frame.agent}")
        found.add(f"{prefix}f:{frame.event}:{frame.stance}{':noun' if frame.noun else ''}")
        found.add(f"Af:{stance}")
        found.add(f"{prefix}f:{stance}:{THINGS.get(frame.object.concept, 'use')}")
        if frame.object.concept == "limit":
            of = THINGS.get(frame.about, "use") if frame.about else "else"
            found.add(f"{prefix}f:limit:{frame.stance}:{of}")
        for mode in frame.modes:
            found.add(f"{prefix}f:{family}:{mode}")
    for prefix, stances in told.items():
        found.add(f"{prefix}s:{'+'.join(sorted(stances)) or 'nothing'}")
    titled = "decision" if told["T"] & {"granted", "revoked"} else "+".join(sorted(told["T"]))
    led = "decision" if told["L"] & {"granted", "revoked"} else "+".join(sorted(told["L"]))
    found.add(f"TL:{titled or 'nothing'}/{led or 'nothing'}")
    return found

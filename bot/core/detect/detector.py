"""The detector: one entry's title and summary in, what it tells of permissions out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from bot.core.detect.clauses import Marked
from bot.core.detect.evidence import gather
from bot.core.detect.features import LEAD_SENTENCES, features
from bot.core.detect.frames import EASING, Frame
from bot.core.detect.language import Languages
from bot.core.detect.people import People, Person
from bot.core.detect.reading import Reader, Reading, TopicReader
from bot.core.detect.reason import give_reason
from bot.core.detect.score import Weights
from bot.core.detect.slots import NOT_AUTHORITIES, Slots, Weapon, fill
from bot.core.lexicon import Lexicon
from bot.core.model import DECISIONS, THRESHOLD, Finding, Matter, Stance, Topic
from bot.core.tokens import Text, tokenise

VETOED = 0.45  # what a score is capped at when frames tell of pleas and refusals alone
ARMED = frozenset(
    """weapon system strike employ longrange ownforces intelligence transfer
    """.split()
)
UNDECIDED = frozenset({Stance.DENIED, Stance.URGED, Stance.SIGNALLED, Stance.REACTION})


class _Opened(NamedTuple):
    title: Text
    lead: Text
    language: str
    retired: frozenset[str]  # people out of office when it was published


class Detector:
    """Reads entries with the lexicon of their language. Deterministic; keeps word memos only."""

    def __init__(
        self,
        lexicons: Mapping[str, Lexicon],
        weapons: Mapping[str, Weapon],
        weights: Weights,
        topics: Sequence[Topic] = (),
        people: Iterable[Person] = (),
    ) -> None:
        self._weapons, self._weights, self._people = weapons, weights, People(people)
        self._languages = Languages({c: lexicon.grammar for c, lexicon in lexicons.items()})
        self._reader = Reader(lexicons)
        enabled = [topic for topic in topics if topic.enabled]
        self._topics = tuple(topic for topic in enabled if not topic.frames)
        self._readers = [TopicReader(topic, lexicons) for topic in enabled if topic.terms]
        # from the lowest bar on it is a decision; the judge holds each topic's own against it
        self._cut = min([THRESHOLD, *(topic.threshold for topic in enabled)])

    def detect(
        self,
        title: str,
        summary: str = "",
        language: str | None = None,
        at: datetime | None = None,
    ) -> tuple[Finding, ...]:
        """What the entry tells, its own news first; then permissions told as already in force.

        Empty when nothing in it touches the matter. ``language`` is a hint; ``at`` says when it
        was published, and so who was in office (left out: everybody).
        """
        text = self._open(title, summary, language, at)
        if text is None:
            return ()
        found = self._find(self._reader.read(*text))
        for reader in self._readers:
            reading = reader.read(*text)
            own = self._own(reader.topic, reading) if reading else None
            if own and not any(_covers(finding, own) for finding in found):
                found.insert(0 if not found or _rank(own) > _rank(found[0]) else 1, own)
        return tuple(found)

    def featurise(
        self,
        title: str,
        summary: str = "",
        language: str | None = None,
        at: datetime | None = None,
    ) -> set[str]:
        """What the score looks at: for the fit, which must see what ``detect`` sees. Empty where
        nothing is detected."""
        text = self._open(title, summary, language, at)
        reading = text and self._reader.read(*text)
        return features(*reading) if reading else set()

    def _open(
        self, title: str, summary: str, language: str | None, at: datetime | None
    ) -> _Opened | None:
        """The texts, tokenised, with their language; None when no lexicon reads it."""
        heading, lead = tokenise(title, "title"), tokenise(summary, "summary")
        words = [token.norm for token in (*heading.tokens, *lead.tokens)]
        code = self._languages.choose(language, words)
        retired = self._people.out_of_office(at.date()) if at else frozenset()
        return None if code is None else _Opened(heading, lead, code, retired)

    def _find(self, reading: Reading | None) -> list[Finding]:
        """The news of the entry and the permissions that it tells as standing."""
        if reading is None:
            return []
        main = self._main(reading)
        more = self._body(reading, main)
        if main.stance in (Stance.URGED, Stance.REACTION, Stance.NONE):
            # an easing announced further down is the news, not the plea or comment above it
            more.sort(key=lambda finding: finding.stance is not Stance.SIGNALLED)
            if more and more[0].stance is Stance.SIGNALLED:
                return [more[0], main, *more[1:]]
        return [main, *more]

    def _own(self, topic: Topic, reading: Reading) -> Finding | None:
        """What a topic's own words tell, for that topic alone."""
        finding = replace(self._main(reading), topics=(topic.id,))
        if topic.frames:
            return replace(finding, matter=Matter.OTHER)
        return finding if finding.matter in topic.matters else None

    def _main(self, reading: Reading) -> Finding:
        marked, frames = (reading.title, reading.lead), reading.frames
        near = [f for f in frames if f.part == "title" or f.sentence < LEAD_SENTENCES]
        held = features(*reading)
        chances = self._weights.chances(held)
        score = self._weights.calibrate(chances[Stance.GRANTED] + chances[Stance.REVOKED])
        vetoes = _vetoes(near, marked)
        if vetoes:
            score = min(score, VETOED)
        decided = score >= self._cut and not vetoes
        pool = DECISIONS if decided else frozenset(Stance) - DECISIONS
        stance = max(sorted(pool), key=lambda one: chances[one])
        deciding = [f for f in near if f.stance is stance] or near
        found = self._finding(
            stance,
            score,
            fill(list(marked), near, self._weapons),
            marked,
            deciding,
        )
        return replace(
            found,
            rules=(*vetoes, *found.rules),
            features=self._weights.heaviest(held, stance),
            reason=give_reason(stance, near, chances, marked, vetoed=bool(vetoes)),
        )

    def _body(self, reading: Reading, main: Finding) -> list[Finding]:
        """What a longer text tells past its lead: permissions already in force, one a state, and
        easings announced by an authority."""
        lead = reading.lead
        told: dict[tuple[str, Stance], list[Frame]] = {}
        for frame in reading.frames:
            if (
                frame.part != "summary"
                or frame.sentence < LEAD_SENTENCES
                or frame.event not in EASING
            ):
                continue
            if frame.stance is Stance.GRANTED:
                for tag in lead.of("actor"):
                    same = lead.tokens[tag.first].sentence == frame.sentence
                    named = not tag.flags.isdisjoint(("state", "person"))
                    if same and named and tag.value not in NOT_AUTHORITIES:
                        told.setdefault((tag.value, Stance.GRANTED), []).append(frame)
            elif (
                "future" in frame.modes
                and frame.stance is Stance.SIGNALLED
                and frame.subject is not None
                and frame.subject.value not in NOT_AUTHORITIES
            ):
                told.setdefault((frame.subject.value, Stance.SIGNALLED), []).append(frame)
        found = []
        for (state, stance), its in told.items():
            known = state in main.actors and (main.stance in DECISIONS or main.stance is stance)
            if not known:
                found.append(self._told(lead, its, state, stance, main.score))
        return found

    def _told(
        self, lead: Marked, frames: list[Frame], state: str, stance: Stance, score: float
    ) -> Finding:
        """A finding of one state, with the slots of the sentences that tell it."""
        slots = fill([_cut(lead, {frame.sentence for frame in frames})], frames, self._weapons)
        matter = Matter.STRIKE if slots.matter is Matter.OWN else slots.matter
        helped = tuple(c for c in slots.beneficiaries if c == "UA")
        if not helped and any(tag.value == "UA" for tag in lead.of("actor")):
            helped = ("UA",)  # a sentence of a longer text needn't say again whom it is about
        own = replace(slots, matter=matter, actors=(state,), inferred=(), beneficiaries=helped)
        found = self._finding(stance, score, own, [lead], frames)
        return replace(found, standing=stance is Stance.GRANTED)

    def _finding(
        self,
        stance: Stance,
        score: float,
        slots: Slots,
        marked: Sequence[Marked],
        frames: list[Frame],
    ) -> Finding:
        if stance in (Stance.REVOKED, Stance.DENIED):
            # what a refusal speaks of is refused, not left out of a permission
            slots = replace(slots, weapons=(*slots.weapons, *slots.without), without=())
        return Finding(
            stance=stance,
            score=round(score, 4),
            matter=slots.matter,
            topics=tuple(t.id for t in self._topics if slots.matter in t.matters),
            actors=slots.actors,
            inferred=slots.inferred,
            beneficiaries=slots.beneficiaries,
            weapons=slots.weapons,
            weapon_classes=slots.weapon_classes,
            territory=slots.territory,
            scope=slots.scope,
            without=slots.without,
            language=marked[0].grammar.language,
            when=slots.when,
            event=frames[0].event if frames else "",
            evidence=gather(marked, frames, slots),
            rules=tuple(dict.fromkeys(map(_rule, frames[:3]))),
        )


def _covers(finding: Finding, own: Finding) -> bool:
    """Whether a topic's own finding says nothing that isn't said to the topic already."""
    return set(own.topics) <= set(finding.topics) and own.stance is finding.stance


def _rank(finding: Finding) -> int:
    """Which of two findings is the entry's news: a decision, else a stance, else nothing."""
    return 2 if finding.stance in DECISIONS else int(finding.stance is not Stance.NONE)


def _vetoes(frames: list[Frame], marked: Sequence[Marked]) -> list[str]:
    """What forbids a decision, whatever the weights say."""
    found = []
    decided = any(frame.stance in DECISIONS or frame.announces for frame in frames)
    if not decided and any(frame.stance in UNDECIDED for frame in frames):
        found.append("veto: only what is undecided is told")
    if any(frame.part == "title" and "disavowed" in frame.modes for frame in frames):
        found.append("veto: the title disavows it")
    concepts = marked[0].by_concept.keys() | marked[1].by_concept.keys()
    if "otherdomain" in marked[0].by_concept and ARMED.isdisjoint(concepts):
        found.append("veto: another matter is told of, and no arms")
    return found


def _rule(frame: Frame) -> str:
    """A frame as a rule's name: "title: lift + refused → denied"."""
    modes = "".join(f" + {mode}" for mode in frame.modes)
    return f"{frame.part}: {frame.event}{modes} → {frame.stance}"


def _cut(part: Marked, sentences: set[int]) -> Marked:
    """The part with only the tags of some sentences."""
    tags = tuple(t for t in part.tags if part.tokens[t.first].sentence in sentences)
    return replace(part, tags=tags)

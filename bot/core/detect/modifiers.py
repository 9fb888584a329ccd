"""In which mode an event is told: ConText over the tags of its clause.

Each modifier concept has a direction and a scope in words (Chapman et al. 2001; Harkema et al.
2009). Modes are kept apart from events: "refuses to lift" is a lift in the mode *refused*.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.detect.clauses import Marked
from bot.core.tags import Tag


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a modifier reaches: words before the event, words after, and where it ends."""

    mode: str
    before: int
    after: int
    within: str  # segment, clause, sentence or part


SCOPES = {
    "neg": Scope("negated", 4, 0, "segment"),
    "refuse": Scope("refused", 9, 0, "segment"),
    "plea": Scope("urged", 14, 0, "clause"),
    "hedge": Scope("hedged", 6, 1, "segment"),
    "consider": Scope("considered", 7, 1, "segment"),
    "future": Scope("future", 5, 0, "segment"),
    "cond": Scope("conditional", 10, 0, "segment"),
    "longago": Scope("recalled", 20, 14, "sentence"),
    "hist": Scope("past", 5, 6, "segment"),
    "react": Scope("reacted", 10, 0, "segment"),
    "explain": Scope("explained", 14, 0, "segment"),
    "disavow": Scope("disavowed", 30, 30, "part"),
}
GOVERNING = ("plea", "refuse", "neg")
SPEECH = 16  # words between a plea and what it asks for, with a colon or a comma between
NOUN_BACKWARD = 8
"""A noun is negated by the verb that follows it: "permission has not been given"."""


def modes(event: Tag, marked: Marked) -> dict[str, Tag]:
    """The modes that hold for an event, each with the modifier that says so."""
    found: dict[str, Tag] = {}
    own = set(event.words)
    grammar = marked.grammar
    for concept, scope in SCOPES.items():
        if concept == "neg" and event.concept == "nolimit":
            continue  # it holds its own negation: "non … nessun limite"
        after = scope.after
        if concept in ("neg", "refuse") and "noun" in event.flags:
            after = NOUN_BACKWARD
        elif concept in ("hedge", "react") and "noun" in event.flags:
            after = 4
        elif concept == "neg":
            after = grammar.negation_after
        for tag in marked.of(concept):
            if own & set(tag.words) and not tag.first < event.first:
                continue
            if concept in GOVERNING and _acts_anew(tag, event, marked):
                continue
            ahead = event.first - tag.last
            behind = tag.first - event.last
            near = 0 < ahead <= scope.before * grammar.farther or 0 < behind <= after
            if concept in ("plea", "explain") and _frames_speech(tag, event, marked):
                found.setdefault(scope.mode, tag)
                break
            # "hebt das Verbot nicht auf": inside the event; "lehnt die Aufhebung ab": around it
            inside = concept == "neg" and event.first < tag.first < event.last
            around = tag.first < event.first <= tag.last
            if concept == "longago" and behind > 0 and not _free_between(event, tag, marked):
                continue  # "lifts the curbs imposed last year"
            if inside or ((near or around) and _within(scope.within, event, tag, marked)):
                intends = "intent" in tag.flags and _acts_itself(tag, event, marked)
                found.setdefault("hedged" if intends else scope.mode, tag)
                break
    if any(tag.first < event.first <= tag.last for tag in marked.of("entitled")):
        found.setdefault("hedged", event)  # "may allow Ukraine to use": the may is the permission's
    sentence = marked.tokens[event.first].sentence
    if any(tag.first == event.first for tag in marked.of("imperative")) and (
        event.first == 0
        or marked.tokens[event.first - 1].clause != marked.tokens[event.first].clause
    ):
        found.setdefault("urged", event)  # "Landsbergis: let Ukraine strike"
    if "noun" in event.flags and (answer := _answered(event, marked)):
        found.setdefault("reacted", answer)
    if "noun" in event.flags and _follows_break(event, marked):
        found.setdefault("background", event)  # "after the green light, …"
    if sentence in marked.text.questions:
        found.setdefault("questioned", event)
    for flag in ("future", "urged", "negated", "hedged", "past"):
        if flag in event.flags:
            found.setdefault(flag, event)
    return found


def _answered(noun: Tag, marked: Marked) -> Tag | None:
    """The word that opens the next clause of a title as an answer to a noun in this one:
    "Suspension of licences: the anger of …", "Green light for strikes: what we know"."""
    if marked.text.part != "title":
        return None
    clause = marked.tokens[noun.first].clause
    opening = [i for i, token in enumerate(marked.tokens) if token.clause == clause + 1][:4]
    return next((tag for tag in marked.of("react", "explain") if tag.first in opening), None)


def _frames_speech(plea: Tag, event: Tag, marked: Marked) -> bool:
    """Whether a plea or an analysis brackets what it is about: "MPs demand: lift the ban",
    "Explained: the ban that was lifted", "Lift the ban, urge MPs"."""
    if not 0 < max(event.first - plea.last, plea.first - event.last) <= SPEECH:
        return False
    if plea.last < event.first:
        here, there = marked.tokens[plea.last], marked.tokens[event.first]
        ends = marked.tokens[plea.last + 1].clause != here.clause
        return ends and there.clause == here.clause + 1 and here.sentence == there.sentence
    commas = marked.text.commas
    bracketed = plea.first - 1 in commas or plea.first - 2 in commas
    return bracketed and marked.same_clause(event, plea)


def _acts_anew(tag: Tag, event: Tag, marked: Marked) -> bool:
    """Whether the event has a subject of its own after a comma: what stands before the comma does
    not govern it ("Pressed by allies, Oslo lets Kyiv strike")."""
    return any(
        tag.last < actor.first
        and actor.first - 1 in marked.text.commas
        and event.first - actor.last == 1
        for actor in marked.of("actor")
    )


def _acts_itself(wish: Tag, event: Tag, marked: Marked) -> bool:
    """Whether who wants the event is a state that would do it: "Oslo wants to lift the ban", and
    not "Kyiv wants to strike", nor "Oslo wants Bonn to lift the ban"."""
    actors = [tag for tag in marked.of("actor") if marked.same_clause(tag, event)]
    before = [tag for tag in actors if tag.last < wish.first]
    between = any(wish.last < tag.first < event.first for tag in actors)
    return bool(before) and before[-1].value not in ("UA", "RU") and not between


def _free_between(event: Tag, later: Tag, marked: Marked) -> bool:
    """Whether nothing else happens between an event and a later word of its segment."""
    limits = {tag.words for tag in marked.of("limit")}  # "embargo": what is lifted, no event
    return marked.same_segment(event, later) and not any(
        event.last < tag.first < later.first and tag.words not in limits
        for tag in marked.of("block", "tighten", "suspend", "revoke", "permit", "lift", "used")
    )


def _follows_break(event: Tag, marked: Marked) -> bool:
    """Whether a noun stands right after the word that opens its segment: after, nach, après."""
    own = marked.segments[event.first]
    return any(
        0 < event.first - tag.last <= 3 and marked.segments[tag.first] == own
        for tag in marked.of("break")
    )


def _within(where: str, event: Tag, tag: Tag, marked: Marked) -> bool:
    if where == "part":
        return True
    if where == "segment":
        return marked.same_segment(event, tag)
    return marked.same_clause(event, tag) if where == "clause" else marked.same_sentence(event, tag)

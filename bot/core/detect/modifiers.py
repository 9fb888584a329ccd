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
    "react": Scope("reacted", 10, 0, "clause"),
    "explain": Scope("explained", 14, 0, "clause"),
    "disavow": Scope("disavowed", 30, 30, "part"),
}
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
        elif concept == "hedge" and "noun" in event.flags:
            after = 4
        elif concept == "neg":
            after = grammar.negation_after
        for tag in marked.of(concept):
            if own & set(tag.words) and not tag.first < event.first:
                continue
            ahead = event.first - tag.last
            behind = tag.first - event.last
            near = 0 < ahead <= scope.before * grammar.farther or 0 < behind <= after
            # "hebt das Verbot nicht auf": inside the event; "lehnt die Aufhebung ab": around it
            inside = concept == "neg" and event.first < tag.first < event.last
            around = tag.first < event.first <= tag.last
            if concept == "longago" and behind > 0 and not _free_between(event, tag, marked):
                continue  # "lifts the curbs imposed last year"
            if inside or ((near or around) and _within(scope.within, event, tag, marked)):
                found.setdefault(scope.mode, tag)
                break
    if any(tag.first < event.first <= tag.last for tag in marked.of("entitled")):
        found.setdefault("hedged", event)  # "may allow Ukraine to use": the may is the permission's
    sentence = marked.tokens[event.first].sentence
    if any(tag.first == event.first for tag in marked.of("imperative")) and (
        event.first == 0
        or marked.tokens[event.first - 1].clause != marked.tokens[event.first].clause
    ):
        found.setdefault("urged", event)  # "Landsbergis: let Ukraine strike"
    if "noun" in event.flags and _follows_break(event, marked):
        found.setdefault("background", event)  # "after the green light, …"
    if sentence in marked.text.questions:
        found.setdefault("questioned", event)
    for flag in ("future", "urged", "negated", "hedged", "past"):
        if flag in event.flags:
            found.setdefault(flag, event)
    return found


def _free_between(event: Tag, later: Tag, marked: Marked) -> bool:
    """Whether nothing else happens between an event and a later word of its segment."""
    return marked.same_segment(event, later) and not any(
        event.last < tag.first < later.first
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

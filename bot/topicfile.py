"""The topics of feeds.yaml: what subscribers follow, with words and frames of their own."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from bot.core.detect.frames import EVENTS
from bot.core.model import THRESHOLD, Matter, Topic, TopicFrame, TopicTerms
from bot.core.pattern import TermError, read_term, read_word
from bot.core.tags import CONCEPTS
from bot.marked import Node, suggest

LANGUAGE = re.compile(r"[a-z]{2}")
_KEYS = ("id", "title", "matters", "threshold", "enabled", "terms", "frames")
_TERM_KEYS = ("concept", "language", "terms", "not")
_ID = re.compile(r"[a-z][a-z0-9-]{0,31}")  # fits a button's 64 bytes and a deep link
_CONCEPT = re.compile(r"[a-z]{3,31}")
_ENDING = 4  # letters after a stem*, where a language doesn't say: only to try the term
_MATTERS = tuple(matter for matter in Matter if matter is not Matter.OTHER)


def read_topics(node: Node) -> tuple[Topic, ...]:
    """The topics of the block; FileError with file, line, key and cure."""
    lines: dict[str, int] = {}
    topics = []
    for block in [] if node.value is None else node.items():
        topic = _topic(block)
        if topic.id in lines:
            raise block.fault(
                f"id: the topic '{topic.id}' is already on line {lines[topic.id]}",
                "Remove one of them, or give it another id.",
            )
        lines[topic.id] = block.line
        topics.append(topic)
    return tuple(topics)


def _topic(block: Node) -> Topic:
    keys = block.mapping(_KEYS, required=("id", "title"))
    topic_id = keys["id"].text("id")
    if not _ID.fullmatch(topic_id):
        raise keys["id"].fault(
            f"id: '{topic_id}' can't be a topic's id",
            "Use up to 32 small Latin letters, digits and hyphens, a letter first.",
        )
    threshold = keys["threshold"].number("threshold") if "threshold" in keys else THRESHOLD
    if not 0 < threshold <= 1:
        raise keys["threshold"].fault(
            f"threshold: {threshold:g} is no score", "Give a number above 0, and at most 1."
        )
    if ("matters" in keys) == ("frames" in keys):
        raise block.fault(
            f"the topic '{topic_id}' needs matters or frames, and not both",
            "Give matters for what weapons may do, frames for a subject of its own.",
        )
    frames = _frames(keys["frames"]) if "frames" in keys else ()
    own = {frame.object for frame in frames}
    terms = _terms(keys["terms"], own) if "terms" in keys else ()
    if wordless := own - {term.concept for term in terms}:
        raise keys["frames"].fault(
            f"frames: '{min(wordless)}' has no terms", "Add them to the topic's terms."
        )
    return Topic(
        id=topic_id,
        title=_title(keys["title"]),
        matters=_matters(keys["matters"]) if "matters" in keys else (Matter.OTHER,),
        threshold=threshold,
        enabled=keys["enabled"].flag("enabled") if "enabled" in keys else True,
        terms=terms,
        frames=frames,
    )


def _title(node: Node) -> dict[str, str]:
    titles = {}
    for language, text in node.mapping(required=("en",)).items():
        if not LANGUAGE.fullmatch(language):
            raise text.fault(
                f"title: '{language}' is not a language code", "Give two small letters such as uk."
            )
        titles[language] = text.text("title")
    return titles


def _matters(node: Node) -> tuple[Matter, ...]:
    known = [matter.value for matter in _MATTERS]
    matters = tuple(dict.fromkeys(Matter(_choose(item, "matters", known)) for item in node.items()))
    if not matters:
        raise node.fault("matters: empty", f"Name one or more of {', '.join(known)}.")
    return matters


def _choose(node: Node, name: str, known: Collection[str]) -> str:
    text = node.text(name)
    if text not in known:
        raise node.fault(f"{name}: '{text}' is not known", suggest(text, known))
    return text


def _frames(node: Node) -> tuple[TopicFrame, ...]:
    frames = []
    for item in node.items():
        keys = item.mapping(("event", "object"), required=("event", "object"))
        thing = keys["object"].text("object")
        if not _CONCEPT.fullmatch(thing) or thing in CONCEPTS:
            raise keys["object"].fault(
                f"object: '{thing}' can't be a concept of the topic's own",
                "Give it a name of 3 to 31 small Latin letters that no lexicon uses.",
            )
        frames.append(TopicFrame(_choose(keys["event"], "event", EVENTS), thing))
    if not frames:
        raise node.fault("frames: empty", "Name an event and its object, or leave frames out.")
    return tuple(dict.fromkeys(frames))


def _terms(node: Node, own: set[str]) -> tuple[TopicTerms, ...]:
    found = []
    for item in node.items():
        keys = item.mapping(_TERM_KEYS, required=("concept", "terms"))
        language = keys["language"].text("language") if "language" in keys else ""
        if language and not LANGUAGE.fullmatch(language):
            raise keys["language"].fault(
                f"language: '{language}' is not a language code",
                "Give two small letters such as en, or leave it out for terms of all languages.",
            )
        for term in keys["terms"].items():
            _try(term, "term")
        for word in keys["not"].items() if "not" in keys else ():
            _try(word, "word")
        found.append(
            TopicTerms(
                # a topic about something else has no use for weapons' words of its own
                _choose(keys["concept"], "concept", own or CONCEPTS),
                tuple(keys["terms"].texts("term")),
                language,
                tuple(keys["not"].texts("word")) if "not" in keys else (),
            )
        )
    return tuple(found)


def _try(node: Node, name: str) -> None:
    try:
        read = read_term if name == "term" else read_word
        read(node.text(name), _ENDING)
    except TermError as error:
        raise node.fault(str(error), "See the head of bot/core/pattern.py.") from None


def topic_block(topic: Topic) -> dict[str, Any]:
    """The topic as YAML's plain values, which ``read_topics`` reads back to the same topic."""
    block: dict[str, Any] = {"id": topic.id, "title": dict(topic.title)}
    if not topic.frames:
        block["matters"] = [matter.value for matter in topic.matters]
    block |= {"threshold": topic.threshold, "enabled": topic.enabled}
    if topic.frames:
        block["frames"] = [{"event": f.event, "object": f.object} for f in topic.frames]
    if topic.terms:
        block["terms"] = [_term_block(terms) for terms in topic.terms]
    return block


def _term_block(terms: TopicTerms) -> dict[str, Any]:
    block: dict[str, Any] = {"concept": terms.concept}
    if terms.language:
        block["language"] = terms.language
    block["terms"] = list(terms.terms)
    if terms.excluded:
        block["not"] = list(terms.excluded)
    return block

"""Topics with words and frames of their own: what a block of feeds.yaml teaches the detector."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.detect import Detector
from bot.core.errors import ConfigError
from bot.core.model import Matter, Stance, Topic, TopicTerms
from bot.feedfile import load_feedfile
from bot.lexicons import load_detector

FILE = Path(__file__).resolve().parents[3] / "feeds.yaml"
SHIPPED = load_feedfile(FILE).topics
ARMS = Topic(
    "arms",
    {"en": "Arms"},
    (Matter.TRANSFER,),
    terms=(TopicTerms("weapon", ("gizmo|gizmos", "sky hook*1"), "en"),),
)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector([*(replace(topic, enabled=True) for topic in SHIPPED), ARMS])


def told(detector: Detector, title: str, topic: str) -> Stance | None:
    """The stance that an entry tells for a topic, or none."""
    found = (f.stance for f in detector.detect(title) if topic in f.topics)
    return next(found, None)


def test_the_two_further_topics_are_switched_off() -> None:
    """Chips and sanctions are there as proof, and wake nobody unless switched on."""
    assert {topic.id for topic in SHIPPED if not topic.enabled} == {
        "sanctions-easing",
        "export-controls",
    }
    assert load_detector(SHIPPED).detect("Oslo lifts all sanctions on Minsk") == ()


@pytest.mark.parametrize(
    ("title", "topic", "stance"),
    [
        ("Oslo lifts all sanctions on Minsk", "sanctions-easing", Stance.GRANTED),
        ("Oslo suspends sanctions on Minsk for a year", "sanctions-easing", Stance.GRANTED),
        ("Oslo refuses to lift sanctions on Minsk", "sanctions-easing", Stance.DENIED),
        ("Minsk demands that Oslo lift its sanctions", "sanctions-easing", Stance.URGED),
        ("Oslo may lift sanctions on Minsk", "sanctions-easing", Stance.SIGNALLED),
        ("Oslo imposes new sanctions on Minsk", "sanctions-easing", None),
        ("Осло зняло санкції з Мінська", "sanctions-easing", Stance.GRANTED),
        ("Осло отказалось снять санкции с Минска", "sanctions-easing", Stance.DENIED),
        ("Oslo allows export of Nvidia chips to Hanoi", "export-controls", Stance.GRANTED),
        ("Oslo allows export of Nvidai parts to Hanoi", "export-controls", Stance.GRANTED),
        ("Oslo lifts curbs on sales of chips to Hanoi", "export-controls", Stance.GRANTED),
        ("Oslo bans sales of Nvidia chips to Hanoi", "export-controls", Stance.REVOKED),
        ("Nvidia lifts its forecast of chip sales", "export-controls", None),
    ],
)
def test_frames_of_a_topic(
    detector: Detector, title: str, topic: str, stance: Stance | None
) -> None:
    """A topic's frames get modes, inflection and slips in names as all others do."""
    assert told(detector, title, topic) is stance


def test_a_topics_news_is_not_that_of_weapons(detector: Detector) -> None:
    """A decision on sanctions is told to those who follow sanctions, and to nobody else."""
    (finding,) = detector.detect("Oslo lifts all sanctions on Minsk")
    assert (finding.topics, finding.matter) == (("sanctions-easing",), Matter.OTHER)
    assert {"sanction", "lift"} <= {span.concept for span in finding.evidence}


@pytest.mark.parametrize("thing", ["gizmos", "sky hooks"])
def test_words_of_a_topic_widen_a_concept(detector: Detector, thing: str) -> None:
    """A weapon that only a topic knows is a weapon for that topic."""
    title = f"Oslo approves export of {thing} to Hanoi"
    assert told(load_detector(SHIPPED), title, "weapons-restrictions") is None
    assert told(detector, title, "arms") is Stance.GRANTED
    assert told(detector, f"Oslo refuses export of {thing} to Hanoi", "arms") is Stance.DENIED


def test_terms_need_a_lexicon() -> None:
    """Words for a language that nobody reads are an error, not silence."""
    topic = replace(ARMS, terms=(TopicTerms("weapon", ("ase",), "fi"),))
    with pytest.raises(ConfigError, match=r"'fi'.*Known: de, en"):
        load_detector([topic])

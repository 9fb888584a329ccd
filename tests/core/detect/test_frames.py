"""Frames: the stance that follows from an event and its mode, in English as an example."""

from __future__ import annotations

import pytest

from bot.core.detect.clauses import mark
from bot.core.detect.frames import EASING, EVENTS, TIGHTENING, find_frames, stance_of
from bot.core.lexicon import Lexicon
from bot.core.model import Stance
from bot.core.tokens import tokenise
from bot.lexicons import HERE, load_lexicon, load_names


@pytest.fixture(scope="module")
def english() -> Lexicon:
    return load_lexicon(HERE / "en.yaml", load_names(HERE / "names.yaml").entries)


def stances(text: str, lexicon: Lexicon) -> set[Stance]:
    return {frame.stance for frame in find_frames(mark(tokenise(text, "title"), lexicon))}


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("Oslo allows Kyiv to fire its missiles at Russia", Stance.GRANTED),
        ("Oslo lifts the ban on strikes inside Russia", Stance.GRANTED),
        ("Oslo suspends its arms embargo on Kyiv", Stance.GRANTED),
        ("Oslo resumes arms deliveries to Kyiv", Stance.GRANTED),
        ("Oslo halts arms exports to Riyadh", Stance.REVOKED),
        ("Oslo delivers cruise missiles to Kyiv", Stance.GRANTED),
        ("Oslo may deliver cruise missiles to Kyiv", Stance.SIGNALLED),
        ("Kyiv urges Oslo to deliver cruise missiles", Stance.URGED),
        ("Oslo bans the export of munitions to Riyadh", Stance.REVOKED),
        ("Oslo does not allow Kyiv to fire its missiles", Stance.DENIED),
        ("Oslo refuses to lift the ban on missile strikes", Stance.DENIED),
        ("Permission for missile strikes has not been given", Stance.DENIED),
        ("Oslo rules out long-range strikes", Stance.DENIED),
        ("Oslo may lift the ban on missile strikes", Stance.SIGNALLED),
        ("Oslo is considering lifting the ban on missile strikes", Stance.SIGNALLED),
        ("Will Oslo allow missile strikes?", Stance.SIGNALLED),
        ("Oslo does not rule out lifting the ban on missile strikes", Stance.SIGNALLED),
        ("Kyiv urges Oslo to lift the ban on missile strikes", Stance.URGED),
        ("Landsbergis: let Ukraine strike with our missiles", Stance.URGED),
        ("Kyiv has the right to strike Russian bases, says NATO chief", Stance.URGED),
        ("Moscow condemns Oslo allowing missile strikes", Stance.REACTION),
        ("Ukraine fires Norwegian missiles at a depot", Stance.USED),
    ],
)
def test_the_stance_table(text: str, stance: Stance, english: Lexicon) -> None:
    """Event and mode give the stance of the table, and never a grant for a refusal or a plea."""
    found = stances(text, english)
    assert stance in found
    if stance is not Stance.GRANTED:
        assert Stance.GRANTED not in found


def test_a_disavowed_report_is_a_denial(english: Lexicon) -> None:
    """A permission that its owner calls false is denied, wherever the word stands."""
    found = stances("Oslo calls report that it allowed missile strikes fake news", english)
    assert Stance.DENIED in found
    assert Stance.GRANTED not in found


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("MPs demand: lift the ban on missile strikes", Stance.URGED),
        ("Lift the ban on missile strikes, urge MPs", Stance.URGED),
        ("Oslo wants to lift the ban on missile strikes", Stance.SIGNALLED),
        ("Oslo wants Berlin to lift the ban on missile strikes", Stance.URGED),
        ("Pressed by allies, Oslo lets Kyiv fire missiles", Stance.GRANTED),
        ("Approval of missile strikes: the anger of Moscow", Stance.REACTION),
        ("Explained: the lifting of the ban on missile strikes", Stance.REACTION),
    ],
)
def test_who_speaks_decides(text: str, stance: Stance, english: Lexicon) -> None:
    """A plea reaches over a colon and from behind a comma; a wish of one's own is a plan; a new
    subject after a comma is free of what stands before it; an answer to a noun is a reaction."""
    found = stances(text, english)
    assert stance in found
    assert Stance.GRANTED not in found - {stance}


def test_a_permission_withdrawn_gives_none(english: Lexicon) -> None:
    """The noun beside the verb that takes it away is no permission."""
    assert stances("Oslo revokes permits for arms exports", english) == {Stance.REVOKED}


def test_every_event_means_something_by_itself() -> None:
    """Without a mode each event tells the stance of its kind: what an explanation compares with."""
    plain = {event: stance_of(event, {}) for event in EVENTS}
    assert {plain[event] for event in (*EASING, "transfer")} == {Stance.GRANTED}
    assert {plain[event] for event in TIGHTENING} == {Stance.REVOKED}
    assert (plain["refuse"], plain["used"]) == (Stance.DENIED, Stance.USED)


def test_an_event_needs_its_object(english: Lexicon) -> None:
    """Words of permission without weapons, strikes or limits tell nothing."""
    assert stances("Oslo allows dogs in the park", english) == set()

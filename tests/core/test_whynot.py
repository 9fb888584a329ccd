"""Why somebody was told, or wasn't, is said in words that hold."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.markup import TEXT_LIMIT
from bot.core.model import (
    Alert,
    AlertKind,
    DeliveryState,
    Level,
    Outcome,
    Report,
    Stance,
    Subscriber,
)
from bot.core.why import explain_finding
from bot.core.whynot import OUTCOME_MARKS, Kept, Told, Trace, render_trace, why_not
from bot.locale import LANGUAGES, texts_for
from tests.core.test_render import (
    AT,
    ENTRIES,
    ENTRY,
    FINDING,
    FINDINGS,
    HOSTILE,
    REPORTS,
    STORIES,
    STORY,
    TIMES,
)
from tests.messengers.markup import parse, width

EN = texts_for("en")
FIRST = Report("Kyiv may fire", "en", "first.org", AT, "https://first.org/1")
KEPT = Kept(ENTRY, Outcome.NEWS, "reason.new_decision", FINDING, "s1", "Example News", AT)
TOLD = Alert(
    1,
    AlertKind.NEW,
    AT,
    replace(STORY, reports=(FIRST, *REPORTS)),
    replace(FINDING, topics=("strikes",)),
    ENTRY,
)
ANN = Subscriber(7, "telegram", "7")
TRACE = Trace((KEPT,), TOLD.story, TOLD)


def said(trace: Trace, reader: Subscriber | None = ANN, language: str = "en") -> str:
    return parse(render_trace(trace, reader, texts_for(language)))[0]


def test_who_was_told_reads_why() -> None:
    """The verdict and its reason in words, when this chat was told, what was found, who told it
    first, where it was seen."""
    text = said(replace(TRACE, told=Told(DeliveryState.SENT, AT)))
    assert text.startswith(
        "Why you were told\n"
        "example.org · May 30, 2024, 18:00 UTC\n"
        "\n"
        "🔔 News: A new decision.\n"
        "You were told here on May 30, 2024, 18:00 UTC.\n"
        "\n"
    )
    assert parse("\n".join(explain_finding(ENTRY, FINDING, EN)))[0] in text
    assert text.endswith(
        "First report of the story: Kyiv may fire (first.org, May 30, 2024, 18:00 UTC)\n"
        "4 sources have told it so far.\n"
        "\n"
        "Seen on May 30, 2024, 18:00 UTC in the feed “Example News”."
    )


def test_an_entry_without_a_finding_shows_its_headline() -> None:
    """Of what said nothing about permissions the headline is a link, and the reason is plain."""
    kept = replace(
        KEPT, outcome=Outcome.IRRELEVANT, reason="reason.nothing_found", finding=None, story=""
    )
    html = render_trace(Trace((kept,)), None, EN)
    text, elements = parse(html)
    assert text.startswith(f"Why you were not told\n{ENTRY.title}\nexample.org · ")
    assert ("a", ENTRY.title, ENTRY.url) in elements
    assert EN.say("reason.nothing_found") in text
    assert "Others were told" not in text


@pytest.mark.parametrize(
    ("reader", "why"),
    [
        (None, "off"),
        (replace(ANN, active=False), "off"),
        (replace(ANN, topics=("chips",)), "topic"),
        (replace(ANN, topics=("chips", "strikes")), "earlier"),
        (ANN, "earlier"),
    ],
)
def test_the_settings_tell_why_not(reader: Subscriber | None, why: str) -> None:
    """Off, another topic, or not yet asked for: the first that applies is the answer."""
    assert why_not(TOLD, reader) == why
    text = said(TRACE, reader)
    assert text.startswith("Why you were not told\n")
    assert parse(EN.say(f"nottold.{why}", at="May 30, 2024, 18:00 UTC"))[0] in text


def test_a_level_too_low_is_named() -> None:
    """Who hears decisions only reads that this was none."""
    hint = replace(TOLD, finding=replace(TOLD.finding, stance=Stance.SIGNALLED))
    assert why_not(hint, ANN) == "level"
    assert why_not(hint, replace(ANN, level=Level.SIGNALS)) == "earlier"
    text = said(replace(TRACE, alert=hint))
    assert "This chat hears “Decisions only”, and this is: signalled." in text


def test_who_waits_for_a_second_outlet_reads_so() -> None:
    """One outlet's word is not enough for those who asked for two; two are."""
    careful = replace(ANN, confirmed=True)
    single = replace(TOLD, story=replace(STORY, reports=(FIRST,)))
    assert why_not(single, careful) == "unconfirmed"
    assert why_not(TOLD, careful) == "earlier"


def test_what_was_long_ago_is_not_guessed_at() -> None:
    """Once deliveries are forgotten, nobody is told that he was or wasn't told."""
    text = said(replace(TRACE, forgotten=True))
    assert text.startswith(EN.say("trace.forgotten"))
    assert "for half a year only" in text


def test_of_several_feeds_the_weightiest_verdict_counts() -> None:
    """Where two feeds brought the page, the one that made news is told, the other is named."""
    late = replace(KEPT, outcome=Outcome.JOINED, reason="reason.joined", feed="Late News")
    text = said(replace(TRACE, kept=(late, KEPT)))
    assert "🔔 News" in text
    assert text.endswith("in the feed “Example News”.\nAlso in: Late News")


def test_the_first_report_is_not_told_to_itself() -> None:
    """Who opened the story needs no hint to its first report."""
    own = replace(STORY, reports=(Report(ENTRY.title, "en", "example.org", AT, ENTRY.url),))
    text = said(replace(TRACE, story=own))
    assert "First report" not in text
    assert "sources have told" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_and_every_delivery_has_its_words(language: str) -> None:
    """Whatever became of an entry or of its alert can be told in every language."""
    for outcome in Outcome:
        assert OUTCOME_MARKS[outcome] in said(
            Trace((replace(KEPT, outcome=outcome),)), None, language
        )
    for state in DeliveryState:
        for at in (None, AT):
            text = said(replace(TRACE, told=Told(state, at)), ANN, language)
            assert "told." not in text


# --- laws -----------------------------------------------------------------------------------

KEEPS = st.builds(
    Kept,
    entry=ENTRIES,
    outcome=st.sampled_from(list(Outcome)),
    reason=st.sampled_from(["reason.joined", "reason.nothing_found"]),
    finding=st.one_of(st.none(), FINDINGS),
    story=HOSTILE,
    feed=HOSTILE,
    seen_at=TIMES,
)
TRACES = st.builds(
    Trace,
    kept=st.lists(KEEPS, min_size=1, max_size=8).map(tuple),
    story=st.one_of(st.none(), STORIES),
    alert=st.one_of(st.none(), st.just(TOLD)),
    told=st.one_of(
        st.none(),
        st.builds(Told, st.sampled_from(list(DeliveryState)), st.one_of(st.none(), TIMES)),
    ),
    forgotten=st.booleans(),
)


@settings(max_examples=60)
@given(TRACES, st.sampled_from(LANGUAGES))
def test_whatever_was_kept_telegram_takes_it(trace: Trace, language: str) -> None:
    """Any verdict gives balanced markup within the limit, without odd characters or gaps."""
    html = render_trace(trace, ANN, texts_for(language))
    text, elements = parse(html)
    assert 0 < width(text) <= TEXT_LIMIT
    assert "\n\n\n" not in text
    categories = {unicodedata.category(letter) for letter in text if letter != "\n"}
    assert not categories & {"Cc", "Cs"}
    assert all(href.startswith("http") for tag, _, href in elements if tag == "a")

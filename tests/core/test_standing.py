"""The ledger reads well on a phone, and no line whatever can make Telegram refuse it."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.markup import TEXT_LIMIT
from bot.core.model import Grant, LedgerState, Matter, Reach
from bot.core.standing import (
    SEEDED,
    STATE_MARKS,
    join_lines,
    list_matters,
    list_outlets,
    render_authority,
    render_status,
)
from bot.core.timeline import list_decisions, picture_lines, render_timeline
from bot.locale import LANGUAGES, texts_for
from tests.core.making import after, grant
from tests.core.test_render import CODES, HOSTILE, STORIES, TIMES, URLS, WORDS
from tests.messengers.markup import parse, width

EN = texts_for("en")
HIMARS = grant(
    beneficiary="UA",
    territory="RU",
    weapons=("HIMARS",),
    without=("ATACMS",),
    scope=("near Kharkiv",),
    reach=Reach.LIMITED,
    story="s1",
    sources=("https://www.politico.com/1", "apnews.com", "https://politico.com/2"),
)
ATACMS = grant(days=171, beneficiary="UA", weapons=("ATACMS",), reach=Reach.DEEP, story="s2")


def shown(html: str) -> str:
    return parse(html)[0].replace("\u00a0", " ")


def test_status_sums_up_what_an_authority_permits() -> None:
    """Of one matter: state in words with its mark, for whom, since when, weapons, the limits of
    the newest permission; the number of all above."""
    (page,) = render_status([HIMARS, ATACMS], EN, Matter.STRIKE)
    assert shown(page.html) == (
        "Who permits what · Strikes with supplied weapons\n"
        "🟢 allowed: 2\n"
        "\n"
        "🇺🇸 United States\n"
        "🟢 Allowed → 🇺🇦 Ukraine · since May 30, 2024, newest Nov 17, 2024\n"
        "ATACMS, HIMARS · far behind the border"
    )
    assert page.keys == ("US",)


def test_limits_and_weapons_left_out_are_told() -> None:
    """A single permission keeps its limits and the weapons that it leaves out."""
    (page,) = render_status([HIMARS], EN, Matter.STRIKE)
    assert shown(page.html).endswith("HIMARS · Limits: not ATACMS, near Kharkiv")


def test_status_at_a_glance_tells_the_matters() -> None:
    """Without a matter each authority has one line for each state, the newest change first."""
    lines = [
        HIMARS,
        grant(LedgerState.REVOKED, days=1, matter=Matter.TRANSFER, authority="DE"),
        grant(LedgerState.GRANTED, days=2, matter=Matter.TRANSFER, authority="DE"),
        grant(LedgerState.SIGNALLED, days=3, matter=Matter.BASES, authority="DE"),
        grant(LedgerState.CONTESTED, days=4, authority="NATO"),
    ]
    (page,) = render_status(lines, EN)
    assert shown(page.html).split("\n\n")[1:] == [
        "NATO · Jun 3, 2024\n⚠️ Disputed: Strikes",
        "🇩🇪 Germany · Jun 2, 2024\n"
        "🟢 Allowed: Deliveries\n🟡 Signalled: Bases\n🔴 Withdrawn: Deliveries",
        "🇺🇸 United States · May 30, 2024\n🟢 Allowed: Strikes",
    ]


def test_an_authority_is_told_in_full_with_sources() -> None:
    """Each permission has its own entry: since when, for whom, what, where, limits, and the
    outlets, those with an address as links."""
    lines = [replace(HIMARS, beneficiary="PL"), HIMARS, replace(ATACMS, seeded=True)]
    (page,) = render_authority("US", lines, EN)
    text, elements = parse(page.html)
    assert text.replace("\u00a0", " ") == (
        "🇺🇸 United States\n"
        "🟢 allowed: 2\n"
        f"{SEEDED} known before this bot began\n"
        "\n"
        "Strikes with supplied weapons\n"
        "🟢 Allowed · since Nov 17, 2024 → 🇺🇦 Ukraine\n"
        f"ATACMS · far behind the border {SEEDED}\n"
        "\n"
        "🟢 Allowed · since May 30, 2024 → 🇵🇱 Poland, 🇺🇦 Ukraine\n"
        "HIMARS · Where: 🇷🇺 Russia · Limits: not ATACMS, near Kharkiv · politico.com, apnews.com"
    )
    assert [e for e in elements if e[0] == "a"] == [
        ("a", "politico.com", "https://www.politico.com/1")
    ]


def test_what_was_only_recalled_began_earlier() -> None:
    """A permission that an entry mentioned as standing is not dated to that entry."""
    (page,) = render_authority("US", [replace(ATACMS, story="")], EN)
    assert "since Nov 17, 2024 or earlier" in page.html


def test_of_one_matter_the_others_are_left_out() -> None:
    """Both views narrow to a matter; what there is none of is said plainly."""
    lines = [HIMARS, grant(matter=Matter.TRANSFER, weapons=("F-16",))]
    assert list_matters(lines) == (Matter.STRIKE, Matter.TRANSFER)
    (page,) = render_authority("US", lines, EN, Matter.TRANSFER)
    assert "F-16" in page.html
    assert "HIMARS" not in page.html
    assert render_status(lines, EN, Matter.BASES) == ()
    (none,) = render_authority("FR", [], EN)
    assert none.html == EN.say("status.country.none", name="🇫🇷 France")


def test_only_whom_and_where_are_joined() -> None:
    """Lines that differ in weapons, limits, state, story or time stay apart."""
    others = [
        replace(HIMARS, weapons=("M777",)),
        replace(HIMARS, scope=()),
        replace(HIMARS, without=()),
        replace(HIMARS, reach=Reach.UNSAID),
        replace(HIMARS, state=LedgerState.REVOKED),
        replace(HIMARS, story="s9"),
        replace(HIMARS, since=after(1)),
        replace(HIMARS, authority="GB"),
        replace(HIMARS, matter=Matter.TRANSFER),
        replace(HIMARS, seeded=True),
    ]
    assert len(join_lines([HIMARS, *others])) == 1 + len(others)
    (one,) = join_lines(
        [HIMARS, replace(HIMARS, beneficiary="PL", territory="BY", sources=("a.b",))]
    )
    assert (one.beneficiaries, one.territory) == (("UA", "PL"), ("RU", "BY"))
    assert one.sources == (*HIMARS.sources, "a.b")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", list(LedgerState))
def test_no_state_is_told_by_colour_alone(state: LedgerState, language: str) -> None:
    """Each state has a mark of its own, and its word beside it on the same line."""
    texts = texts_for(language)
    (page,) = render_status([replace(HIMARS, state=state)], texts, Matter.STRIKE)
    assert f"{STATE_MARKS[state]}\u00a0{texts.say(f'state.{state}')}" in parse(page.html)[0]
    assert len(set(STATE_MARKS.values())) == len(LedgerState)


def test_outlets_are_told_once() -> None:
    """Several pages of one outlet are one source; what is no address is none."""
    assert list_outlets(["https://news.bbc.co.uk/1", "bbc.co.uk", "", "https://dw.com/2"]) == [
        ("bbc.co.uk", "https://news.bbc.co.uk/1"),
        ("dw.com", "https://dw.com/2"),
    ]


# --- laws -----------------------------------------------------------------------------------

GRANTS = st.builds(
    Grant,
    authority=st.one_of(st.sampled_from(["US", "NATO"]), HOSTILE),
    matter=st.sampled_from(list(Matter)),
    state=st.sampled_from(list(LedgerState)),
    since=TIMES,
    beneficiary=st.one_of(st.just("UA"), HOSTILE),
    territory=st.one_of(st.just("RU"), HOSTILE),
    weapons=WORDS,
    scope=WORDS,
    story=HOSTILE,
    without=WORDS,
    reach=st.sampled_from(list(Reach)),
    sources=st.lists(URLS, max_size=9).map(tuple),
    seeded=st.booleans(),
)


@settings(max_examples=60)
@given(
    st.lists(GRANTS, max_size=12),
    st.lists(STORIES, max_size=4),
    st.sampled_from(LANGUAGES),
    st.one_of(st.none(), st.sampled_from(list(Matter))),
    CODES,
)
def test_whatever_the_ledger_holds_telegram_takes_it(
    grants: list[Grant],
    stories: list[object],
    language: str,
    matter: Matter | None,
    codes: tuple[str, ...],
) -> None:
    """Any ledger and any history give pages of balanced markup within the limit, free of control
    and bidi characters."""
    texts = texts_for(language)
    pages = list(render_status(grants, texts, matter))
    for code in codes[:2]:
        pages += render_authority(code, grants, texts, matter)
    decisions = list_decisions(stories, grants)  # type: ignore[arg-type]
    pages += render_timeline(decisions, texts, codes[0] if codes else "", matter, cut=True)
    picture_lines(decisions)
    for page in pages:
        text, elements = parse(page.html)
        assert 0 < width(text) <= TEXT_LIMIT
        categories = {unicodedata.category(letter) for letter in text if letter != "\n"}
        assert not categories & {"Cc", "Cs"}
        assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
        assert all(href.startswith("http") for tag, _, href in elements if tag == "a")

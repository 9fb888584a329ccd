"""The history is told in order: what stories decided, and what the ledger alone knows."""

from __future__ import annotations

from dataclasses import replace

from bot.core.model import LedgerState, Matter, Report, Stance, Story
from bot.core.timeline import LANES, list_decisions, narrow, picture_lines, render_timeline
from bot.locale import texts_for
from tests.core.making import after, grant
from tests.messengers.markup import parse

EN = texts_for("en")


def story(name: str, days: float, stance: Stance = Stance.GRANTED, **slots: object) -> Story:
    at = after(days)
    given: dict[str, object] = {
        "actors": ("US",),
        "beneficiaries": ("UA",),
        "reports": (Report("t", "en", "e.org", at, f"https://e.org/{name}"),),
    }
    return Story(name, stance, Matter.STRIKE, (), first_at=at, last_at=at, **(given | slots))  # type: ignore[arg-type]


def test_the_history_joins_stories_and_ledger() -> None:
    """Permissions and withdrawals come from stories, once; from the ledger what was known before,
    what is only signalled, and what is disputed. All in the order of time."""
    stories = [
        story("given", 1),
        story("taken", 5, Stance.REVOKED),
        story("plea", 2, Stance.URGED),
        story("nobody's", 3, actors=()),
    ]
    ledger = [
        grant(days=1, story="given"),
        grant(LedgerState.REVOKED, days=5, story="taken"),
        grant(days=0, authority="GB", seeded=True),
        grant(LedgerState.SIGNALLED, days=4, authority="DE", story="hint"),
        grant(LedgerState.CONTESTED, days=6, authority="FR", story="no"),
        grant(days=7, authority="PL"),  # only recalled: nobody knows when it was decided
    ]
    told = [(d.authorities, d.line.state) for d in list_decisions(stories, ledger)]
    assert told == [
        (("GB",), LedgerState.GRANTED),
        (("US",), LedgerState.GRANTED),
        (("DE",), LedgerState.SIGNALLED),
        (("US",), LedgerState.REVOKED),
        (("FR",), LedgerState.CONTESTED),
    ]


def test_a_decision_is_told_in_two_lines() -> None:
    """Day (a link to the first report), flag and name, state, for whom; then weapons and limits."""
    decided = list_decisions(
        [story("a", 0, actors=("US", "GB"), weapons=("ATACMS",), scope=("near Kursk",))], []
    )
    (page,) = render_timeline(decided, EN)
    text, elements = parse(page.html)
    assert text.replace("\u00a0", " ") == (
        "Decisions\n\n"
        "May 30, 2024 · 🇺🇸 United States, 🇬🇧 United Kingdom · 🟢 Allowed → 🇺🇦 Ukraine\n"
        "ATACMS · Limits: near Kursk"
    )
    assert ("a", "May 30, 2024", "https://e.org/a") in elements


def test_of_one_country_its_name_stands_above() -> None:
    """Narrowed, the country is named once, in the title, and a matter too."""
    decided = list_decisions([story("a", 0), story("b", 1, actors=("GB",))], [])
    own = narrow(decided, "GB", Matter.STRIKE)
    (page,) = render_timeline(own, EN, "GB", Matter.STRIKE, cut=True)
    assert parse(page.html)[0].replace("\u00a0", " ") == (
        "🇬🇧 United Kingdom · Decisions · Strikes with supplied weapons\n"
        f"{EN.say('timeline.cut')}\n\n"
        "May 31, 2024 · 🟢 Allowed → 🇺🇦 Ukraine"
    )
    assert narrow(decided, "FR") == narrow(decided, matter=Matter.BASES) == []
    assert render_timeline([], EN) == ()


def test_the_newest_stand_last_on_a_full_page() -> None:
    """Pages go forward in time, and the last one is as full as any."""
    decided = list_decisions([story(f"s{n:02}", n) for n in range(20)], [])
    pages = render_timeline(decided, EN)
    assert len(pages) > 2
    days = [page.html.count("https://e.org/s") for page in pages]
    assert days[-1] == max(days)
    assert pages[-1].html.index("/s18") < pages[-1].html.index("/s19")
    assert "/s00" in pages[0].html


def test_a_picture_has_the_lanes_that_a_phone_shows() -> None:
    """Those who decided last have lanes, with all their decisions; what isn't about weapons has
    no place in it; a single beneficiary is kept, several are nobody's."""
    many = [story(f"s{n}", n, actors=(f"A{n}",)) for n in range(LANES + 3)]
    many += [
        replace(story("chips", 99), matter=Matter.OTHER),
        story("two", 50, actors=("ZZ", "YY"), beneficiaries=("UA", "PL")),
    ]
    lines = picture_lines(list_decisions(many, []))
    assert {line.authority for line in lines} == {"ZZ", "YY"} | {
        f"A{n}" for n in range(LANES + 3 - (LANES - 2), LANES + 3)
    }
    assert {line.beneficiary for line in lines if line.authority == "ZZ"} == {""}
    assert {line.beneficiary for line in lines if line.authority != "ZZ"} == {"UA", ""}
    assert [line.authority for line in picture_lines(list_decisions(many, []), "ZZ")] == ["ZZ"]

"""An alert reads well, and no entry whatever can make Telegram refuse it."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.detect.reason import ANNOUNCED, ASSERTED, ORDER, VETOED, WEIGHED
from bot.core.markup import TEXT_LIMIT, clip, plain
from bot.core.model import (
    Alert,
    AlertKind,
    Difference,
    Entry,
    Evidence,
    Finding,
    LedgerState,
    Matter,
    Reach,
    Reason,
    Report,
    Stance,
    Story,
    Tier,
)
from bot.core.ports import Message, Texts
from bot.core.render import (
    STANCE_MARKS,
    flag,
    render_alert,
    render_sample,
)
from bot.core.why import explain_stance, render_why
from bot.locale import LANGUAGES, texts_for
from tests.messengers.markup import parse, width

AT = datetime(2024, 5, 30, 18, 0, tzinfo=UTC)
TITLE = "US allows Ukraine to strike inside Russia near Kharkiv"
EN = texts_for("en")

FINDING = Finding(
    stance=Stance.GRANTED,
    score=0.931,
    matter=Matter.STRIKE,
    actors=("US",),
    beneficiaries=("UA",),
    weapons=("HIMARS", "GMLRS"),
    territory=("RU",),
    scope=("only near Kharkiv",),
    without=("ATACMS",),
    evidence=(
        Evidence("title", 3, 9, "allows", "permit"),
        Evidence("title", 21, 27, "strike", "strike"),
        Evidence("summary", 4, 13, "president", "authority"),
    ),
    rules=("permit.asserted", "actor.owner"),
)
ENTRY = Entry(
    keys=("1",),
    url="https://example.org/a?b=1&c=2",
    title=TITLE,
    summary="The president has quietly agreed.",
    published=AT,
    source="example.org",
    tier=Tier.AGENCY,
)
REPORTS = tuple(
    Report(TITLE, "en", source, AT, f"https://{source}/1")
    for source in ("example.org", "example.net", "example.org", "example.com")
)
STORY = Story("s1", Stance.GRANTED, Matter.STRIKE, (), ("US",), AT, AT, reports=REPORTS)
ALERT = Alert(41, AlertKind.NEW, AT, STORY, FINDING, ENTRY)


def shown(message: Message) -> str:
    return parse(message.html)[0]


def test_an_alert_reads_at_one_glance() -> None:
    """Stance, who, what and limits come first; then the headline, its source and the time."""
    assert shown(render_alert(ALERT, EN)) == (
        "🟢 Granted · 🇺🇸 United States → 🇺🇦 Ukraine\n"
        "Strikes with supplied weapons: HIMARS, GMLRS\n"
        "Where: 🇷🇺 Russia\n"
        "Limits: only near Kharkiv · not ATACMS\n"
        "\n"
        "US allows Ukraine to strike inside Russia near Kharkiv\n"
        "example.org · news agency · May 30, 2024, 18:00 UTC\n"
        "confirmed by 3 independent outlets"
    )


def test_an_alert_reads_in_the_subscribers_language() -> None:
    """The same alert in Ukrainian; the headline stays as its outlet wrote it."""
    assert shown(render_alert(ALERT, texts_for("uk"))) == (
        "🟢 Дозволено · 🇺🇸 США → 🇺🇦 Україна\n"
        "Удари наданою зброєю: HIMARS, GMLRS\n"
        "Де: 🇷🇺 Росія\n"
        "Обмеження: only near Kharkiv · без ATACMS\n"
        "\n"
        "US allows Ukraine to strike inside Russia near Kharkiv\n"
        "example.org · інформагентство · 30 трав. 2024\u202fр., 18:00 UTC\n"
        "підтвердили 3 незалежні видання"
    )


def test_the_headline_is_bold_and_leads_to_the_source() -> None:
    """The headline is one bold link, and the buttons are Why and the source."""
    message = render_alert(ALERT, EN)
    elements = parse(message.html)[1]
    assert ("a", TITLE, ENTRY.url) in elements
    assert ("b", TITLE, "") in elements
    ((why, source),) = message.buttons
    assert (why.label, why.data, why.url) == ("Why?", "why:41", None)
    assert (source.label, source.data, source.url) == ("Open source", None, ENTRY.url)


def test_a_push_sounds_and_an_edit_is_silent() -> None:
    """Silence follows the alert's push."""
    assert not render_alert(ALERT, EN).silent
    assert render_alert(replace(ALERT, push=False), EN).silent


@pytest.mark.parametrize("stance", list(Stance))
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_stance_is_told_by_colour_alone(stance: Stance, language: str) -> None:
    """Each stance has a mark of its own and its word beside it."""
    texts = texts_for(language)
    line = shown(render_alert(replace(ALERT, finding=replace(FINDING, stance=stance)), texts))
    assert line.startswith(f"{STANCE_MARKS[stance]} {texts.say(f'stance.{stance}')} · ")
    assert len(set(STANCE_MARKS.values())) == len(Stance)


@pytest.mark.parametrize(
    ("kind", "change", "head"),
    [
        (AlertKind.UPDATE, "widened", "🔄 Update · Goes further than before\n🟢 Granted"),
        (AlertKind.UPDATE, "", "🔄 Update\n🟢 Granted"),
        (AlertKind.UPDATE, "confirmed", "🔄 Update · Confirmed officially\n🟢 Granted"),
        (AlertKind.CORRECTION, "contradicted", "✏️ Correction · Contradicts what was told before"),
        (AlertKind.NEW, "new", "🟢 Granted · 🇺🇸 United States → 🇺🇦 Ukraine\nStrikes"),
        (
            AlertKind.NEW,
            "renewed",
            "🟢 Granted · 🇺🇸 United States → 🇺🇦 Ukraine\nAllowed again\nStrikes",
        ),
    ],
)
def test_updates_and_corrections_say_so_first(kind: AlertKind, change: str, head: str) -> None:
    """What mends or continues an earlier alert is marked in a line of its own at the top."""
    alert = replace(ALERT, kind=kind, change=change)
    assert shown(render_alert(alert, EN)).startswith(head)


def test_an_edit_that_adds_outlets_needs_no_header() -> None:
    """A message that only grew reads as before, with more behind it."""
    grown = replace(ALERT, kind=AlertKind.UPDATE, push=False)
    assert shown(render_alert(grown, EN)) == shown(render_alert(ALERT, EN))
    confirmed = replace(grown, change="confirmed")
    assert shown(render_alert(confirmed, EN)).startswith("🔄 Update · Confirmed officially\n")


@pytest.mark.parametrize(
    ("stance", "difference", "line"),
    [
        (Stance.GRANTED, Difference(("ATACMS",)), "New: ATACMS"),
        (
            Stance.GRANTED,
            Difference((), Reach.LIMITED, Reach.DEEP),
            "Reach: far behind the border (before: within limits)",
        ),
        (Stance.REVOKED, Difference(("ATACMS",), Reach.DEEP), "Taken back: ATACMS"),
    ],
)
def test_what_changed_is_said(stance: Stance, difference: Difference, line: str) -> None:
    """What goes further than before, or falls behind it, says in what."""
    finding = replace(FINDING, stance=stance)
    text = shown(render_alert(replace(ALERT, finding=finding, difference=difference), EN))
    assert line in text.split("\n")


@pytest.mark.parametrize("undone", [LedgerState.CONTESTED, LedgerState.REVOKED])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_no_longer_holds_says_so_first(undone: LedgerState, language: str) -> None:
    """The message of a story that was denied or withdrawn since begins with that."""
    texts = texts_for(language)
    alert = replace(ALERT, story=replace(STORY, undone=undone))
    assert shown(render_alert(alert, texts)).startswith(texts.say(f"undone.{undone}"))


def test_an_inferred_actor_is_marked() -> None:
    """A state that was read off the weapon isn't passed off as one that was named."""
    finding = replace(FINDING, actors=("US", "GB"), inferred=("GB",))
    line = shown(render_alert(replace(ALERT, finding=finding), EN)).split("\n")[0]
    assert "🇺🇸 United States, 🇬🇧 United Kingdom (inferred from the weapon) → 🇺🇦" in line


def test_a_weapon_left_out_is_not_listed_as_allowed() -> None:
    """A weapon that an entry names only to exclude it appears among the limits alone."""
    finding = replace(FINDING, weapons=("ATACMS", "HIMARS"), without=("ATACMS",))
    text = shown(render_alert(replace(ALERT, finding=finding), EN))
    assert "Strikes with supplied weapons: HIMARS\n" in text
    assert text.count("ATACMS") == 1
    assert "not ATACMS" in text


def test_what_is_not_known_leaves_no_gap() -> None:
    """A bare finding gives a short alert: no empty labels, no doubled dots or blanks."""
    bare = Finding(Stance.SIGNALLED, 0.4, Matter.TRANSFER)
    story = Story("s", Stance.SIGNALLED, Matter.TRANSFER, (), (), AT, AT)
    entry = Entry(("1",), "", "Talks on exports")
    text = shown(render_alert(Alert(1, AlertKind.NEW, AT, story, bare, entry), EN))
    assert text == (
        "🟡 Signalled · country not named\n"
        "Arms deliveries and exports\n"
        "\n"
        "Talks on exports\n"
        "news outlet · May 30, 2024, 18:00 UTC\n"
        "unverified"
    )


def test_the_story_fills_in_what_the_entry_leaves_out() -> None:
    """Actor and weapon known from earlier reports of the story are shown."""
    story = replace(STORY, actors=("FR",), weapons=("SCALP",), beneficiaries=("UA",))
    finding = Finding(Stance.GRANTED, 0.9, Matter.STRIKE)
    text = shown(render_alert(replace(ALERT, story=story, finding=finding), EN))
    assert text.startswith(
        "🟢 Granted · 🇫🇷 France → 🇺🇦 Ukraine\nStrikes with supplied weapons: SCALP"
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "ftp://example.org/a",
        "http://localhost/a",
        "http://user:pw@example.org/",
        "https://example.org/a b",
        "https://example.org/\na",
        "https://[::1",
        "https://example.org:99999/",
        "https://example.org/" + "x" * 3000,
    ],
)
def test_an_address_that_telegram_would_refuse_is_no_link(url: str) -> None:
    """Such an address gives neither a link nor a button; the alert goes out all the same."""
    message = render_alert(replace(ALERT, entry=replace(ENTRY, url=url)), EN)
    assert "<a " not in message.html
    assert [button.data for row in message.buttons for button in row] == ["why:41"]


def test_why_shows_what_counted() -> None:
    """The explanation: one sentence, the words that counted in bold, score, rules, sources."""
    message = render_why(ALERT, EN)
    text, elements = parse(message.html)
    assert text == (
        "Why you got this\n"
        "🟢 It tells of a permission given or a limit lifted by those who decide.\n"
        "\n"
        "US allows Ukraine to strike inside Russia near Kharkiv\n"
        "The president has quietly agreed.\n"
        "Certainty: 93%\n"
        "Rules: permit.asserted, actor.owner\n"
        "3 sources: example.org, example.net, example.com"
    )
    assert [inner for tag, inner, _ in elements if tag == "b"][1:] == [
        "allows",
        "strike",
        "president",
    ]
    assert ("a", "example.net", "https://example.net/1") in elements
    assert [button.url for row in message.buttons for button in row] == [ENTRY.url]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            Reason("asserted", Stance.DENIED, "allows", "strike"),
            "🇺🇸 United States: granted (Strikes with supplied weapons, HIMARS, GMLRS), because "
            "“allows” (strike) is told as a fact; not “denied”, because no refusal and no “not” "
            "bears on it.",
        ),
        (
            Reason("refused", Stance.GRANTED, "lift", "ban", "won't"),
            "because “lift” is refused (“won't”); not “granted”, because for that it would have to "
            "be told as a fact.",
        ),
        (
            Reason("weighed", Stance.URGED),
            "because all its words together speak for it, no single phrase does; not “urged”, "
            "because less in it speaks for that.",
        ),
    ],
)
def test_a_reason_makes_a_sentence(reason: Reason, said: str) -> None:
    """Who, what, why this stance and not its neighbour, in one sentence that readers know."""
    finding = replace(FINDING, reason=reason, features=(("T:permit", 0.51),))
    assert plain(explain_stance(finding, EN)).endswith(said)
    assert plain(explain_stance(finding, EN)) in plain(
        render_why(replace(ALERT, finding=finding), EN).html
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_words(language: str) -> None:
    """Each mode that may decide, and each neighbour, can be told in every language."""
    texts = texts_for(language)
    for mode in (*ORDER, ASSERTED, ANNOUNCED, WEIGHED, VETOED):
        for neighbour in Stance:
            reason = Reason(mode, neighbour, *(() if mode in (WEIGHED, VETOED) else ("a", "b")))
            said = explain_stance(replace(FINDING, reason=reason), texts)
            assert "why." not in said
            assert "{" not in said


def test_a_long_summary_is_shown_where_it_counts() -> None:
    """Evidence deep in a long summary is in sight, with both cuts marked."""
    summary = "before " * 400 + "DECIDED " + "after " * 400
    start = summary.index("DECIDED")
    finding = replace(
        FINDING, evidence=(Evidence("summary", start, start + 7, "DECIDED", "permit"),)
    )
    alert = replace(ALERT, finding=finding, entry=replace(ENTRY, summary=summary))
    text, elements = parse(render_why(alert, EN).html)
    assert ("b", "DECIDED", "") in elements
    assert [half.count("…") for half in text.split("DECIDED")] == [1, 1]


def test_the_sample_is_marked_as_an_example() -> None:
    """The first line says that the sample is no news, and nothing in it can be pressed."""
    for language in LANGUAGES:
        message = render_sample(texts_for(language))
        first, _, second = shown(message).split("\n")[:3]
        assert first == texts_for(language).say("sample.header")
        assert second.startswith("🟢")
        assert message.buttons == ()


def test_flags_are_of_states() -> None:
    """Two letters make a flag; what isn't a state has none."""
    assert [flag(code) for code in ("US", "ua", "EU")] == ["🇺🇸", "🇺🇦", "🇪🇺"]
    assert [flag(code) for code in ("NATO", "", "U", "1A", "ÉÀ")] == [""] * 5


def test_plain_keeps_words_and_addresses() -> None:
    """Without markup the words stay and a link's address follows it."""
    assert plain('<b>a &lt;b&gt;</b> <a href="https://e.org/?x=1&amp;y">c</a>') == (
        "a <b> c (https://e.org/?x=1&y)"
    )


def test_clipping_keeps_whole_words_and_whole_letters() -> None:
    """A cut falls between words where it can and never inside an emoji's pair."""
    assert clip("short", 5) == "short"
    assert clip("one two three four", 12) == "one two…"
    assert clip("🟢🟢🟢🟢", 6) == "🟢🟢…"
    assert clip("x" * 100, 10) == "x" * 9 + "…"


# --- laws -----------------------------------------------------------------------------------

HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=120),
    st.sampled_from(
        [
            "",
            "<b>unclosed &lt; </a> & <script>alert(1)</script>",
            "\u202egnp.exe\u2066 \u200f\x00\x1b[31m\r\n\t",
            "👩\u200d👩\u200d👧\u200d👦" * 900,
            "\ud83d" * 50 + "\udfe2",
            "e\u0301\u0301\u0301" * 2000,
            "&amp;lt;" * 1500,
            "{name} {0} {n!r} %s",
            "<" * 5000,
            "🟢" * 3000,
            "слово " * 2000,
        ]
    ),
)
CODES = st.lists(st.one_of(st.sampled_from(["US", "NATO", "UA"]), HOSTILE), max_size=9).map(tuple)
WORDS = st.lists(HOSTILE, max_size=9).map(tuple)
URLS = st.one_of(HOSTILE, HOSTILE.map(lambda tail: "https://example.org/" + tail))
PLACES = st.integers(-10, 3000)
TIMES = st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1))  # noqa: DTZ001
EVIDENCE = st.builds(
    Evidence, st.sampled_from(["title", "summary", "?"]), PLACES, PLACES, HOSTILE, HOSTILE
)
FINDINGS = st.builds(
    Finding,
    stance=st.sampled_from(list(Stance)),
    score=st.floats(-1, 2),
    matter=st.sampled_from(list(Matter)),
    actors=CODES,
    inferred=CODES,
    beneficiaries=CODES,
    weapons=WORDS,
    territory=CODES,
    scope=WORDS,
    without=WORDS,
    evidence=st.lists(EVIDENCE, max_size=12).map(tuple),
    rules=WORDS,
)
ENTRIES = st.builds(
    Entry,
    keys=st.just(("k",)),
    url=URLS,
    title=HOSTILE,
    summary=HOSTILE,
    published=st.one_of(st.none(), TIMES),
    source=HOSTILE,
    tier=st.sampled_from(list(Tier)),
)
STORIES = st.builds(
    Story,
    id=HOSTILE,
    stance=st.just(Stance.GRANTED),
    matter=st.just(Matter.STRIKE),
    topics=st.just(()),
    actors=CODES,
    first_at=st.just(AT),
    last_at=st.just(AT),
    weapons=WORDS,
    reports=st.lists(
        st.builds(Report, HOSTILE, st.just("en"), HOSTILE, st.just(AT), URLS), max_size=20
    ).map(tuple),
)
ALERTS = st.builds(
    Alert,
    id=st.integers(1, 2**63),
    kind=st.sampled_from(list(AlertKind)),
    at=TIMES,
    story=STORIES,
    finding=FINDINGS,
    entry=ENTRIES,
    change=st.sampled_from(["", "new", "widened", "narrowed", "contradicted"]),
)


@settings(max_examples=80, deadline=None)
@given(ALERTS, st.sampled_from(LANGUAGES))
def test_whatever_comes_telegram_takes_it(alert: Alert, language: str) -> None:
    """Any content gives balanced markup within the limit, free of control and bidi characters."""
    texts: Texts = texts_for(language)
    for message in (render_alert(alert, texts), render_why(alert, texts)):
        text, elements = parse(message.html)
        assert 0 < width(text) <= TEXT_LIMIT
        categories = {unicodedata.category(letter) for letter in text if letter != "\n"}
        assert not categories & {"Cc", "Cs"}
        assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
        assert all(href.startswith("http") for tag, _, href in elements if tag == "a")
        for row in message.buttons:
            for button in row:
                assert (button.data is None) != (button.url is None)
                assert len((button.data or "").encode()) <= 64


@settings(max_examples=40, deadline=None)
@given(ALERTS)
def test_the_first_line_is_never_pushed_away(alert: Alert) -> None:
    """However long the rest, an alert opens with its stance, or with its kind and then that."""
    lines = shown(render_alert(alert, EN)).split("\n")
    first = lines[0 if alert.kind is AlertKind.NEW else 1]
    assert first.startswith(STANCE_MARKS[alert.finding.stance])
    assert not any(not one and not two for one, two in pairwise(lines))


@given(HOSTILE, st.integers(2, 300))
def test_a_clip_is_never_too_long(text: str, units: int) -> None:
    """A clipped text keeps to its units, whatever it is made of."""
    assert len(clip(text, units).encode("utf-16-le", "surrogatepass")) // 2 <= units

"""The detector, as its users would check it: own headlines in six languages."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.detect import Detector
from bot.core.detect.score import Weights
from bot.core.model import DECISIONS, Matter, Stance, Topic
from bot.lexicons import HERE, load_detector, load_lexicon, load_names

GRANTS = [
    ("en", "Washington allows Ukraine to strike targets inside Russia with ATACMS missiles"),
    ("en", "Berlin lifts its ban on strikes inside Russia with German weapons"),
    ("uk", "Вашингтон дозволив Україні бити ракетами ATACMS по території Росії"),
    ("uk", "Британія зняла обмеження на удари по Росії ракетами Storm Shadow"),
    ("ru", "США разрешили Украине наносить удары ракетами ATACMS по территории России"),
    ("ru", "Лондон снял ограничения на удары по России ракетами Storm Shadow"),
    ("de", "USA erlauben Ukraine Angriffe auf Ziele in Russland mit ATACMS-Raketen"),
    ("de", "Berlin hebt Beschränkungen für Angriffe auf Russland mit deutschen Waffen auf"),
    ("fr", "Washington autorise l'Ukraine à frapper la Russie avec des missiles ATACMS"),
    ("fr", "Paris lève les restrictions sur les frappes en Russie avec ses missiles"),
    ("pl", "USA zezwoliły Ukrainie na uderzenia w Rosji rakietami ATACMS"),
    ("pl", "Londyn zniósł ograniczenia na ataki w Rosji rakietami Storm Shadow"),
]
OTHERS = [
    ("en", "Washington refuses to let Ukraine strike targets inside Russia with ATACMS missiles"),
    ("en", "Zelensky urges Washington to allow strikes inside Russia with ATACMS missiles"),
    ("en", "Union authorises strike by dock workers over pay"),
    ("uk", "Зеленський закликав Вашингтон дозволити удари ATACMS по території Росії"),
    ("uk", "США не дозволять Україні бити ракетами ATACMS по території Росії"),
    ("ru", "Зеленский призвал США разрешить удары ракетами ATACMS по территории России"),
    ("ru", "Вашингтон отказался разрешить Украине удары ракетами ATACMS по России"),
    ("de", "Selenskyj fordert von den USA die Erlaubnis für Angriffe auf Russland mit ATACMS"),
    ("de", "Scholz lehnt Angriffe auf Russland mit deutschen Waffen weiter ab"),
    ("fr", "Zelensky exhorte Washington à autoriser les frappes en Russie avec des ATACMS"),
    ("fr", "Paris refuse d'autoriser des frappes en Russie avec ses missiles"),
    ("pl", "Zełenski wzywa USA do zgody na uderzenia w Rosji rakietami ATACMS"),
    ("pl", "Londyn nie zgadza się na ataki w Rosji rakietami Storm Shadow"),
]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector()


@pytest.mark.parametrize(("language", "title"), GRANTS)
def test_grants_are_grants(language: str, title: str, detector: Detector) -> None:
    """A plain grant is told as one, in each language, with its actor."""
    finding = detector.detect(title, language=language)[0]
    assert finding.stance is Stance.GRANTED
    assert finding.matter is Matter.STRIKE
    assert finding.actors[0] in {"US", "GB", "DE", "FR"}


@pytest.mark.parametrize(("language", "title"), OTHERS)
def test_the_rest_is_not(language: str, title: str, detector: Detector) -> None:
    """A refusal, a plea or another matter in the same words is never a decision."""
    found = detector.detect(title, language=language)
    assert not any(finding.stance in DECISIONS for finding in found)


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda t: t.replace("ATACMS", "АТACMS"),
        lambda t: f"«{t}» – Kyiv Desk",
        lambda t: t.replace("missiles", "mis\u00adsiles"),
    ],
)
def test_dress_does_not_matter(change: object, detector: Detector) -> None:
    """Capitals, foreign letters, quotes, an outlet's name and soft hyphens change nothing."""
    assert callable(change)
    finding = detector.detect(change(GRANTS[0][1]), language="en")[0]
    assert finding.stance is Stance.GRANTED
    assert "ATACMS" in finding.weapons


def test_limits_and_exceptions_are_told(detector: Detector) -> None:
    """The scope is given in the entry's words, a weapon left out as left out."""
    finding = detector.detect(
        "US lets Ukraine strike inside Russia with American weapons, only near Kharkiv",
        "The permission is limited to the border area. It does not cover ATACMS missiles.",
        "en",
    )[0]
    assert any("Kharkiv" in words for words in finding.scope)
    assert finding.without == ("ATACMS",)
    assert finding.beneficiaries == ("UA",)
    assert finding.territory == ("RU",)


def test_standing_permissions_are_kept_apart(detector: Detector) -> None:
    """What a long text tells as already in force is marked as such, one finding a state."""
    text = (
        "The minister arrived in Oslo. He met the king. Talks went on for hours. "
        "Norway has already allowed Ukraine to strike targets in Russia with its weapons."
    )
    found = detector.detect("Minister visits Norway for talks on weapons", text, "en")
    assert [(f.actors, f.stance) for f in found if f.standing] == [(("NO",), Stance.GRANTED)]


def test_a_topic_may_lower_the_bar() -> None:
    """What scores too low for a decision is one for a topic whose threshold is lower; a plea never
    is, however low the threshold."""
    english = {"en": load_lexicon(HERE / "en.yaml", load_names(HERE / "names.yaml").entries)}
    low = Topic("low", {"en": "Low"}, tuple(Matter), threshold=0.2)
    grant, plea = "Oslo allows missile strikes", "Kyiv urges Oslo to allow missile strikes"
    unweighted = [Detector(english, {}, Weights(), topics) for topics in ((), [low])]
    told = [[each.detect(title)[0] for title in (grant, plea)] for each in unweighted]
    assert all(finding.score == 0.25 for findings in told for finding in findings)
    decided = [[finding.stance in DECISIONS for finding in findings] for findings in told]
    assert decided == [[False, False], [True, False]]


def test_evidence_points_into_the_text(detector: Detector) -> None:
    """Every piece of evidence is a span of the entry's own words."""
    title = GRANTS[0][1]
    for finding in detector.detect(title, "", "en"):
        assert finding.evidence
        assert all(title[e.start : e.end] == e.text for e in finding.evidence)


def test_every_slot_has_its_span(detector: Detector) -> None:
    """Who, for whom, with what, where, within which limits and when are found again in the text."""
    title = "US lets Ukraine strike Russia with HIMARS, only near Kharkiv"
    lead = "The permission, given last year, does not cover ATACMS missiles."
    finding = detector.detect(title, lead, "en")[0]
    text = {"title": title, "summary": lead}
    assert all(text[e.part][e.start : e.end] == e.text for e in finding.evidence)
    assert {(e.slot, e.text) for e in finding.evidence if e.slot} == {
        ("actor", "US"),
        ("beneficiary", "Ukraine"),
        ("territory", "Russia"),
        ("weapon", "HIMARS"),
        ("scope", "only near Kharkiv"),
        ("without", "ATACMS"),
        ("when", "last year"),
    }
    assert finding.when == "last year"


@pytest.mark.parametrize(
    ("title", "mode", "event", "modifier", "neighbour"),
    [
        ("Oslo lets Kyiv fire missiles at Russia", "asserted", "lets", "", None),
        (
            "Oslo to let Kyiv fire missiles at Russia",
            "announced",
            "let",
            "Oslo to",
            Stance.SIGNALLED,
        ),
        ("Oslo may let Kyiv fire missiles at Russia", "hedged", "let", "may", Stance.GRANTED),
        ("Oslo refuses to let Kyiv fire missiles", "refused", "let", "refuses", Stance.GRANTED),
        ("Kyiv urges Oslo to lift missile ban", "urged", "lift", "urges", Stance.GRANTED),
    ],
)
def test_the_reason_names_what_decided(
    title: str,
    mode: str,
    event: str,
    modifier: str,
    neighbour: Stance | None,
    detector: Detector,
) -> None:
    """The reason gives the event and what bears on it in the entry's own words."""
    reason = detector.detect(title, "", "en")[0].reason
    assert reason
    assert (reason.mode, reason.event, reason.modifier) == (mode, event, modifier)
    assert neighbour in (None, reason.neighbour)


@pytest.mark.parametrize(
    "title",
    [
        "Bratislava lifts its block on sanctions inside Russia",
        "Oslo approves 400 homes on its former air base",
    ],
)
def test_another_matter_without_arms_is_no_decision(title: str, detector: Detector) -> None:
    """Sanctions or housing, told with the same verbs, are capped where no arms are spoken of."""
    (finding, *_) = detector.detect(title, "", "en")
    assert finding.stance not in DECISIONS
    assert any("another matter" in rule for rule in finding.rules)


def test_every_state_disposes_of_its_own_forces(detector: Detector) -> None:
    """Who only receives or fights elsewhere is the authority where its own army is concerned."""
    title = "Russia's Federation Council authorises use of the armed forces abroad"
    assert detector.detect(title, "", "en")[0].actors == ("RU",)


@pytest.mark.parametrize(
    ("hint", "title"),
    [
        ("it", "La Francia toglie l'embargo sulle armi a Israele"),
        ("es", "La Casa Blanca levanta la prohibición de vender armas a la dictadura"),
        ("fr", "Paris lève l'embargo sur les armes à destination de Nicosie"),
        ("de", "Berlin hebt Waffenembargo in Etappen auf"),
    ],
)
def test_a_short_headline_is_read_in_its_feeds_language(
    detector: Detector, hint: str, title: str
) -> None:
    """Articles that Romance languages share don't turn one into another."""
    assert detector.detect(title, "", hint)[0].language == hint


@pytest.mark.parametrize(
    ("title", "matter"),
    [
        ("UN Security Council lifts arms embargo on South Sudan", Matter.TRANSFER),
        ("Biden lifts ban on missile strikes inside Russia", Matter.STRIKE),
        ("US lifts restrictions on Ukraine's use of weapons in Russia", Matter.STRIKE),
    ],
)
def test_a_limit_on_arms_is_trade_unless_strikes_are_spoken_of(
    detector: Detector, title: str, matter: Matter
) -> None:
    """An embargo lifted is about deliveries, a ban on strikes lifted about strikes."""
    assert detector.detect(title, "", "en")[0].matter is matter


def test_who_is_let_is_not_who_lets(detector: Detector) -> None:
    """Forces that may fire by the leave of a leader who is named don't decide for themselves."""
    lead = "Ukrainian forces are allowed to fire the missiles across the border, Macron said."
    found = detector.detect("Macron: Ukraine free to fire French missiles into Russia", lead, "en")
    assert found[0].actors == ("FR",)


def test_an_embargo_on_arms_is_about_trade(detector: Detector) -> None:
    """Ports and airspace that are closed besides don't make it a matter of bases."""
    lead = "Ports and airspace are closed to arms shipments and their transit, the government said."
    found = detector.detect("Madrid imposes arms embargo on Israel", lead, "en")
    assert (found[0].stance, found[0].matter) == (Stance.REVOKED, Matter.TRANSFER)


def test_the_supplier_is_inferred_and_marked(detector: Detector) -> None:
    """With nobody named, the actor is read off the weapon, and said to be."""
    found = detector.detect("Strikes inside Russia with ATACMS allowed", "", "en")
    assert found[0].actors == ("US",)
    assert found[0].inferred == ("US",)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.text(max_size=400))
def test_nothing_breaks_it(title: str, summary: str) -> None:
    """Any text is read without an error."""
    _DETECTOR.detect(title, summary)


_DETECTOR = load_detector()


@pytest.mark.parametrize(
    "unit",
    ["allow ", "not allow strike ", "ban, ", "?! ", "a'b-", "дозвіл ", "lift ban on missiles. "],
)
def test_no_text_makes_it_slow(unit: str) -> None:
    """Fifty thousand characters of anything are read in well under a second or two."""
    text = unit * (50_000 // len(unit))
    started = time.process_time()
    _DETECTOR.detect(text[:500], text)
    assert time.process_time() - started < 3

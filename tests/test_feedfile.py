"""feeds.yaml: what it says, and how its faults are told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import FileError
from bot.core.model import FeedSpec, Matter, Tier, Topic, TopicFrame, TopicTerms
from bot.feedfile import FeedFile, dump_feedfile, load_feedfile, parse_feedfile
from bot.marked import parse_marked

GOOD = """\
# feeds first
feeds:
  - url: https://example.org/rss.xml
    name: Example News
    language: en
    tier: official
    every: 5m
    topics: [strike-permission]
  - url: http://example.com/feed
topics:
  - id: strike-permission
    title: {en: Strike permission, uk: Дозвіл на удари}
    matters: [strike]
    threshold: 0.6
  - id: weapons-restrictions
    title:
      en: Weapons restrictions
    matters:
      - transfer
      - strike
    enabled: false
"""


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    """Every key of a feed and of a topic arrives; what is left out has its default."""
    path = tmp_path / "feeds.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_feedfile(path) == FeedFile(
        feeds=(
            FeedSpec(
                "https://example.org/rss.xml",
                "Example News",
                "en",
                Tier.OFFICIAL,
                timedelta(minutes=5),
                ("strike-permission",),
            ),
            FeedSpec("http://example.com/feed", "example.com"),
        ),
        topics=(
            Topic(
                "strike-permission",
                {"en": "Strike permission", "uk": "Дозвіл на удари"},
                (Matter.STRIKE,),
                0.6,
            ),
            Topic(
                "weapons-restrictions",
                {"en": "Weapons restrictions"},
                (Matter.TRANSFER, Matter.STRIKE),
                enabled=False,
            ),
        ),
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "feeds:\ntopics:\n", "feeds: []"])
def test_an_empty_file_is_no_fault(text: str) -> None:
    """A file without feeds and topics is read as just that."""
    assert parse_feedfile(text, "f.yaml") == FeedFile()


OWN = "topics:\n  - id: a\n    title: {en: A}\n"
CHIP = "{event: permit, object: chip}"
TOPIC = "topics:\n  - id: a\n    title: {en: A}\n    matters: [strike]\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("feed:\n  - url: https://e.org\n", 1, ["'feed'", "Did you mean 'feeds'?"]),
        ("feeds:\n  - url: https://e.org\n    nmae: E\n", 3, ["'nmae'", "'name'"]),
        ("feeds:\n  - name: E\n", 2, ["'url' is missing", "url: …"]),
        ("feeds:\n  - url: example.org/rss\n", 2, ["url", "https://"]),
        ("feeds:\n  - url: file:///etc/passwd\n", 2, ["url", "https://"]),
        ("feeds:\n  - url: 'https://e.org:port/'\n", 2, ["url", "https://"]),
        ("feeds:\n  - url: 7\n", 2, ["url must be text", "quotes"]),
        ("feeds:\n  - url: https://e.org\n    language: no\n", 3, ["language", "quotes"]),
        ("feeds:\n  - url: https://e.org\n    language: english\n", 3, ["'english'", "en or uk"]),
        ("feeds:\n  - url: https://e.org\n    tier: oficial\n", 3, ["tier", "'official'?"]),
        ("feeds:\n  - url: https://e.org\n    tier: best\n", 3, ["tier", "agency"]),
        ("feeds:\n  - url: https://e.org\n    every: often\n", 3, ["every", "5m"]),
        ("feeds:\n  - url: https://e.org\n    every: 0s\n", 3, ["every", "5m"]),
        (TOPIC + "feeds:\n  - url: https://e.org\n    topics: [b]\n", 7, ["'b'", "Known here: a"]),
        (TOPIC + "feeds:\n  - url: https://e.org\n    topics: a\n", 7, ["a list", "[one, two]"]),
        (
            "feeds:\n  - url: https://e.org/x\n  - url: https://E.org/x\n",
            3,
            ["url", "line 2", "Remove one"],
        ),
        (
            "feeds:\n  - url: https://e.org\n    url: https://f.org\n",
            3,
            ["'url'", "twice", "line 2"],
        ),
        ("feeds:\n  url: https://e.org\n", 1, ["a list", "block of keys"]),
        ("feeds:\n  - https://e.org\n", 2, ["key: value", "'https://e.org'"]),
        ("feeds:\n\t- url: https://e.org\n", 2, ["not YAML", "indentation"]),
        ("feeds:\n  - url: [https://e.org\n", 3, ["not YAML"]),
        ("- feeds\n", 1, ["key: value"]),
        ("feeds: &a\n  - *a\n", 1, ["contains itself"]),
        ("feeds:\n  - {[a]: b}\n", 2, ["a key must be a word"]),
        ("topics:\n  - title: {en: A}\n    matters: [strike]\n", 2, ["'id' is missing"]),
        ("topics:\n  - id: Ä b\n    title: {en: A}\n    matters: [strike]\n", 2, ["id", "letters"]),
        ("topics:\n  - id: a\n    title: {uk: A}\n    matters: [strike]\n", 3, ["'en' is missing"]),
        ("topics:\n  - id: a\n    title: {en: A, ukr: Б}\n    matters: [strike]\n", 3, ["'ukr'"]),
        ("topics:\n  - id: a\n    title: {en: A}\n    matters: [strikes]\n", 4, ["'strike'?"]),
        ("topics:\n  - id: a\n    title: {en: A}\n    matters: []\n", 4, ["empty", "strike"]),
        (TOPIC + "    threshold: 7\n", 5, ["threshold", "at most 1"]),
        (TOPIC + "    threshold: high\n", 5, ["threshold", "number"]),
        (TOPIC + "    enabled: maybe\n", 5, ["enabled", "true or false"]),
        (TOPIC + TOPIC.removeprefix("topics:\n"), 5, ["id", "'a'", "line 2"]),
        ("topics:\n  - id: a\n    title: {en: A}\n", 2, ["matters or frames"]),
        (TOPIC + f"    frames: [{CHIP}]\n", 2, ["matters or frames, and not both"]),
        (OWN + "    frames: []\n", 4, ["frames: empty"]),
        (OWN + f"    frames: [{CHIP}]\n", 4, ["'chip' has no terms"]),
        (OWN + "    frames: [{event: permits, object: chip}]\n", 4, ["'permit'?"]),
        (OWN + "    frames: [{event: permit, object: weapon}]\n", 4, ["'weapon'", "no lexicon"]),
        (
            OWN + f"    frames: [{CHIP}]\n    terms: [{{concept: weapon, terms: [a]}}]\n",
            5,
            ["concept: 'weapon' is not known", "chip"],
        ),
        (TOPIC + "    terms: [{concept: waepon, terms: [gun]}]\n", 5, ["'weapon'?"]),
        (TOPIC + "    terms: [{concept: weapon, terms: ['*g*']}]\n", 5, ["too short"]),
        (TOPIC + "    terms: [{concept: weapon, terms: [gun], not: ['']}]\n", 5, ["word"]),
        (TOPIC + "    terms: [{concept: weapon, terms: [gun], language: eng}]\n", 5, ["'eng'"]),
    ],
)
def test_a_fault_names_line_key_and_cure(text: str, line: int, words: list[str]) -> None:
    """Each fault is told in one line with the file, its line, the key and what to do."""
    with pytest.raises(FileError) as error:
        parse_feedfile(text, "f.yaml")
    message = str(error.value)
    assert message.startswith(f"f.yaml:{line}: ")
    assert "\n" not in message
    for word in words:
        assert word in message


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    """A missing file, a folder and a file that is not UTF-8 are each told with a cure."""
    with pytest.raises(FileError, match="no such file"):
        load_feedfile(tmp_path / "feeds.yaml")
    with pytest.raises(FileError, match="directory"):
        load_feedfile(tmp_path)
    (tmp_path / "old.yaml").write_bytes("feeds:\n# Привіт".encode("cp1251"))
    with pytest.raises(FileError, match=r"old\.yaml:2: not UTF-8"):
        load_feedfile(tmp_path / "old.yaml")


def test_aliases_cost_nothing() -> None:
    """Aliases of aliases of aliases (the YAML bomb) are read once each."""
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]" for n in range(1, 40)]
    assert len(parse_marked("\n".join(lines), "bomb.yaml").mapping()) == 40


MATTERS = [matter for matter in Matter if matter is not Matter.OTHER]
_names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
_topics = st.lists(
    st.builds(
        Topic,
        id=st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True),
        title=st.fixed_dictionaries({"en": _names}, optional={"uk": _names}),
        matters=st.lists(st.sampled_from(MATTERS), min_size=1, unique=True).map(tuple),
        threshold=st.floats(0.01, 1).map(lambda score: round(score, 3)),
        enabled=st.booleans(),
        terms=st.lists(
            st.builds(
                TopicTerms,
                st.sampled_from(["weapon", "permit"]),
                st.just(("drone*2", "kill web")),
                st.sampled_from(["", "en", "no"]),
                st.sampled_from([(), ("dronefly",)]),
            ),
            max_size=2,
        ).map(tuple),
    ),
    unique_by=lambda topic: topic.id,
    max_size=3,
)


@given(_topics, st.data())
def test_a_written_file_reads_back(topics: list[Topic], data: st.DataObject) -> None:
    """What dump_feedfile writes, parse_feedfile reads back to the same values."""
    references = st.lists(st.sampled_from([topic.id for topic in topics]), unique=True)
    feeds = data.draw(
        st.lists(
            st.builds(
                FeedSpec,
                url=st.integers(1, 10**6).map(lambda n: f"https://example.org/{n}?a=1&b=#x"),
                name=_names,
                language=st.sampled_from([None, "en", "uk", "no"]),
                tier=st.sampled_from(Tier),
                every=st.none() | st.integers(1, 2_592_000).map(lambda s: timedelta(seconds=s)),
                topics=references.map(tuple) if topics else st.just(()),
            ),
            unique_by=lambda feed: feed.url,
            max_size=4,
        )
    )
    again = parse_feedfile(dump_feedfile(feeds, topics), "f.yaml")
    assert again == FeedFile(tuple(feeds), tuple(topics))


def test_a_topic_with_frames_reads_back() -> None:
    """A topic's own frames and words survive writing and reading."""
    topic = Topic(
        "chips",
        {"en": "Chips"},
        (Matter.OTHER,),
        terms=(TopicTerms("chip", ("chip*1",)), TopicTerms("chip", ("чип*3",), "uk", ("чипси",))),
        frames=(TopicFrame("permit", "chip"), TopicFrame("block", "chip")),
    )
    assert parse_feedfile(dump_feedfile([], [topic]), "f.yaml").topics == (topic,)

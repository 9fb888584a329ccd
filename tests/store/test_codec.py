"""Promises of bot/store/codec.py: what was stored is what is read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Entry, Evidence, Finding, Grant, Matter, Report, Stance, Story, Tier
from bot.store import codec
from tests.fakes import NOW, make_entry, make_finding

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
tuples = st.lists(words, max_size=3).map(tuple)
moments = st.datetimes(timezones=st.just(UTC))
reports = st.builds(Report, words, words, words, moments, words, st.sampled_from(Tier))
evidence = st.builds(Evidence, words, st.integers(0), st.integers(0), words, words)
scores = st.floats(0, 1)
KINDS: list[tuple[type, st.SearchStrategy[object]]] = [
    (Entry, st.builds(Entry, tuples, words, words, published=st.none() | moments)),
    (
        Finding,
        st.builds(
            Finding,
            st.sampled_from(Stance),
            scores,
            st.sampled_from(Matter),
            topics=tuples,
            evidence=st.lists(evidence, max_size=2).map(tuple),
            features=st.lists(st.tuples(words, scores), max_size=2).map(tuple),
        ),
    ),
    (Grant, st.from_type(Grant).map(lambda grant: replace(grant, since=NOW))),
    (
        Story,
        st.builds(
            Story,
            words,
            st.sampled_from(Stance),
            st.sampled_from(Matter),
            tuples,
            tuples,
            moments,
            moments,
            reports=st.lists(reports, max_size=3).map(tuple),
        ),
    ),
]


@given(st.one_of([values.map(lambda value, kind=kind: (kind, value)) for kind, values in KINDS]))
def test_every_value_comes_back(pair: tuple[type, object]) -> None:
    """Whatever is encoded passes through JSON and comes back equal."""
    kind, value = pair
    stored = json.loads(json.dumps(codec.encode(value)))  # type: ignore[arg-type]
    assert codec.decode(kind, stored) == value  # type: ignore[type-var]


def test_half_a_letter_costs_nothing() -> None:
    """Half a surrogate pair in a headline doesn't keep an alert from being stored."""
    entry = make_entry("a", "half \ud83d pair")
    assert json.loads(json.dumps(codec.encode(entry)))["title"].startswith("half ")


def test_a_row_of_another_version_is_readable() -> None:
    """A field that is missing takes its default, one that is unknown is ignored."""
    stored = codec.encode(make_finding())
    del stored["rules"]
    stored["invented_later"] = 1
    assert codec.decode(Finding, stored) == make_finding()


def test_a_long_story_keeps_its_ends() -> None:
    """A story told by hundreds keeps its first reports and its last ones."""
    many = tuple(
        Report(f"r{n}", "en", "example.org", NOW + timedelta(minutes=n)) for n in range(500)
    )
    story = Story("s", Stance.GRANTED, Matter.STRIKE, (), ("US",), NOW, NOW, reports=many)
    kept = codec.decode(Story, codec.encode(story)).reports
    assert kept[: codec.FIRST_REPORTS] == many[: codec.FIRST_REPORTS]
    assert kept[codec.FIRST_REPORTS :] == many[-codec.LAST_REPORTS :]

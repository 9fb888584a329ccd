"""The figures of an evaluation, on items small enough to count by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import FileError
from bot.core.model import Finding, Stance
from bot.services.evaluate import bcubed_f1, evaluate, score_stories, would_alert
from bot.services.replay import Item
from tests.core.making import after, entry, finding


class Oracle:
    """Says of each title what it was told to say."""

    def __init__(self, answers: dict[str, Finding]) -> None:
        self.answers = answers

    def detect(
        self,
        title: str,
        summary: str = "",
        language: str | None = None,
        at: datetime | None = None,
    ) -> tuple[Finding, ...]:
        found = self.answers.get(title)
        return (found,) if found else ()


def item(title: str, stance: str, story: str | None = None, days: float = 0, **labels: Any) -> Item:
    given: dict[str, Any] = {
        "stance": stance,
        "alert": stance in ("granted", "revoked"),
        "story": story,
        "actors": [],
        "weapons": [],
    }
    told = entry(title, after(days), f"{title}.example", language=labels.pop("lang", "en"))
    return Item(title, told, given | labels, "test.jsonl", 7)


ITEMS = [
    item("a", "granted", "S1", actors=["US"], weapons=["ATACMS"]),
    item("b", "granted", "S1", 1, actors=["US"]),
    item("c", "granted", "S2", 1, actors=["FR"], weapons=["SCALP"], lang="fr"),
    item("d", "denied", "S1", 2, note="debatable: hedged"),
    item("e", "unrelated", None, 2, lang="fr"),
]
ORACLE = Oracle(
    {
        "a": finding(weapons=("atacms",)),
        "b": finding(),
        "c": finding(Stance.SIGNALLED, score=0.2, actors=("FR",), rules=("modal", "future")),
        "d": finding(actors=("GB",)),
    }
)


GOOD = {"stance": "granted", "alert": True, "story": None, "actors": [], "weapons": []}


def ticks(step: float) -> Any:
    """A stopwatch that moves by ``step`` each time it is looked at."""
    moment = iter(range(1000))
    return lambda: next(moment) * step


def test_the_report() -> None:
    """Every figure of the contract, for two right, one missed, one false alert and one nothing."""
    report = evaluate(ITEMS, ORACLE, stopwatch=ticks(0.5))
    assert report["n"] == 5
    assert report["alert"] == {
        "precision": 0.6667, "recall": 0.6667, "f1": 0.6667, "tp": 2, "fp": 1, "fn": 1
    }  # fmt: skip
    assert report["by_lang"] == {
        "en": {"n": 3, "precision": 0.6667, "recall": 1.0, "f1": 0.8},
        "fr": {"n": 2, "precision": 0.0, "recall": 0.0, "f1": 0.0},
    }
    assert report["stance"] == {
        "macro_f1": 0.5556,
        "accuracy": 0.6,
        "confusion": {
            "granted": {"granted": 2, "signalled": 1},
            "denied": {"granted": 1},
            "unrelated": {"unrelated": 1},
        },
    }
    assert report["actors"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert report["weapons"] == {"precision": 1.0, "recall": 0.5, "f1": 0.6667}
    assert report["stories"] == {
        "gold": 2, "alerted": 1, "recall": 0.5, "pushes": 2, "pushes_per_story": 2.0,
        "false_pushes": 1, "bcubed_f1": 1.0,
    }  # fmt: skip
    assert report["errors"] == [
        {"id": "c", "gold": "granted", "predicted": "signalled", "score": 0.2,
         "why": "modal · future"},
        {"id": "d", "gold": "denied", "predicted": "granted", "score": 0.9, "why": ""},
    ]  # fmt: skip
    assert report["items_per_second"] == 10.0


def test_strict_leaves_out_the_debatable() -> None:
    """Items noted as debatable count nowhere."""
    report = evaluate(ITEMS, ORACLE, strict=True)
    assert report["n"] == 4
    assert report["alert"]["precision"] == 1.0
    assert report["stories"]["false_pushes"] == 0


@pytest.mark.parametrize(
    ("found", "alerts"),
    [
        (finding(), True),
        (finding(Stance.REVOKED), True),
        (finding(score=0.49), False),
        (finding(standing=True), False),
        (finding(Stance.DENIED), False),
        (None, False),
    ],
)
def test_what_would_alert(found: Finding | None, alerts: bool) -> None:
    """A decision, as news, at or above the default threshold."""
    assert would_alert(found) is alerts


def test_a_false_alert_counts_with_its_story() -> None:
    """Whatever sets a push off, it counts for the story of that entry; an unlabelled one for
    none, and a story that only had denials is none to find."""
    items = [item("a", "granted", "S1"), item("d", "denied", "S1", 5), item("e", "unrelated")]
    items.append(item("f", "denied", "S9", 9))
    found = score_stories(
        items,
        Oracle(
            {
                n: finding(actors=(who,))
                for n, who in zip("adef", ("US", "GB", "FR", "DE"), strict=True)
            }
        ),
    )
    assert (found["gold"], found["alerted"], found["recall"]) == (1, 1, 1.0)
    assert (found["pushes"], found["pushes_per_story"], found["false_pushes"]) == (4, 2.0, 3)


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        ({"stance": "maybe"}, "\"stance\" is 'maybe'"),
        ({"stance": ["granted"]}, "\"stance\" is ['granted']"),
        ({"alert": "yes"}, '"alert" is missing'),
        ({"story": 5}, '"story" is no string'),
        ({"actors": "US"}, '"actors" is no list'),
    ],
)
def test_a_missing_label_is_named(labels: dict[str, Any], what: str) -> None:
    """File and line of the item that can't be scored are told."""
    with pytest.raises(FileError) as caught:
        evaluate([Item("a", entry(), GOOD | labels, "test.jsonl", 7)], ORACLE)
    assert (caught.value.problem, caught.value.line) == (what, 7)


def test_nothing_gives_noughts() -> None:
    """No items, no division by zero."""
    report = evaluate([], ORACLE, stopwatch=lambda: 0.0)
    assert report["alert"]["f1"] == report["stories"]["bcubed_f1"] == 0.0
    assert report["items_per_second"] == 0.0


@pytest.mark.parametrize(
    ("pairs", "score"),
    [
        ([("A", "1"), ("A", "1"), ("B", "2")], 1.0),
        ([("A", "1"), ("A", "2")], 0.6667),  # torn apart: precision 1, recall 1/2
        ([("A", "1"), ("B", "1")], 0.6667),  # thrown together: precision 1/2, recall 1
    ],
)
def test_bcubed(pairs: list[tuple[str, str]], score: float) -> None:
    """Worked by hand from Bagga and Baldwin's definition."""
    assert bcubed_f1(pairs) == score


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("123")), min_size=1))
def test_bcubed_is_a_ratio_and_symmetric(pairs: list[tuple[str, str]]) -> None:
    """Between 0 and 1; swapping gold and predicted swaps precision and recall, not F1."""
    assert 0 < bcubed_f1(pairs) <= 1
    assert bcubed_f1(pairs) == pytest.approx(bcubed_f1([(b, a) for a, b in pairs]), abs=2e-4)

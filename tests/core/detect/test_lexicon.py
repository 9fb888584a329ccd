"""Terms: what a pattern finds, and what it leaves alone."""

from __future__ import annotations

import pytest

from bot.core.lexicon import Lexicon
from bot.core.pattern import TermError
from bot.core.term import Entry
from bot.core.tokens import tokenise


def found(text: str, *terms: str, excluded: tuple[str, ...] = ()) -> list[str]:
    """The words of each hit of one entry's terms."""
    tokens = tokenise(text, "title").tokens
    lexicon = Lexicon([Entry("permit", terms, excluded=excluded)])
    return [" ".join(tokens[w].norm for w in tag.words) for tag in lexicon.tag(tokens)]


@pytest.mark.parametrize(
    ("term", "hit", "miss"),
    [
        ("allow", "they allow it", "the allowance"),
        ("allow*3", "they are allowing it", "the allowance"),
        ("*rakete*", "die Langstreckenraketen", "das Racket"),
        ("=US", "the US says", "tell us"),
        ("green light", "a green light", "green and light"),
        ("give|gave nod", "they gave nod", "they took nod"),
        ("gave ... nod", "gave it the final nod", "gave it to them all on a very long nod"),
        ("cut .. off", "cut them off", "cut all of them off"),
        ("give ?the nod", "give nod", "give a nod"),
    ],
)
def test_patterns(term: str, hit: str, miss: str) -> None:
    """Each form of a term finds what it says and nothing near it."""
    assert found(hit, term)
    assert not found(miss, term)


def test_exclusions() -> None:
    """A word left out is not taken by a stem."""
    assert found("an allowance", "allow*4", excluded=("allowance",)) == []


@pytest.mark.parametrize("end", [".", ":", " –"])
def test_gaps_stay_in_the_clause(end: str) -> None:
    """A term never reaches over a full stop, a colon or a dash."""
    assert found(f"They gave up{end} The nod came", "gave ... nod") == []


@pytest.mark.parametrize("text", ["він розв'язав руки", "він розв’язав руки", "він розвязав руки"])
def test_an_apostrophe_inside_a_cyrillic_word(text: str) -> None:
    """A Ukrainian word with its apostrophe is one word, in texts and in terms."""
    assert found(text, "розв'язав руки")


def test_longer_terms_win() -> None:
    """A longer term takes its words away from the shorter ones of its kind."""
    lexicon = Lexicon([Entry("refuse", ("rule out",)), Entry("consider", ("not rule out",))])
    tags = lexicon.tag(tokenise("we do not rule out", "title").tokens)
    assert [tag.concept for tag in tags] == ["consider"]


def test_objects_survive_in_longer_terms() -> None:
    """What is acted on is kept inside a longer term of another kind."""
    lexicon = Lexicon([Entry("entitled", ("free to strike",)), Entry("strike", ("strike",))])
    tags = lexicon.tag(tokenise("free to strike", "title").tokens)
    assert {tag.concept for tag in tags} == {"entitled", "strike"}


def test_pseudo_triggers_blank() -> None:
    """A pseudo-trigger shows nothing and hides what it covers."""
    lexicon = Lexicon([Entry("pseudo", ("hunger strike",)), Entry("strike", ("strike",))])
    assert lexicon.tag(tokenise("a hunger strike", "title").tokens) == []


def test_terms_may_name_concepts() -> None:
    """A term may ask for any word of another concept."""
    lexicon = Lexicon([Entry("permit", ("gone <limit>",)), Entry("limit", ("ban", "curb"))])
    tags = lexicon.tag(tokenise("gone curb", "title").tokens)
    assert {tag.concept for tag in tags} == {"permit", "limit"}


@pytest.mark.parametrize(
    "term", ["", "?the ban", "cut ..", "*ab*", "a*", "two|*", "«", "<permit> <limit>"]
)
def test_bad_terms_are_refused(term: str) -> None:
    """A term that can't be read is an error, not silence."""
    with pytest.raises(TermError):
        Lexicon([Entry("permit", (term,))])


def test_hints_bound_what_is_tagged() -> None:
    """The cheap mask never misses a concept that the full look finds."""
    lexicon = Lexicon([Entry("permit", ("gave ... nod",)), Entry("limit", ("ban",))])
    tokens = tokenise("they gave the nod, the ban is gone", "title").tokens
    for tag in lexicon.tag(tokens):
        assert lexicon.hints(tokens) & lexicon.bits([tag.concept])

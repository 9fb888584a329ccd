"""The words, as data: one YAML file a language, names shared by all. Loading checks every line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bot.core.detect import Detector, Person, Weapon
from bot.core.detect.score import Weights
from bot.core.errors import ConfigError
from bot.core.lexicon import Grammar, Lexicon
from bot.core.model import Topic
from bot.core.pattern import TermError, read_term
from bot.core.tags import CONCEPTS
from bot.core.term import Entry
from bot.core.tokens import fold
from bot.marked import Node, load_marked, suggest

HERE = Path(__file__).parent
NAMES_ENDING = 4  # letters after a name's stem*, when it doesn't say
_GRAMMAR = ("markers", "letters", "towards", "into", "negation_after", "farther")
_FILE_KEYS = ("language", "ending", *_GRAMMAR, "entries")
_ENTRY_KEYS = ("concept", "terms", "flags", "value", "not", "example", "counter")


def languages() -> tuple[str, ...]:
    """The codes of all languages that have a lexicon."""
    return tuple(sorted(p.stem for p in HERE.glob("??.yaml")))


def load_detector(topics: Sequence[Topic] = ()) -> Detector:
    """The detector over all lexicons. Raises FileError with file, line and cure, and ConfigError
    when a topic has terms for a language that has no lexicon."""
    for topic in topics:
        if strange := {terms.language for terms in topic.terms} - {"", *languages()}:
            raise ConfigError(
                f"the topic '{topic.id}' has terms for '{min(strange)}', which has no lexicon. "
                f"Known: {', '.join(languages())}; leave the language out for terms of all."
            )
    names = load_names(HERE / "names.yaml")
    lexicons = {code: load_lexicon(HERE / f"{code}.yaml", names.entries) for code in languages()}
    weights = load_weights(HERE / "weights.json")
    return Detector(lexicons, names.weapons, weights, tuple(topics), names.people)


def load_weights(path: Path) -> Weights:
    """The fitted weights; an empty table when there is none yet."""
    return Weights.from_json(path.read_text(encoding="utf-8")) if path.exists() else Weights()


def load_lexicon(path: Path, names: Iterable[Entry] = ()) -> Lexicon:
    """One language's terms and grammar, with the shared names. FileError when the file says
    another language than its name."""
    root = load_marked(path)
    keys = root.mapping(_FILE_KEYS, required=("language", "entries"))
    ending = int(keys["ending"].number("ending")) if "ending" in keys else 4
    entries = [_entry(node) for node in keys["entries"].items()]
    for node in keys["entries"].items():
        _try(node, ending)
    if keys["language"].text("language") != path.stem:
        raise keys["language"].fault("not the language of the file's name", f"Write {path.stem}.")
    # a language's own reading of a name wins: "EU" is the United States in Mexican Spanish
    own = {term for entry in entries if entry.concept == "actor" for term in entry.terms}
    shared = [replace(e, terms=tuple(t for t in e.terms if t not in own)) for e in names]
    return Lexicon([*entries, *shared], ending=ending, grammar=_grammar(keys))


def _grammar(keys: Mapping[str, Node]) -> Grammar:
    def words(key: str) -> frozenset[str]:
        return frozenset(map(fold, keys[key].texts("word"))) if key in keys else frozenset()

    def number(key: str, otherwise: float) -> float:
        return keys[key].number(key) if key in keys else otherwise

    return Grammar(
        keys["language"].text("language"),
        words("markers"),
        keys["letters"].text("letters") if "letters" in keys else "",
        words("towards"),
        words("into"),
        int(number("negation_after", 0)),
        number("farther", 1.0),
    )


def _entry(node: Node) -> Entry:
    keys = node.mapping(_ENTRY_KEYS, required=("concept", "terms", "example", "counter"))
    concept = keys["concept"].text("concept")
    if concept not in CONCEPTS:
        raise keys["concept"].fault(f"no concept is called '{concept}'", suggest(concept, CONCEPTS))
    return Entry(
        concept=concept,
        terms=tuple(keys["terms"].texts("term")),
        flags=frozenset(keys["flags"].texts("flag")) if "flags" in keys else frozenset(),
        value=keys["value"].text("value") if "value" in keys else "",
        excluded=tuple(keys["not"].texts("word")) if "not" in keys else (),
        examples=(keys["example"].text("example"),),
        counters=(keys["counter"].text("counter"),),
    )


def _try(node: Node, ending: int) -> None:
    """Reads one entry's words alone, so that a bad one is told with its own line."""
    keys = node.mapping()
    for term in keys["terms"].items():
        _readable(term, ending)
    for word in keys["not"].items() if "not" in keys else ():
        _readable(word, ending)


def _readable(term: Node, ending: int) -> None:
    try:
        read_term(term.text("term"), ending)
    except TermError as error:
        raise term.fault(str(error), "See the head of bot/core/pattern.py.") from None


@dataclass(frozen=True, slots=True)
class Names:
    """States, groups, people and weapons in all scripts: their terms, and what is known of them."""

    entries: tuple[Entry, ...]
    people: tuple[Person, ...]
    weapons: dict[str, Weapon]


def load_names(path: Path) -> Names:
    """The names that all languages share. FileError with file, line and cure."""
    keys = load_marked(path).mapping(required=("states", "groups", "people", "weapons"))
    entries: list[Entry] = []

    def add(concept: str, terms: Node, value: str, *flags: str, person: str = "") -> None:
        for term in terms.items():
            _readable(term, NAMES_ENDING)
        entries.append(Entry(concept, tuple(terms.texts("name")), frozenset(flags), value, person))

    for node in keys["states"].items():
        state = node.mapping(("code", "names", "adjectives"), required=("code", "names"))
        add("actor", state["names"], state["code"].text("code"), "state")
        if "adjectives" in state:
            add("actor", state["adjectives"], state["code"].text("code"), "adjective")
    for node in keys["groups"].items():
        group = node.mapping(("code", "names"), required=("code", "names"))
        add("actor", group["names"], group["code"].text("code"), "group")
    people = []
    for node in keys["people"].items():
        person = _person(node)
        add("actor", node.mapping()["terms"], person.state, "person", person=person.name)
        people.append(person)
    weapons = {}
    for node in keys["weapons"].items():
        weapon = _weapon(node)
        add("system", node.mapping()["terms"], weapon.name)
        weapons[weapon.name] = weapon
    return Names(tuple(entries), tuple(people), weapons)


def _person(node: Node) -> Person:
    known = ("name", "state", "office", "served", "terms")
    keys = node.mapping(known, required=known)
    return Person(
        keys["name"].text("name"),
        keys["state"].text("state"),
        keys["office"].text("office"),
        tuple(_interval(item) for item in keys["served"].items()),
    )


def _interval(node: Node) -> tuple[date, date | None]:
    """ISO 8601's first/last day, ".." for the last meaning to this day."""
    first, _, last = node.text("served").partition("/")
    try:
        found = (date.fromisoformat(first), None if last == ".." else date.fromisoformat(last))
    except ValueError:
        raise node.fault(
            f"served: '{node.value}' is no interval of days", "Write 2021-01-20/2025-01-20, or /..."
        ) from None
    if found[1] is not None and found[1] < found[0]:
        raise node.fault(f"served: '{node.value}' ends before it begins", "Swap the days.")
    return found


def _weapon(node: Node) -> Weapon:
    keys = node.mapping(
        ("name", "class", "suppliers", "terms"), required=("name", "class", "terms")
    )
    suppliers = tuple(keys["suppliers"].texts("supplier")) if "suppliers" in keys else ()
    return Weapon(keys["name"].text("name"), keys["class"].text("class"), suppliers)

"""The words, as data: one YAML file a language, names shared by all. Loading checks every line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.core.detect import Detector, Weapon
from bot.core.detect.score import Weights
from bot.core.errors import ConfigError
from bot.core.lexicon import Entry, Grammar, Lexicon
from bot.core.model import Topic
from bot.core.pattern import TermError, read_term
from bot.core.tags import CONCEPTS
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
    names, weapons = load_names(HERE / "names.yaml")
    lexicons = {code: load_lexicon(HERE / f"{code}.yaml", names) for code in languages()}
    return Detector(lexicons, weapons, load_weights(HERE / "weights.json"), tuple(topics))


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


def load_names(path: Path) -> tuple[list[Entry], dict[str, Weapon]]:
    """Actors and weapons in all scripts."""
    keys = load_marked(path).mapping(required=("states", "groups", "people", "weapons"))
    entries: list[Entry] = []

    def add(concept: str, terms: Node, value: str, *flags: str) -> None:
        entry = Entry(concept, tuple(terms.texts("name")), frozenset(flags), value)
        for term in terms.items():
            _readable(term, NAMES_ENDING)
        entries.append(entry)

    for node in keys["states"].items():
        state = node.mapping(("code", "names", "adjectives"), required=("code", "names"))
        add("actor", state["names"], state["code"].text("code"), "state")
        if "adjectives" in state:
            add("actor", state["adjectives"], state["code"].text("code"), "adjective")
    for node in keys["groups"].items():
        group = node.mapping(("code", "names"), required=("code", "names"))
        add("actor", group["names"], group["code"].text("code"), "group")
    for node in keys["people"].items():
        people = node.mapping(("state", "terms"), required=("state", "terms"))
        add("actor", people["terms"], people["state"].text("state"), "person")
    weapons: dict[str, Weapon] = {}
    for node in keys["weapons"].items():
        weapon = node.mapping(
            ("name", "class", "suppliers", "terms"), required=("name", "class", "terms")
        )
        name = weapon["name"].text("name")
        suppliers = tuple(weapon["suppliers"].texts("supplier")) if "suppliers" in weapon else ()
        weapons[name] = Weapon(name, weapon["class"].text("class"), suppliers)
        add("system", weapon["terms"], name)
    return entries, weapons

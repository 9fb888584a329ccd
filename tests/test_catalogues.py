"""Every language says everything, in its own plural forms, and the code asks for nothing else."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Text
from babel.messages.plurals import PLURALS
from babel.messages.pofile import read_po

import bot.locale
from bot.core.errors import ConfigError
from bot.core.ledger import Change
from bot.core.model import AlertKind, LedgerState, Level, Matter, Outcome, Stance, Tier
from bot.core.ports import FetchFault
from bot.core.revise import RETRACTED
from bot.locale import LANGUAGES, texts_for
from bot.services.rejudge import REJUDGED

ROOT = Path(bot.__file__).parent
FILES = sorted((ROOT / "locale").glob("*/*.po"))
LABEL_LIMIT = 64  # letters that a button shows on a phone, at the very most
FAMILIES: dict[str, type[StrEnum]] = {
    "stance": Stance,
    "why": Stance,
    "matter": Matter,
    "button.matter": Matter,
    "state": LedgerState,
    "tier": Tier,
    "level": Level,
    "outcome": Outcome,
    "kind": AlertKind,
    "fault": FetchFault,
    "change": Change,
}


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def texts_of(language: str) -> dict[str, Text]:
    """Every text of a language by its key."""
    return {
        text.id if isinstance(text.id, str) else text.id[0]: text
        for path in FILES
        if path.parent.name == language
        for text in read(path)
        if text.id
    }


def forms(text: Text) -> list[str]:
    return [text.string] if isinstance(text.string, str) else list(text.string)


def placeholders(form: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", form))


ENGLISH = texts_of("en")
EVERY = {language: texts_of(language) for language in LANGUAGES}


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Every say, count and UserError in the code with a literal key: its name, call and place."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            key = node.args[0]
            if (
                name in ("say", "count", "UserError")
                and isinstance(key, ast.Constant)
                and isinstance(key.value, str)
                and re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", key.value)
            ):
                yield name, node, f"{path.relative_to(ROOT)}:{node.lineno}"


CALLS = list(calls())


def test_english_and_ukrainian_are_spoken() -> None:
    """The languages promised to users are there, English first."""
    assert LANGUAGES[0] == "en"
    assert "uk" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_everything(language: str) -> None:
    """No key of English is missing, unknown, empty or only guessed at (fuzzy)."""
    texts = EVERY[language]
    assert sorted(texts) == sorted(ENGLISH)
    assert [key for key, text in texts.items() if not all(map(str.strip, forms(text)))] == []
    assert [key for key, text in texts.items() if text.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_told_twice(language: str) -> None:
    """A key has its text in one place; files of one language don't overrule each other."""
    written: Counter[str] = Counter()
    for path in FILES:
        if path.parent.name == language:
            written.update(re.findall(r'^msgid "(.+)"$', path.read_text("utf-8"), re.MULTILINE))
    assert [key for key, times in written.items() if times > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_those_of_english(language: str) -> None:
    """A translation neither loses a value nor asks for one that isn't given."""
    for key, text in EVERY[language].items():
        wanted = set().union(*map(placeholders, forms(ENGLISH[key])))
        for form in forms(text):
            assert placeholders(form) - {"n"} == wanted - {"n"}, key
            assert re.sub(r"\{\w+\}", "", form).count("{") == 0, f"{key}: a stray brace"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_plural_forms_are_the_languages_own(path: Path) -> None:
    """Each file names its language's plural rule (CLDR's) and each counted text fills it."""
    language = path.parent.name
    number, rule = PLURALS[language]
    header = re.search(r"Plural-Forms: nplurals=(\d+); plural=(.*?);\\n", path.read_text("utf-8"))
    assert header is not None
    assert (int(header[1]), header[2].replace(" ", "")) == (number, rule.replace(" ", ""))
    for text in read(path):
        if text.id and text.pluralizable:
            assert len(forms(text)) == number, text.id
            assert all("{n}" in form for form in forms(text)[1:]), text.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_tidy(language: str) -> None:
    """No markup but Telegram's simplest in balance, no doubled blanks, no tab, no edge blanks."""
    for key, text in EVERY[language].items():
        for form in forms(text):
            tags = re.findall(r"<[^>]*>", form)
            assert set(tags) <= {"<b>", "</b>", "<i>", "</i>", "<code>", "</code>"}, key
            assert [tag.replace("/", "") for tag in tags[1::2]] == tags[0::2], key
            bare = re.sub(r"<[^>]*>|&(?:lt|gt|amp);", "", form)
            assert not set(bare) & set("<>&\t"), key
            assert form == form.strip(), key
            assert "  " not in form, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_fit_their_buttons(language: str) -> None:
    """A button's label is short plain text, placeholders aside."""
    for key, text in EVERY[language].items():
        if key.startswith("button."):
            assert all(len(form) <= LABEL_LIMIT and "<" not in form for form in forms(text)), key


def test_every_key_in_the_code_exists() -> None:
    """What the code says is in the catalogue, counted where it is counted."""
    assert len(CALLS) > 20
    for name, call, place in CALLS:
        key = call.args[0].value  # type: ignore[attr-defined]
        assert key in ENGLISH, f"{place}: no text for {key!r}"
        if name in ("say", "count"):
            assert ENGLISH[key].pluralizable == (name == "count"), f"{place}: {key!r}"


def test_every_placeholder_is_given() -> None:
    """A call hands over each value that its text asks for (the rest may be left unused)."""
    for _, call, place in CALLS:
        if any(keyword.arg is None for keyword in call.keywords):
            continue  # **params: not to be read off the source
        key = call.args[0].value  # type: ignore[attr-defined]
        given = {keyword.arg for keyword in call.keywords} | {"n"}
        asked = set().union(*map(placeholders, forms(ENGLISH[key]))) if key in ENGLISH else set()
        assert asked <= given, f"{place}: {key!r} lacks {asked - given}"


@pytest.mark.parametrize(
    "key",
    [f"{family}.{member}" for family, members in FAMILIES.items() for member in members],
)
def test_every_member_of_an_enum_has_its_word(key: str) -> None:
    """Keys that are put together from an enum exist for each of its members, without values."""
    assert not placeholders(forms(ENGLISH[key])[0])


def test_every_reason_of_the_judge_has_its_text() -> None:
    """Whatever the judge gives as the reason of a verdict can be told to a reader."""
    files = [ROOT / "core" / f"{name}.py" for name in ("judge", "placing", "revise", "retract")]
    source = "".join(path.read_text("utf-8") for path in files)
    told = set(re.findall(r'"(reason\.\w+)"', source))
    assert len(told) > 10
    told |= {f"reason.{change}" for change in Change if change is not Change.NEW}
    told |= {
        f"{family}.{mark}" for mark in (RETRACTED, REJUDGED) for family in ("reason", "change")
    }
    assert told <= set(ENGLISH)


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1 джерело"), (3, "3 джерела"), (5, "5 джерел"), (11, "11 джерел"), (22, "22 джерела")],
)
def test_ukrainian_counts_as_ukrainians_do(number: int, words: str) -> None:
    """The compiled catalogue picks the right form of three."""
    assert texts_for("uk").count("alert.sources", number) == words


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("uk", "uk"),
        ("uk-UA", "uk"),
        ("UK_ua", "uk"),
        ("en-GB", "en"),
        ("zh-hans", "en"),
        ("", "en"),
    ],
)
def test_a_clients_tag_finds_its_language(tag: str, language: str) -> None:
    """Region and script are left aside; what we don't speak is answered in English."""
    assert texts_for(tag).language == language
    assert texts_for(None).language == "en"


def test_a_moment_is_told_with_its_zone() -> None:
    """Times are shown in UTC, in the language's own way; a time without a zone is refused."""
    at = datetime(2024, 5, 30, 20, 5, tzinfo=timezone(timedelta(hours=2)))
    assert texts_for("en").moment(at) == "May 30, 2024, 18:05 UTC"
    assert texts_for("uk").moment(at) == "30 трав. 2024\u202fр., 18:05 UTC"
    with pytest.raises(ValueError, match="without a zone"):
        texts_for("en").moment(at.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("code", "english", "ukrainian"),
    [
        ("GB", "United Kingdom", "Велика Британія"),
        ("US", "United States", "США"),
        ("NATO", "NATO", "НАТО"),
        ("EU", "European Union", "Євросоюз"),
        ("XQ", "XQ", "XQ"),
    ],
)
def test_states_and_alliances_have_names(code: str, english: str, ukrainian: str) -> None:
    """CLDR names states, the catalogue overrules it; an unknown code stands as it is."""
    assert texts_for("en").country(code) == english
    assert texts_for("uk").country(code) == ukrainian


HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Catalogues of our own making in place of the real ones."""
    monkeypatch.setattr(bot.locale, "_HERE", tmp_path)
    bot.locale._catalogue.cache_clear()
    for language in LANGUAGES:
        (tmp_path / language).mkdir()
    yield tmp_path
    bot.locale._catalogue.cache_clear()


def test_a_missing_key_falls_back_to_english(folder: Path) -> None:
    """What a language lacks is said in English, counted in English too; files are merged."""
    (folder / "en" / "a.po").write_text(HEADER + 'msgid "one"\nmsgstr "One {x}"\n')
    (folder / "en" / "b.po").write_text(
        HEADER + 'msgid "few"\nmsgid_plural "few"\nmsgstr[0] "{n} thing"\nmsgstr[1] "{n} things"\n'
    )
    (folder / "uk" / "a.po").write_text(HEADER + 'msgid "two"\nmsgstr "Два"\n', "utf-8")
    texts = texts_for("uk")
    assert texts.say("two") == "Два"
    assert texts.say("one", x="{y}") == "One {y}"
    assert [texts.count("few", number) for number in (1, 3)] == ["1 thing", "3 things"]
    assert texts.say("nowhere") == "nowhere"


@pytest.mark.parametrize("content", [b"garbage", 'msgid "x"\nmsgstr "\xff"'.encode("latin-1")])
def test_a_broken_catalogue_is_named(folder: Path, content: bytes) -> None:
    """A catalogue that can't be read stops with its path, not with a traceback of Babel's."""
    (folder / "en" / "a.po").write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(str(folder / "en" / "a.po"))):
        texts_for("en")

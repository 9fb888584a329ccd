"""What users read: gettext catalogues, one folder a language.

Every ``<code>/*.po`` of a language is merged and compiled in memory. The msgids are symbolic
("alert.sources"); a key that a language lacks falls back to English, and one that English lacks
too is shown as it stands, which a test of the catalogues rules out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from bot.core.errors import ConfigError
from bot.core.ports import Texts

FALLBACK = "en"
_HERE = Path(__file__).parent

LANGUAGES: tuple[str, ...] = tuple(
    sorted(
        {po.parent.name for po in _HERE.glob("*/*.po")}, key=lambda code: (code != FALLBACK, code)
    )
)
"""The languages that users may choose, English first: a folder makes one, a test keeps it whole."""


class Catalogue:
    """The texts of one language (``ports.Texts``)."""

    def __init__(self, language: str, translations: GNUTranslations) -> None:
        self.language = language
        self._translations = translations
        self._locale = Locale.parse(language)

    def say(self, key: str, /, **params: object) -> str:
        """The text of ``key``; a placeholder without a parameter is a KeyError (our bug)."""
        return self._translations.gettext(key).format(**params)

    def count(self, key: str, number: int, /, **params: object) -> str:
        """The plural form of ``key`` for ``number``, which is ``{n}`` in the text."""
        return self._translations.ngettext(key, key, number).format(**{"n": number, **params})

    def moment(self, at: datetime) -> str:
        """``at`` in UTC, on a 24-hour clock, with the zone said; a naive time is a ValueError."""
        if at.tzinfo is None:
            raise ValueError(f"a time without a zone: {at}")
        return f"{self.day(at)}, {at.astimezone(UTC):%H:%M} UTC"

    def day(self, at: datetime) -> str:
        """The day of ``at`` in UTC."""
        return str(format_date(at.astimezone(UTC), "medium", locale=self._locale))

    def country(self, code: str) -> str:
        """The name of a state or alliance: ours where the catalogue has one, else CLDR's."""
        key = f"country.{code}"
        name = self._translations.gettext(key)
        return name if name != key else self._locale.territories.get(code, code)


def load_translations(language: str) -> GNUTranslations:
    """The merged catalogues of one language; its own alone, without the fallback.

    A catalogue that can't be read raises ConfigError with its path.
    """
    merged = Catalog(locale=language, fuzzy=False)
    for path in sorted((_HERE / language).glob("*.po")):
        try:
            with path.open("rb") as file:
                part = read_po(file, locale=language, abort_invalid=True)
        except (OSError, ValueError, PoFileError) as error:
            raise ConfigError(f"{path}: the catalogue can't be read ({error})") from error
        for message in part:
            if message.id:
                merged[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def _catalogue(language: str) -> Catalogue:
    translations = load_translations(language)
    if language != FALLBACK:
        translations.add_fallback(load_translations(FALLBACK))
    return Catalogue(language, translations)


def texts_for(language: str | None) -> Texts:
    """The texts for a language tag as clients send it ("uk", "uk-UA", "zh_Hans", None).

    A language that we don't speak, or no tag at all, is answered in English.
    """
    code = (language or FALLBACK).replace("_", "-").split("-")[0].lower()
    return _catalogue(code if code in LANGUAGES else FALLBACK)

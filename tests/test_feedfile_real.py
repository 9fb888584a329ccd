"""The repository's own feeds.yaml: enough feeds, in every language, no twins."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.core.address import canonical_url
from bot.core.model import Matter, Tier
from bot.feedfile import FeedFile, load_feedfile

LANGUAGES = {"en", "uk", "ru", "de", "fr", "pl"}


@pytest.fixture(scope="module")
def real() -> FeedFile:
    """The file at the repository's root."""
    return load_feedfile(Path(__file__).parents[1] / "feeds.yaml")


def test_there_are_enough_feeds(real: FeedFile) -> None:
    """At least thirty feeds are listened to."""
    assert len(real.feeds) >= 30


def test_every_language_has_several_feeds(real: FeedFile) -> None:
    """Each of the six languages has at least four feeds, and no feed is in another one."""
    by_language = Counter(feed.language for feed in real.feeds)
    assert set(by_language) == LANGUAGES
    assert min(by_language.values()) >= 4


def test_sources_are_of_several_tiers(real: FeedFile) -> None:
    """Governments and agencies are among the sources, not outlets alone."""
    by_tier = Counter(feed.tier for feed in real.feeds)
    assert by_tier[Tier.OFFICIAL] >= 8
    assert by_tier[Tier.AGENCY] >= 4


def test_no_feed_is_there_twice(real: FeedFile) -> None:
    """No two addresses are twins once spelling is set aside, and no two names are equal."""
    addresses = Counter(canonical_url(feed.url) for feed in real.feeds)
    names = Counter(feed.name for feed in real.feeds)
    assert [twin for twin, times in (addresses + names).items() if times > 1] == []


def test_addresses_are_public_and_encrypted(real: FeedFile) -> None:
    """Every address is https on a public host's own name, without credentials or port."""
    for feed in real.feeds:
        parts = urlsplit(feed.url)
        assert parts.scheme == "https", feed.url
        assert parts.netloc == parts.hostname, feed.url
        assert "." in parts.netloc, feed.url
        assert not parts.fragment, feed.url


def test_no_feed_is_pressed(real: FeedFile) -> None:
    """No feed asks to be visited more often than the usual five minutes."""
    assert all(feed.every is None or feed.every >= timedelta(minutes=5) for feed in real.feeds)


def test_topics_share_out_the_matters(real: FeedFile) -> None:
    """The two topics cover every matter once, and are titled in all six languages."""
    enabled = [topic for topic in real.topics if topic.enabled]
    assert [topic.id for topic in enabled] == ["strike-permission", "weapons-restrictions"]
    matters = [matter for topic in enabled for matter in topic.matters]
    assert sorted(matters) == sorted(set(Matter) - {Matter.OTHER})
    assert all(set(topic.title) == LANGUAGES for topic in real.topics)

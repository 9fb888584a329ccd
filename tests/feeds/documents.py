"""Small feeds of our own for the tests."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.ports import Body

RSS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
    "<title>Example &amp; Co</title><link>https://news.example/</link><language>en-GB</language><ttl>15</ttl>"
)
RSS_TAIL = "</channel></rss>"


def rss(items: Iterable[str], head: str = RSS_HEAD) -> str:
    """An RSS document with these items."""
    return head + "\n".join(items) + RSS_TAIL


def item(number: int, **changes: str) -> str:
    """An item of an RSS feed; an element given as an empty string is left out."""
    elements = {
        "title": f"Ministry number {number} eases limits on long range missiles",
        "link": f"https://news.example/{number}",
        "guid": f"tag:news.example,{number}",
        "pubDate": f"Thu, 30 May 2024 18:{number % 60:02d}:00 GMT",
        "description": f"Summary {number}",
    } | changes
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in elements.items() if text)
    return f"<item>{inner}</item>"


def body(document: str | bytes, content_type: str = "", **headers: str) -> Body:
    """A fetched document."""
    content = document.encode() if isinstance(document, str) else document
    known = {"content-type": content_type} if content_type else {}
    return Body(content, "digest", "https://news.example/feed", known | headers)

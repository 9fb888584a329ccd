"""Long answers are cut into pages between their lines, and nothing is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.core.paging import SCREEN, Block, count_rows, cut_back, paginate

LINES = st.lists(st.text("ab ", min_size=1, max_size=300), min_size=1, max_size=30)


def test_a_block_stays_together_where_it_can() -> None:
    """What would be cut at the end of a page, but fits on one of its own, opens the next page."""
    pages = paginate("title", [Block("A", "head A", ["a"] * 12), Block("B", "head B", ["b"] * 12)])
    assert [page.keys for page in pages] == [("A",), ("B",)]
    assert pages[1].html == "\n".join(["title", "", "head B", *["b"] * 12])


def test_a_long_block_repeats_its_heading() -> None:
    """A block longer than a page goes on under its heading."""
    pages = paginate("title", [Block("A", "head A", [f"a{n}" for n in range(50)])])
    assert len(pages) == 3
    assert all(page.html.startswith("title\n\nhead A\na") for page in pages)


def test_without_blocks_there_is_no_page() -> None:
    """Nothing to tell is told by the caller, not by an empty page."""
    assert paginate("title", []) == ()
    assert cut_back([]) == []


def test_the_last_page_is_filled_first() -> None:
    """Cut backwards, what is newest has a full page, and the oldest what is left over."""
    pages = cut_back([f"{n}" for n in range(5)], rows=4)
    assert pages == [["0"], ["1", "2"], ["3", "4"]]


def test_rows_are_those_of_a_phone() -> None:
    """Markup takes no room; long lines take several rows."""
    assert count_rows("<b>bold</b>\n&lt;") == 2
    assert count_rows('<a href="https://example.org/long/long/long/long/long">x</a>') == 1
    assert count_rows("x" * 80) == 3


@given(st.lists(LINES, max_size=8))
def test_nothing_is_lost_and_nothing_too_long(parts: list[list[str]]) -> None:
    """Every line stands on one page, in its order; no page but of one line is over its rows."""
    pages = paginate("T", [Block(str(n), f"H{n}", lines) for n, lines in enumerate(parts)])
    shown = [line for page in pages for line in page.html.split("\n")]
    kept = [line for line in shown if line and not line.startswith(("T", "H"))]
    assert [x.strip() for x in kept if x.strip()] == [
        line.strip() for lines in parts for line in lines if line.strip()
    ]
    for page in pages:
        lines = page.html.split("\n")
        body = [x for x in lines if x.strip() and not x.startswith(("T", "H"))]
        assert count_rows(page.html) <= SCREEN or len(body) <= 1

"""The shell, as people type it: what is printed, and which exit code comes back."""

from __future__ import annotations

import json
import logging
import shlex
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from rich.text import Text

import bot.app
import bot.cli
import bot.cli.demo
import bot.cli.rejudging
import bot.cli.replays
import bot.doctor
from bot.config import Settings
from bot.core.errors import ConfigError
from bot.core.model import Entry, Outcome, Topic, Verdict
from bot.lexicons import load_detector
from bot.locale import texts_for
from bot.seedfile import load_seed
from bot.services.archive import Played
from bot.store import stories
from bot.store.db import Database
from tests.test_docs import shell_commands

FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Example &amp; News</title><language>en</language>
<item><title>Minister opens a bridge</title><link>https://example.org/bridge</link>
<guid>1</guid><pubDate>Thu, 30 May 2024 10:00:00 GMT</pubDate></item>
</channel></rss>"""

TOPICS = """
topics:
  - id: strike-permission
    title: {en: Strike permission}
    matters: [strike, own, bases, intelligence]
"""

GRANT = "Biden lets Ukraine strike inside Russia with American missiles"

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A folder of one's own, no settings of the machine, the log as it was afterwards."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("ALLOW_PRIVATE_FEEDS", "true")
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feeds.yaml").write_text(TOPICS, encoding="utf-8")
    monkeypatch.setattr(logging.getLogger("werkzeug"), "disabled", True)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)


@pytest.fixture(scope="module")
def detectors() -> dict[str, Any]:
    return {}


@pytest.fixture(autouse=True)
def quick_detector(monkeypatch: pytest.MonkeyPatch, detectors: dict[str, Any]) -> None:
    """The real detector, loaded once for all tests of this file."""

    def load(topics: tuple[Topic, ...] = ()) -> Any:
        key = repr(topics)
        if key not in detectors:
            detectors[key] = load_detector(topics)
        return detectors[key]

    for module in (bot.app, bot.cli.replays, bot.cli.rejudging, bot.cli.demo, bot.doctor):
        monkeypatch.setattr(module, "load_detector", load)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Type a command; its exit code and what it printed."""

    def type_in(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["greenlight", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            bot.cli.main()
        code = end.value.code
        out, err = capsys.readouterr()
        return code if isinstance(code, int) else 0, out, err

    return type_in


def jsonl(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def item(number: int, title: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"i{number}",
        "url": f"https://example{number}.org/{number}",
        "source": f"example{number}.org",
        "published": f"2024-05-30T1{number}:00:00Z",
        "lang": "en",
        "title": title,
        "summary": "",
        **more,
    }


# --- everything -----------------------------------------------------------------------------


@pytest.mark.parametrize("command", sorted(shell_commands(bot.cli.app)))
def test_every_command_explains_itself(shell: Shell, command: str) -> None:
    """--help says what the command does and gives an example."""
    code, out, _ = shell(*shlex.split(command), "--help")
    assert code == 0
    assert f"Example: python -m bot {command}" in " ".join(out.split())


def test_wrong_use_is_exit_two(shell: Shell) -> None:
    """An unknown command or option is wrong use."""
    assert shell("nonsense")[0] == 2
    assert shell("run", "--role", "cook")[0] == 2
    assert shell("why")[0] == 2


@pytest.mark.parametrize("command", ["run", "poll", "why --title x", "db check", "feeds list"])
def test_a_wrong_setting_stops_in_one_line(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Name, value and what is accepted, exit 2, no traceback."""
    monkeypatch.setenv("POLL_INTERVAL", "often")
    code, out, err = shell(*shlex.split(command))
    assert (code, out) == (2, "")
    assert err.startswith("POLL_INTERVAL: got 'often'; accepted: ")
    assert err.count("\n") == 1


def test_a_faulty_feeds_file_stops_in_one_line(shell: Shell, tmp_path: Path) -> None:
    """File, line, key and cure, exit 2; nothing is made."""
    (tmp_path / "feeds.yaml").write_text("feeds:\n  - nmae: x\n", encoding="utf-8")
    code, _, err = shell("feeds", "list")
    assert code == 2
    assert err.startswith("feeds.yaml:2: unknown key 'nmae'")
    assert not (tmp_path / "greenlight.db").exists()


# --- run ------------------------------------------------------------------------------------


def test_run_without_a_token_says_how_to_get_one(shell: Shell) -> None:
    """Three lines of help, exit 2."""
    code, _, err = shell("run")
    assert code == 2
    assert "TELEGRAM_BOT_TOKEN" in err
    assert "@BotFather" in err
    assert len(err.strip().splitlines()) == 3


def test_run_with_a_wrong_token_says_so(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer
) -> None:
    """Telegram's refusal of the token is one line and exit 2; the token is not shown."""
    httpserver.expect_request("/bot123456:WRONG/getMe").respond_with_json(
        {"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401
    )
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123456:WRONG")
    monkeypatch.setenv("TELEGRAM_API_URL", httpserver.url_for("").rstrip("/"))
    code, _, err = shell("run")
    assert code == 2
    assert err.startswith("TELEGRAM_BOT_TOKEN: Telegram knows no bot with this token")
    assert "WRONG" not in err


# --- feeds, poll ----------------------------------------------------------------------------


def test_a_feeds_life(shell: Shell, httpserver: HTTPServer, tmp_path: Path) -> None:
    """Added, listed, checked, polled, exported, removed."""
    httpserver.expect_request("/rss").respond_with_data(FEED, content_type="application/rss+xml")
    url = httpserver.url_for("/rss")
    code, out, _ = shell("feeds", "add", url)
    assert code == 0
    assert "Example & News" in out
    assert shell("feeds", "add", url)[0] == 1
    assert url in shell("feeds", "list")[1]
    code, out, _ = shell("feeds", "check")
    assert code == 0
    assert "1 entries" in out
    code, out, _ = shell("poll", "--once")
    assert code == 0
    assert "Example & News" in out
    assert "read" in out
    assert "No feed is due." in shell("poll", "--once")[1]
    code, out, _ = shell("feeds", "export")
    assert f"url: {url}" in out
    assert "id: strike-permission" in out
    assert shell("feeds", "export", "mine.opml")[0] == 0
    assert shell("feeds", "remove", url)[0] == 0
    assert url not in shell("feeds", "list")[1]
    code, out, _ = shell("feeds", "import", "mine.opml")
    assert (code, out.strip()) == (0, "Added 0 of 1 feeds.")  # removed stays removed


def test_a_feed_that_fails_is_exit_one(
    shell: Shell, httpserver: HTTPServer, tmp_path: Path
) -> None:
    """A poll or check with a failing feed says which and why, and ends with 1."""
    httpserver.expect_request("/rss").respond_with_data("no", status=500)
    url = httpserver.url_for("/rss")
    (tmp_path / "feeds.yaml").write_text(f"{TOPICS}feeds:\n  - url: {url}\n", encoding="utf-8")
    code, out, _ = shell("feeds", "check")
    assert code == 1
    assert "0 of 1 feeds are well" in out
    code, out, _ = shell("poll")
    assert code == 1
    assert "HTTP 500" in out
    code, _, err = shell("feeds", "add", httpserver.url_for("/other"))
    assert code == 1
    assert err.count("\n") == 1


def test_import_tells_what_it_refuses(shell: Shell, tmp_path: Path) -> None:
    """A list of feeds is taken but for what can't be one, each told with its line."""
    (tmp_path / "list.opml").write_text(
        '<opml version="2.0"><body>\n<outline text="A" xmlUrl="https://a.example/rss"/>\n'
        '<outline text="B" xmlUrl="ftp://b.example/rss"/>\n</body></opml>',
        encoding="utf-8",
    )
    code, out, err = shell("feeds", "import", "list.opml")
    assert code == 1
    assert out.strip() == "Added 1 of 2 feeds."
    assert err.startswith("list.opml:3: ")
    (tmp_path / "list.yaml").write_text("feeds:\n- url: https://c.example/rss\n", encoding="utf-8")
    assert shell("feeds", "import", "list.yaml")[1].strip() == "Added 1 of 1 feeds."
    assert shell("feeds", "import", "missing.opml")[0] == 2
    (tmp_path / "list.txt").write_text("<html></html>", encoding="utf-8")
    assert shell("feeds", "import", "list.txt")[0] == 1


# --- db, doctor -----------------------------------------------------------------------------


def test_the_database_is_made_and_checked(shell: Shell, tmp_path: Path) -> None:
    """check wants a database that is there and up to date, and makes none itself."""
    code, _, err = shell("db", "check")
    assert code == 1
    assert "db upgrade" in err
    assert not (tmp_path / "greenlight.db").exists()
    assert shell("db", "upgrade")[0] == 0
    assert shell("db", "check")[0] == 0


def test_doctor_finds_all_well(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer
) -> None:
    """With everything right, one line for each thing looked at, and exit 0."""
    httpserver.expect_request("/bot1:abc/getMe").respond_with_json(
        {"ok": True, "result": {"id": 1, "is_bot": True, "username": "green_bot"}}
    )
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:abc")
    monkeypatch.setenv("TELEGRAM_API_URL", httpserver.url_for("").rstrip("/"))
    shell("db", "upgrade")
    code, out, _ = shell("doctor")
    assert code == 0, out
    assert [line.split(":")[0] for line in out.splitlines()] == [
        "✓ feeds file",
        "✓ database",
        "✓ network",
        "✓ clock",
        "✓ token",
    ]
    assert "@green_bot" in out


def test_doctor_names_the_cure(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong is marked, with what to do about it, and ends with 1."""
    monkeypatch.setenv("TELEGRAM_API_URL", "http://127.0.0.1:9")
    code, out, _ = shell("doctor")
    assert code == 1
    assert "✗ database: greenlight.db is not there yet. Run: python -m bot db upgrade" in out
    assert "✗ network" in out
    assert "✗ token: TELEGRAM_BOT_TOKEN is not set. Write /newbot to @BotFather" in out


# --- replay, eval, why ----------------------------------------------------------------------


def test_replay_prints_what_would_be_sent(shell: Shell, tmp_path: Path) -> None:
    """Two outlets on one decision give one message; the JSON has the contract's keys."""
    other = "Biden allows Ukraine to strike inside Russia with US missiles"
    path = jsonl(tmp_path / "a.jsonl", item(2, other), item(1, GRANT), item(3, "A dry summer"))
    code, out, _ = shell("replay", path, "--json")
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    pushed = [row for row in rows if row["push"]]
    assert len(pushed) == 1
    assert pushed[0]["entries"][0] == "i1"
    assert pushed[0]["stance"] == "granted"
    assert pushed[0]["topic"] == "strike-permission"
    assert set(pushed[0]) == {
        "at", "kind", "push", "story", "topic", "stance", "score", "actors", "weapons", "scope",
        "entries", "title",
    }  # fmt: skip
    code, out, _ = shell("replay", path, "--lang", "uk")
    assert "Дозволено" in out
    assert GRANT in out
    assert shell("replay", path, "--lang", "xx")[0] == 2


def test_replay_into_a_database_is_remembered(shell: Shell, tmp_path: Path) -> None:
    """With --db the outcome is kept: the same entries again are no news."""
    path = jsonl(tmp_path / "a.jsonl", item(1, GRANT))
    first = shell("replay", path, "--json", "--db", "sqlite:///kept.db")
    assert first[0] == 0
    assert len(first[1].splitlines()) == 1
    assert shell("replay", path, "--json", "--db", "sqlite:///kept.db")[:2] == (0, "")
    assert not (tmp_path / "greenlight.db").exists()


def test_replay_may_begin_with_the_seed(shell: Shell, tmp_path: Path) -> None:
    """With --seed a permission of last week is no news, in memory and in a database; without, it
    is."""
    title = "Finland allows Ukraine to strike inside Russia with Finnish weapons"
    path = jsonl(tmp_path / "a.jsonl", item(1, title, published="2024-03-08T10:00:00Z"))
    code, out, _ = shell("replay", path, "--json")
    assert (code, json.loads(out)["stance"]) == (0, "granted")
    assert shell("replay", path, "--json", "--seed")[:2] == (0, "")
    assert shell("replay", path, "--json", "--seed", "--db", "sqlite:///kept.db")[:2] == (0, "")


def test_the_ledger_begins_with_the_seed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service plants what was known before; with LEDGER_SEED=false it takes it out again."""

    def planted() -> int:
        assert shell("feeds", "list")[0] == 0
        database = Database("sqlite:///greenlight.db")
        with database.read() as session:
            lines = stories.list_grants(session)
        database.close()
        return sum(line.seeded for line in lines)

    assert planted() == len(load_seed())
    monkeypatch.setenv("LEDGER_SEED", "false")
    assert planted() == 0


ZORBLE = "London zorbles Kyiv's strikes with Storm Shadow in Russia"
"""Says nothing, until the topic has the word."""


@pytest.fixture
def stored(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A database with entries of long ago, and a topic that has learnt a word since."""
    monkeypatch.setenv("DATABASE_URL", "sqlite:///kept.db")
    monkeypatch.setattr(bot.app, "clock", lambda: datetime(2024, 6, 2, tzinfo=UTC))
    path = jsonl(tmp_path / "a.jsonl", item(1, GRANT), item(2, ZORBLE), item(3, "A dry summer"))
    assert shell("replay", path, "--db", "sqlite:///kept.db")[0] == 0
    terms = "    terms: [{concept: permit, language: en, terms: [zorble*]}]\n"
    (tmp_path / "feeds.yaml").write_text(TOPICS + terms, encoding="utf-8")


def test_rejudge_compares_and_sends_nothing(shell: Shell, stored: None) -> None:
    """What new words would have told, for people and for programs; asked again, it is the same."""
    code, out, err = shell("rejudge", "--since", "30d")
    assert code == 0
    assert "Gained" in out
    assert "zorbles" in out
    assert "3 entries: 1 alerts as before, 1 gained, 0 lost, 0 moved." in out
    assert "entries: 3 of 3" in err
    for _ in range(2):
        code, out, _ = shell("rejudge", "--json")
        row = json.loads(out)
        assert row["counts"] == {"entries": 3, "same": 1, "gained": 1, "lost": 0, "moved": 0}
        assert row["gained"][0]["title"] == ZORBLE
        assert row["sent"] is None
    assert "0 entries: " in shell("rejudge", "--since", "12h")[1]


def test_rejudge_sends_when_told_to(
    shell: Shell, stored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--send asks on a terminal and refuses to guess elsewhere; --yes is an answer. It is sent
    once."""
    code, _, err = shell("rejudge", "--send")
    assert code == 2
    assert "--yes" in err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    for answer in (False, True):
        asked: list[str] = []

        def answers(words: str, *, err: bool, says: bool = answer) -> bool:
            asked.append(words)  # noqa: B023 - it is asked within the round
            return says

        monkeypatch.setattr("typer.confirm", answers)
        code, out, _ = shell("rejudge", "--send")
        assert code == 0
        assert len(asked) == 1
        assert ("Told late: 1." in out) is answer
    code, out, _ = shell("rejudge", "--send", "--yes", "--json")
    assert json.loads(out)["counts"] == {
        "entries": 3, "same": 2, "gained": 0, "lost": 0, "moved": 0
    }  # fmt: skip


def test_rejudge_wants_a_database_and_a_span(shell: Shell, tmp_path: Path) -> None:
    """Without a database there is nothing to judge, and none is made; a span is a number and a
    unit, however large."""
    code, _, err = shell("rejudge")
    assert code == 1
    assert "db upgrade" in err
    assert not (tmp_path / "greenlight.db").exists()
    code, _, err = shell("rejudge", "--since", "long")
    assert code == 2
    assert "30s, 5m, 1h or 2d" in " ".join(err.split())
    assert shell("db", "upgrade")[0] == 0
    assert shell("rejudge", "--since", "9999999d")[0] == 0


def test_a_bad_line_is_named(shell: Shell, tmp_path: Path) -> None:
    """File, line and reason, exit 2."""
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(item(1, GRANT)) + "\n{oops\n", encoding="utf-8")
    code, out, err = shell("replay", str(path))
    assert (code, out) == (2, "")
    assert f"{path}:2: not JSON" in err


def test_eval_scores(shell: Shell, tmp_path: Path) -> None:
    """The report has the contract's keys, and a table for people."""
    labels = {"actors": ["US"], "weapons": [], "note": ""}
    granted = {"stance": "granted", "alert": True, "story": "s1", **labels}
    unrelated = {"stance": "unrelated", "alert": False, "story": "", **labels, "actors": []}
    path = jsonl(
        tmp_path / "a.jsonl", item(1, GRANT, **granted), item(2, "A dry summer", **unrelated)
    )
    code, out, _ = shell("eval", path, "--json")
    assert code == 0
    report = json.loads(out)
    assert report["n"] == 2
    assert report["alert"]["f1"] == 1.0
    assert {"by_lang", "stance", "actors", "weapons", "stories", "errors"} <= set(report)
    code, out, err = shell("eval", path)
    assert code == 0
    assert "1.000" in out
    assert "scoring 2 items" in err


def test_why_explains(shell: Shell) -> None:
    """Stance, score, words, rules and verdict, for people and for programs; nothing is made."""
    code, out, _ = shell("why", "--title", GRANT)
    assert code == 0
    for words in ("Granted", "United States", "A new decision.", "“lets”", "rules: "):
        assert words in out
    code, out, _ = shell("why", "--title", GRANT, "--json")
    row = json.loads(out)
    assert (row["stance"], row["outcome"]) == ("granted", "news")
    assert any(span["text"] == "lets" for span in row["findings"][0]["evidence"])
    assert not Path("greenlight.db").exists()


def test_why_reads_a_page(shell: Shell, httpserver: HTTPServer) -> None:
    """An address that no feed brought is asked for its headline; one without any is told."""
    page = f'<html lang="en"><head><meta property="og:title" content="{GRANT}"></head></html>'
    httpserver.expect_request("/story").respond_with_data(page, content_type="text/html")
    httpserver.expect_request("/bare").respond_with_data("<p>nothing</p>", content_type="text/html")
    code, out, _ = shell("why", httpserver.url_for("/story"), "--json")
    assert code == 0
    assert json.loads(out)["title"] == GRANT
    code, _, err = shell("why", httpserver.url_for("/bare"))
    assert code == 1
    assert "--title" in err
    assert shell("why", httpserver.url_for("/missing"))[0] == 1


# --- demo -----------------------------------------------------------------------------------


def test_a_missing_picture_names_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without matplotlib the demo says what to install, brackets and all."""

    def refuse(*_: Any, **__: Any) -> None:
        raise ConfigError("pictures need matplotlib: pip install 'greenlight[pictures]'")

    monkeypatch.setattr(bot.cli.demo, "draw_timeline", refuse)
    entry = Entry(("guid:1",), "https://example.org/1", "Minister opens a bridge")
    verdict = Verdict(entry, Outcome.IRRELEVANT, "reason.nothing_found")
    played = Played(datetime(2024, 5, 30, tzinfo=UTC), "desk", verdict)
    words = bot.cli.demo._picture([played], texts_for("en"))
    assert Text.from_markup(words).plain.endswith("'greenlight[pictures]'")


def test_the_demo_shows_the_whole(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts as a subscriber reads them, what was held back and why, a closing table, a picture."""
    drawn: list[Path] = []
    monkeypatch.setattr(
        bot.cli.demo, "draw_timeline", lambda grants, path, **_: drawn.append(path) or path
    )
    code, out, err = shell("demo")
    assert code == 0
    assert out.count("🔔 you") >= 10
    assert "Granted" in out
    assert "held back, because" in out
    assert "Nothing about permissions" in out
    for fact in ("entries", "languages", "alerts", "held back", "time"):
        assert f"\n{fact} " in out
    assert str(drawn[0]) in out
    assert "entries: " in err  # progress, as plain lines in a pipe


# --- export ---------------------------------------------------------------------------------


def test_export_writes_what_is_known(shell: Shell, tmp_path: Path) -> None:
    """Ledger, stories and alerts as JSON, to standard output or into a file."""
    file = jsonl(tmp_path / "a.jsonl", item(1, GRANT))
    shell("replay", file, "--db", "sqlite:///greenlight.db")
    code, out, _ = shell("export")
    assert code == 0
    document = json.loads(out)
    assert [len(document[part]) for part in ("ledger", "stories", "alerts")] == [1, 1, 1]
    assert document["alerts"][0]["title"] == GRANT
    code, out, _ = shell("export", "all.json", "--since", "1d")
    assert code == 0
    assert "1 ledger lines, 0 stories, 0 alerts" in out
    assert json.loads((tmp_path / "all.json").read_text("utf-8"))["ledger"] == document["ledger"]


def test_what_export_cannot_do_is_told_in_a_line(shell: Shell) -> None:
    """No database yet, a place that can't be written, a time that isn't one."""
    code, _, err = shell("export")
    assert (code, "db upgrade" in err) == (1, True)
    shell("db", "upgrade")
    code, _, err = shell("export", "nowhere/all.json")
    assert (code, "nowhere/all.json: can't be written" in err) == (2, True)
    code, _, err = shell("export", "--since", "yesterday")
    assert (code, "30s, 5m, 1h or 2d" in " ".join(err.split())) == (2, True)

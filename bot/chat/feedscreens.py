"""What owners see of the feeds."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bot.chat.call import Call
from bot.chat.reply import grid, within
from bot.core.model import DECISIONS, Feed, FeedState, Verdict
from bot.core.ports import Button, Message
from bot.core.render import STANCE_MARKS, clip
from bot.services.manage import Trial

_PAGE = 8
_LONGEST_LINK = 500


def listing(call: Call, feeds: Sequence[Feed], page: int) -> Message:
    """A page of the feeds, their health at a glance; each is opened by its number."""
    if not feeds:
        return Message(call.say("feeds.none"))
    pages = -(-len(feeds) // _PAGE)
    page = min(max(page, 1), pages)
    shown = feeds[(page - 1) * _PAGE : page * _PAGE]
    lines = [call.say("feeds.title", total=len(feeds), page=page, pages=pages), ""]
    lines += [_line(call, feed) for feed in shown]
    turn = []
    if pages > 1:  # round and round, so that both buttons are always there
        turn.append(Button(call.say("button.earlier"), f"feeds:{page - 1 or pages}"))
        turn.append(Button(call.say("button.later"), f"feeds:{page % pages + 1}"))
    buttons = grid((Button(str(feed.id), f"feed:{feed.id}") for feed in shown), 4)
    return Message(within(lines), (*buttons, *([tuple(turn)] if turn else [])))


def one(call: Call, feed: Feed) -> Message:
    """One feed with all that is known of it, and what can be done to it."""
    say, texts = call.say, call.texts
    lines = [
        _line(call, feed),
        "",
        say("feed.address", url=clip(feed.url, 500)),
        say(
            "feed.kind",
            tier=texts.say(f"tier.{feed.tier}"),
            language=feed.language or texts.say("feed.language.unknown"),
        ),
    ]
    if feed.last_poll_at:
        lines.append(say("feed.last", at=texts.moment(feed.last_poll_at)))
    if feed.next_poll_at and feed.state is FeedState.ACTIVE:
        lines.append(say("feed.next", at=texts.moment(feed.next_poll_at)))
    if feed.last_error:
        lines.append(say("feed.error", error=_trouble(call, feed.last_error)))
    return Message(
        "\n".join(lines),
        (
            (
                Button(say("button.pause"), f"pause:{feed.id}"),
                Button(say("button.resume"), f"resume:{feed.id}"),
            ),
            (
                Button(say("button.test"), f"test:{feed.id}"),
                Button(say("button.remove"), f"remove:{feed.id}"),
            ),
            (Button(say("button.feeds"), "feeds"),),
        ),
    )


def remove_sure(call: Call, feed: Feed) -> Message:
    lines = [call.say("feed.remove.sure"), "", _line(call, feed), escape(clip(feed.url, 500))]
    buttons = (
        Button(call.say("button.remove.sure"), f"sure:{feed.id}"),
        Button(call.say("button.keep"), f"feed:{feed.id}"),
    )
    return Message("\n".join(lines), (buttons,))


def changed(call: Call, key: str, feed: Feed) -> Message:
    """What was done, to which feed, and the way to the others."""
    lines = [call.say(key, name=clip(feed.name, 100))]
    buttons = [Button(call.say("button.feeds"), "feeds")]
    if key == "feed.added":
        lines += ["", _line(call, feed), escape(clip(feed.url, 500))]
        buttons.insert(0, Button(call.say("button.test"), f"test:{feed.id}"))
    return Message("\n".join(lines), (tuple(buttons),))


def choose(call: Call, verb: str, feeds: Sequence[Feed]) -> Message:
    """Which feed? Those it can be done to, as buttons."""
    if not feeds:
        return Message(call.say("feeds.none" if verb == "remove" else f"feeds.none.{verb}"))
    lines = [call.say(f"feeds.choose.{verb}"), ""]
    lines += [_line(call, feed) for feed in feeds]
    buttons = (Button(str(feed.id), f"{verb}:{feed.id}") for feed in feeds[:96])
    return Message(within(lines), (*grid(buttons, 6), (Button(call.say("button.feeds"), "feeds"),)))


def choices(call: Call, urls: Sequence[str]) -> Message:
    """The feeds of a page. The links carry the addresses; a button only says which."""
    urls = [url for url in urls if len(url) <= _LONGEST_LINK][:8]
    lines = [call.say("feed.choices"), ""]
    lines += [
        f'{n}. <a href="{escape(url)}">{escape(clip(url, 200))}</a>'
        for n, url in enumerate(urls, start=1)
    ]
    buttons = (Button(str(n), f"add:{n}") for n in range(1, len(urls) + 1))
    return Message("\n".join(lines), grid(buttons, 4))


def trial(call: Call, tried: Trial) -> Message:
    """What a feed would have alerted of, and why it would have kept quiet about the rest."""
    told = [v for v in tried.verdicts if v.kind and v.push and v.finding]
    alerts = [v for v in told if v.finding and v.finding.stance in DECISIONS]
    quiet = [v for v in tried.verdicts if v.finding and v not in alerts]
    rest = len(tried.verdicts) - len(alerts) - len(quiet)
    counted = [
        call.texts.count("trial.entries", len(tried.verdicts)),
        call.texts.count("trial.alerts", len(alerts)),
    ]
    if len(told) > len(alerts):
        counted.append(call.texts.count("trial.more", len(told) - len(alerts)))
    lines = [call.say("trial.title", name=clip(tried.title or tried.url, 100)), " · ".join(counted)]
    for verdict in reversed(alerts):
        lines += ["", *_verdict(call, verdict, alerts=True)]
    for verdict in reversed(quiet):
        lines += ["", *_verdict(call, verdict, alerts=False)]
    if rest:
        lines += ["", call.texts.count("trial.rest", rest)]
    if tried.skipped:
        lines.append(call.texts.count("trial.skipped", tried.skipped))
    return Message(within(lines), ((Button(call.say("button.feeds"), "feeds"),),))


def _verdict(call: Call, verdict: Verdict, *, alerts: bool) -> tuple[str, str]:
    finding, entry = verdict.finding, verdict.entry
    assert finding
    first = call.say(
        "trial.line",
        mark="🔔" if alerts else STANCE_MARKS[finding.stance],
        stance=call.texts.say(f"stance.{finding.stance}"),
        percent=round(100 * finding.score),
        title=clip(entry.title, 160),
    )
    return first, f"<i>{call.say(verdict.reason)}</i>"


def _line(call: Call, feed: Feed) -> str:
    mark, state = _health(call, feed)
    return call.say("feeds.line", mark=mark, number=feed.id, name=clip(feed.name, 80), state=state)


def _health(call: Call, feed: Feed) -> tuple[str, str]:
    if feed.state is FeedState.PAUSED:
        return "⏸", call.texts.say("feed.state.paused")
    if feed.state is FeedState.REMOVED:
        return "🗑", call.texts.say("feed.state.removed")
    if feed.state is FeedState.GONE:
        return "⛔", call.texts.say("feed.state.gone")
    if feed.failures:
        failures = call.texts.count("feed.state.failing", feed.failures)
        fault = (feed.last_error or "").partition(": ")[0]
        return "⚠️", f"{failures}. {_trouble(call, fault)}" if fault else failures
    if feed.last_success_at is None:
        return "⏳", call.texts.say("feed.state.new")
    return "✅", call.texts.say("feed.state.fine")


def _trouble(call: Call, error: str) -> str:
    """A feed's last error in the reader's words; the detail stays as it was noted."""
    fault, _, detail = error.partition(": ")
    words = call.texts.say(f"fault.{fault}")
    if words == f"fault.{fault}":
        return clip(error, 300)
    return f"{words} ({clip(detail, 200)})" if detail else words

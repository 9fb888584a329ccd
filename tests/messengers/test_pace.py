"""The pacer keeps Telegram's limits in every window and lets no chat hold up another."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.error import RetryAfter

from bot.messengers.pace import FloodEverywhere, Pacer, Urgency, seconds_of
from tests.messengers.wire import VirtualTime, Wire, refusal


class Stand:
    """A pacer on a virtual clock, with a journal of what left and when."""

    def __init__(self, per_second: int = 28, late: Any = lambda: 0.0) -> None:
        self.time = VirtualTime(late)
        self.pacer = Pacer(per_second, clock=self.time.clock, sleep=self.time.sleep)
        self.left: list[tuple[float, int | str, str, Urgency | None]] = []
        self.floods: dict[int | str, list[float]] = {}  # retry_after of the next calls

    def call(
        self,
        chat: int | str,
        urgency: Urgency | None = Urgency.ALERT,
        endpoint: str = "sendMessage",
        after: float = 0.0,
    ) -> Coroutine[Any, Any, Any]:
        async def post() -> str:
            self.left.append((self.time.now, chat, endpoint, urgency))
            if waits := self.floods.get(chat):
                raise RetryAfter(timedelta(seconds=waits.pop(0)))
            return "ok"

        async def go() -> Any:
            if after:
                await self.time.sleep(after)
            return await self.pacer.process_request(
                post, (), {}, endpoint, {"chat_id": chat}, urgency
            )

        return go()

    def times(self, *chats: int | str) -> list[float]:
        return [at for at, chat, _, _ in self.left if not chats or chat in chats]


def busiest(times: Sequence[float], period: float) -> int:
    """The most events in any window of ``period`` seconds."""
    return max(
        (sum(1 for at in times if start <= at < start + period - 1e-6) for start in times),
        default=0,
    )


async def test_a_burst_to_many_chats_keeps_the_rate() -> None:
    """200 alerts at once leave at the full rate, and no second ever holds more than the budget."""
    stand = Stand(28)
    await stand.time.run(*(stand.call(chat) for chat in range(1, 201)))
    assert len(stand.left) == 200
    assert busiest(stand.times(), 1.0) <= 28
    assert stand.times()[-1] - stand.times()[0] <= 199 / 28 / 0.95


async def test_the_rate_survives_sleeps_that_end_late() -> None:
    """With every sleep up to 10 ms late the rate stays above 95 % and within the budget."""
    late = cycle([0.0, 0.010, 0.003, 0.007])
    stand = Stand(28, late=lambda: next(late))
    await stand.time.run(*(stand.call(chat) for chat in range(1, 301)))
    assert busiest(stand.times(), 1.0) <= 28
    assert 300 / (stand.times()[-1] - stand.times()[0]) >= 0.95 * 28


async def test_sends_are_spread_within_the_second() -> None:
    """No tenth of a second holds a burst that a slow network could add to the next second's."""
    stand = Stand(28)
    await stand.time.run(*(stand.call(chat) for chat in range(1, 101)))
    assert busiest(stand.times(), 0.1) <= 4


async def test_a_private_chat_gets_one_a_second_and_a_short_burst() -> None:
    """Three replies in a row pass at once; after that a chat gets one a second."""
    stand = Stand()
    results = await stand.time.run(*(stand.call(7, Urgency.REPLY) for _ in range(12)))
    assert results == ["ok"] * 12
    times = stand.times()
    assert times[2] - times[0] < 0.2
    assert busiest(times, 3.0) <= 3
    assert busiest(times, 5.0) <= 5
    assert times[-1] - times[0] <= 12.0


async def test_alerts_to_one_chat_keep_a_second_apart() -> None:
    """Alerts take no part in the burst that a conversation is allowed."""
    stand = Stand()
    await stand.time.run(*(stand.call(7) for _ in range(5)))
    assert busiest(stand.times(), 1.0) == 1


@pytest.mark.parametrize("group", [-1001, "@channel"])
async def test_a_group_gets_twenty_a_minute(group: int | str) -> None:
    """Asked every second for a minute and a half, a group gets 20 in every minute, no fewer."""
    stand = Stand()
    results = await stand.time.run(*(stand.call(group, after=n + 0.1) for n in range(90)))
    assert busiest(stand.times(), 60.0) == 20
    assert len(stand.left) >= 40 - 1
    assert all(result == "ok" or type(result) is RetryAfter for result in results)


async def test_a_full_group_is_handed_back_with_the_time_left() -> None:
    """An alert to a group whose minute is full comes back at once, and is right on time then."""
    stand = Stand()
    await stand.time.run(*(stand.call(-1, after=n + 0.1) for n in range(20)))
    start = stand.time.now
    (flood,) = await stand.time.run(stand.call(-1))
    assert isinstance(flood, RetryAfter)
    assert stand.time.now == start
    stand.time.now += seconds_of(flood)
    assert await stand.time.run(stand.call(-1)) == ["ok"]
    assert 60 <= stand.times()[-1] - stand.times()[0] <= 61


async def test_a_full_group_holds_nobody_else() -> None:
    """While a group waits for its minute, other chats get their alerts at the full rate."""
    stand = Stand()
    group = [stand.call(-1001) for _ in range(40)]
    await stand.time.run(*group, *(stand.call(chat) for chat in range(1, 57)))
    others = stand.times(*range(1, 57))
    assert len(others) == 56
    assert others[-1] - others[0] <= 60 / 28 / 0.9


async def test_replies_overtake_alerts() -> None:
    """A reply that comes in while 100 alerts wait leaves with the very next slot."""
    stand = Stand()
    backlog = [stand.call(chat) for chat in range(1, 101)]
    await stand.time.run(*backlog, stand.call(500, None, after=1.0))
    start = stand.times()[0]
    assert stand.times(500)[0] - start - 1.0 <= 2 / 28


async def test_one_chats_flood_silences_that_chat_alone() -> None:
    """After a 429 of one chat nothing goes there before the time Telegram said; others go on."""
    stand = Stand()
    stand.floods[7] = [35.0]
    (flood,) = await stand.time.run(stand.call(7))
    assert isinstance(flood, RetryAfter)
    assert seconds_of(flood) == 35
    again, other = await stand.time.run(stand.call(7), stand.call(8))
    assert isinstance(again, RetryAfter)
    assert seconds_of(again) == pytest.approx(35, abs=0.2)
    assert other == "ok"
    assert len(stand.times(7)) == 1
    stand.time.now += 35
    assert await stand.time.run(stand.call(7)) == ["ok"]


@pytest.mark.parametrize("urgency", list(Urgency))
async def test_a_flood_of_hours_is_reported_not_slept_through(urgency: Urgency) -> None:
    """A retry_after of hours comes back at once with its whole length, to replies as well."""
    stand = Stand()
    stand.floods[7] = [10_072.0]
    (flood,) = await stand.time.run(stand.call(7, urgency))
    assert isinstance(flood, RetryAfter)
    assert seconds_of(flood) == 10_072
    assert stand.time.now - 1000 < 1


async def test_a_reply_waits_out_a_short_flood() -> None:
    """A reply that met a 429 of three seconds is repeated after three seconds, not before."""
    stand = Stand()
    stand.floods[7] = [3.0]
    assert await stand.time.run(stand.call(7, None)) == ["ok"]
    first, second = stand.times(7)
    assert second - first == pytest.approx(3.0, abs=0.1)
    assert second - first >= 3.0


async def test_floods_of_several_chats_are_taken_for_the_bots_own() -> None:
    """Three flooded chats within seconds stop everybody, half a minute at most."""
    stand = Stand()
    for chat in (1, 2, 3):
        stand.floods[chat] = [600.0]
    results = await stand.time.run(*(stand.call(chat) for chat in (1, 2, 3)))
    assert [type(flood) for flood in results] == [RetryAfter, RetryAfter, FloodEverywhere]
    (held,) = await stand.time.run(stand.call(9))
    assert isinstance(held, FloodEverywhere)
    assert 0 < seconds_of(held) <= 30
    stand.time.now += 30
    assert await stand.time.run(stand.call(9)) == ["ok"]


async def test_what_puts_nothing_into_a_chat_is_not_paced() -> None:
    """Answers to button presses, "is typing" and the like never wait behind alerts."""
    stand = Stand()
    backlog = [stand.call(7) for _ in range(4)]
    quick = [
        stand.call(7, None, endpoint)
        for endpoint in ("answerCallbackQuery", "getChat", "sendChatAction", "setMyCommands")
    ]
    await stand.time.run(*backlog, *quick)
    assert all(at == 1000.0 for at, _, name, _ in stand.left if name != "sendMessage")


async def test_edits_count_in_a_chats_seconds_not_in_a_groups_minute() -> None:
    """A menu pressed 25 times in a minute goes on working; edits and sends share the seconds."""
    stand = Stand()
    presses = [stand.call(-5, None, "editMessageText", after=1.2 * n) for n in range(50)]
    assert await stand.time.run(*presses) == ["ok"] * 50
    stand.time.now += 100
    mixed = [stand.call(-5, None, "editMessageText") for _ in range(3)]
    await stand.time.run(*mixed, *(stand.call(-5, None) for _ in range(3)))
    assert busiest(stand.times(), 5.0) <= 5


async def test_idle_chats_are_forgotten() -> None:
    """Memory follows the chats of the last minute, not all that were ever written to."""
    stand = Stand(10_000)
    for start in range(0, 6000, 1000):
        await stand.time.run(*(stand.call(start + n) for n in range(1, 1001)))
        stand.time.now += 120
    assert len(stand.pacer._chats) <= 2001


async def test_a_cancelled_wait_leaves_no_place_behind() -> None:
    """Who is cancelled in the queue frees the place: the next one doesn't wait for it."""
    stand = Stand(1)
    await stand.time.run(stand.call(1))
    quitter = asyncio.ensure_future(stand.call(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    quitter.cancel()
    await stand.time.run(quitter, stand.call(3))
    assert [chat for _, chat, _, _ in stand.left] == [1, 3]
    assert stand.time.now - 1000 <= 2.0


async def test_a_press_is_answered_at_once() -> None:
    """However fast somebody presses, his screens follow; a 429 still silences the chat."""
    stand = Stand()
    presses = [stand.call(7, Urgency.PRESS, "editMessageText", after=0.1 * n) for n in range(30)]
    await stand.time.run(*presses, stand.call(7, Urgency.ALERT, after=3.0))
    assert [round(at - 1000, 1) for at, *_ in stand.left] == [
        *(round(0.1 * n, 1) for n in range(30)),
        3.0,
    ]


CALLS = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3, -10, -11, "@news"]),
        st.sampled_from([Urgency.REPLY, Urgency.ALERT, None]),
        st.sampled_from(["sendMessage", "sendPhoto", "editMessageText"]),
        st.floats(0, 90),
    ),
    min_size=1,
    max_size=80,
)


@settings(max_examples=40)
@given(CALLS, st.integers(1, 30), st.randoms(use_true_random=False))
def test_no_window_is_ever_overfull(
    calls: list[tuple[int | str, Urgency | None, str, float]], rate: int, rng: random.Random
) -> None:
    """Whatever is asked when, and however late sleeps end, every sliding window keeps its limit."""
    stand = Stand(rate, late=lambda: rng.random() * 0.05)

    async def play() -> list[Any]:
        return await stand.time.run(
            *(stand.call(chat, urgency, name, at) for chat, urgency, name, at in calls)
        )

    results = asyncio.run(play())
    assert all(result == "ok" or isinstance(result, RetryAfter) for result in results)
    assert busiest(stand.times(), 1.0) <= rate
    for chat in {chat for chat, _, _, _ in calls}:
        assert busiest(stand.times(chat), 5.0) <= 5
        if isinstance(chat, str) or chat < 0:
            sends = [t for t, c, name, _ in stand.left if c == chat and name != "editMessageText"]
            assert busiest(sends, 60.0) <= 20


async def test_it_paces_a_real_bot() -> None:
    """Behind PTB's own bot a 429 at the wire reaches the pacer, and a reply is sent again."""
    time = VirtualTime()
    wire = Wire(refusal(429, "Too Many Requests: retry after 2", retry_after=2))
    bot = wire.bot(Pacer(28, clock=time.clock, sleep=time.sleep))
    (message,) = await time.run(bot.send_message(7, "hello"))
    assert message.text == "hello"
    assert [name for name, _ in wire.calls] == ["sendMessage", "sendMessage"]
    assert time.now - 1000 >= 2.0

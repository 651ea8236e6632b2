"""What nodes and Sentinels say, taken apart whatever it is; and how often they are asked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.replies import BadReply
from redistui.route.failures import Refused, RouteFailed, Unknown
from redistui.route.health import Rounds, look, seen_of, why_unfit
from redistui.route.retries import CAP, MOST, RESERVE, Budget, wait_before
from redistui.route.watchers import word_of
from tests.waiting import eventually_async

FAILURES = st.sampled_from([Refused("NOPERM", "NOPERM no"), Unknown("timeout", "no answer")])
SCALARS = st.none() | st.integers() | st.binary(max_size=20) | FAILURES
REPLIES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=6), max_leaves=12)
ROLES = st.sampled_from(
    [
        [b"master", 7, []],
        [b"slave", b"10.0.0.1", 6379, b"connected", 7],
        [b"slave", b"10.0.0.1", 6379, b"sync", -1],
        [b"sentinel", [b"orders"]],
    ]
)
INFOS = st.sampled_from([b"role:master\r\nmaster_replid:x\r\n", b"", b"master_link_status:up\r\n\r\n\xff:\xff\r\n"])


@given(REPLIES | ROLES, REPLIES | INFOS)
def test_any_reply_to_a_check_is_taken(role: Any, info: Any) -> None:
    seen = seen_of(0.0, "", role, info)
    assert seen.role in (None, "primary", "replica")
    assert seen.role is not None or seen.why_not


@given(st.lists(REPLIES | INFOS, min_size=5, max_size=5))
def test_any_word_of_a_sentinel_is_taken_or_refused(replies: list[Any]) -> None:
    try:
        word = word_of("10.0.0.9:26379", replies)
    except (BadReply, RouteFailed):
        return
    assert word.watch.primary


@pytest.mark.parametrize(
    ("info", "link_up", "replid", "syncing"),
    [
        (b"role:slave\r\nmaster_link_status:up\r\nmaster_replid:x\r\nmaster_sync_in_progress:0\r\n", True, "x", False),
        (
            b"role:slave\r\nmaster_link_status:down\r\nmaster_replid:x\r\nmaster_sync_in_progress:1\r\n",
            False,
            "x",
            True,
        ),
        (Refused("NOPERM", "NOPERM no"), True, None, False),  # ROLE alone must do
    ],
)
def test_a_replica_that_is_checked(info: Any, link_up: bool, replid: str | None, syncing: bool) -> None:
    seen = seen_of(0.0, "", [b"slave", b"10.0.0.1", 6379, b"connected", 42], info)
    assert (seen.role, seen.offset, seen.link_up, seen.replid, seen.syncing) == (
        "replica", 42, link_up, replid, syncing,
    )  # fmt: skip


def test_roles_are_taken_from_role_and_not_from_info() -> None:
    forged = b"role:slave\r\nmaster_replid:x\r\nslave0:ip=10.0.0.2,port=6379,state=online,offset=1,lag=3\r\n"
    seen = seen_of(0.0, "", [b"master", 42, []], forged)
    assert (seen.role, seen.link_up, seen.acks) == ("primary", None, {"10.0.0.2:6379": 3})
    assert seen_of(0.0, "", [b"sentinel", []], b"").why_not == "it is a Sentinel"


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (b"PONG", ""),
        (Refused("LOADING", "LOADING x"), "LOADING x"),
        (Refused("NOPERM", "NOPERM x"), ""),
        (Unknown("timeout", "no answer within 1 s"), "no answer within 1 s"),
    ],
)
def test_who_is_unfit_by_a_ping(reply: Any, why: str) -> None:
    assert why_unfit(reply) == why


def test_waits_before_repeats_grow_up_to_a_bound_and_differ() -> None:
    waits = [[wait_before(attempt) for _ in range(50)] for attempt in (0, 3, 1000)]
    assert all(0 <= wait <= CAP for of in waits for wait in of)
    assert max(waits[0]) <= 0.011 < max(waits[2])
    assert all(len(set(of)) > 10 for of in waits)


@given(st.lists(st.booleans(), max_size=400))
def test_no_more_repeats_than_a_tenth_of_the_calls_and_a_reserve(events: list[bool]) -> None:
    budget = Budget(clock=lambda: 0.0)
    calls = taken = 0
    for call in events:
        if call:
            calls += 1
            budget.earn()
        else:
            taken += budget.take()
        assert taken <= RESERVE + calls / 10 + 1e-6


def test_the_reserve_comes_back_with_time_and_a_quiet_year_saves_up_no_storm() -> None:
    now = 0.0
    budget = Budget(clock=lambda: now)
    assert [budget.take() for _ in range(11)].count(True) == RESERVE
    now = 3.0
    assert [budget.take() for _ in range(5)].count(True) == 3
    now = 1e8
    for _ in range(100_000):
        budget.earn()
    assert [budget.take() for _ in range(200)].count(True) == MOST


async def test_rounds_are_hurried_and_end() -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(1)

    rounds = Rounds(work, every=60.0)
    rounds.begin()
    rounds.begin()  # twice is once
    await eventually_async(lambda: len(done) == 1)
    for count in (2, 3):
        rounds.hurry(news=True)
        await eventually_async(lambda count=count: len(done) == count)
    await rounds.end()
    await rounds.end()
    rounds.hurry()
    await asyncio.sleep(0)
    assert len(done) == 3


async def test_a_bug_in_what_is_done_in_rounds_comes_to_light_at_the_end() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    rounds = Rounds(work)
    rounds.begin()
    await asyncio.sleep(0)
    with pytest.raises(ZeroDivisionError):
        await rounds.end()


class Says:
    """A node that answers a check so."""

    def __init__(self, *replies: Any) -> None:
        self._replies = replies

    async def check(self, *argvs: Any, seconds: float) -> Any:
        return self._replies


async def test_a_user_who_may_not_ask_for_the_role_is_told_so_in_the_servers_words() -> None:
    denied = Refused("NOPERM", "NOPERM User app has no permissions to run the 'role' command")
    seen = await look(Says(b"PONG", denied, b""))  # type: ignore[arg-type]
    assert seen.why_not == denied.text
    seen = await look(Says(denied, [b"master", 7, []], b""))  # type: ignore[arg-type]
    assert (seen.why_not, seen.role) == ("", "primary")

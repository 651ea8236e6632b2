"""Each step of promote, attach and detach by itself, reply by reply."""

from __future__ import annotations

from typing import Any

import pytest

from redistui.ops.node.last_look import LastLook
from redistui.ops.node.replication_info import ask_info
from redistui.ops.plain.hand_over import HandOver
from redistui.ops.plain.succeed import Succeed
from redistui.ops.plain.switch import CutClients, EndHold, HoldBriefly, StepDown, TakeBack, TakeOver
from redistui.ops.steps import Ask, Lost, NotKnown, Refused, Step, StepFailed, Together
from tests.ops.play import Line, play

A, B, C = "10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379"
PRIMARY = [b"master", 100, []]
LOST = Lost("no answer within 2 s")
NOPERM = Refused("NOPERM User ops has no permissions")


def replica_of(address: str, state: bytes = b"connected", offset: int = 100) -> list[Any]:
    host, _, port = address.rpartition(":")
    return [b"slave", host.encode(), int(port), state, offset]


def info(**fields: Any) -> bytes:
    return "\r\n".join(f"{name}:{value}" for name, value in fields.items()).encode()


def sends(step: Step, place: int = 0, **more: Any) -> Ask:
    assert step.node is not None
    return Ask(step.node, step.commands()[place], mutates=True, **more)


def role(node: str, seconds: float = 0.5) -> Ask:
    return Ask(node, ("ROLE",), seconds=seconds)


def option(node: str, name: str, value: str | None) -> Line:
    return Ask(node, ("CONFIG", "GET", name)), [] if value is None else [name.encode(), value.encode()]


# -- before the first command -----------------------------------------------------------------------------------------


def clients(*nodes: str) -> Together:
    return Together(tuple(Ask(node, ("CLIENT", "LIST", "TYPE", "pubsub")) for node in nodes))


QUIET = b"id=3 name=redistui db=0\n"
LOOK = LastLook(None, (A, B), heir=B, follower=A)
UNFENCED = option(B, "min-replicas-to-write", "1")


def test_a_last_look_finds_nothing() -> None:
    play(LOOK, (clients(A, B), [QUIET, QUIET]), UNFENCED, option(B, "requirepass", ""))
    play(LOOK, (clients(A, B), [QUIET, QUIET]), UNFENCED, option(B, "requirepass", "x"), option(A, "masterauth", "x"))
    play(LastLook(None, (A,)), (clients(A), [QUIET]))


@pytest.mark.parametrize("name", ["sentinel-0a1b2c3d-pubsub", "sentinel-deadbeef-cmd"])
def test_a_sentinel_that_is_not_known_here_shows_among_the_clients(name: str) -> None:
    with pytest.raises(StepFailed, match=f"a Sentinel watches {B}"):
        play(LOOK, (clients(A, B), [QUIET, f"id=9 name={name} db=0\n".encode()]))


def test_a_client_that_is_only_called_so_does_not_count() -> None:
    played = play(LastLook(None, (A,)), (clients(A), [b"id=3 name=my-sentinel-1 db=0\nid=4 name=sentinel db=0\n"]))
    assert "nothing" in played.said


def test_what_cannot_be_looked_at_is_not_known_and_an_old_fence_or_a_missing_password_is_told() -> None:
    with pytest.raises(NotKnown, match=f"{B} does not show its clients"):
        play(LOOK, (clients(A, B), [QUIET, None]))
    with pytest.raises(StepFailed, match="an earlier fence was left there"):
        play(LOOK, (clients(A, B), [QUIET, QUIET]), option(B, "min-replicas-to-write", "10000"))
    wanted = option(B, "requirepass", "hunter2")
    with pytest.raises(StepFailed, match="has no masterauth") as raised:
        play(LOOK, (clients(A, B), [QUIET, QUIET]), UNFENCED, wanted, option(A, "masterauth", ""))
    assert "hunter2" not in str(raised.value)


# -- the server hands over --------------------------------------------------------------------------------------------

HAND_OVER = HandOver(A, B, 5000)
SEEN = Together((role(B), ask_info(A)))
STILL = info(role="master", master_failover_state="no-failover")
WAITS = info(role="master", master_failover_state="waiting-for-sync")
HALF = info(role="slave", master_host="10.0.0.2", master_port=6379, master_failover_state="failover-in-progress")
BEFORE: Line = (SEEN, [replica_of(A), STILL])


def test_it_is_handed_over_when_the_target_serves_and_the_old_one_follows() -> None:
    played = play(
        HAND_OVER,
        BEFORE,
        (sends(HAND_OVER), b"OK"),
        (SEEN, [replica_of(A), WAITS]),
        (SEEN, [replica_of(A), HALF]),
        (SEEN, [PRIMARY, HALF]),
    )
    assert played.said == f"{B} is primary, {A} follows it"
    gone = play(HAND_OVER, BEFORE, (sends(HAND_OVER), b"OK"), (SEEN, [PRIMARY, None]))
    assert gone.said == f"{B} is primary; {A} does not answer any more"


def test_a_server_that_gave_up_has_changed_nothing() -> None:
    with pytest.raises(StepFailed, match="did not have all writes in time") as raised:
        play(HAND_OVER, BEFORE, (sends(HAND_OVER), b"OK"), (SEEN, [replica_of(A), WAITS]), BEFORE)
    assert raised.value.unchanged
    with pytest.raises(StepFailed, match="it was not begun") as raised:
        play(HAND_OVER, BEFORE, (sends(HAND_OVER), LOST), BEFORE)
    assert raised.value.unchanged


def test_what_is_told_twice_may_be_forged_and_does_not_count() -> None:
    lines = b"role:master\r\nslave0:ip=1.1.1.1,port=1,state=online,offset=1,lag=0\r\n"
    forged = lines + b"master_failover_state:no-failover\r\nmaster_failover_state:waiting-for-sync"
    with pytest.raises(NotKnown, match="in the middle of a FAILOVER"):
        play(HAND_OVER, BEFORE, (sends(HAND_OVER), b"OK"), *[(SEEN, [replica_of(A), forged])] * 1000)


def test_a_lost_reply_is_found_out_and_what_is_done_already_is_not_sent() -> None:
    played = play(HAND_OVER, BEFORE, (sends(HAND_OVER), LOST), (SEEN, [PRIMARY, HALF]))
    assert "is primary" in played.said
    assert "is primary" in play(HAND_OVER, (SEEN, [PRIMARY, HALF])).said


def test_a_server_that_waits_for_a_dead_target_is_not_told_to_give_up() -> None:
    stuck: list[Line] = [(SEEN, [None, HALF])] * 1000
    with pytest.raises(NotKnown, match=f"follows {B}, which does not say that it is a primary"):
        play(HAND_OVER, BEFORE, (sends(HAND_OVER), b"OK"), *stuck)
    assert "FAILOVER ABORT" in HAND_OVER.advice


# -- the console switches ---------------------------------------------------------------------------------------------

DOWN, OVER, BACK = StepDown(A, B), TakeOver(B, A), TakeBack(A, B)
HOLD = HoldBriefly(A, 3000)


def test_nothing_rests_on_the_pause() -> None:
    assert play(HOLD, (sends(HOLD, seconds=0.375), b"OK")).said == "OK: writes wait"
    assert "nothing rests on it" in play(HOLD, (sends(HOLD, seconds=0.375), LOST)).said
    assert "ends by itself" in play(EndHold(A), (sends(EndHold(A)), NOPERM)).said


def test_the_old_one_steps_down_and_a_lost_reply_is_found_out() -> None:
    assert play(DOWN, (role(A), PRIMARY), (sends(DOWN), b"OK")).said == f"OK: it follows {B}"
    assert play(DOWN, (role(A), PRIMARY), (sends(DOWN), LOST), (role(A), replica_of(B))).said.startswith("OK")
    assert play(DOWN, (role(A), replica_of(B, b"connect"))).said == f"it follows {B}"
    with pytest.raises(StepFailed, match="was not done"):
        play(DOWN, (role(A), PRIMARY), (sends(DOWN), LOST), (role(A), PRIMARY), (role(A), PRIMARY))
    with pytest.raises(NotKnown):
        play(DOWN, (role(A), PRIMARY), (sends(DOWN), LOST), (role(A), LOST))
    with pytest.raises(StepFailed, match=f"follows {C} by now"):
        play(DOWN, (role(A), replica_of(C)))


def both(old: Any, new: Any, goal: int = 100, has: int = 100, replid: str = "a" * 40) -> Line:
    asks = (role(A), role(B), ask_info(A), ask_info(B))
    first = info(role="slave", master_repl_offset=goal, master_replid="a" * 40)
    second = info(role="slave", slave_repl_offset=has, master_replid=replid)
    return Together(asks), [old, new, first, second]


def test_the_new_one_takes_over_when_it_has_all() -> None:
    assert play(OVER, both(replica_of(B), replica_of(A)), (sends(OVER), b"OK")).said == "OK: it is primary"
    assert play(OVER, both(replica_of(B), replica_of(A), has=114), (sends(OVER), b"OK")).said == "OK: it is primary"
    assert play(OVER, both(replica_of(B), PRIMARY)).said == "it is primary"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (both(PRIMARY, replica_of(A)), "two primaries would come of it"),
        (both(replica_of(B), replica_of(A), has=86), "lacks the last 14 bytes"),
        (both(replica_of(B), replica_of(A), replid="b" * 40), "another history"),
        (both(None, replica_of(A)), "10.0.0.1:6379 does not answer"),
        (both(replica_of(B), None), "10.0.0.2:6379 does not answer"),
    ],
)
def test_it_does_not_take_over_when(line: Line, words: str) -> None:
    with pytest.raises(StepFailed, match=words):
        play(OVER, line)


def test_a_take_over_without_a_reply_is_found_out_and_put_back_only_when_it_was_not_done() -> None:
    begun = both(replica_of(B), replica_of(A))
    assert play(OVER, begun, (sends(OVER), LOST), (role(B), PRIMARY)).said == "OK: it is primary"
    with pytest.raises(StepFailed) as raised:
        play(OVER, begun, (sends(OVER), LOST), (role(B), replica_of(A)), (role(B), replica_of(A)))
    assert raised.value.unchanged
    with pytest.raises(NotKnown) as unknown:
        play(OVER, begun, (sends(OVER), LOST), (role(B), LOST))
    assert not unknown.value.unchanged


def test_the_old_one_is_put_back_unless_the_new_one_serves() -> None:
    assert play(BACK, (role(B), replica_of(A)), (sends(BACK), b"OK")).said == "OK: it is primary"
    assert play(BACK, (role(B), LOST), (sends(BACK), b"OK")).said == "OK: it is primary"
    with pytest.raises(StepFailed, match="is primary by now"):
        play(BACK, (role(B), PRIMARY))


def test_clients_are_cut_off_where_that_is_allowed() -> None:
    step = CutClients(A)
    said = play(step, (sends(step), 3), (sends(step, 1), NOPERM)).said
    assert said == "cut off: 3 normal, pubsub not cut off (NOPERM User ops has no permissions): they get READONLY"


# -- a dead primary ---------------------------------------------------------------------------------------------------

SUCCEED = Succeed(B, A, (C,))


def all_of_them(dead: Any, heir: Any, other: Any) -> Line:
    return Together(tuple(role(node, 1.0) for node in (A, B, C))), [dead, heir, other]


CUT = replica_of(A, b"connect")


def test_it_succeeds_a_silent_primary_whom_nobody_hears() -> None:
    assert play(SUCCEED, all_of_them(None, CUT, CUT), (sends(SUCCEED), b"OK")).said == "OK: it is primary"
    assert play(SUCCEED, all_of_them(None, CUT, None), (sends(SUCCEED), b"OK")).said == "OK: it is primary"
    assert play(SUCCEED, all_of_them(None, PRIMARY, CUT)).said == "it is primary"
    lost = play(SUCCEED, all_of_them(None, CUT, CUT), (sends(SUCCEED), LOST), (role(B), PRIMARY))
    assert lost.said == "OK: it is primary"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (all_of_them(PRIMARY, CUT, CUT), "answers again"),
        (all_of_them(None, CUT, replica_of(A)), f"{C} is connected to {A}"),
        (all_of_them(None, CUT, PRIMARY), f"{C} is primary by now"),
        (all_of_them(None, None, CUT), f"{B} does not answer"),
    ],
)
def test_it_does_not_succeed_when(line: Line, words: str) -> None:
    with pytest.raises(StepFailed, match=words):
        play(SUCCEED, line)

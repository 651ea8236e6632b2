"""Steps of attach and detach, and those with which every promotion ends, by themselves, reply by reply."""

from __future__ import annotations

from typing import Any

import pytest

from redistui.ops.node.config_role import WriteRole, unwritten
from redistui.ops.node.fence import OPTION, PRIMARYS, UNREACHABLE, LiftFence
from redistui.ops.node.follow import Follow, GiveLogin, Repoint
from redistui.ops.node.follow_verify import AllFollow, Serves, Synced
from redistui.ops.node.replication_info import ask_info
from redistui.ops.plain.detach_steps import IsDetached, LetGo
from redistui.ops.steps import Ask, Lost, NotKnown, Refused, Step, StepFailed, Together
from tests.ops.play import Line, Played, play
from tests.ops.test_plain_steps import LOST, NOPERM, PRIMARY, A, B, C, info, option, replica_of, role, sends

# -- following --------------------------------------------------------------------------------------------------------

LOGIN, FOLLOW, REPOINT = GiveLogin(C, A), Follow(C, A), Repoint(C, B)


def test_the_login_is_given_where_one_is_wanted_and_there_is_no_other() -> None:
    wants, none = option(A, "requirepass", "hunter2"), option(C, "masterauth", "")
    sent = [(sends(LOGIN), b"OK"), (sends(LOGIN, 1), b"OK")]
    assert play(LOGIN, wants, none, *sent).said == "OK"
    assert play(LOGIN, wants, option(C, "masterauth", "of another"), *sent).said == "OK"
    assert play(LOGIN, wants, option(C, "masterauth", "hunter2")).said == "it has one already"
    assert play(LOGIN, option(A, "requirepass", ""), none).said == f"{A} wants no password"
    hidden = (Ask(A, ("CONFIG", "GET", "requirepass")), NOPERM)
    assert play(LOGIN, hidden, option(C, "masterauth", "x")).said == "it has one already"


def test_a_login_without_a_reply_is_found_out() -> None:
    wants, none = option(A, "requirepass", "hunter2"), option(C, "masterauth", "")
    lost = (sends(LOGIN, 1), LOST)
    assert play(LOGIN, wants, none, (sends(LOGIN), b"OK"), lost, option(C, "masterauth", "hunter2")).said == "OK"
    with pytest.raises(StepFailed, match="masterauth was not changed"):
        play(LOGIN, wants, none, (sends(LOGIN), b"OK"), lost, none)


def test_a_node_is_made_to_follow_unless_that_would_be_a_circle() -> None:
    begun: list[Line] = [(role(A), PRIMARY), (role(C), PRIMARY)]
    assert play(FOLLOW, *begun, (sends(FOLLOW), b"OK")).said == f"OK: it follows {A}"
    assert play(FOLLOW, (role(A), PRIMARY), (role(C), replica_of(A, b"sync"))).said == f"it follows {A}"
    assert play(FOLLOW, *begun, (sends(FOLLOW), LOST), (role(C), replica_of(A, b"connect"))).said.startswith("OK")
    with pytest.raises(StepFailed, match="they would follow each other"):
        play(FOLLOW, (role(A), replica_of(C)))
    with pytest.raises(StepFailed, match="was not done"):
        play(FOLLOW, *begun, (sends(FOLLOW), LOST), (role(C), PRIMARY), (role(C), PRIMARY))


def test_a_fence_that_was_left_goes_with_the_primarys_value_and_any_other_value_stays() -> None:
    lift, fence = LiftFence(C, A), option(C, OPTION, UNREACHABLE)
    for usual, value in (("1", "1"), ("", "0"), (UNREACHABLE, "0")):
        said = play(lift, fence, option(A, OPTION, usual), (sends(lift), b"OK"))
        assert (said.said, said.notes) == (f"OK: it is {value}", {PRIMARYS: value})
    assert play(lift, option(C, OPTION, "2")).said == "there is none"
    assert play(lift, (Ask(C, ("CONFIG", "GET", OPTION)), NOPERM)).said == f"{OPTION} is not let be read"
    usual, lost = option(A, OPTION, "1"), (sends(lift), LOST)
    assert play(lift, fence, usual, lost, option(C, OPTION, "1")).said == "OK: it is 1"
    assert f"`set-parameter {C} {OPTION} 1` does it later" in play(lift, fence, usual, lost, fence).said


def synced(count: int) -> Line:
    return ask_info(B, "stats"), info(sync_full=count)


def linked(address: str) -> Line:
    return Together((role(C),)), [replica_of(address)]


def test_a_sibling_is_sent_over_and_it_is_told_whether_that_cost_a_full_resync() -> None:
    begun: list[Line] = [synced(1), (role(C), replica_of(A)), (sends(REPOINT), b"OK"), linked(B)]
    assert play(REPOINT, *begun, synced(1)).said.endswith("by a partial resync")
    assert play(REPOINT, *begun, synced(2)).said.endswith("by a FULL resync")
    again = play(REPOINT, synced(1), (role(C), replica_of(B)), linked(B), synced(1))
    assert again.said.endswith("by a partial resync")


def test_a_sibling_that_cannot_be_sent_over_does_not_hold_up_the_others() -> None:
    begun: list[Line] = [synced(1), (role(C), replica_of(A))]
    refused = play(REPOINT, *begun, (sends(REPOINT), NOPERM)).said
    assert refused == f"NOT DONE ({NOPERM}): `attach {C} {B}` does it later"
    assert "NOT DONE" in play(REPOINT, *begun, (sends(REPOINT), LOST), (role(C), LOST)).said
    assert "left alone" in play(REPOINT, synced(1), (role(C), PRIMARY)).said
    slow: list[Line] = [linked(A)] * 1000
    assert "was not up after 10 s" in play_some(REPOINT, *begun, (sends(REPOINT), b"OK"), *slow).said


def play_some(step: Step, *lines: Line) -> Played:
    """With more lines than it will ask for."""
    for count in range(len(lines), 0, -1):
        try:
            return play(step, *lines[:count])
        except AssertionError:
            continue
    raise AssertionError("it never ended")


# -- alone ------------------------------------------------------------------------------------------------------------

LET_GO = LetGo(B, fenced=True)
FENCED = option(B, "min-replicas-to-write", "10000")


def test_a_replica_is_let_go_only_behind_its_fence() -> None:
    assert play(LET_GO, FENCED, (role(B), replica_of(A)), (sends(LET_GO), b"OK")).said == "OK: it follows nobody"
    assert play(LetGo(B, fenced=False), (role(B), replica_of(A)), (sends(LET_GO), b"OK")).said.startswith("OK")
    assert play(LET_GO, FENCED, (role(B), PRIMARY)).said == "it follows nobody"
    with pytest.raises(StepFailed, match="somebody has lifted the fence"):
        play(LET_GO, option(B, "min-replicas-to-write", "0"))
    with pytest.raises(NotKnown):
        play(LET_GO, FENCED, (role(B), LOST))
    lost = play(LET_GO, FENCED, (role(B), replica_of(A)), (sends(LET_GO), LOST), (role(B), PRIMARY))
    assert lost.said == "OK: it follows nobody"


def test_it_is_seen_to_stand_alone_and_to_refuse_writes() -> None:
    alone: Line = (Together((Ask(B, ("ROLE",)),)), [PRIMARY])
    assert play(IsDetached(B, fenced=True), alone, FENCED).said == f"{B} follows nobody, and refuses writes"
    assert play(IsDetached(B, fenced=False), alone).said == f"{B} follows nobody, and takes writes"
    with pytest.raises(StepFailed, match="is not fenced"):
        play(IsDetached(B, fenced=True), alone, option(B, "min-replicas-to-write", "0"))


PONG: Line = (Ask(A, ("PING",), seconds=1.0), b"PONG")

# -- config files, and what must hold ---------------------------------------------------------------------------------


def test_what_is_not_written_is_said_with_the_line_and_the_file() -> None:
    demoted, promoted = WriteRole(A, B), WriteRole(B, None)
    assert play(demoted, PONG, (sends(demoted, seconds=5.0), b"OK")).said == "OK"
    no_file = Refused("ERR The server is running without a config file")
    server = Ask(A, ("INFO", "server"))
    said = play(demoted, PONG, (sends(demoted, seconds=5.0), no_file), (server, info(config_file=""))).said
    assert unwritten(said)
    assert "put `replicaof 10.0.0.2 6379` into what starts it (it has no config file)" in said
    denied = Refused("ERR Rewriting config file: Permission denied")
    where = info(config_file="/etc/redis/redis.conf")
    pong = (Ask(B, ("PING",), seconds=1.0), b"PONG")
    said = play(promoted, pong, (sends(promoted, seconds=5.0), denied), (Ask(B, ("INFO", "server")), where)).said
    assert "take the `replicaof` line out of /etc/redis/redis.conf" in said


def test_a_node_that_hangs_for_a_moment_is_waited_for_before_its_file_is_written() -> None:
    demoted, ping = WriteRole(A, B), PONG[0]
    hangs, gone = Refused("cannot connect: no answer within 1 s"), Lost("no answer within 1 s")
    written = sends(demoted, seconds=5.0), b"OK"
    assert play(demoted, (ping, hangs), (ping, gone), PONG, written).said == "OK"
    assert play(demoted, (ping, Refused("LOADING it loads")), written).said == "OK"
    dead = Refused("cannot connect: connection refused")
    tries = [(ping, dead)] * 17
    told = play(demoted, *tries, (written[0], dead), (Ask(A, ("INFO", "server")), dead))
    assert "NOT WRITTEN (cannot connect: connection refused)" in told.said
    assert told.waited == 8.0


def test_the_new_primary_serves_in_the_same_history() -> None:
    asks = Together((role(B, 1.0), ask_info(B)))
    good = info(master_replid="b" * 40, master_replid2="a" * 40)
    assert "is primary" in play(Serves(B, "a" * 40), (asks, [PRIMARY, good])).said
    assert "is primary" in play(Serves(B, None), (asks, [PRIMARY, None])).said
    with pytest.raises(StepFailed, match="has left the history"):
        play(Serves(B, "c" * 40, seconds=0), (asks, [PRIMARY, good]))
    with pytest.raises(NotKnown):
        play(Serves(B, "c" * 40, seconds=0), (asks, [None, good]))


def test_everybody_follows() -> None:
    asks = Together((Ask(A, ("ROLE",)), Ask(C, ("ROLE",))))
    assert play(AllFollow(None, B, (A, C)), (asks, [replica_of(B)] * 2)).said == f"{A}, {C} follow {B}, link up"
    with pytest.raises(StepFailed, match=f"{C} did not follow"):
        play(AllFollow(None, B, (A, C), seconds=0), (asks, [replica_of(B), replica_of(A)]))


def sync(own: Any, fields: bytes | None, above: bytes | None) -> Line:
    asks = (Ask(C, ("ROLE",)), ask_info(C, seconds=2.0), ask_info(A, seconds=2.0))
    return Together(asks), [own, fields, above]


ONLINE = b"role:master\r\nslave0:ip=10.0.0.3,port=6379,state=online,offset=1,lag=0"
LIMITS: dict[str, Any] = {"stall": 3.0, "seconds": 100.0}


def test_a_new_replica_is_synced_when_both_say_so() -> None:
    done = sync(replica_of(A), b"", ONLINE)
    later = sync(replica_of(A), b"", ONLINE.replace(b"online", b"wait_bgsave"))
    going = sync(replica_of(A, b"sync"), info(master_sync_in_progress=1, master_sync_read_bytes=1 << 20), b"")
    fence = option(C, "min-replicas-to-write", "0")
    assert play(Synced(C, A), going, later, done, fence).said == f"{C} follows {A}, link up, online there"
    left = play(Synced(C, A), done, option(C, "min-replicas-to-write", "10000")).said
    assert f"`set-parameter {C} min-replicas-to-write 0`" in left


def test_a_sync_is_waited_for_while_it_moves_and_no_longer() -> None:
    moving = [
        sync(replica_of(A, b"sync"), info(master_sync_in_progress=1, master_sync_read_bytes=n << 20), b"")
        for n in range(60)
    ]
    with pytest.raises(NotKnown, match=r"59\.0 MiB so far, and has not moved for 3 s"):
        play(Synced(C, A, **LIMITS), *moving, *[moving[-1]] * 100)
    with pytest.raises(StepFailed, match="its log says why"):
        play(Synced(C, A, **LIMITS), *[sync(replica_of(A, b"connect"), b"", b"")] * 100)
    with pytest.raises(NotKnown, match="did not answer"):
        play(Synced(C, A, **LIMITS), *[sync(None, None, b"")] * 100)

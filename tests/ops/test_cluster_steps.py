"""Each step of a cluster action by itself, reply by reply."""

from __future__ import annotations

from typing import Any

import pytest

from redistui.ops.cluster.failover_steps import AwaitTakeover, LetClientsGo, NoSlotMoves, OrderPromotion
from redistui.ops.cluster.follow import Replicate
from redistui.ops.cluster.join import AwaitMember, Meet
from redistui.ops.cluster.leave import ForgetAt, ResetNode
from redistui.ops.cluster.members import NobodyListsIt, SeenInPlace, StandsAlone
from redistui.ops.cluster.verify import EpochRose, ReplicasFollow, ViewsShowOwner
from redistui.ops.steps import Ask, Lost, NotKnown, Pause, Refused, StepFailed, Together
from tests.ops.play import play

A, B, C = "10.0.0.1:7000", "10.0.0.2:7000", "10.0.0.3:7000"
ID = {A: "a" * 40, B: "b" * 40, C: "c" * 40}
LOST, REFUSED = Lost("no answer within 2 s"), Refused("NOPERM no")
RANGE = ((0, 5460),)


def line(address: str, flags: str = "master", above: str | None = None, *, slots: str = "", id_: str = "") -> str:
    primary = "-" if above is None else ID[above]
    return f"{id_ or ID[address]} {address}@17000 {flags} {primary} 0 0 3 connected {slots}".strip()


def nodes(*lines: str) -> bytes:
    return "".join(f"{one}\n" for one in lines).encode()


BEFORE = nodes(line(A, slots="0-5460"), line(B, "myself,slave", A), line(C, slots="5461-16383"))
"""As B sees it."""
AFTER = nodes(line(A, "slave", B), line(B, "myself,master", slots="0-5460"), line(C, slots="5461-16383"))


def look(node: str, seconds: float = 1.0) -> Ask:
    return Ask(node, ("CLUSTER", "NODES"), seconds=seconds)


def mutate(node: str, text: str, seconds: float = 2.0) -> Ask:
    return Ask(node, tuple(text.split(" ")), mutates=True, seconds=seconds)


def info(epoch: int, state: str = "ok") -> bytes:
    return f"cluster_state:{state}\r\ncluster_current_epoch:{epoch}\r\n".encode()


# -- failover ---------------------------------------------------------------------------------------------------------

MOVES = Ask(A, ("CLUSTER", "GETSLOTMIGRATIONS"))


def job(state: str) -> list[bytes]:
    return [b"name", b"x", b"operation", b"EXPORT", b"slot_ranges", b"0-10", b"state", state.encode()]


def test_a_slot_move_that_is_under_way_stops_it_and_one_that_ended_does_not() -> None:
    assert play(NoSlotMoves(A), (MOVES, [job("success"), job("failed")])).said == "it does not"
    with pytest.raises(StepFailed, match="EXPORT of slots 0-10 is under way"):
        play(NoSlotMoves(A), (MOVES, [job("success"), job("snapshotting")]))


@pytest.mark.parametrize("reply", [REFUSED, LOST, b"what", None, [7]])
def test_where_slot_moves_cannot_be_seen_nothing_is_ordered(reply: Any) -> None:
    with pytest.raises(NotKnown):
        play(NoSlotMoves(A), (MOVES, reply))


ORDER = OrderPromotion(B, ID[B], A, ID[A], "")
FORCED = OrderPromotion(B, ID[B], A, ID[A], "FORCE")
FAILED = nodes(line(A, "master,fail", slots="0-5460"), line(B, "myself,slave", A))


def test_the_order_is_given_once_after_a_look() -> None:
    assert play(ORDER, (look(B), BEFORE), (mutate(B, "CLUSTER FAILOVER"), b"OK")).said == "OK: it was taken"
    assert play(FORCED, (look(B), FAILED), (mutate(B, "CLUSTER FAILOVER FORCE"), b"OK")).said == "OK: it was taken"
    assert "no reply" in play(ORDER, (look(B), BEFORE), (mutate(B, "CLUSTER FAILOVER"), LOST)).said
    with pytest.raises(Refused):
        play(ORDER, (look(B), BEFORE), (mutate(B, "CLUSTER FAILOVER"), REFUSED))


def test_it_is_not_given_to_whoever_took_over_already() -> None:
    assert play(ORDER, (look(B), AFTER)).said == "it is primary already"


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (nodes(line(A), line(C, "myself,slave", A)), "another node than before"),
        (nodes(line(A), line(B, "myself,slave", C), line(C)), "does not follow 10.0.0.1:7000 any more"),
        (nodes(line(A), line(B, "myself,master")), "does not follow"),
        (FAILED, "only --force can do it now"),
    ],
)
def test_it_is_not_given_when_the_world_has_changed(seen: bytes, words: str) -> None:
    with pytest.raises(StepFailed, match=words):
        play(ORDER, (look(B), seen))


@pytest.mark.parametrize("reply", [LOST, REFUSED, b"garbage", b""])
def test_it_is_not_given_blindly(reply: Any) -> None:
    with pytest.raises(NotKnown):
        play(ORDER, (look(B), reply))


AWAIT = AwaitTakeover(None, B, ID[B], A, ID[A], 0.03)
GLANCE = Together((look(B, 0.5),))


def test_only_its_own_view_says_that_it_took_over() -> None:
    assert play(AWAIT, (GLANCE, [BEFORE]), (GLANCE, [AFTER])).said == f"{B} is primary"


def test_an_order_that_comes_to_nothing_is_found_to_have_changed_nothing() -> None:
    with pytest.raises(StepFailed, match=f"it still follows {A}") as told:
        play(AWAIT, (GLANCE, [BEFORE]), (GLANCE, [BEFORE]), (GLANCE, [BEFORE]))
    assert told.value.unchanged


def test_a_replica_that_falls_silent_leaves_it_open() -> None:
    with pytest.raises(NotKnown):
        play(AWAIT, (GLANCE, [BEFORE]), (GLANCE, [None]), (GLANCE, [None]))


def test_one_that_follows_another_meanwhile_is_not_as_it_was() -> None:
    strange = nodes(line(A), line(B, "myself,slave", C), line(C, slots="0-5460"))
    with pytest.raises(StepFailed) as told:
        play(AWAIT, *[(GLANCE, [strange])] * 3)
    assert not told.value.unchanged


def test_clients_are_let_go_only_once_the_old_primary_follows() -> None:
    step = LetClientsGo(A, B, ID[B], 0.03)
    seen = Together((look(A),))
    unpause = mutate(A, "CLIENT UNPAUSE")
    own = nodes(line(A, "myself,slave", B), line(B, slots="0-5460"))
    still = nodes(line(A, "myself,master", slots="0-5460"), line(B, "slave", A))
    assert play(step, (seen, [still]), (seen, [own]), (unpause, b"OK")).said == "OK: they are sent on"
    assert "not seen done" in play(step, *[(seen, [still])] * 3).said
    assert "not seen done" in play(step, (seen, [own]), (unpause, LOST)).said


ROLE = ("ROLE",)


def test_every_view_has_to_show_the_new_owner() -> None:
    step = ViewsShowOwner(None, B, ID[B], ID[A], RANGE, 16384, True, (A, B), 0.0)
    both = Together((look(A), look(B)))
    own = nodes(line(A, "myself,slave", B), line(B, slots="0-5460"), line(C, slots="5461-16383"))
    assert "both nodes" in play(step, (both, [own, AFTER])).said
    for seen, words in (
        (BEFORE, f"{B} did not see {B} as owner"),
        (nodes(line(A), line(B, "myself,master", slots="0-5460"), line(C, slots="5461-16383")), "as its replica"),
        (nodes(line(A, "slave", B), line(B, "myself,master", slots="0-5460"), line(C)), "5461 slots only"),
        (nodes(line(A, "slave", B), line(B, "myself,master", slots="0-99"), line(C)), "as owner"),
    ):
        with pytest.raises(StepFailed, match=words):
            play(step, (both, [own, seen]))
    with pytest.raises(NotKnown, match=f"{B} did not show its view"):
        play(step, (both, [own, None]))


def test_the_epoch_has_to_rise_everywhere() -> None:
    step = EpochRose(None, (A, B), 3, True, 0.0)
    both = Together(tuple(Ask(node, ("CLUSTER", "INFO"), seconds=1.0) for node in (A, B)))
    assert "epoch 4, before it was 3" in play(step, (both, [info(4), info(4)])).said
    with pytest.raises(StepFailed, match="no newer epoch than 3"):
        play(step, (both, [info(4), info(3)]))
    with pytest.raises(StepFailed, match="cluster_state was fail"):
        play(step, (both, [info(4), info(4, "fail")]))
    assert "epoch 4" in play(EpochRose(None, (A, B), 3, False, 0.0), (both, [info(4), info(4, "fail")])).said


def test_a_replica_follows_by_id_and_with_its_link_up() -> None:
    step = ReplicasFollow(None, B, ID[B], (A,), 0.0)
    ask = Together((look(A), Ask(A, ROLE, seconds=1.0)))
    own = nodes(line(A, "myself,slave", B), line(B, slots="0-5460"))
    inside = [b"slave", b"192.168.0.9", 7000, b"connected", 5]
    """Behind a NAT its primary has another address."""
    assert play(step, (ask, [own, inside])).said == f"{A} follows {B}, link up"
    with pytest.raises(StepFailed):
        play(step, (ask, [own, [b"slave", b"10.0.0.2", 7000, b"connect", -1]]))


# -- members ----------------------------------------------------------------------------------------------------------

MOVE = Replicate(B, ID[B], C, ID[C], ID[A])
COMMAND = mutate(B, f"CLUSTER REPLICATE {ID[C]}")
MOVED = nodes(line(A, slots="0-5460"), line(B, "myself,slave", C), line(C, slots="5461-16383"))


def test_a_replica_is_moved_once() -> None:
    assert play(MOVE, (look(B), BEFORE), (COMMAND, b"OK")).said == f"OK: it follows {C}"
    assert play(MOVE, (look(B), MOVED)).said == f"it follows {C} already"
    assert "no reply, but" in play(MOVE, (look(B), BEFORE), (COMMAND, LOST), (look(B), MOVED)).said
    with pytest.raises(StepFailed) as told:
        play(MOVE, (look(B), BEFORE), (COMMAND, LOST), (look(B), BEFORE), (look(B), BEFORE))
    assert told.value.unchanged
    with pytest.raises(NotKnown):
        play(MOVE, (look(B), BEFORE), (COMMAND, LOST), (look(B), LOST), (look(B), LOST))


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (AFTER, "owns 5461 slots"),
        (nodes(line(A), line(B, "myself,slave", A), line(C, "master,fail?")), "does not see 10.0.0.3:7000"),
        (nodes(line(A), line(B, "myself,slave", A), line(C, "slave", A)), "does not see 10.0.0.3:7000"),
        (nodes(line(A), line(B, "myself,slave", A)), "does not see 10.0.0.3:7000"),
        (nodes(line(A), line(B, "myself,master"), line(C)), "whom it followed before"),
    ],
)
def test_it_is_not_moved_when_the_world_has_changed(seen: bytes, words: str) -> None:
    with pytest.raises(StepFailed, match=words):
        play(MOVE, (look(B), seen))


RESET = ResetNode(B, ID[B], replica=True)
HARD = mutate(B, "CLUSTER RESET HARD", 10.0)
FRESH = nodes(line(B, "myself,master", id_="9" * 40))


def test_a_node_is_reset_once_and_its_new_id_proves_it() -> None:
    assert play(RESET, (look(B), BEFORE), (HARD, b"OK")).said == "OK: it stands alone"
    assert play(RESET, (look(B), FRESH)).said == "it was reset already"
    assert "new id" in play(RESET, (look(B), BEFORE), (HARD, LOST), (look(B), BEFORE), (look(B), FRESH)).said
    with pytest.raises(StepFailed, match="it was not reset"):
        play(RESET, (look(B), BEFORE), (HARD, LOST), *[(look(B), BEFORE)] * 4)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (AFTER, "owns 5461 slots"),
        (nodes(line(A), line(B, "myself,master")), "no replica any more"),
        (nodes(line(A, "slave", B), line(B, "myself,slave", C), line(C)), "has a replica"),
        (nodes(line(A), line(C, "myself,slave", A)), "another node than before"),
    ],
)
def test_it_is_not_reset_when_the_world_has_changed(seen: bytes, words: str) -> None:
    with pytest.raises(StepFailed, match=words):
        play(RESET, (look(B), seen))


FORGET = ForgetAt(A, ID[B], B)
OUT = mutate(A, f"CLUSTER FORGET {ID[B]}")
LISTS = nodes(line(A, "myself,master", slots="0-5460"), line(B, "slave", C), line(C))
GONE = nodes(line(A, "myself,master", slots="0-5460"), line(C))


def test_one_that_forgot_it_already_is_not_told_again() -> None:
    assert play(FORGET, (look(A), LISTS), (OUT, b"OK")).said == "OK"
    assert play(FORGET, (look(A), GONE)).said == "it does not list it"
    unknown = Refused("ERR Unknown node bbbb")
    assert play(FORGET, (look(A), LISTS), (OUT, unknown)).said == "it does not know it any more"
    assert "no reply, but" in play(FORGET, (look(A), LISTS), (OUT, LOST), (look(A), GONE)).said


def test_one_that_is_silent_holds_nobody_up() -> None:
    assert "NOT DONE" in play(FORGET, (look(A), LOST)).said
    assert "NOT DONE" in play(FORGET, (look(A), LISTS), (OUT, LOST), (look(A), LISTS), (look(A), LISTS)).said


def test_nobody_forgets_a_node_with_slots_or_replicas_or_against_its_will() -> None:
    with pytest.raises(StepFailed, match="owns slots or has a replica"):
        play(FORGET, (look(A), nodes(line(A, "myself,slave", B), line(B))))
    with pytest.raises(Refused, match="NOPERM"):
        play(FORGET, (look(A), LISTS), (OUT, REFUSED))


MEET = Meet(B, ID[B], A, ID[A], 17000)
HELLO = mutate(B, "CLUSTER MEET 10.0.0.1 7000 17000")
ALONE = nodes(f"{ID[B]} :7000@17000 myself,master - 0 0 0 connected")
SIZE = Ask(B, ("DBSIZE",))


def test_only_an_empty_node_that_knows_nobody_is_introduced() -> None:
    assert play(MEET, (look(B), ALONE), (SIZE, 0), (HELLO, b"OK")).said == "OK: it has begun"
    assert play(MEET, (look(B), BEFORE)).said == "they know each other already"
    for seen, size, words in (
        (ALONE, 3, "holds 3 keys"),
        (nodes(line(B, "myself,master", slots="5")), 0, "owns slots"),
        (nodes(line(B, "myself,master"), line(C)), 0, "of another cluster"),
        (FRESH, 0, "another node than before"),
    ):
        asked = () if "another" in words or "slots" in words else ((SIZE, size),)
        with pytest.raises(StepFailed, match=words):
            play(MEET, (look(B), seen), *asked)


def test_an_introduction_without_a_reply_is_looked_for() -> None:
    begun = nodes(line(B, "myself,master"), line(A, "handshake", id_="7" * 40))
    assert "it has begun" in play(MEET, (look(B), ALONE), (SIZE, 0), (HELLO, LOST), (look(B), begun)).said
    with pytest.raises(StepFailed) as told:
        play(MEET, (look(B), ALONE), (SIZE, 0), (HELLO, LOST), (look(B), ALONE), (look(B), ALONE))
    assert told.value.unchanged


def test_it_is_a_member_once_all_list_each_other_connected() -> None:
    step = AwaitMember(None, B, ID[B], 17000, (A,), 0.0)
    ask = Together((look(B), look(A)))
    own, other = nodes(line(B, "myself,master"), line(A)), nodes(line(A, "myself,master"), line(B))
    assert "the only member lists it" in play(step, (ask, [own, other])).said
    for replies, words in (
        ([own, nodes(line(A, "myself,master"))], f"{A} did not list {B}"),
        ([own, nodes(line(A, "myself,master"), line(B, "handshake"))], f"{A} did not list {B}"),
        ([ALONE, other], "did not list all members"),
    ):
        with pytest.raises(StepFailed, match=words):
            play(step, (ask, replies))
    assert "17000" in step.advice


def test_forgotten_means_for_a_while() -> None:
    step = NobodyListsIt(None, ID[B], B, (A,), quiet=0.1, seconds=0.3)
    ask = Together((look(A),))
    lines = [(ask, [GONE]), (ask, [LISTS]), (ask, [GONE]), (ask, [GONE]), (ask, [GONE])]
    assert "for 0.1 s" in play(step, *lines).said
    back = [(ask, [GONE]), (ask, [LISTS])] * 4
    with pytest.raises(StepFailed, match=f"{A} listed {B}"):
        play(step, *back)
    with pytest.raises(NotKnown):
        play(step, *[(ask, [None])] * 7)


def test_its_place_is_seen_by_all() -> None:
    step = SeenInPlace(None, ID[B], B, C, ID[C], (A,), 0.0)
    ask = Together((look(A),))
    assert f"a replica of {C}" in play(step, (ask, [LISTS])).said
    with pytest.raises(StepFailed, match=f"{A} did not see {B} as a replica"):
        play(step, (ask, [GONE]))
    first = SeenInPlace(None, ID[B], B, None, None, (A,), 0.0)
    assert "as a primary" in play(first, (ask, [nodes(line(A, "myself,master"), line(B))])).said
    with pytest.raises(StepFailed):
        play(first, (ask, [LISTS]))
    assert "stands alone" in play(StandsAlone(B, 0.0), (Together((look(B),)), [FRESH])).said


def test_a_playbook_that_does_not_fit_is_noticed() -> None:
    """Pauses are taken care of; a look that nobody asked for is not."""
    with pytest.raises(AssertionError):
        play(ORDER, (look(C), BEFORE))
    assert Pause(1.0).seconds == 1.0

"""pause-writes and unpause: when they are refused, what they send, and each step reply by reply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from redistui.model import Event, Fault, Finding, Fleet, Group
from redistui.ops.action import Aim, Plan, refusals, warnings
from redistui.ops.deed_words import begun
from redistui.ops.pause.memory import held_for, strangers
from redistui.ops.pause.pauses import look
from redistui.ops.pause.steps import EndPause, HoldWrites, NoPauseYet
from redistui.ops.pause.verify import WritesGoOn, WritesHeld
from redistui.ops.pause_writes import PAUSE_WRITES, UNPAUSE
from redistui.ops.steps import Ask, Lost, NotKnown, Refused, StepFailed, Together
from tests import fleets
from tests.ops.play import Line, play

A, B = "10.20.0.11:6379", "10.20.0.12:6379"
CART = ["10.30.0.1:7000", "10.30.0.2:7000", "10.30.0.3:7000"]
LOST, REFUSED = Lost("no answer within 2 s"), Refused("NOPERM no")


def orders(down_after_ms: int | None = 30_000, **changes: Any) -> Group:
    group = fleets.sentinel_group("orders", chain=False)
    sentinels = tuple(
        replace(one, watches={"orders": replace(one.watches["orders"], down_after_ms=down_after_ms)})
        for one in group.sentinels
    )
    return replace(group, sentinels=sentinels, **changes)


def plain() -> Group:
    return replace(fleets.sentinel_group("plain", chain=False), kind="replication", sentinels=(), watched_as=None)


def fleet(group: Group, **changes: Any) -> Fleet:
    return replace(Fleet(at=fleets.AT + 0.1, period=1.0, groups=(group,), complete=True), **changes)


def why_not(group: Group, seconds: str = "5", **options: str) -> str:
    return "; ".join(refusals(PAUSE_WRITES, fleet(group), Aim(group.name, options=options, words=(seconds,))))


def plan(group: Group, seconds: str = "5", **options: str) -> Plan:
    return PAUSE_WRITES.plan(fleet(group), Aim(group.name, options=options, words=(seconds,)))


def commands(plan: Plan) -> list[str]:
    return [f"{step.node} {' '.join(argv)}" for step in plan.steps for argv in step.commands()]


# -- preflight ---------------------------------------------------------------------------------------------------------


def test_it_is_let_through_where_nothing_speaks_against_it() -> None:
    assert (
        why_not(orders()) == why_not(plain(), "600") == why_not(fleets.cluster_group(troubled=False), all="yes") == ""
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ("soon", "'soon' is no number of seconds"),
        ("-1", "no number of seconds"),
        ("1e3", "no number of seconds"),
        ("٣", "no number of seconds"),
        ("nan", "no number of seconds"),
        ("0", "from 1 to 600 s"),
        ("0.5", "from 1 to 600 s"),
        ("5000", "from 1 to 600 s"),
    ],
)
def test_a_length_that_is_none_is_refused(seconds: str, words: str) -> None:
    assert words in why_not(plain(), seconds)


@pytest.mark.parametrize(("seconds", "stands"), [("14.9", "pass"), ("15", "warn"), ("29.9", "warn"), ("30", "fail")])
def test_a_pause_that_sentinels_take_for_an_outage_is_refused(seconds: str, stands: str) -> None:
    aim = Aim("orders", words=(seconds,))
    against = refusals(PAUSE_WRITES, fleet(orders()), aim)
    noted = warnings(PAUSE_WRITES, fleet(orders()), aim)
    assert bool(against) == (stands == "fail")
    assert bool(noted) == (stands == "warn")
    assert all("the shortest down-after of the Sentinels is 30 s" in text for text in (*against, *noted))


def test_the_shortest_down_after_of_any_sentinel_counts() -> None:
    group = orders()
    hasty = replace(
        group.sentinels[2], watches={"orders": replace(group.sentinels[2].watches["orders"], down_after_ms=4000)}
    )
    assert "is 4 s" in why_not(replace(group, sentinels=(*group.sentinels[:2], hasty)))


def test_a_sentinel_whose_down_after_is_not_known_refuses_it() -> None:
    assert "is 0 s" in why_not(orders(None), "1")
    group = orders()
    mute = replace(group.sentinels[1], watches={})
    said = why_not(replace(group, sentinels=(group.sentinels[0], mute, group.sentinels[2])))
    assert f"{mute.address}: its down-after is not known" in said
    assert "not known yet" in why_not(replace(group, sentinels=()))


def test_a_failover_in_progress_refuses_it() -> None:
    group = orders()
    seen = replace(group.sentinels[0].watches["orders"], flags=frozenset({"primary", "failover_in_progress"}))
    busy = replace(group.sentinels[0], watches={"orders": seen})
    assert "a failover is in progress" in why_not(replace(group, sentinels=(busy, *group.sentinels[1:])))
    own = replace(group.nodes[0].replication, failover_state="waiting-for-sync")  # type: ignore[type-var]
    handing = replace(group.nodes[0], replication=own)
    assert "is in a FAILOVER (waiting-for-sync)" in why_not(replace(group, nodes=(handing, *group.nodes[1:])))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fault": Fault("hung", "no answer for 1.0 s", fleets.AT - 3)}, "does not answer: no answer for 1.0 s"),
        ({"role": "replica"}, "is a replica, which takes no writes"),
        ({"version": "6.0.9"}, "this needs 6.2 or later"),
        ({"version": None}, "an unknown version"),
        ({"seen_at": fleets.AT - 9}, "was not heard of"),
    ],
)
def test_a_primary_that_cannot_be_relied_on_refuses_it(changes: dict[str, Any], words: str) -> None:
    group = plain()
    assert words in why_not(replace(group, nodes=(replace(group.nodes[0], **changes), *group.nodes[1:])))


def test_a_replica_takes_no_writes_and_is_not_paused() -> None:
    assert "is a replica, which takes no writes; the primary is" in why_not(plain(), node=B)
    assert "is no node of plain" in why_not(plain(), node="9.9.9.9:1")


def test_without_a_primary_there_is_nothing_to_pause() -> None:
    assert "the primary of plain is not known" in why_not(replace(plain(), primary=None))


def test_in_a_cluster_it_must_be_said_where() -> None:
    cart = fleets.cluster_group(troubled=False)
    assert "--node NODE names one (10.30.0.1:7000, 10.30.0.2:7000, 10.30.0.3:7000)" in why_not(cart)
    assert "only one of them" in why_not(cart, node=CART[0], all="yes")
    assert commands(plan(cart, node=CART[1])) == [f"{CART[1]} CLIENT PAUSE 5000 WRITE"]
    assert commands(plan(cart, all="yes")) == [f"{node} CLIENT PAUSE 5000 WRITE" for node in CART]


def test_a_group_that_is_not_here_or_a_recording_refuses_it() -> None:
    aim = Aim("nosuch", words=("5",))
    assert "there is no group 'nosuch'" in refusals(PAUSE_WRITES, fleet(plain()), aim)[0]
    assert "there is no group 'nosuch'" in refusals(UNPAUSE, fleet(plain()), aim)[0]
    assert refusals(PAUSE_WRITES, fleet(plain(), replayed=True), Aim("plain", words=("5",)))


def deed(ago: float, text: str, group: str = "orders") -> Event:
    return Event(fleets.AT + 0.1 - ago, "", "action", group, text)


def test_a_pause_that_stands_still_is_remembered_until_its_time_is_up_or_it_was_ended() -> None:
    held = deed(3.0, begun("pause-writes", plan(orders(), "10").title))
    let_go = deed(1.0, begun("unpause", UNPAUSE.plan(fleet(orders()), Aim("orders")).title))
    aim = Aim("orders", words=("5",))
    said = refusals(PAUSE_WRITES, fleet(orders(), events=(held,)), aim)
    assert said == ("writes are held already, for about 7 s more, as far as is known here; `unpause` ends that",)
    assert refusals(PAUSE_WRITES, fleet(orders(), events=(held, let_go)), aim) == ()
    put_back = deed(2.0, "Nothing has changed: no answer within 2 s; everything was put back.")
    assert refusals(PAUSE_WRITES, fleet(orders(), events=(held, put_back)), aim) == ()
    assert refusals(PAUSE_WRITES, fleet(orders(), events=(replace(held, at=fleets.AT - 10),)), aim) == ()
    assert refusals(PAUSE_WRITES, fleet(orders(), events=(replace(held, group="other"),)), aim) == ()


def test_a_pause_of_one_shard_is_none_of_another() -> None:
    cart = fleets.cluster_group(troubled=False)
    held = deed(1.0, begun("pause-writes", plan(cart, "10", node=CART[0]).title), "cart")
    seen = fleet(cart, events=(held,))
    assert refusals(PAUSE_WRITES, seen, Aim("cart", options={"node": CART[0]}, words=("5",)))
    assert refusals(PAUSE_WRITES, seen, Aim("cart", options={"all": "yes"}, words=("5",)))
    assert not refusals(PAUSE_WRITES, seen, Aim("cart", options={"node": CART[1]}, words=("5",)))
    assert held_for(seen, "cart") == pytest.approx(9.0)


# -- plans -------------------------------------------------------------------------------------------------------------


def test_a_pause_is_risky_says_how_long_it_is_and_how_to_end_it() -> None:
    made = plan(orders(), "2.5")
    assert commands(made) == [f"{A} CLIENT PAUSE 2500 WRITE"]
    assert (made.danger, made.confirm, made.title) == ("risky", "orders", "Hold writes of orders for 2.5 s")
    assert [argv for step in made.release for argv in step.commands()] == [("CLIENT", "UNPAUSE")]
    assert "unpause" in made.undo
    assert "2.5 s" in made.undo


def test_unpause_is_routine_and_says_that_it_ends_everybodys_pause() -> None:
    made = UNPAUSE.plan(fleet(orders()), Aim("orders"))
    assert commands(made) == [f"{A} CLIENT UNPAUSE"]
    assert (made.danger, made.confirm) == ("routine", "")
    assert "Whoever else held writes" in made.loses


def test_an_old_primary_can_be_let_go_on_by_its_address() -> None:
    aim = Aim("orders", options={"node": B})
    assert refusals(UNPAUSE, fleet(orders()), aim) == ()
    assert commands(UNPAUSE.plan(fleet(orders()), aim)) == [f"{B} CLIENT UNPAUSE"]


def test_equal_fleets_give_equal_plans_and_a_new_primary_another_one() -> None:
    group = orders()
    lead = replace(group.nodes[0], replication=replace(group.nodes[0].replication, offset=99))  # type: ignore[type-var]
    assert plan(group) == plan(replace(group, nodes=(lead, *group.nodes[1:])))
    assert plan(group) != plan(replace(group, primary=B))


# -- steps -------------------------------------------------------------------------------------------------------------

NOTHING = b"# Clients\r\nconnected_clients:3\r\n"
NONE = b"paused_reason:none\r\npaused_actions:none\r\npaused_timeout_milliseconds:0\r\n"
PAUSED = b"paused_reason:client_pause\r\npaused_actions:write\r\npaused_timeout_milliseconds:1800\r\n"
IDLE = b"id=1 name= flags=N cmd=ping\nid=2 name= flags=b cmd=blpop\nid=3 name= flags=S cmd=replconf\n"
WRITER = b"id=4 name= flags=b cmd=set\n"
SENTINELS = b"".join(b"id=%d name=sentinel-%08x-cmd flags=N cmd=ping\n" % (n, n) for n in (5, 6, 7))


def sees(info: object, clients: object, node: str = A) -> Line:
    return Together(look((node,))), [info, clients]


def test_where_nothing_is_held_it_goes_on() -> None:
    assert play(NoPauseYet(None, (A,), 0), sees(NONE, IDLE)).said == "nothing is held"
    assert play(NoPauseYet(None, (A,), 3), sees(NOTHING, IDLE + SENTINELS)).said == "nothing is held"


@pytest.mark.parametrize(
    ("info", "clients", "words"),
    [
        (PAUSED, IDLE, r"holds writes already \(client pause, for 1.8 s more\)"),
        (NOTHING, IDLE + WRITER, r"holds writes already \(a client waits with SET\)"),
        (NONE, SENTINELS, "3 Sentinels are connected to .*, none known here"),
    ],
)
def test_a_pause_that_stands_already_and_a_sentinel_nobody_knows_stop_it(
    info: bytes, clients: bytes, words: str
) -> None:
    with pytest.raises(StepFailed, match=words):
        play(NoPauseYet(None, (A,), 0), sees(info, clients))


def test_a_node_that_does_not_tell_stops_it() -> None:
    with pytest.raises(NotKnown):
        play(NoPauseYet(None, (A,), 0), sees(None, IDLE))


ROLE = Ask(A, ("ROLE",), seconds=0.5)
HOLD = Ask(A, ("CLIENT", "PAUSE", "5000", "WRITE"), mutates=True)
PRIMARY, REPLICA = [b"master", 1, []], [b"slave", b"10.20.0.12", 6379, b"connected", 1]


def test_writes_are_held_at_a_primary_only() -> None:
    assert play(HoldWrites(A, 5000), (ROLE, PRIMARY), (HOLD, b"OK")).said == "OK: writes wait"
    for reply in (REPLICA, LOST, REFUSED):
        with pytest.raises(StepFailed) as failure:
            play(HoldWrites(A, 5000), (ROLE, reply))
        assert failure.value.unchanged


def test_a_pause_whose_reply_is_lost_is_looked_for_and_not_sent_again() -> None:
    assert play(HoldWrites(A, 5000), (ROLE, PRIMARY), (HOLD, LOST), sees(PAUSED, IDLE)).said == "OK: writes wait"
    assert play(HoldWrites(A, 5000), (ROLE, PRIMARY), (HOLD, LOST), sees(NOTHING, WRITER)).said == "OK: writes wait"
    for info, clients in ((NONE, IDLE), (NOTHING, IDLE), (None, None)):
        with pytest.raises(NotKnown):
            play(HoldWrites(A, 5000), (ROLE, PRIMARY), (HOLD, LOST), sees(info, clients))
    with pytest.raises(Refused):
        play(HoldWrites(A, 5000), (ROLE, PRIMARY), (HOLD, REFUSED))


def test_an_unpause_whose_reply_is_lost_is_looked_for() -> None:
    command = Ask(A, ("CLIENT", "UNPAUSE"), mutates=True)
    assert play(EndPause(A), (command, b"OK")).said == "OK"
    assert play(EndPause(A), (command, LOST), sees(NONE, IDLE)).said == "OK"
    for info in (PAUSED, NOTHING):
        with pytest.raises(NotKnown):
            play(EndPause(A), (command, LOST), sees(info, IDLE))


def test_it_is_said_what_was_seen_of_the_pause() -> None:
    held = WritesHeld(None, (A,), 5000)
    assert play(held, sees(PAUSED, IDLE)).said == f"{A} holds writes, for 1.8 s more"
    assert play(held, sees(NOTHING, IDLE), sees(NOTHING, WRITER)).said == f"{A} holds writes: a client waits with SET"
    with pytest.raises(StepFailed, match="nothing is held there"):
        play(WritesHeld(None, (A,), 100), sees(NONE, IDLE), sees(NONE, IDLE))
    with pytest.raises(NotKnown):
        play(WritesHeld(None, (A,), 100), sees(None, None), sees(None, None))


def test_where_nothing_tells_that_is_what_is_said() -> None:
    played = play(WritesHeld(None, (A,), 2000), *[sees(NOTHING, IDLE)] * 12)
    assert played.said == f"{A} said OK; its version does not tell of pauses, and no client was seen to write"
    assert played.waited == pytest.approx(1.1)


def test_writes_go_on_when_nothing_is_held_or_nobody_waits() -> None:
    step = WritesGoOn(None, (A,), 0.1)
    assert play(step, sees(PAUSED, WRITER), sees(NONE, IDLE)).said == f"{A}: nothing is held"
    assert play(step, sees(NOTHING, IDLE)).said == f"{A}: no client waits to write"
    with pytest.raises(StepFailed, match=r"holds writes still \(client pause"):
        play(step, *[sees(PAUSED, IDLE)] * 2)
    with pytest.raises(NotKnown):
        play(step, *[sees(None, None)] * 2)


# -- whose pause it is -------------------------------------------------------------------------------------------------

HELD = Finding("clients-paused", "warn", "orders", "somebody sent it CLIENT PAUSE", A, 12.0)
SLOW = Finding("lag-bytes", "warn", "orders", "behind", A, 12.0)


@pytest.mark.parametrize(
    ("deeds", "stranger"),
    [
        ([], True),
        ([(0, "orders", begun("pause-writes", "Hold writes of orders for 20 s"))], False),
        ([(0, "orders", begun("pause-writes", f"Hold writes of orders at {A} for 20 s"))], False),
        ([(0, "orders", begun("pause-writes", f"Hold writes of orders at {B} for 20 s"))], True),
        ([(0, "cart", begun("pause-writes", "Hold writes of cart for 20 s"))], True),
        ([(40, "orders", begun("pause-writes", "Hold writes of orders for 20 s"))], True),
        (
            [
                (9, "orders", begun("pause-writes", "Hold writes of orders for 20 s")),
                (8, "orders", "Hold writes of orders for 20 s: done, and verified."),
                (5, "orders", begun("unpause", "Let writes of orders go on")),
                (4, "orders", "Let writes of orders go on: done, and verified."),
            ],
            True,
        ),
        ([(90, "orders", begun("failover", "Fail over orders"))], False),
        ([(90, "orders", begun("failover", "Fail over orders")), (60, "orders", "Fail over orders: done")], True),
        ([(90, "orders", begun("failover", "Fail over orders")), (5, "orders", "Fail over orders: done")], False),
    ],
)
def test_a_pause_is_somebody_elses_unless_it_was_begun_from_here(
    deeds: list[tuple[int, str, str]], stranger: bool
) -> None:
    done = [Event(fleets.AT - ago, "", "action", group, text) for ago, group, text in deeds]
    assert strangers((SLOW, HELD), done, fleets.AT) == ((SLOW, HELD) if stranger else (SLOW,))

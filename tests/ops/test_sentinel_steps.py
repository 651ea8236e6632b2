"""The steps of a Sentinel failover, each by itself, reply by reply."""

from __future__ import annotations

from typing import Any

import pytest

from redistui.ops.sentinel.demote import Demote, DemoteReturned
from redistui.ops.sentinel.priorities import AwaitPriorities, RestorePriority, SetPriority
from redistui.ops.sentinel.steps import NEW, NEW_HOST, NEW_PORT, AwaitPromotion, OrderFailover
from redistui.ops.sentinel.verify import EveryoneFollows, NewPrimaryServes, SentinelsAgree
from redistui.ops.steps import Ask, Lost, NotKnown, Refused, StepFailed, Together, Transaction
from tests.ops.play import Line, play
from tests.ops.test_steps import LOST, OPTION, REFUSED, A, B, C, S, T, ask, believes, both, named, primary, replica

# -- the order ---------------------------------------------------------------------------------------------------------

ORDER = OrderFailover(S, "orders", A, "fenced")
ORDERED = ask(S, "SENTINEL FAILOVER orders", mutates=True, seconds=1.0)
LOOK = ask(S, "SENTINEL MASTER orders", seconds=0.5)
HELD = ask(A, OPTION, seconds=1.0)
STANDS = ((LOOK, believes(A)), (HELD, [b"x", b"10000"]))
ROLE = ask(A, "ROLE", seconds=1.0)


def test_an_order_is_given_where_the_world_is_as_the_plan_wants_it() -> None:
    assert play(ORDER, *STANDS, (ORDERED, b"OK")).said == "OK: it has begun"
    coordinated = ask(S, "SENTINEL FAILOVER orders COORDINATED", mutates=True, seconds=1.0)
    step = OrderFailover(S, "orders", A, "coordinated")
    assert play(step, (LOOK, believes(A)), (ROLE, primary()), (coordinated, b"OK")).said == "OK: it has begun"
    step = OrderFailover(S, "orders", A, "unplanned")
    for silence in (LOST, Refused("cannot connect: connection refused"), replica(B)):
        assert play(step, (LOOK, believes(A)), (ROLE, silence), (ORDERED, b"OK")).said == "OK: it has begun"


LATELY = OrderFailover(S, "orders", A, "unplanned", (B, C))
DOWN = believes(A, flags="master,s_down,disconnected")
HEARD = ask(S, "SENTINEL REPLICAS orders", seconds=0.5)
GIVEN = ((LOOK, DOWN), (ROLE, LOST), (ORDERED, b"OK"))


def read_ago(**ms: int) -> list[list[bytes]]:
    """SENTINEL REPLICAS: how long ago INFO of each was read."""
    rows = [(address, ms[name]) for name, address in (("b", B), ("c", C)) if name in ms]
    return [
        [word.encode() for word in ("ip", address.rpartition(":")[0], "port", address.rpartition(":")[2],
                                    "flags", "slave", "info-refresh", str(age))]
        for address, age in rows
    ]  # fmt: skip


def test_a_sentinel_that_finds_the_primary_down_is_ordered_just_after_it_has_heard_of_a_replica() -> None:
    old = ((LOOK, DOWN), (HEARD, read_ago(b=9000, c=4500)))
    played = play(LATELY, *old, (LOOK, DOWN), (HEARD, LOST), (LOOK, DOWN), (HEARD, read_ago(b=100, c=5500)), *GIVEN)
    assert (played.said, round(played.waited, 3)) == ("OK: it has begun", 0.2)
    chosen = OrderFailover(S, "orders", A, "unplanned", (C,))
    assert play(chosen, *old, (LOOK, DOWN), (HEARD, read_ago(b=9100, c=0)), *GIVEN).said == "OK: it has begun"


@pytest.mark.parametrize("seen", [believes(A), LOST])
def test_a_sentinel_that_takes_older_ones_too_is_ordered_at_once(seen: Any) -> None:
    assert play(LATELY, (LOOK, seen), (LOOK, seen), *GIVEN[1:]).waited == 0.0


def test_a_failover_of_their_own_meanwhile_is_let_be() -> None:
    busy = believes(A, flags="master,s_down,o_down,failover_in_progress")
    played = play(LATELY, (LOOK, DOWN), (HEARD, read_ago(b=9000, c=9000)), (LOOK, busy), (LOOK, busy))
    assert played.said == f"nothing to order: {S} fails over already"


def test_a_sentinel_that_hears_of_no_replica_any_more_is_not_ordered() -> None:
    rounds = [pair for _ in range(400) for pair in ((LOOK, DOWN), (HEARD, read_ago(b=30_000)))]
    with pytest.raises(StepFailed, match=f"{S} has not read INFO of {B} or {C} for 25 s") as failed:
        play(LATELY, *rounds)
    assert failed.value.unchanged


def test_a_sentinel_that_does_not_answer_the_look_is_ordered_all_the_same() -> None:
    gone = Refused("cannot connect: connection refused")
    with pytest.raises(Refused):
        play(ORDER, (LOOK, gone), (HELD, [b"x", b"10000"]), (ORDERED, gone))


@pytest.mark.parametrize(
    ("how", "asked", "answer", "words"),
    [
        ("fenced", HELD, [b"x", b"1"], "not held any more: min-replicas-to-write reads '1'"),
        ("coordinated", ROLE, replica(B), "could not hand over"),
        ("coordinated", ROLE, LOST, "could not hand over"),
        ("unplanned", ROLE, primary(), "answers again"),
    ],
)
def test_nothing_is_ordered_where_it_would_lose_writes(how: Any, asked: Ask, answer: Any, words: str) -> None:
    with pytest.raises(StepFailed, match=words):
        play(OrderFailover(S, "orders", A, how), (LOOK, believes(A)), (asked, answer))


def test_nothing_is_ordered_while_the_sentinels_fail_over_already() -> None:
    assert play(ORDER, (LOOK, believes(A, flags="master,failover_in_progress"))).said.startswith("nothing to order")
    assert play(ORDER, (LOOK, believes(B))).said == f"nothing to order: {S} names {B} already"


def test_an_order_without_a_reply_has_begun_if_the_sentinel_says_so() -> None:
    begun = play(ORDER, *STANDS, (ORDERED, LOST), (LOOK, believes(A, flags="master,failover_in_progress")))
    assert begun.said == "no reply, but it has begun"
    begun = play(ORDER, *STANDS, (ORDERED, LOST), (LOOK, believes(A)), (LOOK, believes(B)))
    assert begun.said == "no reply, but it has begun"


def test_an_order_without_a_reply_that_has_not_begun_changed_nothing() -> None:
    with pytest.raises(StepFailed, match="it has not begun") as caught:
        play(ORDER, *STANDS, (ORDERED, LOST), (LOOK, believes(A)), (LOOK, believes(A)))
    assert caught.value.unchanged


@pytest.mark.parametrize("answer", [LOST, REFUSED, [b"odd"]])
def test_an_order_without_a_reply_from_a_sentinel_that_is_gone_is_not_known(answer: Any) -> None:
    with pytest.raises(NotKnown):
        play(ORDER, *STANDS, (ORDERED, LOST), (LOOK, answer))


def test_a_refused_order_says_what_the_sentinel_said() -> None:
    with pytest.raises(Refused, match="NOGOODSLAVE"):
        play(ORDER, *STANDS, (ORDERED, Refused("NOGOODSLAVE No suitable replica to promote")))


# -- priorities --------------------------------------------------------------------------------------------------------

PREFER = SetPriority(B, 100, 1)
LOWERED = ask(B, "CONFIG SET replica-priority 1", mutates=True)
PRIORITY = ask(B, "CONFIG GET replica-priority")


def test_a_priority_is_changed_only_from_what_it_was_when_the_plan_was_made() -> None:
    assert play(PREFER, (PRIORITY, [b"x", b"100"]), (LOWERED, b"OK")).said == "OK: it is 1"
    with pytest.raises(StepFailed, match="reads '50' by now, not 100"):
        play(PREFER, (PRIORITY, [b"x", b"50"]))


def test_a_lost_reply_to_a_priority_is_settled_by_reading() -> None:
    assert play(PREFER, (PRIORITY, [b"x", b"100"]), (LOWERED, LOST), (PRIORITY, [b"x", b"1"])).said == "OK: it is 1"
    with pytest.raises(StepFailed, match="reads '100', not 1"):
        play(PREFER, (PRIORITY, [b"x", b"100"]), (LOWERED, LOST), (PRIORITY, [b"x", b"100"]))


def test_a_priority_that_was_set_by_the_console_before_is_no_surprise() -> None:
    assert play(PREFER, (PRIORITY, [b"x", b"1"]), (LOWERED, b"OK")).said == "OK: it is 1"


def test_the_priority_before_is_put_back_without_a_look() -> None:
    step, command = RestorePriority(B, 100), ask(B, "CONFIG SET replica-priority 100", mutates=True)
    assert play(step, (command, b"OK")).said == "OK: it is 100 again"
    for answer in (LOST, REFUSED):
        assert play(step, (command, answer), (PRIORITY, [b"x", b"100"])).said == "OK: it is 100 again"
        with pytest.raises(NotKnown, match="reads '1', not 100"):
            play(step, (command, answer), (PRIORITY, [b"x", b"1"]))


def listed(*rows: tuple[str, int, str]) -> list[list[bytes]]:
    """SENTINEL REPLICAS: address, priority and flags of each."""
    found = []
    for address, priority, flags in rows:
        host, _, port = address.rpartition(":")
        fields = {"ip": host, "port": port, "flags": flags, "slave-priority": priority}
        found.append([str(word).encode() for pair in fields.items() for word in pair])
    return found


LISTS = Together((ask(S, "SENTINEL REPLICAS orders"), ask(T, "SENTINEL REPLICAS orders")))
PREFERS = listed((B, 1, "slave"), (C, 100, "slave"))


def test_every_sentinel_has_to_see_the_chosen_one_as_the_lowest() -> None:
    played = play(
        AwaitPriorities(None, "orders", (S, T), B, 1.0),
        (LISTS, [PREFERS, listed((B, 100, "slave"), (C, 100, "slave"))]),
        (LISTS, [PREFERS, PREFERS]),
    )
    assert played.said == f"both Sentinels prefer {B}"


@pytest.mark.parametrize(
    ("rows", "ok"),
    [
        (((B, 1, "slave"), (C, 1, "slave,s_down")), True),
        (((B, 1, "slave"), (C, 0, "slave")), True),
        (((B, 1, "slave"),), True),
        (((B, 1, "slave"), (C, 1, "slave")), False),
        (((B, 0, "slave"), (C, 1, "slave")), False),
        (((B, 1, "slave,s_down"), (C, 100, "slave")), False),
        (((C, 100, "slave"),), False),
    ],
)
def test_only_replicas_that_are_well_count(rows: Any, ok: bool) -> None:
    lines = [(LISTS, [PREFERS, listed(*rows)])] * (1 if ok else 3)
    step = AwaitPriorities(None, "orders", (S, T), B, 0.5)
    if ok:
        assert play(step, *lines).said
    else:
        with pytest.raises(StepFailed, match=f"{T} did not prefer {B} after 0.5 s"):
            play(step, *lines)


# -- the promotion -----------------------------------------------------------------------------------------------------

AWAIT = AwaitPromotion(None, "orders", A, S, (S, T), (B, C), 1.0)
WHO = both(S, T, text="SENTINEL GET-MASTER-ADDR-BY-NAME orders")
BUSY = believes(A, flags="master,failover_in_progress")


def asked_what_they_are(second: Any) -> tuple[Line, Line]:
    """Both candidates, after it was given up."""
    return (ask(B, "ROLE", seconds=0.5), replica()), (ask(C, "ROLE", seconds=0.5), second)


def test_one_sentinel_that_names_a_new_primary_which_agrees_is_enough() -> None:
    played = play(
        AWAIT,
        (WHO, [named(A), named(A)]),
        (LOOK, BUSY),
        (WHO, [named(C), named(A)]),
        (ask(C, "ROLE", seconds=0.5), replica()),
        (LOOK, BUSY),
        (WHO, [None, named(C)]),
        (ask(C, "ROLE", seconds=0.5), primary()),
    )
    assert played.said == f"{C} is primary"
    assert played.notes == {NEW: C, NEW_HOST: "10.0.0.3", NEW_PORT: "6379"}


def test_a_failover_that_was_given_up_changed_nothing() -> None:
    with pytest.raises(StepFailed, match="gave the failover up") as caught:
        play(
            AWAIT, (WHO, [named(A), named(A)]), (LOOK, BUSY), (WHO, [named(A), named(A)]), (LOOK, believes(A)),
            *asked_what_they_are(replica()),
        )  # fmt: skip
    assert caught.value.unchanged
    assert "did not answer" not in str(caught.value)


def test_a_candidate_that_hangs_may_take_its_promotion_up_later_and_that_is_said() -> None:
    with pytest.raises(StepFailed, match="calls itself a primary until the Sentinels") as caught:
        play(AWAIT, (WHO, [named(A), named(A)]), (LOOK, believes(A)), *asked_what_they_are(Lost("no answer")))
    assert caught.value.unchanged


def test_a_promotion_that_does_not_come_is_not_known() -> None:
    rounds = [line for _ in range(30) for line in ((WHO, [named(A), None]), (LOOK, LOST))]
    with pytest.raises(NotKnown, match="nobody was promoted within 1 s"):
        play(AWAIT, *rounds)


def test_another_one_than_was_asked_for_is_told_and_gone_on_with() -> None:
    chosen = AwaitPromotion(None, "orders", A, S, (S, T), (B,), 1.0)
    played = play(chosen, (WHO, [named(C), named(C)]), (ask(C, "ROLE", seconds=0.5), primary()))
    assert played.said == f"{C} is primary, not {B}: they chose otherwise"
    assert played.notes[NEW] == C


# -- the old primary ---------------------------------------------------------------------------------------------------

DEMOTE = Demote(A, 0.1)
NOTES = {NEW: B, NEW_HOST: "10.0.0.2", NEW_PORT: "6379"}
SWITCH = Transaction(A, DEMOTE.commands())
OWN_ROLE = both(A, seconds=1.0)
TWO_ROLES = both(A, B, seconds=1.0)
OLD_AND_NEW = (TWO_ROLES, [primary(), primary()])


def test_the_old_primary_is_made_a_replica_in_one_transaction() -> None:
    assert DEMOTE.commands()[0] == ("MULTI",)
    assert DEMOTE.commands()[1] == ("REPLICAOF", NEW_HOST, NEW_PORT)
    assert DEMOTE.commands()[-1] == ("EXEC",)
    lines = (OLD_AND_NEW, (SWITCH, [b"OK", 3, 1]), (OWN_ROLE, [replica(B, state=b"connect")]))
    assert play(DEMOTE, *lines, notes=NOTES).said == f"it follows {B}"


def test_an_old_primary_that_is_a_replica_already_is_told_nothing() -> None:
    played = play(DEMOTE, (TWO_ROLES, [replica(B), None]), (OWN_ROLE, [replica(B)]), notes=NOTES)
    assert played.said == f"it follows {B}"


@pytest.mark.parametrize(("new", "kind"), [(replica(A), StepFailed), (None, NotKnown)])
def test_it_is_not_told_to_follow_one_that_is_no_primary_any_more(new: Any, kind: type[StepFailed]) -> None:
    rounds = [(TWO_ROLES, [primary(), new])] * 70
    with pytest.raises(kind, match=f"{B} did not say that it is still a primary, so {A} was not told"):
        play(DEMOTE, *rounds, notes=NOTES)


@pytest.mark.parametrize("answer", [LOST, REFUSED, [REFUSED, 3, 1]])
def test_an_old_primary_that_does_not_obey_is_waited_for_until_the_sentinels_have_made_it(answer: Any) -> None:
    begun = (OLD_AND_NEW, (SWITCH, answer))
    told = play(DEMOTE, *begun, (OWN_ROLE, [primary()]), (OWN_ROLE, [replica(B)]), notes=NOTES)
    assert told.said == f"it follows {B}"
    rounds = [(OWN_ROLE, [primary()])] * 3
    with pytest.raises(StepFailed, match="did not become a replica"):
        play(DEMOTE, *begun, *rounds, notes=NOTES)
    with pytest.raises(NotKnown):
        play(DEMOTE, *begun, *[(OWN_ROLE, [None])] * 3, notes=NOTES)


def test_a_dead_primary_is_left_to_the_sentinels_and_one_that_is_back_is_demoted() -> None:
    step = DemoteReturned(A, 0.1)
    once = ask(A, "ROLE", seconds=1.0)
    for silence in (LOST, Refused("cannot connect: connection refused")):
        assert play(step, (once, silence), notes=NOTES).said.startswith("it does not answer; should it come back")
    lines = ((once, primary()), OLD_AND_NEW, (SWITCH, [b"OK", 3, 1]), (OWN_ROLE, [replica(B)]))
    assert play(step, *lines, notes=NOTES).said == f"it follows {B}"


# -- what must hold afterwards -----------------------------------------------------------------------------------------

AGREE = SentinelsAgree(None, "orders", (S, T), 3, 0.2)
MASTERS = Together((ask(S, "SENTINEL MASTER orders"), ask(T, "SENTINEL MASTER orders")))


def test_all_sentinels_must_name_the_new_primary_under_one_newer_epoch() -> None:
    played = play(
        AGREE,
        (MASTERS, [believes(B, 4), believes(A, 3)]),
        (MASTERS, [believes(B, 4), believes(B, 4)]),
        notes=NOTES,
    )
    assert played.said == f"both Sentinels name {B}, config-epoch 4"


@pytest.mark.parametrize(
    ("replies", "words", "kind"),
    [
        ([believes(B, 4), believes(A, 3)], f"{T} did not name {B}", StepFailed),
        ([believes(B, 4), believes(B, 5)], "config-epochs were", StepFailed),
        ([believes(B, 3), believes(B, 3)], "config-epochs were", StepFailed),
        ([believes(B, 4, "master,failover_in_progress"), believes(B, 4)], "still in progress", StepFailed),
        ([believes(B, 4), None], f"{T} did not name {B}", NotKnown),
        ([believes(B, 4), [b"torn"]], f"{T} did not name {B}", StepFailed),
    ],
)
def test_sentinels_that_do_not_agree_are_named(replies: Any, words: str, kind: type[StepFailed]) -> None:
    with pytest.raises(kind, match=words):
        play(AGREE, *[(MASTERS, replies)] * 3, notes=NOTES)


def test_the_new_primary_says_so_itself() -> None:
    asked = Together((ask(B, "ROLE"),))
    assert play(NewPrimaryServes(None, 0.2), (asked, [primary()]), notes=NOTES).said.startswith(f"{B} is primary")
    with pytest.raises(StepFailed, match="did not say that it is a primary"):
        play(NewPrimaryServes(None, 0.2), *[(asked, [replica()])] * 3, notes=NOTES)
    with pytest.raises(StepFailed, match=f"the Sentinels made {B} primary, not {C}"):
        play(NewPrimaryServes(None, 0.2, C), notes=NOTES)


def test_everybody_else_follows_with_the_link_up() -> None:
    asked = Together((ask(A, "ROLE"), ask(C, "ROLE")))
    step = EveryoneFollows(None, (A, B, C), 0.2)
    played = play(
        step,
        (asked, [replica(B, state=b"sync"), replica(A)]),
        (asked, [replica(B), replica(B)]),
        notes=NOTES,
    )
    assert played.said == f"{A}, {C} follow it, link up"
    with pytest.raises(StepFailed, match=f"{A}, {C} did not follow {B}"):
        play(step, *[(asked, [primary(), replica(A)])] * 3, notes=NOTES)

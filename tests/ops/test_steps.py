"""Each step by itself, reply by reply."""

from __future__ import annotations

from typing import Any

import pytest

from redistui.ops.catch_up import CatchUp
from redistui.ops.fence import BEFORE, AcceptWrites, PauseWrites, ReadMinReplicas, RefuseWrites, ResumeWrites
from redistui.ops.sentinel_steps import NEW, NEW_HOST, NEW_PORT, AwaitPromotion, Demote, OrderFailover, WriteConfig
from redistui.ops.sentinel_verify import EveryoneFollows, NewPrimaryServes, SentinelsAgree
from redistui.ops.steps import Ask, Lost, NotKnown, Refused, StepFailed, Together, Transaction
from tests.ops.play import play

A, B, C = "10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379"
S, T = "10.0.0.8:26379", "10.0.0.9:26379"
REFUSED = Refused("NOPERM no")
LOST = Lost("no answer within 2 s")


def primary(offset: int = 100) -> list[Any]:
    return [b"master", offset, []]


def replica(of: str = A, offset: int = 100, state: bytes = b"connected") -> list[Any]:
    host, _, port = of.rpartition(":")
    return [b"slave", host.encode(), int(port), state, offset]


def named(address: str) -> list[bytes]:
    host, _, port = address.rpartition(":")
    return [host.encode(), port.encode()]


def believes(address: str, epoch: int = 3, flags: str = "master") -> list[bytes]:
    host, _, port = address.rpartition(":")
    fields = {"name": "orders", "ip": host, "port": port, "flags": flags, "config-epoch": epoch}
    return [str(word).encode() for pair in fields.items() for word in pair]


def ask(node: str, text: str, *, seconds: float = 2.0, mutates: bool = False) -> Ask:
    return Ask(node, tuple(text.split(" ")), mutates, seconds)


# -- the fence ---------------------------------------------------------------------------------------------------------

OPTION = "CONFIG GET min-replicas-to-write"
LAG = "CONFIG GET min-replicas-max-lag"


def test_the_value_before_is_noted() -> None:
    played = play(
        ReadMinReplicas(A),
        (ask(A, OPTION), [b"min-replicas-to-write", b"1"]),
        (ask(A, LAG), [b"min-replicas-max-lag", b"10"]),
    )
    assert played.notes == {BEFORE: "1"}


@pytest.mark.parametrize(
    ("value", "lag", "words"),
    [
        ([b"min-replicas-to-write", b"10000"], [b"x", b"10"], "an earlier fence was left there"),
        ([b"min-replicas-to-write", b"0"], [b"x", b"0"], "switches min-replicas-to-write off"),
        ([], [b"x", b"10"], "cannot be read"),
        (None, [b"x", b"10"], "cannot be read"),
    ],
)
def test_a_fence_that_would_not_hold_is_not_put_up(value: Any, lag: Any, words: str) -> None:
    with pytest.raises(StepFailed, match=words):
        play(ReadMinReplicas(A), (ask(A, OPTION), value), (ask(A, LAG), lag))


def test_a_pause_is_sent_once_and_an_unanswered_one_is_not_repeated() -> None:
    pause = ask(A, "CLIENT PAUSE 6000 WRITE", mutates=True, seconds=0.75)
    assert play(PauseWrites(A, 6000), (pause, b"OK")).said == "OK: writes wait"
    with pytest.raises(Lost):
        play(PauseWrites(A, 6000), (pause, LOST))


def test_a_lost_reply_to_the_fence_is_settled_by_reading() -> None:
    command = ask(A, "CONFIG SET min-replicas-to-write 10000", mutates=True)
    read = ask(A, OPTION)
    assert play(RefuseWrites(A), (command, LOST), (read, [b"x", b"10000"])).said == "OK: writes are refused"
    with pytest.raises(NotKnown, match="reads '0', not 10000"):
        play(RefuseWrites(A), (command, LOST), (read, [b"x", b"0"]))
    with pytest.raises(Refused):
        play(RefuseWrites(A), (command, REFUSED))


def test_the_fence_is_lifted_to_the_value_before() -> None:
    step = AcceptWrites(A)
    command = Ask(A, step.commands()[0], mutates=True)
    assert command.argv[-1] is BEFORE
    assert play(step, (command, b"OK"), notes={BEFORE: "2"}).said == "OK: it is 2 again"
    refused = play(step, (command, REFUSED), (ask(A, OPTION), [b"x", b"2"]), notes={BEFORE: "2"})
    assert refused.said == "OK: it is 2 again"
    with pytest.raises(NotKnown):
        play(step, (command, REFUSED), (ask(A, OPTION), [b"x", b"10000"]), notes={BEFORE: "2"})


def test_clients_are_let_go_on() -> None:
    assert play(ResumeWrites(A), (ask(A, "CLIENT UNPAUSE", mutates=True), b"OK")).said


# -- catching up -------------------------------------------------------------------------------------------------------


def both(*nodes: str, text: str = "ROLE", seconds: float = 0.5) -> Together:
    return Together(tuple(ask(node, text, seconds=seconds) for node in nodes))


def test_replicas_have_caught_up_when_they_are_at_the_offset_read_once_or_beyond() -> None:
    played = play(
        CatchUp(A, (B, C), 2.0),
        (ask(A, "ROLE"), primary(500)),
        (both(B, C), [replica(offset=499), replica(offset=500)]),
        (both(B, C), [None, replica(offset=514)]),
        (both(B, C), [replica(offset=514), replica(offset=514)]),
    )
    assert played.said == f"{B}, {C} have all up to offset 500"
    assert played.waited == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(replica(offset=1), StepFailed), (replica(offset=900, state=b"connect"), StepFailed), (None, NotKnown)],
)
def test_a_replica_that_does_not_catch_up_is_named(reply: Any, kind: type[StepFailed]) -> None:
    with pytest.raises(kind, match=f"{B} has not caught up after 0.02 s") as caught:
        play(CatchUp(A, (B,), 0.02), (ask(A, "ROLE"), primary(500)), (both(B), [reply]), (both(B), [reply]))
    assert caught.type is kind


def test_a_primary_that_is_none_any_more_stops_it() -> None:
    with pytest.raises(StepFailed, match="does not say that it is a primary"):
        play(CatchUp(A, (B,), 2.0), (ask(A, "ROLE"), replica(B)))


# -- the order ---------------------------------------------------------------------------------------------------------

ORDER = OrderFailover(S, "orders", A, coordinated=False)
ORDERED = ask(S, "SENTINEL FAILOVER orders", mutates=True, seconds=1.0)
LOOK = ask(S, "SENTINEL MASTER orders", seconds=0.5)


def test_an_order_without_a_reply_has_begun_if_the_sentinel_says_so() -> None:
    assert play(ORDER, (ORDERED, b"OK")).said == "OK: it has begun"
    begun = play(ORDER, (ORDERED, LOST), (LOOK, believes(A, flags="master,failover_in_progress")))
    assert begun.said == "no reply, but it has begun"
    assert play(ORDER, (ORDERED, LOST), (LOOK, believes(A)), (LOOK, believes(B))).said == "no reply, but it has begun"


def test_an_order_without_a_reply_that_has_not_begun_changed_nothing() -> None:
    with pytest.raises(StepFailed, match="it has not begun") as caught:
        play(ORDER, (ORDERED, LOST), (LOOK, believes(A)), (LOOK, believes(A)))
    assert caught.value.unchanged


@pytest.mark.parametrize("answer", [LOST, REFUSED, [b"odd"]])
def test_an_order_without_a_reply_from_a_sentinel_that_is_gone_is_not_known(answer: Any) -> None:
    with pytest.raises(NotKnown):
        play(ORDER, (ORDERED, LOST), (LOOK, answer))


def test_a_refused_order_says_what_the_sentinel_said() -> None:
    with pytest.raises(Refused, match="NOGOODSLAVE"):
        play(ORDER, (ORDERED, Refused("NOGOODSLAVE No suitable replica to promote")))


# -- the promotion -----------------------------------------------------------------------------------------------------

AWAIT = AwaitPromotion(None, "orders", A, S, (S, T), (B, C), 1.0)
WHO = both(S, T, text="SENTINEL GET-MASTER-ADDR-BY-NAME orders")
BUSY = believes(A, flags="master,failover_in_progress")


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
        play(AWAIT, (WHO, [named(A), named(A)]), (LOOK, BUSY), (WHO, [named(A), named(A)]), (LOOK, believes(A)))
    assert caught.value.unchanged


def test_a_promotion_that_does_not_come_is_not_known() -> None:
    rounds = [line for _ in range(30) for line in ((WHO, [named(A), None]), (LOOK, LOST))]
    with pytest.raises(NotKnown, match="nobody was promoted within 1 s"):
        play(AWAIT, *rounds)


# -- the old primary ---------------------------------------------------------------------------------------------------

DEMOTE = Demote(A, 0.1)
NOTES = {NEW: B, NEW_HOST: "10.0.0.2", NEW_PORT: "6379"}
SWITCH = Transaction(A, DEMOTE.commands())
OWN_ROLE = both(A, seconds=1.0)


def test_the_old_primary_is_made_a_replica_in_one_transaction() -> None:
    assert DEMOTE.commands()[0] == ("MULTI",)
    assert DEMOTE.commands()[1] == ("REPLICAOF", NEW_HOST, NEW_PORT)
    assert DEMOTE.commands()[-1] == ("EXEC",)
    played = play(DEMOTE, (SWITCH, [b"OK", 3, 1]), (OWN_ROLE, [replica(B, state=b"connect")]), notes=NOTES)
    assert played.said == f"it follows {B}"


@pytest.mark.parametrize("answer", [LOST, REFUSED, [REFUSED, 3, 1]])
def test_an_old_primary_that_does_not_obey_is_waited_for_until_the_sentinels_have_made_it(answer: Any) -> None:
    told = play(DEMOTE, (SWITCH, answer), (OWN_ROLE, [primary()]), (OWN_ROLE, [replica(B)]), notes=NOTES)
    assert told.said == f"it follows {B}"
    rounds = [(OWN_ROLE, [primary()])] * 3
    with pytest.raises(StepFailed, match="did not become a replica"):
        play(DEMOTE, (SWITCH, answer), *rounds, notes=NOTES)
    with pytest.raises(NotKnown):
        play(DEMOTE, (SWITCH, answer), *[(OWN_ROLE, [None])] * 3, notes=NOTES)


def test_a_server_without_a_config_file_does_not_fail_the_operation() -> None:
    step = WriteConfig(A)
    command = ask(A, "CONFIG REWRITE", mutates=True, seconds=5.0)
    assert play(step, (command, b"OK")).said == "OK"
    refused = play(step, (command, Refused("ERR The server is running without a config file")))
    assert "not written (ERR The server is running without a config file)" in refused.said
    assert "not known" in play(step, (command, LOST)).said


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
    assert played.said == f"all 2 Sentinels name {B}, config-epoch 4"


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

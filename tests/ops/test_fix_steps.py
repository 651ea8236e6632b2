"""Each step of `fix` by itself, reply by reply."""

from __future__ import annotations

from typing import Any

import pytest

from redistui.ops.cluster.fix_copies import shown_key
from redistui.ops.cluster.fix_keys import GatherKeys, SettleCopies
from redistui.ops.cluster.fix_orders import AwaitOneOwner, CloseAtReplica, CloseSlots, MarkSlots, OwnSlots, TellOwner
from redistui.ops.cluster.fix_verify import NothingHalfDone
from redistui.ops.steps import Argv, Ask, Burst, Lost, NotKnown, Refused, StepFailed, Together, Wish
from redistui.ops.templates import word_of
from redistui.replies.dump import same, sort_of
from tests.ops.play import Line, play
from tests.ops.slot_world import key

A, B, C = "10.0.0.1:7000", "10.0.0.2:7000", "10.0.0.3:7000"
ID = {A: "a" * 40, B: "b" * 40, C: "c" * 40}
ONE, TWO = ((1, 1),), ((1, 2),)
FOOTER = bytes(10)


def view(myself: str, *marks: str, a: str = "0-99", b: str = "100-199", c: str = "200-16383") -> bytes:
    rows = []
    for address, slots in ((A, a), (B, b), (C, c)):
        mine = address == myself
        flags = "myself,master" if mine else "master"
        words = [slots, *(marks if mine else ())]
        rows.append(f"{ID[address]} {address}@17000 {flags} - 0 0 1 connected {' '.join(words)}".strip())
    return "".join(f"{row}\n" for row in rows).encode()


def stand(*nodes: str) -> Together:
    return Together(tuple(Ask(node, ("CLUSTER", "NODES"), seconds=1.0) for node in nodes))


def reads(node: str, *argvs: Argv, seconds: float = 5.0) -> Burst:
    return Burst(node, argvs, seconds=seconds)


def count(node: str, *slots: int) -> Burst:
    return reads(node, *(("CLUSTER", "COUNTKEYSINSLOT", str(slot)) for slot in slots))


def orders(node: str, *texts: str) -> Burst:
    argvs = tuple(tuple(text.split(" ")) for text in texts)
    return Burst(node, argvs, mutates=True, seconds=5.0 + len(argvs) / 10)


COMING, GOING = f"[1-<-{ID[A]}]", f"[1->-{ID[B]}]"

# -- orders -----------------------------------------------------------------------------------------------------------

CLOSE = CloseSlots(B, ID[B], ONE, "importing", ID[A])


def test_a_slot_is_closed_once_it_was_seen_as_diagnosed_and_without_keys() -> None:
    played = play(
        CLOSE,
        (stand(B), [view(B, COMING)]),
        (count(B, 1), [0]),
        (orders(B, "CLUSTER SETSLOT 1 STABLE"), [b"OK"]),
        (stand(B), [view(B)]),
    )
    assert played.said == "OK: 1 slot"
    assert play(CLOSE, (stand(B), [view(B)])).said == "slot 1: done already"


def test_a_taker_that_holds_keys_by_now_is_not_closed() -> None:
    with pytest.raises(StepFailed, match="holds 2 keys of slot 1 by now"):
        play(CLOSE, (stand(B), [view(B, COMING)]), (count(B, 1), [2]))


def test_an_owner_stops_sending_clients_on_only_while_the_taker_holds_nothing() -> None:
    step = CloseSlots(A, ID[A], ONE, "migrating", ID[B], taker=B)
    with pytest.raises(StepFailed, match=f"{B} holds 1 key of slot 1 by now"):
        play(step, (stand(A), [view(A, GOING)]), (count(B, 1), [1]))


@pytest.mark.parametrize("seen", [view(B, f"[1-<-{ID[C]}]"), view(B, f"[1->-{ID[A]}]")])
def test_a_mark_that_was_not_diagnosed_stops_it(seen: bytes) -> None:
    with pytest.raises(StepFailed, match="another operator is at work"):
        play(CLOSE, (stand(B), [seen]))


def test_what_counts_is_what_the_node_shows_not_what_it_replied() -> None:
    opening: tuple[Line, ...] = ((stand(B), [view(B, COMING)]), (count(B, 1), [0]))
    sent = orders(B, "CLUSTER SETSLOT 1 STABLE")
    lost = play(CLOSE, *opening, (sent, [Lost("no answer")]), (stand(B), [view(B)]))
    assert lost.said == "OK: 1 slot"
    rest: tuple[Line, ...] = ((stand(B), [view(B, COMING)]), (count(B, 1), [0]))
    with pytest.raises(StepFailed, match=r"slot 1 at .* is not as it should be: NOPERM"):
        play(CLOSE, *opening, (sent, [Refused("NOPERM no")]), *rest)


PASSED_ON = CloseAtReplica(B, ID[B], ONE, C)
REPEATED = view(C, f"[1-<-{ID[A]}]")


def test_a_replica_is_told_to_close_a_slot_by_its_primary() -> None:
    played = play(
        PASSED_ON,
        (stand(B, C), [view(B), REPEATED]),
        (orders(B, "CLUSTER SETSLOT 1 STABLE"), [b"OK"]),
        (stand(B, C), [view(B), view(C)]),
    )
    assert played.said == "OK: 1 slot"
    assert play(PASSED_ON, (stand(B, C), [view(B), view(C)])).said == "slot 1: done already"


def test_a_slot_that_the_primary_itself_has_open_by_now_is_left_alone() -> None:
    with pytest.raises(StepFailed, match="another operator is at work"):
        play(PASSED_ON, (stand(B, C), [view(B, COMING), REPEATED]))


def test_another_node_at_the_address_gets_no_order() -> None:
    with pytest.raises(StepFailed, match="another node than before"):
        play(CLOSE, (stand(B), [view(A)]))


def test_a_mark_is_set_where_there_was_the_one_diagnosed_or_none() -> None:
    step = MarkSlots(A, ID[A], ONE, "migrating", ID[B], B, "")
    order = orders(A, f"CLUSTER SETSLOT 1 MIGRATING {ID[B]}")
    assert play(step, (stand(A), [view(A)]), (order, [b"OK"]), (stand(A), [view(A, GOING)])).said == "OK: 1 slot"
    with pytest.raises(StepFailed, match="another operator"):
        play(step, (stand(A), [view(A, f"[1->-{ID[C]}]")]))
    with pytest.raises(StepFailed, match="does not own slot 1 any more"):
        play(step, (stand(A), [view(A, a="0 2-99", b="1 100-199")]))


def test_a_node_is_told_of_an_owner_only_while_that_one_says_so() -> None:
    step = TellOwner(C, ID[C], ONE, A, ID[A])
    wrong = view(C, a="0 2-99", b="1 100-199")
    order = orders(C, f"CLUSTER SETSLOT 1 NODE {ID[A]}")
    owner = (stand(A), [view(A)])
    played = play(step, owner, (stand(C), [wrong]), (order, [b"OK"]), owner, (stand(C), [view(C)]))
    assert played.said == "OK: 1 slot"
    with pytest.raises(StepFailed, match="does not say any more that it owns slot 1"):
        play(step, (stand(A), [view(A, a="0 2-99")]))
    with pytest.raises(StepFailed, match="slot 1 is its own"):
        play(step, owner, (stand(C), [view(C, a="0 2-99", c="1 200-16383")]))


BARE = {"a": "0 2-99"}


def test_who_takes_what_nobody_owns_first_rises_above_all_epochs() -> None:
    step = OwnSlots(B, ID[B], ONE, (A, C), given=False)
    played = play(
        step,
        (stand(A, C), [view(A, **BARE), view(C, **BARE)]),
        (stand(B), [view(B, **BARE)]),
        (Ask(B, ("CLUSTER", "BUMPEPOCH"), mutates=True), b"BUMPED 7"),
        (stand(B), [view(B, **BARE)]),
        (orders(B, f"CLUSTER SETSLOT 1 NODE {ID[B]}"), [b"OK"]),
        (stand(B), [view(B, a="0 2-99", b="1 100-199")]),
    )
    assert played.said == "OK: 1 slot; epoch: BUMPED 7"
    with pytest.raises(StepFailed, match=f"{A} says that it owns slot 1"):
        play(step, (stand(A, C), [view(A), view(C)]))
    opening = ((stand(A, C), [view(A, **BARE), view(C, **BARE)]), (stand(B), [view(B, **BARE)]))
    with pytest.raises(NotKnown, match="whether its epoch rose"):
        play(step, *opening, (Ask(B, ("CLUSTER", "BUMPEPOCH"), mutates=True), Lost("no answer")))


def test_whoever_was_given_a_slot_takes_it_only_when_nobody_holds_a_key_of_it() -> None:
    """The one that gave it would delete them."""
    step = OwnSlots(B, ID[B], ONE, (A,), given=True)
    with pytest.raises(StepFailed, match=f"{A} holds keys of slot 1 still"):
        play(step, (stand(A), [view(A, a="0 2-99", b="1 100-199")]), (count(A, 1), [1]))


def test_two_owners_are_waited_for_until_there_is_one() -> None:
    step = AwaitOneOwner(None, ONE, (A, B), 0.05)
    twice = [view(A), view(B, a="0 2-99", b="1 100-199")]
    once = [view(A, a="0 2-99", b="1 100-199"), view(B, a="0 2-99", b="1 100-199")]
    assert play(step, (stand(A, B), twice), (stand(A, B), once)).said == "slot 1 has one owner"
    with pytest.raises(StepFailed, match="slot 1 did not come to have one owner"):
        play(step, *[(stand(A, B), twice)] * 3)


# -- keys -------------------------------------------------------------------------------------------------------------

KEY, OTHER = key(1, 0), key(1, 1)
GATHER = GatherKeys(B, ID[B], A, ID[A], A, ONE, "", drop=False)
OK = b"cluster_state:ok\r\n"


def serves(one: str, other: str) -> Wish:
    return Together(tuple(Ask(node, ("CLUSTER", "INFO"), seconds=1.0) for node in (one, other)))


def opening(mine: bytes, count_: int) -> tuple[Line, ...]:
    return ((serves(B, A), [OK, OK]), (stand(B, A), [mine, view(A)]), (count(B, 1), [count_]))


def keys_of(number: int) -> Burst:
    return reads(B, ("CLUSTER", "GETKEYSINSLOT", "1", str(number)))


def asked(node: str, *argvs: Argv, seconds: float = 5.0) -> Burst:
    """Each behind ASKING."""
    return reads(node, *(word for argv in argvs for word in (("ASKING",), argv)), seconds=seconds)


def values(node: str, dump: bytes, ttl: int = -1) -> tuple[Line, Line]:
    word = word_of(KEY)
    return (
        (asked(node, ("MEMORY", "USAGE", word), ("PTTL", word)), [b"OK", 80, b"OK", ttl]),
        (asked(node, ("DUMP", word), seconds=30.0), [b"OK", dump]),
    )


def both_have_it(*lines: Line) -> tuple[Line, ...]:
    return (
        (keys_of(500), [[KEY]]),
        (asked(A, ("EXISTS", word_of(KEY))), [b"OK", 1]),
        (keys_of(501), [[KEY]]),
        *lines,
    )


def test_an_empty_taker_is_closed_and_no_key_is_asked_for() -> None:
    stable = orders(B, "CLUSTER SETSLOT 1 STABLE")
    assert play(GATHER, *opening(view(B, COMING), 0), (count(B, 1), [0]), (stable, [b"OK"])).said == "0 keys moved"


def test_a_key_with_two_values_is_left_and_the_slot_closed_again() -> None:
    lines = both_have_it(*values(B, b"\x00\x01a" + FOOTER), *values(A, b"\x00\x01b" + FOOTER))
    with pytest.raises(
        StepFailed, match=r"0 keys moved, but 1 key of slot 1 has one value .* digest .*Neither was touched"
    ):
        play(
            GATHER,
            *opening(view(B), 1),
            (orders(B, f"CLUSTER SETSLOT 1 IMPORTING {ID[A]}"), [b"OK"]),
            *lines,
            (orders(B, "CLUSTER SETSLOT 1 STABLE"), [b"OK"]),
        )


@pytest.mark.parametrize(
    ("mine", "theirs", "differ"), [(-1, -1, False), (5000, 4000, False), (5000, -1, True), (9000, 1000, True)]
)
def test_equal_values_that_do_not_expire_together_are_two_values(mine: int, theirs: int, differ: bool) -> None:
    dump = b"\x00\x01a" + FOOTER
    lines = both_have_it(*values(B, dump, mine), *values(A, dump, theirs))
    with pytest.raises(StepFailed, match="has one value at" if differ else "has equal copies at"):
        play(GATHER, *opening(view(B, COMING), 1), *lines)


def test_a_target_that_sends_keys_on_gets_none() -> None:
    with pytest.raises(StepFailed, match="does not take keys of slot 1 any more"):
        play(GATHER, (serves(B, A), [OK, OK]), (stand(B, A), [view(B, COMING), view(A, GOING)]))


def test_no_key_leaves_a_node_that_is_another_one_or_owns_the_slot_by_now() -> None:
    with pytest.raises(StepFailed, match=f"{B} is another node than before"):
        play(GATHER, (serves(B, A), [OK, OK]), (stand(B, A), [view(C), view(A)]))
    with pytest.raises(StepFailed, match=f"{A} is another node than before"):
        play(GATHER, (serves(B, A), [OK, OK]), (stand(B, A), [view(B), view(C)]))
    with pytest.raises(StepFailed, match="says by now that slot 1 is its own"):
        play(GATHER, (serves(B, A), [OK, OK]), (stand(B, A), [view(B, a="0 2-99", b="1 100-199"), view(A)]))


def test_a_slot_into_which_keys_came_meanwhile_is_not_closed() -> None:
    with pytest.raises(StepFailed, match="holds keys of slot 1 still, which came meanwhile"):
        play(GATHER, *opening(view(B, COMING), 0), (count(B, 1), [2]))


def test_a_cluster_that_serves_no_key_is_waited_for_and_then_told_of() -> None:
    down = b"cluster_state:fail\r\n"
    with pytest.raises(StepFailed, match="did not serve keys"):
        play(GATHER, *[(serves(B, A), [OK, down])] * 162)


def test_a_reply_that_is_lost_while_a_key_goes_is_not_known() -> None:
    word = word_of(KEY)
    sizes = asked(B, ("MEMORY", "USAGE", word))
    migrate: Any = (*GATHER.commands()[1][:-1], word)
    with pytest.raises(NotKnown, match="did not answer while it gave keys"):
        play(
            GATHER,
            *opening(view(B, COMING), 1),
            (keys_of(500), [[KEY]]),
            (asked(A, ("EXISTS", word)), [b"OK", 0]),
            (sizes, [b"OK", 80]),
            (Burst(B, (migrate,), mutates=True, seconds=8.0), [Lost("no answer")]),
        )


def test_no_two_values_is_said_and_nothing_sent() -> None:
    step = SettleCopies(B, ID[B], A, ID[A], A, ONE, "", drop=False)
    assert step.commands() == ()
    played = play(step, *opening(view(B, COMING), 0))
    assert played.said == "no key of slot 1 has two values"


def test_a_key_name_cannot_harm_the_terminal() -> None:
    assert shown_key(b"\x1b]0;x\x07\xff") == '"\\x1b]0;x\\x07\\xff"'
    assert shown_key("\u202e".encode()) == '"\\u202e"'


# -- verification -----------------------------------------------------------------------------------------------------


def test_it_is_done_when_all_name_one_owner_nothing_is_open_and_no_key_lies_elsewhere() -> None:
    step = NothingHalfDone(None, ONE, ((ID[A], ONE),), (A, B), 0.05)
    fine = (stand(A, B), [view(A), view(B)])
    counts = ((count(B, 1), [0]),)
    assert "one owner for all 2 nodes" in play(step, fine, *counts).said
    for seen, said in (
        ([view(A), view(B, a="0 2-99", b="1 100-199")], "named another owner"),
        ([view(A, GOING), view(B)], "still open"),
        ([view(A), None], "did not show its view"),
    ):
        with pytest.raises(StepFailed, match=said):
            play(step, *[(stand(A, B), seen)] * 3)
    with pytest.raises(StepFailed, match="held keys of slot 1, which it does not own"):
        play(step, *[line for _ in range(3) for line in (fine, (count(B, 1), [1]))])


# -- values -----------------------------------------------------------------------------------------------------------


def table(sort: int, *rows: bytes) -> bytes:
    width = 2 if sort == 4 else 1
    body = b"".join(bytes((len(row),)) + row for row in rows)
    return bytes((sort, len(rows) // width)) + body + FOOTER


def test_hash_tables_in_another_order_are_the_same() -> None:
    assert same(table(2, b"x", b"yy"), table(2, b"yy", b"x"))
    assert not same(table(2, b"x", b"yy"), table(2, b"x", b"yz"))
    assert same(table(4, b"f", b"1", b"g", b"2"), table(4, b"g", b"2", b"f", b"1"))
    assert not same(table(4, b"f", b"1", b"g", b"2"), table(4, b"f", b"2", b"g", b"1"))
    assert not same(table(1, b"x", b"yy"), table(1, b"yy", b"x"))  # a list's order is its own


def test_the_server_version_in_a_dump_makes_no_difference() -> None:
    assert same(b"\x00\x01a" + b"\x0a\x00" + b"12345678", b"\x00\x01a" + b"\x0b\x00" + b"abcdefgh")
    assert not same(b"\x02\xff" + FOOTER, b"\x02\xfe" + FOOTER)  # broken: cannot be told
    assert sort_of(b"\x13" + FOOTER) == "stream"

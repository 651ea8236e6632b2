"""heal: what refuses it, what it warns of, what it would send, and how its own steps come out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from redistui.model import Fleet, Group
from redistui.net.export import Exported
from redistui.ops.action import Aim, Plan, refusals, warnings
from redistui.ops.aiming import BadAim, aim_at
from redistui.ops.heal import HEAL, rounded
from redistui.ops.plain.parted import ALONE, COPY, KeepCopy, MeasureSplit, OneHistory
from redistui.ops.steps import Ask, Export, Lost, NotKnown, Refused, StepFailed, Together
from redistui.replies.rdb import Whole
from tests import fleets
from tests.ops.play import play
from tests.ops.test_promote_checks import A, B, C, fleet, healthy

OLD, NEW = "0" * 39 + "1", "0" * 39 + "2"
SINCE = 5_000


def torn(alone: int = 3_000, others: int = 700, **changes: Any) -> Group:
    """B was made a primary while A went on; C follows A."""
    group = healthy()
    a, b = group.node(A), group.node(B)
    assert a is not None
    assert b is not None
    assert a.replication is not None
    assert b.replication is not None
    own = replace(a.replication, replid=OLD, offset=SINCE - 1 + alone)
    its = replace(
        b.replication, replid=NEW, replid2=OLD, second_offset=SINCE, offset=SINCE - 1 + others, primary=None, link=None
    )
    nodes = {A: replace(a, replication=own), B: replace(b, role="primary", last_role="primary", replication=its)}
    torn_ = replace(group, nodes=tuple(nodes.get(each.address, each) for each in group.nodes), primary=B)
    return replace(torn_, **changes)


def heal(who: str = A, **options: str) -> Aim:
    return Aim("plain", who, options or {"export": "a.rdb"}, (who,))


def against(group: Group, aim: Aim | None = None, **changes: Any) -> str:
    return "; ".join(refusals(HEAL, replace(fleet(group), **changes), aim or heal()))


def commands(plan: Plan) -> list[str]:
    return [f"{step.node} {' '.join(argv)}" for step in plan.steps for argv in step.commands()]


def test_a_split_may_be_healed_from_either_side_and_the_bytes_are_named() -> None:
    assert against(torn()) == ""
    assert against(torn(), heal(B)) == ""
    (said,) = [text for text in warnings(HEAL, fleet(torn()), heal()) if "gives them up" in text]
    assert said == f"3.0 KiB of writes are only at {A}: it gives them up"
    assert not any("gives them up" in text for text in warnings(HEAL, fleet(torn(alone=0)), heal()))


def test_it_is_fenced_then_copied_then_it_follows_and_then_the_fence_is_lifted() -> None:
    plan = HEAL.plan(fleet(torn()), heal())
    host, port = B.rsplit(":", 1)
    assert commands(plan) == [
        f"{A} CONFIG SET min-replicas-to-write 10000",
        f"{A} CONFIG SET masteruser <user for {B}>",
        f"{A} CONFIG SET masterauth <password for {B}>",
        f"{A} REPLICAOF {host} {port}",
        f"{A} CLIENT KILL TYPE normal",
        f"{A} CLIENT KILL TYPE pubsub",
        f"{A} CONFIG REWRITE",
        f"{A} CONFIG SET min-replicas-to-write <value read before>",
    ]
    kinds = [type(step).__name__ for step in plan.steps]
    assert kinds.index("RefuseWrites") < kinds.index("MeasureSplit") < kinds.index("KeepCopy") < kinds.index("Follow")
    assert kinds[plan.point_of_no_return] == "Follow"
    assert [type(step).__name__ for step in plan.release] == ["AcceptWrites"]
    assert [type(step).__name__ for step in plan.verify] == ["Synced", "AllFollow", "OneHistory"]
    assert (plan.danger, plan.confirm) == ("risky", "plain")
    assert "a.rdb holds all of" in plan.loses


def test_without_a_copy_the_loss_is_bounded_and_has_to_be_typed() -> None:
    plan = HEAL.plan(fleet(torn()), heal(**{"keep-nothing": "yes"}))
    assert not any(isinstance(step, KeepCopy) for step in plan.steps)
    assert (plan.danger, plan.confirm) == ("lossy", f"lose up to 4.0 KiB of {A}")
    assert plan.loses == f"Up to 4.0 KiB of writes that only {A} has, for good."
    more = HEAL.plan(fleet(torn(alone=3_900)), heal(**{"keep-nothing": "yes"}))
    assert more == plan, "a few writes more do not change the plan"
    nothing = HEAL.plan(fleet(torn(alone=0)), heal(**{"keep-nothing": "yes"}))
    assert (nothing.danger, nothing.loses) == ("risky", f"Nothing: {A} holds nothing that {B} has not.")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "heal wants --export FILE"),
        ({"export": "x", "keep-nothing": "yes"}, "one of the two"),
        ({"export": "a\x1b[31m"}, "control character"),
    ],
)
def test_whether_a_copy_is_kept_has_to_be_said(options: dict[str, str], said: str) -> None:
    with pytest.raises(BadAim, match=said.replace("[", r"\[")):
        aim_at(HEAL, fleet(torn()), (A,), options)


def test_only_a_primary_that_parted_from_another_one_is_healed() -> None:
    assert f"{C} is no primary" in against(torn(), heal(C))
    assert "is no node of plain" in against(torn(), heal("10.0.0.9:1"))
    assert "no other primary of plain comes from the history" in against(healthy())
    a, *others = torn().nodes
    apart = replace(fleet(torn(nodes=(a,))), groups=(torn(nodes=(a,)), torn(name="other", nodes=tuple(others))))
    assert refusals(HEAL, apart, heal())[0] == (
        f"{B} comes from the same history, but belongs to another group here: name both in one target, redis://{A},{B}"
    )
    assert "this is a recording" in against(torn(), replayed=True)
    silent = torn(nodes=tuple(fleets.silent(A, "hung") if one.address == A else one for one in torn().nodes))
    assert "does not answer" in against(silent)
    cluster = Fleet(at=fleets.AT, period=1.0, groups=(Group("cart", "cluster", ()),), complete=True)
    assert "a cluster ends a split by itself" in refusals(HEAL, cluster, Aim("cart", A, {"export": "x"}, (A,)))[0]


def test_whom_the_sentinels_believe_in_does_not_give_way() -> None:
    watched = torn(kind="sentinel", watched_as="plain")
    assert f"the Sentinels of plain believe in {B}: `heal {A}` is the other way round" in against(watched, heal(B))
    assert against(watched) == ""
    assert any("may make" in text for text in warnings(HEAL, fleet(watched), heal()))


def test_the_bound_is_a_power_of_two_at_least_as_much() -> None:
    assert [rounded(size) for size in (-1, 0, 1, 1024, 1025, 5_000_000)] == [0, 0, 1024, 1024, 2048, 8_388_608]


# -- its steps --------------------------------------------------------------------------------------------------------


def info(role: str, replid: str, offset: int, replid2: str = "0" * 40, second: int = -1) -> bytes:
    lines = (
        f"role:{role}", f"master_replid:{replid}", f"master_replid2:{replid2}", f"master_repl_offset:{offset}",
        f"second_repl_offset:{second}",
    )  # fmt: skip
    return "\r\n".join(lines).encode()


BOTH = Together((Ask(A, ("INFO", "replication"), seconds=1.0), Ask(B, ("INFO", "replication"), seconds=1.0)))
KEEPS = info("master", NEW, SINCE + 99, OLD, SINCE)


def measure(most: int | None = None) -> MeasureSplit:
    return MeasureSplit(A, B, OLD, SINCE, most)


def test_what_only_it_holds_is_measured_under_the_fence() -> None:
    played = play(measure(), (BOTH, [info("master", OLD, SINCE + 41), KEEPS]))
    assert played.notes == {ALONE: "42"}
    assert played.said == f"42 bytes of writes are only there; {B} has written 100 bytes since"
    assert play(measure(42), (BOTH, [info("master", OLD, SINCE + 41), KEEPS])).notes == {ALONE: "42"}


@pytest.mark.parametrize(
    ("replies", "error", "said"),
    [
        ([info("master", OLD, SINCE + 42), KEEPS], StepFailed, "only .* holds 43 bytes by now, more than agreed to"),
        ([info("slave", OLD, SINCE), KEEPS], StepFailed, "is no primary any more"),
        ([info("master", OLD, SINCE), info("slave", NEW, SINCE)], StepFailed, "is no primary any more"),
        ([info("master", "f" * 40, SINCE), KEEPS], StepFailed, "have not parted at offset 5000 any more"),
        ([info("master", OLD, 9000), info("master", NEW, 9, OLD, 7)], StepFailed, "have not parted at offset 5000"),
        ([None, KEEPS], NotKnown, "does not say what it is"),
    ],
)
def test_what_is_not_as_it_was_is_left_alone(replies: list[Any], error: type[StepFailed], said: str) -> None:
    with pytest.raises(error, match=said):
        play(measure(42), (BOTH, replies))


def test_the_copy_is_noted_before_and_after() -> None:
    done = Exported("/home/me/a.rdb", Whole("REDIS0011", 2048, checked=True))
    still = (Ask(A, ("ROLE",), seconds=2.0), [b"master", 9, []])
    played = play(KeepCopy(A, "a.rdb"), (Export(A, "a.rdb"), done), still)
    assert played.said == "/home/me/a.rdb: 2.0 KiB, REDIS0011, whole, by its checksum"
    assert played.notes == {COPY: "/home/me/a.rdb, 2048 bytes"}
    torn = Exported("/a", Whole("REDIS0011", 9, checked=True), ("/a.part-7f",))
    said = play(KeepCopy(A, "a.rdb"), (Export(A, "a.rdb"), torn), still).said
    assert said.endswith("; /a.part-7f: part of an earlier try, to be deleted")
    bare = Exported("/a", Whole("REDIS0009", 9, checked=False))
    assert "writes no checksum" in play(KeepCopy(A, "a.rdb"), (Export(A, "a.rdb"), bare), still).said


@pytest.mark.parametrize("role", [[b"slave", b"10.0.0.1", 6379, b"connected", 9], Lost("no answer")])
def test_a_copy_of_whoever_was_made_a_replica_meanwhile_is_not_relied_on(role: Any) -> None:
    done = Exported("/a", Whole("REDIS0011", 2048, checked=True))
    with pytest.raises(StepFailed, match="whether /a holds what only it had is not known") as caught:
        play(KeepCopy(A, "/a"), (Export(A, "/a"), done), (Ask(A, ("ROLE",), seconds=2.0), role))
    assert caught.value.unchanged


@pytest.mark.parametrize("error", [Refused("/a is there already"), Lost("the connection ended")])
def test_without_a_copy_nothing_is_given_up(error: Exception) -> None:
    with pytest.raises(StepFailed, match=f"no copy was made: {error}") as caught:
        play(KeepCopy(A, "/a"), (Export(A, "/a"), error))
    assert caught.value.unchanged


def test_all_are_of_one_history_in_the_end() -> None:
    asks = Together(tuple(Ask(each, ("INFO", "replication"), seconds=1.0) for each in (B, A, C)))
    new, old = info("slave", NEW, 1), info("slave", OLD, 1)
    assert play(OneHistory(None, B, (A, C)), (asks, [KEEPS, old, new]), (asks, [KEEPS, new, new])).said == (
        f"all of the history of {B}"
    )
    with pytest.raises(StepFailed, match=f"{A} had another history than {B} after 0 s"):
        play(OneHistory(None, B, (A,), 0.0), (Together(asks.asks[:2]), [KEEPS, old]))

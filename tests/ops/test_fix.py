"""The action `fix`: what it refuses, what it says, and which steps each state is ended by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.model import SLOTS, Fleet, Group, Node, Stray, Survey
from redistui.ops.action import Aim, Plan, refusals, warnings
from redistui.ops.aiming import BadAim, aim_at
from redistui.ops.fix import FIX
from tests.judge.short import NOW, at, fleet, id_of
from tests.judge.short import group as made
from tests.judge.short import node as plain

A, B, C = "a 0-99 e1", "b 100-199 e2", "c 200-16383 e3"
ALL = f"{A}, {B}, {C}"
MOVING = {"a": f"{ALL}, [5>b]", "b": f"{ALL}, [5<a]"}


def node(name: str, view: str) -> Node:
    return replace(plain(name, view=view), server="redis", version="7.0.15")


def fleet_of(*more: Node, **views: str) -> Fleet:
    nodes = (node(name, views.get(name, ALL)) for name in ("a", "b", "c"))
    return fleet(made(*nodes, *more, name="catalog"))


def aim(owned: int | None = 5, strays: tuple[str, ...] = (), arriving: tuple[str, ...] = (), **options: str) -> Aim:
    """`"b 5 3"`: at b lie 3 keys of slot 5. `owned=None`: nothing was counted."""

    def row(text: str) -> Stray:
        name, slot, keys = text.split()
        return Stray(at(name), int(slot), int(keys))

    survey = None
    if owned is not None:
        lying, coming = tuple(map(row, strays)), tuple(map(row, arriving))
        survey = Survey(NOW, NOW, (float(owned),) * SLOTS, strays=lying, arriving=coming)
    return Aim("catalog", options={name.replace("_", "-"): word for name, word in options.items()}, survey=survey)


def planned(seen: Fleet, meant: Aim) -> Plan:
    assert refusals(FIX, seen, meant) == ()
    return FIX.plan(seen, meant)


def short(plan: Plan) -> list[str]:
    return [f"{type(step).__name__} {(step.node or '').removesuffix(':1')}".strip() for step in plan.steps]


STEPS = [
    (MOVING, aim(arriving=("b 5 3",)), ["SettleCopies b", "MoveSlots"]),
    (MOVING, aim(arriving=("b 5 3",), back="yes"), ["SettleCopies b", "MoveSlots", "MoveSlots"]),
    (MOVING, aim(back="yes"), ["CloseSlots a", "GatherKeys b"]),
    (MOVING, aim(None, back="yes"), ["SettleCopies b", "MoveSlots", "MoveSlots"]),
    (MOVING, aim(), ["SettleCopies b", "MoveSlots"]),
    ({"b": f"{ALL}, [5<a]"}, aim(), ["CloseSlots b"]),
    ({"b": f"{ALL}, [5<a]"}, aim(arriving=("b 5 3",)), ["MarkSlots a", "SettleCopies b", "MoveSlots"]),
    ({"b": f"{ALL}, [5<a]"}, aim(arriving=("b 5 3",), back="yes"), ["GatherKeys b"]),
    ({"a": f"{ALL}, [5>b]"}, aim(), ["MarkSlots b", "SettleCopies b", "MoveSlots"]),
    ({"a": f"{ALL}, [5>b]"}, aim(strays=("b 5 3",), back="yes"), ["CloseSlots a", "GatherKeys b"]),
    ({"a": f"{ALL}, [5>x]"}, aim(), ["CloseSlots a"]),
    ({"c": f"{ALL}, [5>b]"}, aim(), ["CloseSlots c"]),
    (
        {"a": f"{ALL}, [5>c]", "b": f"{ALL}, [5<a]", "c": f"{ALL}, [5<a]"},
        aim(arriving=("b 5 1", "c 5 2")),
        ["GatherKeys b", "SettleCopies c", "MoveSlots"],
    ),
    ({"b": f"{ALL}, [5<a]", "c": f"{ALL}, [5<a]"}, aim(arriving=("b 5 1",)), ["GatherKeys b", "CloseSlots c"]),
    (
        {"a": f"a 0-4 6-99 e1, b 5 100-199 e2, {C}", "b": f"{ALL}, [5<a]"},
        aim(),
        ["OwnSlots b", "TellOwner a", "TellOwner c"],
    ),
    ({"c": f"a 0-4 6-99 e1, b 5 100-199 e2, {C}"}, aim(), ["TellOwner c"]),
    ({"b": f"a 0-4 6-99 e1, b 5 100-199 e7, {C}"}, aim(), ["AwaitOneOwner"]),
    ({}, aim(strays=("b 5 3",)), ["GatherKeys b"]),
    (
        dict.fromkeys("abc", f"a 0-4 6-99 e1, {B}, {C}"),
        aim(strays=("a 5 3", "b 5 2"), cover=at("a")),
        ["OwnSlots a", "TellOwner b", "TellOwner c", "GatherKeys b"],
    ),
]


@pytest.mark.parametrize(("views", "meant", "steps"), STEPS)
def test_each_state_is_ended_by_its_own_steps(views: dict[str, str], meant: Aim, steps: list[str]) -> None:
    plan = planned(fleet_of(**views), meant)
    assert short(plan) == steps
    assert (plan.danger, plan.confirm) == ("risky", "catalog")
    assert [type(step).__name__ for step in plan.verify] == ["NothingHalfDone"]
    assert plan == planned(fleet_of(**views), meant)


def test_what_no_key_moves_for_comes_first_and_covering_before_all() -> None:
    views = {"a": f"a 0-4 6-99 e1, {B}, {C}, [7>b]", "b": f"a 0-4 6-99 e1, {B}, {C}, [7<a], [8<a]"}
    views["c"] = f"a 0-4 6-99 e1, {B}, {C}"
    plan = planned(fleet_of(**views), aim(arriving=("b 7 3",), strays=("b 5 1",), cover=at("b")))
    assert short(plan) == [
        "OwnSlots b", "TellOwner a", "TellOwner c", "CloseSlots b", "SettleCopies b", "MoveSlots",
    ]  # fmt: skip


def test_a_mark_at_a_replica_alone_is_cleared_by_its_primary_and_the_slot_keeps_its_owner() -> None:
    every = f"{ALL}, r<b"
    replica = replace(plain("r", "b", view=f"{every}, [5<a]"), server="valkey", version="9.1.2")
    plan = planned(fleet_of(replica, a=every, b=every, c=every), aim())
    assert short(plan) == ["NoSlotMoves r", "CloseAtReplica b"]
    assert [argv[-1] for argv in plan.steps[-1].commands()] == ["STABLE"]
    assert plan.verify[0].owners == ()  # type: ignore[attr-defined]


def test_a_whole_cluster_has_nothing_to_be_fixed_and_is_told_so() -> None:
    (said,) = refusals(FIX, fleet_of(), aim())
    assert said.startswith("nothing is half-done: no slot is open")
    assert said.endswith("no key lies astray")
    (said,) = refusals(FIX, fleet_of(**MOVING), aim(slot="7-9"))
    assert "no slot of these is open" in said


def test_the_operator_reads_what_is_wrong_what_is_done_and_what_else_could_be() -> None:
    said = warnings(FIX, fleet_of(**MOVING), aim(arriving=("b 5 3",)))
    assert said == (
        "slot 5 is half-way from a:1 to b:1: a move that stopped while keys were on their way; 5 keys at a:1 and "
        "3 keys at b:1",
        "slot 5, forward: 5 keys go from a:1 to b:1, which owns it then; back, by --back: the move is ended, then made "
        "the other way round, so that no client misses a key: 8 keys move",
        "if somebody moves slots just now (redis-cli --cluster reshard, say), let that end first",
    )


def test_without_a_survey_astray_keys_are_not_seen_and_it_says_so() -> None:
    said = warnings(FIX, fleet_of(**MOVING), aim(None))
    assert "what the slots hold was not counted" in said[0]


BARE = dict.fromkeys("abc", f"a 0-89 e1, {B}, {C}")


def test_slots_that_nobody_owns_are_left_to_the_operator_with_the_choice_and_its_cost() -> None:
    said = refusals(FIX, fleet_of(**BARE), aim(strays=("a 95 3", "b 95 1", "c 96 2")))
    assert len(said) == 3
    assert "what they held is lost, unless the node that owned them comes back first" in said[0]
    assert "Keys of them lie at a:1 (3 keys) and b:1 (1 key): `--cover NODE` gives them to one of these" in said[1]
    assert f"Keys of them lie at c:1 (2 keys): `--cover {at('c')}` gives them to it" in said[2]


def test_covering_slots_of_which_nobody_has_a_key_wants_its_loss_typed() -> None:
    plan = planned(fleet_of(**BARE), aim(cover=at("b")))
    assert plan.danger == "lossy"
    assert plan.confirm == "cover 10 slots at b:1, lost is what they held"
    assert "nobody who answers has a key of it" in plan.loses


def test_what_the_operator_gives_up_wants_to_be_typed() -> None:
    plan = planned(fleet_of(), aim(strays=("b 5 3",), keep=at("a"), delete_copies="yes"))
    assert plan.confirm == "keep the values of a:1; delete the copies"
    assert plan.danger == "lossy"
    (gather,) = plan.steps
    words = {argv[0] for argv in gather.commands()}
    assert {"ASKING", "DEL", "MIGRATE"} <= words
    (gather,) = planned(fleet_of(), aim(strays=("b 5 3",))).steps
    assert not {"ASKING", "DEL"} & {argv[0] for argv in gather.commands()}


def test_nodes_that_cannot_cover_or_keep_are_refused() -> None:
    replica = replace(plain("r", "a", view=f"{ALL}, r<a e1"), server="redis", version="7.0.15")
    views = {name: f"{view}, r<a e1" for name, view in BARE.items()}
    assert "is no node of catalog" in refusals(FIX, fleet_of(**BARE), aim(cover="x:1"))[0]
    assert "is a replica of a:1" in refusals(FIX, fleet_of(replica, **views), aim(cover=at("r")))[0]
    silent = fleet(made(node("a", ALL), node("b", f"{ALL}, [5<a]"), plain("c", fault="refused"), name="catalog"))
    assert "c:1 does not answer" in refusals(FIX, silent, aim(keep=at("c")))[0]


def test_what_hangs_on_a_silent_owner_is_left_alone_and_the_rest_is_ended() -> None:
    views = f"{ALL}, [5<a], [205<c]"
    seen = fleet(made(plain("a", fault="hung"), node("b", views), node("c", ALL), name="catalog"))
    plan = planned(seen, aim())
    assert short(plan) == ["CloseSlots b"]
    assert any("It is left alone: a:1, which owns it, does not answer" in one for one in warnings(FIX, seen, aim()))


def test_no_key_is_moved_while_a_slot_elsewhere_has_no_owner() -> None:
    views = dict.fromkeys("abc", f"a 0-89 e1, {B}, {C}, ~fail")
    said = refusals(FIX, fleet_of(**views), aim(strays=("b 5 3",), slot="5"))
    assert "the cluster serves no key as long as 10 slots have no owner" in said[0]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("5-3", "end before they begin"),
        ("16384", "there is no slot 16384"),
        ("\u0665", "slots are given"),
        ("x", "slots are given"),
        ("5,5", "named twice"),
    ],
)
def test_slots_that_are_none_are_told_of(word: str, said: str) -> None:
    with pytest.raises(BadAim, match=said):
        aim_at(FIX, fleet_of(), (), {"slot": word})


def test_one_slot_and_ranges_are_both_understood() -> None:
    seen = fleet_of(b=f"{ALL}, [5<a], [6<a], [9<a]")
    assert [step.slots for step in planned(seen, aim(slot="5,7-9")).steps] == [((5, 5), (9, 9))]  # type: ignore[attr-defined]


def test_a_server_that_moves_slots_by_itself_is_asked_first() -> None:
    """Valkey 9 refuses SETSLOT while it does."""
    views = {"a": ALL, "b": f"{ALL}, [5<a]"}
    nodes = (replace(node(name, views.get(name, ALL)), server="valkey", version="9.1.2") for name in "abc")
    seen: Group = made(*nodes, name="catalog")
    assert short(planned(fleet(seen), aim())) == ["NoSlotMoves a", "NoSlotMoves b", "CloseSlots b"]
    assert id_of("a") in {id_ for step in planned(fleet(seen), aim()).verify for id_, _ in step.owners}  # type: ignore[attr-defined]

"""How far a slot has come, what a move shows and stores, and who stands in for whom: values in, values out."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from redistui.model import Group
from redistui.ops.action import Aim, SlotMove
from redistui.ops.cluster.atomic import AtomicRoutes, jobs_of, order
from redistui.ops.cluster.classic import wider
from redistui.ops.cluster.meter import Meter
from redistui.ops.cluster.migrate import Mover, Way, digest
from redistui.ops.cluster.move_plan import how_of, move_steps
from redistui.ops.cluster.move_slots import MoveSlots
from redistui.ops.cluster.reroute import gone_on
from redistui.ops.cluster.routes import Route, routes_in
from redistui.ops.cluster.slot_states import Stage, Standing, stage_of, standing_of
from redistui.ops.known_steps import STEPS
from redistui.ops.stored import dump, load
from redistui.ops.tally import Orders, Part
from tests.engine.slots_imagined import group_of, plan_of
from tests.ops.play import Played, _by_itself
from tests.ops.slot_world import ID, P1, P2, P3, R1, R2, World

A, B, C = ID[P1], ID[P2], ID[P3]
ROUTE = Route(P1, A, P2, B, P2, ((0, 3),))
MOVES = (SlotMove(P1, P2, ((0, 3),)), SlotMove(P1, P3, ((4, 4),)), SlotMove(P1, P2, ((5, 5),)))


def standing(me: str, owner: str, *flags: str, primary: str = "-", others: tuple[str, ...] = (A, B, C)) -> Standing:
    """A node's own view: who owns slot 1, and its own open slots."""
    lines = []
    for id_ in others:
        role = "slave" if id_ == me and primary != "-" else "master"
        words = ["1"] * (id_ == owner) + list(flags) * (id_ == me)
        above = primary if id_ == me else "-"
        name = f"{'myself,' if id_ == me else ''}{role}"
        lines.append(" ".join([id_, "10.0.0.9:1@2", name, above, "0 0 1 connected", *words]))
    seen = standing_of("\n".join(lines).encode())
    assert seen is not None
    return seen


TO_B, TO_C, FROM_A, FROM_C = f"[1->-{B}]", f"[1->-{C}]", f"[1-<-{A}]", f"[1-<-{C}]"


@pytest.mark.parametrize(
    ("source", "target", "third", "stage"),
    [
        (standing(A, A), standing(B, A), standing(C, A), "waiting"),
        (standing(A, A), standing(B, A, FROM_A), standing(C, A), "importing"),
        (standing(A, A, TO_B), standing(B, A, FROM_A), standing(C, A), "open"),
        (standing(A, A, TO_B), standing(B, B), standing(C, A), "given"),
        (standing(A, B, TO_B), standing(B, B), standing(C, B), "given"),
        (standing(A, B), standing(B, B), standing(C, A), "told"),
        (standing(A, B), standing(B, B), standing(C, B), "moved"),
        (standing(A, B, primary=B), standing(B, B), standing(C, B), "moved"),
        (standing(A, A, TO_C), standing(B, A, FROM_A), standing(C, A), "foreign"),
        (standing(A, A, TO_B), standing(B, A, FROM_C), standing(C, A), "foreign"),
        (standing(A, A, TO_B), standing(B, A), standing(C, A), "foreign"),
        (standing(A, C), standing(B, C), standing(C, C), "foreign"),
        (standing(A, A), standing(B, A, primary=C), standing(C, A), "foreign"),
    ],
)
def test_how_far_a_slot_has_come_is_read_from_all_views(
    source: Standing, target: Standing, third: Standing, stage: Stage
) -> None:
    assert stage_of(1, ROUTE, source, target, [third]) == stage


def test_a_flag_that_names_a_lost_node_is_set_once_more() -> None:
    lost = "e" * 40
    source, target = standing(A, A, TO_B), standing(B, A, f"[1-<-{lost}]")
    assert stage_of(1, ROUTE, source, target, []) == "foreign"
    assert stage_of(1, ROUTE, source, target, [], former=[lost]) == "stale"
    assert stage_of(1, ROUTE, standing(A, A), target, [], former=[lost]) == "stale"
    assert stage_of(1, ROUTE, standing(A, A), standing(B, A), [], former=[lost]) == "waiting"


def test_moves_between_the_same_two_are_one_route_and_each_is_shown() -> None:
    (look, move), (verify,) = move_steps(group_of(World()), MOVES)
    assert isinstance(move, MoveSlots)
    assert [(r.source, r.target, r.ranges) for r in move.routes] == [
        (P1, P2, ((0, 3), (5, 5))),
        (P1, P3, ((4, 4),)),
    ]
    shown = [" ".join(argv) for argv in move.commands()]
    assert shown.count(f"CLUSTER SETSLOT <each slot of 0-3 5> NODE {B}") == 3
    assert sum(command.startswith("MIGRATE 10.0.0.2 7000") for command in shown) == 2
    assert look.commands() == verify.commands() == ()
    assert move_steps(group_of(World()), ()) == ((), ())


def test_a_plan_of_moves_comes_back_from_the_journal_as_it_was() -> None:
    plan = plan_of(World(), *MOVES)
    back = load(json.loads(json.dumps(dump(plan, Aim("catalog")))), STEPS)
    assert [step.commands() for step in back.steps] == [step.commands() for step in plan.steps]
    assert [step.text for step in (*back.steps, *back.verify)] == [step.text for step in (*plan.steps, *plan.verify)]
    (_, move) = back.steps
    assert isinstance(move, MoveSlots)
    assert routes_in(move.routes) == routes_in(plan.steps[1].routes)  # type: ignore[attr-defined]


def versions(group: Group, server: str, version: str) -> Group:
    return replace(group, nodes=tuple(replace(n, server=server, version=version) for n in group.nodes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("server", "version", "how"),
    [
        ("redis", "6.2.14", "classic"),
        ("redis", "7.0.15", "classic"),
        ("redis", "8.4.0", "import"),
        ("valkey", "8.1.0", "classic"),
        ("valkey", "9.1.2", "atomic"),
    ],
)
def test_how_slots_are_moved_depends_on_what_both_ends_can_do(server: str, version: str, how: str) -> None:
    group = versions(group_of(World()), server, version)
    assert how_of(group, MOVES) == how
    assert how_of(group, MOVES, classic=True) == "classic"
    old = replace(group.nodes[1], version="6.2.14", server="redis")
    assert how_of(replace(group, nodes=(group.nodes[0], old, *group.nodes[2:])), MOVES) == "classic"


def test_a_move_by_the_servers_is_cut_into_jobs() -> None:
    route = ROUTE._replace(ranges=((0, 1200),))
    jobs = jobs_of(route)
    assert [job.route.ranges for job in jobs] == [((0, 499),), ((500, 999),), ((1000, 1200),)]
    assert order(jobs[2], "atomic") == (
        P1, ("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "1000", "1200", "NODE", B),
    )  # fmt: skip
    assert order(jobs[2], "import") == (P2, ("CLUSTER", "MIGRATION", "IMPORT", "1000", "1200"))


def test_who_took_over_from_a_lost_source_or_target_takes_its_place() -> None:
    world = World()
    (look, move), verify = move_steps(group_of(world), MOVES)
    assert gone_on(group_of(world), (look, move), verify)[0][1] == move
    world.servers[P1].alive = False
    world.pass_time(5.0)
    assert world.servers[R1].primary is None
    (_, moved), (seen,) = gone_on(group_of(world), (look, move), verify)
    assert isinstance(moved, MoveSlots)
    assert [(r.source, r.source_id, r.target) for r in moved.routes] == [(R1, ID[R1], P2), (R1, ID[R1], P3)]
    assert moved.former == (A,)
    assert P1 not in moved.others
    assert R1 in moved.others
    assert routes_in(seen.routes) == routes_in(moved.routes)  # type: ignore[attr-defined]


def test_nobody_stands_in_for_a_source_that_became_a_replica_because_it_was_emptied() -> None:
    world = World()
    steps, verify = move_steps(group_of(world), MOVES)
    world.servers[P1].primary = B
    world.servers[R1].primary = B
    ((_, move), _) = gone_on(group_of(world), steps, verify)
    assert isinstance(move, MoveSlots)
    assert (move.routes[0].source, move.former) == (P1, ())
    assert world.servers[R2].primary == B


def test_a_window_grows_while_it_is_quick_and_shrinks_when_it_is_slow() -> None:
    assert [wider(1, 0.1), wider(64, 0.1), wider(16, 1.0), wider(16, 3.0), wider(1, 9.0)] == [4, 64, 16, 8, 1]


def played(script: object, *orders: Orders) -> Played:
    """A script of the meter, with orders that change each time they are asked for."""
    done, left, answer = Played("", {}, 0.0), list(orders), None
    generator = script  # the wishes are answered as tests.ops.play does
    while True:
        try:
            wish = generator.send(answer)  # type: ignore[attr-defined]
        except StopIteration as end:
            done.said = str(end.value)
            return done
        match type(wish).__name__:
            case "Ordered":
                answer = left.pop(0) if len(left) > 1 else left[0]
            case "Tell":
                answer = None
            case "Pause":
                done.waited += wish.seconds
                answer = None
            case _:
                answer = _by_itself(wish, done)


def test_keys_go_out_at_the_pace_that_was_ordered() -> None:
    meter = Meter(0.0, [Part("a to b", 4)])
    assert played(meter.await_turn(100), Orders(pace=50)).waited == 0.0
    assert played(meter.await_turn(100), Orders(pace=50)).waited == pytest.approx(2.0)
    assert meter.portion(200) == 5
    assert played(meter.await_turn(100), Orders(pace=50, stop=True)).waited == 0.0


def test_a_pause_lasts_until_it_is_lifted_or_an_end_is_ordered() -> None:
    meter = Meter(0.0, [Part("a to b", 4)])
    paused = Orders(paused=True)
    assert played(meter.rest(0), paused, paused, Orders()).said == "True"
    assert played(meter.rest(0), paused, paused, Orders(paused=True, stop=True)).said == "False"
    assert meter.parts[0].doing == ""


def test_keys_of_one_slot_go_together_and_no_burst_is_longer_than_the_source_may_stand_still() -> None:
    mover = Mover(Way(P1, P2, P2, ((0, 3),)))
    rows = [(slot, b"%d" % n, 0) for slot in (0, 1) for n in range(60)]
    parcels, rest = mover._pack(rows)
    assert [(parcel.slot, len(parcel.keys)) for parcel in parcels] == [(0, 60), (1, 20)]
    assert len(rest) == 40
    mover._seconds = 0.001
    assert sum(len(parcel.keys) for parcel in mover._pack(rows)[0]) == 8


def test_two_values_are_told_apart_by_their_digests() -> None:
    assert digest(b"a") != digest(b"b")
    assert digest(None) == "none"


def test_what_is_left_of_a_move_by_the_servers_is_said() -> None:
    routes = AtomicRoutes(((0, ROUTE),), "atomic", Meter(0.0, [Part("a", 4)]))
    assert routes._said(4) == "0 slots of 4 moved from 10.0.0.1:7000 to 10.0.0.2:7000; 4 slots not begun"

"""site-failover as a pure thing: who takes part, what refuses it, and what its plan is made of."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import pytest

from redistui.model import Address, Event, Fault, Fleet, Group, Site
from redistui.ops.action import Aim, Plan, refusals, warnings
from redistui.ops.aiming import BadAim, aim_at
from redistui.ops.lanes import groups_of
from redistui.ops.node.fence import PauseWrites
from redistui.ops.run import planned
from redistui.ops.site_failover import SITE_FAILOVER
from redistui.ops.sites.meeting_places import HELD_SECONDS, meetings, patience
from redistui.ops.sites.parts import parts
from tests import fleets
from tests.engine import cluster_imagined, imagined
from tests.ops import cluster_world, world
from tests.ops.cluster_world import P1, P2, P3, R1, R2, R3
from tests.ops.test_promote_checks import A, B, C, headless, healthy
from tests.ops.world import P

WEST = {world.R1, world.R2, R1, R2, R3, B, C}
Change = Callable[[Fleet], Fleet]


def group_in(group: Group, west: Collection[Address] = WEST) -> Group:
    """The same with everybody's site."""
    nodes = tuple(replace(node, site="west" if node.address in west else "east") for node in group.nodes)
    return replace(group, nodes=nodes)


def fleet(**changes: Any) -> Fleet:
    """A Sentinel group, a cluster of three shards and a plain group, primaries in the east, replicas in the west."""
    clusters = cluster_imagined.fleet_of(cluster_world.World()).groups[:1]
    groups = (*imagined.fleet_of(world.World()).groups, *clusters, healthy())
    found = Fleet(at=fleets.AT + 0.1, period=1.0, groups=tuple(map(group_in, groups)), complete=True)
    return replace(found, **changes)


def aim(found: Fleet, site: str = "west", **options: str) -> Aim:
    return aim_at(SITE_FAILOVER, found, (site,), options)


def said(found: Fleet, site: str = "west", **options: str) -> str:
    return "; ".join(refusals(SITE_FAILOVER, found, aim(found, site, **options)))


def plan(found: Fleet, **options: str) -> Plan:
    assert said(found, **options) == ""
    return SITE_FAILOVER.plan(found, aim(found, **options))


def with_group(name: str, change: Callable[[Group], Group]) -> Change:
    return lambda found: replace(
        found, groups=tuple(change(group) if group.name == name else group for group in found.groups)
    )


def node(group: str, address: Address, **changes: Any) -> Change:
    def change(one: Group) -> Group:
        nodes = (replace(each, **changes) if each.address == address else each for each in one.nodes)
        return replace(one, nodes=tuple(nodes))

    return with_group(group, change)


DOWN = {"fault": Fault("refused", "connection refused", fleets.AT - 7), "role": None}


def test_every_group_takes_part_by_its_own_action() -> None:
    found = fleet()
    names = [group.name for group in found.groups]
    assert aim(found).groups == tuple(names)
    made = plan(found)
    assert [lane.action for lane in made.lanes] == ["failover", *["cluster-failover"] * 3, "promote"]
    assert [lane.group for lane in made.lanes] == [names[0], *[names[1]] * 3, names[2]]
    assert [(part.old, part.new) for part in parts(found, "west")] == [
        (P, world.R1), (P1, R1), (P2, R2), (P3, R3), (A, B),
    ]  # fmt: skip
    assert made.steps == tuple(step for lane in made.lanes for step in lane.steps)
    assert (made.danger, made.confirm, made.group) == ("risky", "west", "west")
    assert made.title.startswith("Fail over to west, away from east: ")
    assert f"{names[1]} (3 shards)" in made.title
    assert "`site-failover east` fails back" in made.undo


def test_a_plan_stays_the_same_while_numbers_move() -> None:
    found = fleet()
    moved = replace(found, at=found.at + 0.5)
    for group, address in (("plain", C), ("orders", world.R2)):
        moved = node(group, address, metrics={**dict(fleets.node(address, "replica", A).metrics), "lag_bytes": 3.0})(
            moved
        )
    assert plan(moved) == plan(found)


def test_what_is_there_already_has_no_part_and_nothing_to_do_is_refused() -> None:
    east = fleet()
    assert "east has taken over already" in said(east, "east")
    half = with_group("plain", lambda group: group_in(group, {A, B}))(east)
    assert "plain" not in aim(half).groups
    assert "no data node stands at a site 'north'; known: east, west" in said(east, "north")


HEAD = healthy().nodes[1].replication
assert HEAD is not None
WRITABLE = replace(HEAD, read_only=False)

REFUSED: list[tuple[str, Change, str]] = [
    ("a writable head", node("plain", B, replication=WRITABLE), "plain cannot move: "),
    ("a silent primary", node("plain", A, **DOWN), f"plain cannot move: {A} at east does not answer; --unplanned"),
    ("a shard without a replica there", node("catalog", R2, site="east"), "no replica of it stands there"),
    ("a recording", lambda found: replace(found, replayed=True), "this is a recording"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_the_whole_is_refused_for(change: Change, words: str) -> None:
    assert words in said(change(named(fleet())))


def named(found: Fleet) -> Fleet:
    """The cluster under a name that stands in the table."""
    return replace(found, groups=tuple(replace(g, name="catalog") if g.kind == "cluster" else g for g in found.groups))


def test_with_partial_a_group_that_cannot_move_stays_and_is_named() -> None:
    found = node("catalog", R2, site="east")(named(fleet()))
    chosen = aim(found, partial="yes")
    assert refusals(SITE_FAILOVER, found, chosen) == ()
    assert f"catalog (shard of {P2}) stays: no replica of it stands there" in warnings(SITE_FAILOVER, found, chosen)
    made = SITE_FAILOVER.plan(found, chosen)
    assert not made.together
    assert len(made.lanes) == 4
    nobody = replace(found, groups=tuple(g for g in node("plain", A, **DOWN)(found).groups if g.name == "plain"))
    assert "no group can move" in said(nobody, partial="yes")


def test_a_group_that_the_site_knows_nothing_of_is_only_told() -> None:
    found = with_group("plain", lambda group: group_in(group, ()))(fleet())
    assert said(found) == ""
    assert "plain has no node at west, and stays where it is" in warnings(SITE_FAILOVER, found, aim(found))


def test_of_a_group_that_is_silent_altogether_nothing_is_known() -> None:
    """Found by its primary alone, which is dead: who else there is could not be asked."""
    alone = replace(group_in(headless()), nodes=group_in(headless()).nodes[:1])
    found = with_group("plain", lambda _: alone)(fleet())
    assert "plain cannot move: none of its nodes that we know answers" in said(found)
    assert said(found, partial="yes") == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"unplanned": "yes"}, "who fenced the other site, and how"),
        ({"unplanned": "yes", "fenced": "  "}, "who fenced the other site, and how"),
        ({"fenced": "me"}, "--fenced is for --unplanned"),
        ({"unplanned": "yes", "fenced": "x" * 201}, "at most 200 characters"),
        ({"unplanned": "yes", "fenced": "a\x1b[31m"}, "one line"),
    ],
)
def test_words_that_do_not_go_together(options: dict[str, str], words: str) -> None:
    with pytest.raises(BadAim, match=words):
        aim(fleet(), **options)


def test_a_silent_site_wants_a_word_on_its_fence_and_that_word_is_typed_again() -> None:
    dead = group_in(headless())
    found = fleet(groups=(dead,))
    assert "--unplanned --fenced TEXT" in said(found)
    made = plan(found, unplanned="yes", fenced="power is off, net team")
    assert made.danger == "lossy"
    assert made.confirm == "lose what east had not sent on; it is fenced: power is off, net team"
    assert "plain: Up to" in made.loses
    assert "every primary answers: without --unplanned nothing is lost" in said(fleet(), unplanned="yes", fenced="x")


def test_a_head_that_follows_the_dead_primary_is_not_taken_for_the_primary() -> None:
    """With the primary dead the head of a chain may be the one that is followed most."""
    dead = replace(group_in(headless()), primary=B)
    (part,) = parts(fleet(groups=(dead,)), "west")
    assert (part.old, part.silent) == (A, True)


def test_without_a_majority_a_dead_shard_is_taken_over_without_a_vote() -> None:
    def kill(count: int) -> Fleet:
        cluster = cluster_world.World()
        for address in (P1, P2, P3)[:count]:
            cluster.servers[address].alive = False
        cluster.pass_time(3.0, tick=0.5)
        return fleet(groups=(group_in(cluster_imagined.fleet_of(cluster).groups[0]),))

    one = [part.aim.options for part in parts(kill(1), "west") if part.silent]
    most = [part.aim.options for part in parts(kill(2), "west") if part.silent]
    assert one in ([], [{"force": "yes"}])  # by vote, or the others have done it by themselves
    assert most == [{"takeover": "yes"}] * 2


def test_soon_after_another_failover_a_sentence_has_to_be_typed() -> None:
    event = Event(fleets.AT - 60, "", "action", "plain", "promote begun: Promote x")
    made = plan(fleet(events=(event,)))
    assert (made.danger, made.confirm) == ("risky", "fail over to west again")


def test_hooks_of_the_site_that_takes_over_stand_in_the_plan() -> None:
    sites = (Site("east", ("10.0.0.0/8",), hook_before="/opt/no"), Site("west", (), False, "/opt/before", "/opt/after"))
    made = plan(fleet(sites=sites))
    assert [(hook.phase, hook.path) for hook in made.hooks] == [("before", "/opt/before"), ("after", "/opt/after")]
    told = dict(made.hooks[0].told)
    assert (told["REDISTUI_SITE"], told["REDISTUI_FROM"]) == ("west", "east")
    assert f"plain={B}" in told["REDISTUI_PRIMARIES"].split()
    assert plan(fleet()).hooks == ()


def test_lanes_meet_before_a_fence_goes_up_and_before_their_points_of_no_return() -> None:
    fenced, *_, handed = plan(fleet()).lanes
    places = meetings(fenced)
    assert sorted(places) == [
        next(n for n, s in enumerate(fenced.steps) if isinstance(s, PauseWrites)),
        fenced.point_of_no_return,
    ]
    assert meetings(handed) == {handed.point_of_no_return: ("fence", "beyond")}
    pause = next(step.ms for step in fenced.steps if isinstance(step, PauseWrites))
    assert patience((fenced, handed))["beyond"] == min(HELD_SECONDS, pause / 2000)
    assert patience((handed,))["beyond"] == HELD_SECONDS


def test_a_cluster_is_one_group_with_all_its_shards() -> None:
    run = planned("site-failover", "west", plan(fleet()))
    states = groups_of(run)
    assert [(one.state, one.percent, len(one.lanes)) for one in states] == [
        ("waits", 0, 1),
        ("waits", 0, 3),
        ("waits", 0, 1),
    ]
    first, *rest = states[1].lanes
    ended = replace(first, outcome="verified", steps=tuple(replace(r, state="done") for r in first.steps))
    half = groups_of(replace(run, lanes=(run.lanes[0], ended, *rest, run.lanes[-1])))[1]
    assert half.state == "moves 1 of 3"
    assert 0 < half.percent < 100
    failed = groups_of(replace(run, lanes=(replace(run.lanes[0], outcome="failed"), *run.lanes[1:])))[0]
    assert (failed.state, failed.well) == ("FAILED", False)

"""What refuses a cluster action, as tables: one thing changed in a healthy cluster, and the words of the refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from redistui.judge.slots import chart
from redistui.model import Event, Fault, Fleet, Node, OpenSlot
from redistui.ops.action import Action, Aim, Plan, refusals, warnings
from redistui.ops.add_node import ADD_NODE
from redistui.ops.aiming import aim_at
from redistui.ops.cluster_failover import CLUSTER_FAILOVER
from redistui.ops.failover import FAILOVER
from redistui.ops.forget import FORGET
from redistui.ops.replicate import REPLICATE
from tests import fleets
from tests.engine.cluster_imagined import NAME, REDIS, fleet_of
from tests.ops.cluster_world import NEW, P1, P2, P3, R1, R2, World

Change = Callable[[World], None]
Tweak = Callable[[Fleet], Fleet]
FAR = "10.0.0.99:7000"


def aim(*words: str, **options: str) -> Aim:
    return Aim(NAME, words[0], {name.replace("_", "-"): value for name, value in options.items()}, words)


def said(action: Action, aim: Aim, change: Change | None = None, tweak: Tweak | None = None) -> tuple[str, ...]:
    return refusals(action, fleet(change, tweak), aim)


def fleet(change: Change | None = None, tweak: Tweak | None = None) -> Fleet:
    world = World()
    if change is not None:
        change(world)
    return fleet_of(world) if tweak is None else tweak(fleet_of(world))


def dead(*addresses: str, seconds: float = 3.0) -> Change:
    """For so long that the others may have found out."""

    def change(world: World) -> None:
        for address in addresses:
            world.servers[address].alive = False
        world.pass_time(seconds, tick=0.5)
        for server in world.servers.values():  # as it was: nobody took over yet
            if server.address == R1 and P1 in addresses:
                server.primary, server.slots, world.servers[P1].slots = world.servers[P1].id, "", "0-5460"

    return change


def node(address: str, **changes: Any) -> Tweak:
    return among(lambda one: replace(one, **changes) if one.address == address else one)


def replication(address: str, **changes: Any) -> Tweak:
    def change(one: Node) -> Node:
        if one.address != address or one.replication is None:
            return one
        return replace(one, replication=replace(one.replication, **changes))

    return among(change)


def view(address: str, **changes: Any) -> Tweak:
    def change(one: Node) -> Node:
        if one.address != address or one.cluster is None:
            return one
        return replace(one, cluster=replace(one.cluster, **changes))

    return among(change)


def announced(who: str, **changes: Any) -> Tweak:
    """What a member says of itself in its own CLUSTER NODES."""

    def change(one: Node) -> Node:
        if one.address != who or one.cluster is None:
            return one
        peers = (replace(each, **changes) if each.id == one.cluster.myself else each for each in one.cluster.peers)
        return replace(one, cluster=replace(one.cluster, peers=tuple(peers)))

    return among(change)


def doubted(whom: str, *by: str) -> Tweak:
    """Held for failed by some, while it answers us."""

    def change(one: Node) -> Node:
        if one.address not in by or one.cluster is None:
            return one
        peers = (
            replace(each, flags=each.flags | {"fail?"}) if each.address == whom else each for each in one.cluster.peers
        )
        return replace(one, cluster=replace(one.cluster, peers=tuple(peers)))

    return among(change)


def metric(address: str, name: str, value: float | None) -> Tweak:
    def change(one: Node) -> Node:
        others = {key: old for key, old in one.metrics.items() if key != name}
        there = others if value is None else {**others, name: value}
        return replace(one, metrics=there) if one.address == address else one

    return among(change)


def among(change: Callable[[Node], Node]) -> Tweak:
    def tweak(fleet: Fleet) -> Fleet:
        groups = []
        for group in fleet.groups:
            nodes = tuple(map(change, group.nodes))
            groups.append(replace(group, nodes=nodes, cluster=chart(nodes)))
        return replace(fleet, groups=tuple(groups))

    return tweak


def opened(fleet: Fleet) -> Fleet:
    """Slot 7 is on its way from the first shard to the second."""
    return view(P1, open_slots=(OpenSlot(7, "migrating", "1" * 40, "2" * 40),))(fleet)


def unseen(fleet: Fleet) -> Fleet:
    """Two of three primaries take the replica for another one's."""
    for address in (P2, P3):
        peers = fleet.groups[0].node(address).cluster.peers  # type: ignore[union-attr]
        wrong = tuple(replace(peer, primary="2" * 40) if peer.address == R1 else peer for peer in peers)
        fleet = view(address, peers=wrong)(fleet)
    return fleet


def happened(kind: str, text: str, ago: float = 3.0) -> Tweak:
    event = Event(fleets.AT + 0.1 - ago, P1, kind, NAME, text)
    return lambda fleet: replace(fleet, events=(event,))


PLAIN = aim(R1)
FORCE = aim(R1, force="yes")
TAKEOVER = aim(R1, takeover="yes")
FAILOVERS: list[tuple[str, Aim, Change | None, Tweak | None, str]] = [
    ("a primary", aim(P1), None, None, "is a primary: name the replica"),
    ("unknown", aim(FAR), None, None, "is no node of catalog"),
    ("both ways", aim(R1, force="yes", takeover="yes"), None, None, "two different things"),
    ("the replica is dead", PLAIN, dead(R1), None, "does not answer"),
    ("primary dead", PLAIN, dead(P1, seconds=0.5), None, "only --force can do it"),
    ("primary failed for the others", PLAIN, dead(P1), None, "only --force can do it"),
    ("link down", PLAIN, None, replication(R1, link="down"), "to its primary is down"),
    ("syncs", PLAIN, None, replication(R1, sync_in_progress=True), "never finished a sync"),
    ("never synced", FORCE, dead(P1), replication(R1, link="down", offset=1), "never finished a sync"),
    ("lags", PLAIN, None, metric(R1, "lag_bytes", 3.0 * (1 << 20)), "lags 3.0 MiB behind"),
    ("lag unknown", PLAIN, None, metric(R1, "lag_bytes", None), "the lag of 10.0.0.4:7000 is not known"),
    ("state fail", PLAIN, None, view(R1, state="fail"), "cluster_state is fail at 10.0.0.4:7000"),
    ("open slot", PLAIN, None, opened, "slot 7 of this shard is open: end that move first"),
    ("unknown to the others", PLAIN, None, unseen, "only 1 of 3 primaries know"),
    ("majority lost", PLAIN, dead(P2, P3), None, "1 of 3 primaries that own slots can vote"),
    ("majority lost, force", FORCE, dead(P1, P2), None, "--takeover goes without a vote"),
    ("takeover, all well", TAKEOVER, None, None, "without --takeover nothing is lost"),
    ("just failed over", PLAIN, None, happened("role", f"{P1} was replica, is primary"), "3 s ago; wait 2 s more"),
    (
        "just ordered", FORCE, dead(P1),
        happened("action", f"cluster-failover begun: {R1} takes over from {P1}"), "failed over 3 s ago",
    ),
    ("its role is unknown", PLAIN, None, node(R1, role=None), f"{R1} does not say that it is a replica"),
    ("it holds its primary for failed", PLAIN, None, doubted(P1, R1), f"{R1} itself holds {P1} for failed"),
    ("a primary that says replica", PLAIN, None, node(P1, role="replica"), f"{P1} says of itself that it is a replica"),
    ("recording", PLAIN, None, lambda fleet: replace(fleet, replayed=True), "recording"),
    ("no slots", aim(NEW), None, None, "is no node of"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("where", "change", "tweak", "words"), [r[1:] for r in FAILOVERS], ids=[r[0] for r in FAILOVERS]
)
def test_a_failover_is_refused_when(where: Aim, change: Change | None, tweak: Tweak | None, words: str) -> None:
    reasons = said(CLUSTER_FAILOVER, where, change, tweak)
    assert any(words in text for text in reasons), reasons


def test_failover_of_a_cluster_is_refused_for_what_cluster_failover_is_refused_for() -> None:
    to = Aim(NAME, options={"to": R1})
    assert refusals(FAILOVER, fleet(), to) == ()
    assert any("--force can do it" in text for text in refusals(FAILOVER, fleet(dead(P1)), to))
    assert any("which one?" in text for text in refusals(FAILOVER, fleet(), Aim(NAME)))


@pytest.mark.parametrize(("where", "change"), [(PLAIN, None), (FORCE, dead(P1)), (TAKEOVER, dead(P1, P2))])
def test_a_failover_is_allowed_where_it_is_for(where: Aim, change: Change | None) -> None:
    assert said(CLUSTER_FAILOVER, where, change) == ()


def test_a_takeover_of_a_dead_primary_is_allowed_with_a_majority_but_advised_against() -> None:
    assert said(CLUSTER_FAILOVER, TAKEOVER, dead(P1)) == ()
    assert any("--force asks it" in text for text in warnings(CLUSTER_FAILOVER, fleet(dead(P1)), TAKEOVER))


def test_force_of_a_primary_that_is_well_and_a_sibling_that_is_ahead_are_warned_of() -> None:
    assert any("without --force nothing" in text for text in warnings(CLUSTER_FAILOVER, fleet(), FORCE))

    def second(world: World) -> None:
        world.servers[R2].primary = world.servers[P1].id
        dead(P1)(world)

    ahead = fleet(second, replication(R1, offset=48_213_377_000))
    for where in (FORCE, TAKEOVER):
        noted = warnings(CLUSTER_FAILOVER, ahead, where)
        assert any("104 bytes more of this shard's history" in text for text in noted)


def test_a_takeover_from_a_primary_that_lives_is_warned_of() -> None:
    noted = warnings(CLUSTER_FAILOVER, fleet(dead(P2, P3)), TAKEOVER)
    assert f"{P1} answers: it takes writes until it learns of the takeover, and they are lost" in noted


def test_an_open_slot_does_not_stop_an_unplanned_one() -> None:
    assert said(CLUSTER_FAILOVER, FORCE, None, opened) == ()
    assert any("slot 7" in text for text in warnings(CLUSTER_FAILOVER, fleet(None, opened), FORCE))


def plan(where: Aim, change: Change | None = None, tweak: Tweak | None = None) -> Plan:
    return CLUSTER_FAILOVER.plan(fleet(change, tweak), where)


def test_a_planned_one_needs_a_y_and_the_others_a_sentence() -> None:
    assert (plan(PLAIN).danger, plan(PLAIN).confirm) == ("routine", "")
    forced = plan(FORCE, dead(P1))
    assert (forced.danger, forced.confirm) == ("lossy", f"lose up to 0 bytes of {P1}")
    assert plan(FORCE).confirm == f"lose the last writes of {P1}"
    assert plan(TAKEOVER, dead(P1, P2)).confirm == f"catalog: {P1} is stopped or fenced, its last writes are lost"


def test_a_second_one_of_the_same_shard_within_ten_minutes_needs_the_strongest() -> None:
    again = plan(PLAIN, None, happened("role", f"{P1} was replica, is primary", 300))
    assert (again.danger, again.confirm) == ("risky", "fail catalog over again")
    assert plan(PLAIN, None, happened("role", f"{P2} was replica, is primary", 300)).danger == "routine"


def test_slot_moves_are_looked_for_where_the_server_tells_and_clients_let_go_where_it_forgets() -> None:
    texts = [step.text for step in plan(PLAIN).steps]
    assert "neither gives nor takes slots" in texts[0]
    older = [replace(node, server="redis", version="6.2.14") for node in fleet().groups[0].nodes]  # type: ignore[arg-type]
    old = replace(fleet(), groups=(replace(fleet().groups[0], nodes=tuple(older)),))
    made = CLUSTER_FAILOVER.plan(old, PLAIN)
    assert [argv for step in made.steps for argv in step.commands()] == [("CLUSTER", "FAILOVER"), ("CLIENT", "UNPAUSE")]
    assert made.point_of_no_return == 0
    assert len(CLUSTER_FAILOVER.plan(fleet_of(World(), **REDIS), PLAIN).steps) == 2


# -- members ----------------------------------------------------------------------------------------------------------


def with_keys(world: World) -> None:
    """The node outside is a member without slots, and holds keys all the same."""
    joined(world)
    world.servers[NEW].keys = 5


def joined(world: World) -> None:
    everybody = world.ids()
    for server in world.servers.values():
        server.knows = set(everybody)


LOADS = Fault("loading", "loads its dataset", fleets.AT - 3)


def second_replica(world: World) -> None:
    joined(world)
    world.servers[NEW].primary = world.servers[P1].id


MEMBERS: list[tuple[str, Action, Aim, Change | None, Tweak | None, str]] = [
    ("forget: slots", FORGET, aim(P1), None, None, "owns 5461 slots"),
    ("forget: replicas", FORGET, aim(P1), None, None, f"has replicas ({R1})"),
    ("forget: keys", FORGET, aim(NEW), with_keys, None, "holds 5 keys, though it owns no slots"),
    ("forget: nobody", FORGET, aim(FAR), None, None, "is no node of catalog: name one by its address"),
    ("forget: no such id", FORGET, aim("f" * 40), None, None, "is no node of catalog"),
    ("forget: silent for us", FORGET, aim(R1), dead(R1, seconds=0.5), None, "does not answer us, but"),
    ("forget: last of its shard", FORGET, aim(R1), dead(P1), None, "holds what is left of that shard"),
    ("add: a member", ADD_NODE, aim(R1), None, None, "is a node of catalog already"),
    ("add: unknown", ADD_NODE, aim(FAR), None, None, "nothing is known of 10.0.0.99:7000"),
    ("add: silent", ADD_NODE, aim(NEW), dead(NEW), None, "no answer"),
    ("add: keys", ADD_NODE, aim(NEW), lambda w: setattr(w.servers[NEW], "keys", 3), None, "holds 3 keys"),
    ("add: no cluster node", ADD_NODE, aim(NEW), None, node(NEW, cluster=None), "cluster-enabled yes"),
    ("add: of another cluster", ADD_NODE, aim(NEW), None, view(NEW, known_nodes=4), "two clusters would become one"),
    ("add: epoch", ADD_NODE, aim(NEW), None, view(NEW, epoch=7), "was in a cluster before (epoch 7)"),
    ("add: nobody introduces", ADD_NODE, aim(NEW), dead(P1, P2, P3, seconds=0.5), None, "nobody to introduce it to"),
    ("add: a host name", ADD_NODE, aim(NEW), None, announced(P1, address="cart-1:7000"), "takes an IP address only"),
    ("add: loopback", ADD_NODE, aim(NEW), None, announced(P1, address="127.0.0.1:7000"), f"reaches that from {NEW}"),
    ("add: no bus port", ADD_NODE, aim(NEW), None, announced(P1, bus_port=None), f"bus port of {P1} is not known"),
    ("add: under a replica", ADD_NODE, aim(NEW, replica_of=R1), None, None, "is a replica: name a primary"),
    ("add: under nobody", ADD_NODE, aim(NEW, replica_of=FAR), None, None, "is no node of catalog"),
    ("add: under a dead one", ADD_NODE, aim(NEW, replica_of=P2), dead(P2, seconds=0.5), None, "does not answer"),
    ("replicate: itself", REPLICATE, aim(R1, R1), None, None, "10.0.0.4:7000 is 10.0.0.4:7000"),
    ("replicate: already", REPLICATE, aim(R1, P1), None, None, f"is a replica of {P1} already"),
    ("replicate: a replica above", REPLICATE, aim(R1, R2), None, None, "is a replica: name a primary"),
    ("replicate: owns slots", REPLICATE, aim(P1, P2), None, None, "a primary that owns 5461 slots"),
    ("forget: loads", FORGET, aim(R1), None, node(R1, fault=LOADS), "wait until it answers, or stop it"),
    ("replicate: silent", REPLICATE, aim(R1, P2), dead(R1, seconds=0.5), None, f"{R1} does not answer"),
    ("replicate: its role is unknown", REPLICATE, aim(R1, P2), None, node(R1, role=None), "does not say what it is"),
    (
        "replicate: just failed over",
        REPLICATE,
        aim(R1, P2),
        None,
        happened("role", f"{P1} was replica, is primary"),
        "failed over 3 s ago",
    ),
    ("replicate: a doubted one", REPLICATE, aim(R1, P2), None, doubted(P2, P3), f"{P3} holds {P2} for failed"),
    ("replicate: keys", REPLICATE, aim(NEW, P2), with_keys, None, "holds 5 keys"),
    ("replicate: unknown", REPLICATE, aim(FAR, P2), None, None, "is no node of catalog"),
    ("replicate: unknown above", REPLICATE, aim(R1, FAR), None, None, "is no node of catalog"),
    ("replicate: the last one", REPLICATE, aim(R1, P2), dead(P1), None, "--force` first"),
]


@pytest.mark.parametrize(
    ("action", "where", "change", "tweak", "words"), [r[1:] for r in MEMBERS], ids=[r[0] for r in MEMBERS]
)
def test_members_are_not_changed_when(
    action: Action, where: Aim, change: Change | None, tweak: Tweak | None, words: str
) -> None:
    reasons = said(action, where, change, tweak)
    assert any(words in text for text in reasons), reasons


def test_a_shard_that_is_left_without_a_replica_is_warned_of() -> None:
    for action, where in ((FORGET, aim(R1)), (REPLICATE, aim(R1, P2))):
        assert said(action, where) == ()
        assert any(f"{P1} is left without a replica" in text for text in warnings(action, fleet(), where))
        assert warnings(action, fleet(second_replica), where) == ()


def test_whoever_may_not_be_able_to_hold_the_data_of_its_new_primary_is_warned_of() -> None:
    older = warnings(REPLICATE, fleet(None, node(R1, version="8.0.1")), aim(R1, P2))
    assert any(f"{R1} runs valkey 8.0.1, {P2} valkey 9.1" in text for text in older)
    full = fleet(None, lambda made: metric(R1, "memory_limit", 1e6)(metric(P2, "memory_used", 2e6)(made)))
    assert f"{R1} has less maxmemory than {P2} uses" in warnings(REPLICATE, full, aim(R1, P2))


def test_members_that_do_not_answer_are_told_to_whoever_adds_a_node() -> None:
    (said_,) = warnings(ADD_NODE, fleet(dead(R2)), aim(NEW))
    assert said_ == f"{R2} does not answer: it learns of the new node when it is back"


def test_a_ghost_is_named_by_its_id_and_its_old_address_means_it_once_the_node_stands_alone() -> None:
    def ghost(world: World) -> None:
        world.ask(R1, ("CLUSTER", "RESET", "HARD"))

    for word in ("4" * 40, R1):
        made = FORGET.plan(fleet(ghost), aim(word))
        assert [argv for step in made.steps for argv in step.commands()] == [("CLUSTER", "FORGET", "4" * 40)] * 5
        assert made.danger == "risky"


def test_a_node_that_is_to_join_is_not_mistaken_for_the_cluster() -> None:
    meant = aim_at(ADD_NODE, fleet(), [NEW], {})
    assert (meant.group, meant.also) == (NAME, (NEW,))


def test_a_replica_that_leaves_drops_its_data_and_that_is_typed() -> None:
    made = FORGET.plan(fleet(), aim(R1))
    assert (made.danger, made.confirm) == ("lossy", f"drop the data of {R1}")
    assert made.steps[0].commands() == (("CLUSTER", "RESET", "HARD"),)
    assert [step.node for step in made.steps[1:]] == [P1, P2, P3, R2, "10.0.0.6:7000"]
    assert FORGET.plan(fleet(joined), aim(NEW)).confirm == NAME


def test_members_that_are_silent_take_no_part_and_are_warned_of() -> None:
    made = FORGET.plan(fleet(dead(P3)), aim(R1))
    assert P3 not in [step.node for step in made.steps]
    assert any("forget it once more then" in text for text in warnings(FORGET, fleet(dead(P3)), aim(R1)))

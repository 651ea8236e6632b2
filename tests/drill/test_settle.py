"""When a drill may read back: what is not yet as it should be is named, the first thing found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.drill.ground import Ground, NoGround, grounds
from redistui.drill.settle import settle, unsettled
from redistui.model import Access, Address, Fleet, Group, Login, Operator
from tests import fleets


def login(operator: Operator) -> Login:
    raise AssertionError("there is no user of the canary's own")


def calm() -> Fleet:
    return fleets.quiet()


def ground_of(fleet: Fleet, *names: str) -> tuple[Ground, ...]:
    return grounds(fleet, names or [group.name for group in fleet.groups], lambda _: Access(), login)


def changed(fleet: Fleet, group: Group) -> Fleet:
    return replace(fleet, groups=tuple(group if one.name == group.name else one for one in fleet.groups))


def with_node(fleet: Fleet, address: Address, **changes: object) -> Fleet:
    group = next(group for group in fleet.groups if group.node(address))
    nodes = tuple(replace(n, **changes) if n.address == address else n for n in group.nodes)  # type: ignore[arg-type]
    return changed(fleet, replace(group, nodes=nodes))


def orders(fleet: Fleet) -> Group:
    return next(group for group in fleet.groups if group.kind == "sentinel")


def test_a_quiet_fleet_is_settled() -> None:
    assert unsettled(calm(), ground_of(calm())) == ""


def test_a_node_that_was_there_and_does_not_answer_is_waited_for() -> None:
    fleet = calm()
    gone = next(node for node in orders(fleet).nodes if node.role == "replica")
    silent = fleets.silent(gone.address, "refused")
    nodes = tuple(silent if node.address == gone.address else node for node in orders(fleet).nodes)
    now = changed(fleet, replace(orders(fleet), nodes=nodes))
    assert unsettled(now, ground_of(fleet)) == f"{gone.address} does not answer as it should"
    assert unsettled(now, ground_of(now)) == ""


def test_two_that_say_primary_and_one_that_nobody_follows_are_named() -> None:
    fleet = calm()
    primary, replica = (next(n for n in orders(fleet).nodes if n.role == role) for role in ("primary", "replica"))
    two = with_node(fleet, replica.address, role="primary")
    assert "says that it is primary" in unsettled(two, ground_of(fleet))
    assert replica.replication is not None
    down = with_node(fleet, replica.address, replication=replace(replica.replication, link="down"))
    assert unsettled(down, ground_of(fleet)) == f"the link of {replica.address} to its primary is not up"
    assert primary.address not in unsettled(down, ground_of(fleet))


def test_a_sentinel_of_another_opinion_is_named() -> None:
    fleet = calm()
    group = orders(fleet)
    one = group.sentinels[0]
    watch = replace(one.watches[group.watched_as or ""], primary="10.9.9.9:1")
    stray = replace(one, watches={group.watched_as or "": watch})
    now = changed(fleet, replace(group, sentinels=(stray, *group.sentinels[1:])))
    assert unsettled(now, ground_of(fleet)) == f"the Sentinel {one.address} names 10.9.9.9:1 as primary"


def test_a_group_that_is_gone_is_not_settled_and_the_waiting_ends() -> None:
    class Engine:
        fleet = replace(calm(), groups=(), at=float("inf"))

    assert settle(Engine(), ground_of(calm(), orders(calm()).name), 0.0) == f"{orders(calm()).name} is not to be seen"


def test_there_is_no_drill_without_somebody_to_write_to() -> None:
    fleet = calm()
    with pytest.raises(NoGround, match="there is no group nobody"):
        ground_of(fleet, "nobody")
    with pytest.raises(NoGround, match="has no primary now"):
        ground_of(changed(fleet, replace(orders(fleet), primary=None)), orders(fleet).name)

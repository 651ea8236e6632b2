"""Unplanned failover of a Sentinel group: the primary is silent, and the Sentinels have not acted yet.

They wait for down-after, half a minute as a rule; somebody who knows that the primary is gone need not. The order is
the plain one: a coordinated one needs the old primary, and keeps the Sentinels from acting for twice failover-timeout
when that one hangs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from redistui.judge.loss import Loss, amount, bound
from redistui.model import Address, Fleet, Group, Node
from redistui.ops.action import Check
from redistui.ops.checks import answer, failed, names, passed, verdict, warned
from redistui.ops.sentinel.candidates import candidates, takers
from redistui.ops.sentinel.nodes import primary_of, wanted


def checks(fleet: Fleet, group: Group, chosen: Address | None) -> Iterator[Check]:
    """At the data nodes."""
    primary = primary_of(group)
    assert primary is not None
    yield warned(f"{answer(fleet, primary)}: this is an unplanned failover")
    loss = loss_of(group, chosen)
    yield warned(f"{_bound(loss)}{_age(fleet, loss)}")
    yield warned(
        f"should {primary.address} come back, it takes writes until it is made a replica, at the latest about 10 s "
        f"after; all of these are lost: stop it, or cut it off from its clients, where you can"
    )
    others = [node.address for node in group.nodes if node.role == "primary"]
    yield verdict([f"{names(others)} is primary by its own ROLE"] if others else [], "no other node says primary")
    yield takers(group, silent=True) if chosen is None else wanted(group, chosen, silent=True)
    yield from _replicas(fleet, group)


def loss_of(group: Group, chosen: Address | None) -> Loss:
    """Whom they take is up to them, and their view of the offsets is up to 10 s old: so the least of all counts."""
    who = (chosen,) if chosen is not None else candidates(group, silent=True)
    return bound(primary_of(group), [node for address in who if (node := group.node(address)) is not None])


def sentence(loss: Loss, primary: Address) -> str:
    """What can be lost; equal as long as nothing new is heard."""
    return f"{_bound(loss)}. What {primary} takes should it come back, before it is made a replica, is lost as well."


def _bound(loss: Loss) -> str:
    if loss.size is None:
        return "How many acknowledged writes are lost is not known"
    most = amount(loss.size)
    return f"At most {most} of acknowledged writes are lost, by its offset and pace when last seen{_at(loss)}"


def _at(loss: Loss) -> str:
    return "" if loss.seen_at is None else f" at {datetime.fromtimestamp(loss.seen_at, UTC):%H:%M:%S} UTC"


def _age(fleet: Fleet, loss: Loss) -> str:
    age = fleet.age(loss.seen_at)
    return "" if age is None else f", {age:.0f} s ago"


def _replicas(fleet: Fleet, group: Group) -> Iterator[Check]:
    good = candidates(group, silent=True)
    histories = {n.replication.replid for a in good if (n := group.node(a)) is not None and n.replication is not None}
    yield verdict(["the replicas have different histories (replid)"] if len(histories) > 1 else [],
                  "they have one history")  # fmt: skip
    for address in good:
        yield _candidate(fleet, group.node(address), address)


def _candidate(fleet: Fleet, node: Node | None, address: Address) -> Check:
    problem = f"{address} is not among the nodes we reach" if node is None else answer(fleet, node)
    if node is None or problem:
        return failed(f"{problem}, and the Sentinels may choose it")
    if node.role != "replica" or node.replication is None or node.replication.sync_in_progress:
        return failed(f"{address} is no replica with its sync done, and the Sentinels may choose it")
    return passed(f"{address} is a replica, at offset {node.replication.offset}")

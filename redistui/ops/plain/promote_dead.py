"""The unplanned promotion: whether the primary is dead, who has most of its data, and what is lost.

A primary that we cannot reach may live. So its replicas are asked, too: while one of them hears it, it is not dead, and
nothing is promoted (the rule of the orchestrator for MySQL: DeadMaster, not UnreachableMaster). That does not prove it:
a network may part the primary and its clients from us and all replicas. Hence the sentence that has to be typed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redistui.judge.loss import Loss, bound
from redistui.model import Address, Fleet, Group, Node, Replication
from redistui.ops.action import Check
from redistui.ops.checks import failed, names, passed, warned
from redistui.ops.plain.group import above, following, linked, unwell

LINK_DOWN_SECONDS = 5
"""For so long every replica must have missed it: shorter than a restart is not dead."""
PING_SECONDS = 10
"""A primary that has nothing to pass on sends a PING so often."""


def is_dead(node: Node) -> bool:
    """As far as can be seen from here."""
    return node.fault is not None and node.fault.down


def predecessor(group: Group, heir: Node) -> Node | None:
    """Whom a promotion takes the place of: the primary, dead or alive; where all that live are replicas, whom the heir
    follows."""
    first = group.node(group.primary or "")
    if first is not None and (first.role == "primary" or is_dead(first)):
        return first
    return group.node(above(heir) or "") or first


def dead(fleet: Fleet, group: Group, old: Node, heir: Node) -> Iterator[Check]:
    assert old.fault is not None
    yield warned(f"{old.address} does not answer from here: {old.fault.text}")
    problem = unwell(fleet, heir)
    if problem:
        yield failed(problem)
        return
    if above(heir) != old.address:
        yield failed(f"{heir.address} follows {above(heir)}, not {old.address}: promote one that does")
        return
    yield _links(fleet, following(group, old.address))
    alive = [n.address for n in group.nodes if n.role == "primary"]
    yield failed(f"{names(alive)} is a primary already") if alive else passed("no node says primary")
    yield _best(fleet, group, old, heir)
    silent = [n.address for n in group.nodes if n is not old and unwell(fleet, n)]
    if silent:
        yield warned(f"{names(silent)} cannot be asked: it may have more of the data than {heir.address}")
    yield _loss(fleet, bound(old, (heir,)))


def _links(fleet: Fleet, replicas: tuple[Node, ...]) -> Check:
    """All that answer have to say the same."""
    asked = [node for node in replicas if not unwell(fleet, node) and node.replication is not None]
    links = [(node.address, node.replication) for node in asked if node.replication is not None]
    hears = [address for address, link in links if link.link != "down"]
    if hears:
        return failed(f"{names(hears)} still {'hears' if len(hears) == 1 else 'hear'} it{_last_heard(links)}")
    since = [link.link_down_seconds for _, link in links if link.link_down_seconds is not None]
    shortest = min((seconds for seconds in since if seconds >= 0), default=None)
    if shortest is not None and shortest < LINK_DOWN_SECONDS:
        return failed(f"its replicas lost it only {shortest} s ago: it is called dead after {LINK_DOWN_SECONDS} s")
    said = {link.replid for _, link in links}
    if len(said) > 1:
        return failed("its replicas are not of one history (replid): look at each")
    return passed(f"no replica has heard it for {LINK_DOWN_SECONDS} s and more: {names([a for a, _ in links])}")


def _last_heard(links: Sequence[tuple[Address, Replication]]) -> str:
    """A primary sends something at least every 10 s (repl-ping-replica-period); what sends nothing is given up after a
    minute (repl-timeout)."""
    ago = [link.last_io_seconds for _, link in links if link.link != "down"]
    known = [seconds for seconds in ago if seconds is not None and seconds >= 0]
    if len(known) < len(ago) or not known or min(known) <= PING_SECONDS:
        return ": it cannot be reached from here, but is not dead"
    return (
        f" by a link that is up, though nothing has come for {min(known)} s: it is called dead when the replica gives "
        f"the link up, repl-timeout (60 s as a rule) after the last word"
    )


def _best(fleet: Fleet, group: Group, old: Node, heir: Node) -> Check:
    first = best_of(fleet, group, old)
    mine, most = offset(heir), None if first is None else offset(first)
    if first is None or mine is None or most is None:
        return failed(f"how much of the data {heir.address} has is not known")
    if mine < most:
        return failed(
            f"{first.address} has {most - mine} bytes more than {heir.address}: promote {first.address}, and from "
            f"there hand over to {heir.address} without any loss"
        )
    if heir.replication is not None and heir.replication.priority == 0:
        return warned(f"{heir.address} has replica-priority 0: it was not meant to become primary")
    return passed(f"no replica that answers has more of the data than {heir.address} (offset {mine})")


def best_of(fleet: Fleet, group: Group, old: Node) -> Node | None:
    """The replica that has most; of equals the one preferred by priority (0: last), then by run id.

    While the primary lives all will have everything, and what moves must not decide: any that is linked counts.
    """
    gone = is_dead(old)
    known = [n for n in following(group, old.address) if not unwell(fleet, n) and offset(n) is not None]
    return min((n for n in known if gone or linked(n)), key=lambda n: _rank(n, gone), default=None)


def _rank(node: Node, by_offset: bool) -> tuple[int, float, str, Address]:
    priority = node.replication.priority if node.replication is not None else None
    return -(offset(node) or 0) * by_offset, priority or float("inf"), node.run_id or "", node.address


def offset(node: Node) -> int | None:
    return None if node.replication is None else node.replication.offset


def _loss(fleet: Fleet, loss: Loss) -> Check:
    if loss.size is None:
        return warned(
            "what is lost cannot be told: the primary was not seen from here while it lived; replicas that only it "
            "knew are not seen either, and one of them may have more"
        )
    age = fleet.age(loss.seen_at) or 0.0
    return warned(f"its offset was last seen {age:.0f} s ago; {loss.size} bytes after the replica's, at most")

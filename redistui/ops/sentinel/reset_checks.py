"""What speaks against sentinel-reset, and whom the Sentinels would forget."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Address, Fleet, Group, Kind
from redistui.ops.action import Aim, Check
from redistui.ops.checks import answer, failed, found, fresh, names, passed, warned
from redistui.ops.sentinel.checks import agreed, answering, believers, flags, silent_sentinels
from redistui.ops.sentinel.nodes import primary_of, serves

INSTEAD: dict[Kind, str] = {
    "cluster": "no Sentinel watches a cluster",
    "replication": "no Sentinel watches this group",
}


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = yield from found(fleet, aim, ("sentinel",), INSTEAD)
    if group is None:
        return
    yield from fresh(fleet)
    pairs, primary = believers(group), primary_of(group)
    if not pairs or primary is None:
        yield failed("no Sentinel answers" if not pairs else f"{group.primary} is not among the nodes we reach")
        return
    yield from agreed(fleet, group)
    yield flags(pairs)
    yield serves(fleet, primary)
    yield from _majority(group)
    yield from _quorum(group)
    yield from _strays(fleet, group)
    yield _forgotten(group)


def _majority(group: Group) -> Iterator[Check]:
    up, known = len(believers(group)), len(group.sentinels)
    if up > known // 2:
        yield passed(answering(up, known))
        return
    yield warned(
        f"only {answering(up, known)}: should the others be alive elsewhere, either side may elect a "
        f"primary of its own once these have forgotten those"
    )


def _quorum(group: Group) -> Iterator[Check]:
    """Not a refusal before: ghosts may be the reason."""
    for sentinel, watch in believers(group):
        if watch.ckquorum != "ok":
            yield warned(f"{sentinel.address}: {watch.ckquorum or 'CKQUORUM was not asked'}")
        if watch.quorum is not None and watch.quorum > len(believers(group)):
            yield failed(
                f"{sentinel.address} wants a quorum of {watch.quorum}, and only {len(believers(group))} answer"
            )


def _strays(fleet: Fleet, group: Group) -> Iterator[Check]:
    """Who would be forgotten though alive."""
    here = replicas(group)
    for address in sorted({r.address for _, watch in believers(group) for r in watch.replicas} - {*here}):
        node = group.node(address)
        if node is not None and not answer(fleet, node) and node.role == "replica":
            yield failed(
                f"{address} is alive, but has no link to {group.primary}: it would be forgotten; mend that first"
            )


def _forgotten(group: Group) -> Check:
    gone = forgotten(group)
    if gone:
        return warned(f"forgotten: {names(list(gone))}; should one be alive, it is found again, and this stops there")
    return warned("everybody that the Sentinels know is alive: there is nobody to forget")


def replicas(group: Group) -> tuple[Address, ...]:
    """Those that the primary's INFO will lead to: alive, and linked to the primary itself."""
    well = (n for n in group.nodes if n.up and n.role == "replica" and n.replication is not None)
    mine = (n for n in well if n.replication is not None and n.replication.primary == group.primary)
    return tuple(sorted(n.address for n in mine if n.replication is not None and n.replication.link == "up"))


def forgotten(group: Group) -> tuple[Address, ...]:
    """Replicas and Sentinels that a Sentinel knows, and that are not to be found any more."""
    pairs = believers(group)
    dead = {r.address for _, watch in pairs for r in watch.replicas} - {*replicas(group)}
    ghosts = {s.address for _, watch in pairs for s in watch.sentinels} - {s.address for s, _ in pairs}
    return (*sorted(dead), *sorted(ghosts | {sentinel.address for sentinel in silent_sentinels(group)}))

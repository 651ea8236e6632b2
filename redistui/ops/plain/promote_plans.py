"""The three plans of `promote`: handed over by the server, switched by the console, succession to a dead primary."""

from __future__ import annotations

from redistui.judge.loss import amount, bound
from redistui.model import Address, Fleet, Group, Node
from redistui.ops.action import Plan
from redistui.ops.checks import answer
from redistui.ops.fingerprint import fingerprint
from redistui.ops.node.catch_up import CatchUp
from redistui.ops.node.config_role import WriteRole
from redistui.ops.node.follow import Repoint
from redistui.ops.node.follow_verify import AllFollow, Serves
from redistui.ops.node.last_look import LastLook
from redistui.ops.plain.group import following, linked, unwell
from redistui.ops.plain.hand_over import HandOver
from redistui.ops.plain.promote_dead import is_dead
from redistui.ops.plain.succeed import Succeed
from redistui.ops.plain.switch import CutClients, EndHold, HoldBriefly, KeepsUp, StepDown, TakeBack, TakeOver
from redistui.ops.steps import Step

TIMEOUT_MS = 5_000
PAUSE_MS = 3_000
CATCH_UP_SECONDS = 1.8
"""Three fifths of the pause: longer, and there would be no time left for the rest."""


def hand_over(fleet: Fleet, group: Group, old: Node, heir: Node, *, chains: bool = False) -> Plan:
    """`chains`: the replicas at the old primary's site stay under it, as the heir's own stay under the heir."""
    stay = tuple(node.address for node in group.nodes if chains and node.site is not None and node.site == old.site)
    others = tuple(address for address in siblings(fleet, group, old, heir) if address not in stay)
    steps: tuple[Step, ...] = (
        _look(group, fleet, old, heir),
        KeepsUp(old.address, (heir.address,), CATCH_UP_SECONDS),
        HandOver(old.address, heir.address, TIMEOUT_MS),
        *_send_over(heir, others),
    )
    return _build(
        group, old, heir, others, steps,
        point=2,
        loses=f"No acknowledged write. Writes wait about 1 s, at most {TIMEOUT_MS // 1000} s. {_clients(old, heir)}",
    )  # fmt: skip


def switch(fleet: Fleet, group: Group, old: Node, heir: Node) -> Plan:
    others = siblings(fleet, group, old, heir)
    steps: tuple[Step, ...] = (
        _look(group, fleet, old, heir),
        KeepsUp(old.address, (heir.address, *others), CATCH_UP_SECONDS),
        HoldBriefly(old.address, PAUSE_MS),
        CatchUp(old.address, (heir.address, *others), CATCH_UP_SECONDS),
        StepDown(old.address, heir.address),
        TakeOver(heir.address, old.address),
        EndHold(old.address),
        *_send_over(heir, others),
        CutClients(old.address),
    )
    return _build(
        group, old, heir, others, steps,
        point=5,
        release=(TakeBack(old.address, heir.address), EndHold(old.address)),
        loses=f"No acknowledged write. Writes wait for less than 0.1 s as a rule. {_clients(old, heir)}",
    )  # fmt: skip


def succession(fleet: Fleet, group: Group, old: Node, heir: Node) -> Plan:
    """The old primary is dead: nothing is asked of it, and it is not waited for."""
    others = siblings(fleet, group, old, heir)
    asked = tuple(node.address for node in group.nodes if node.up)
    loss = bound(old, (heir,))
    steps: tuple[Step, ...] = (
        LastLook(None, asked, heir.address),
        Succeed(heir.address, old.address, others),
        *_send_over(heir, others),
        *(WriteRole(node, heir.address) for node in others),
        WriteRole(heir.address, None),
    )
    return Plan(
        action="promote",
        group=group.name,
        title=f"Promote {heir.address}: {old.address}, the primary of {group.name}, is dead",
        danger="lossy",
        steps=steps,
        verify=_verify(heir, None, others),
        point_of_no_return=1,
        loses=f"{_amount(loss.size, group)}. Should {old.address} still take writes anywhere, all of these are lost as "
        f"well: stop it, or cut it off, first.",
        undo=f"None. When {old.address} comes back it is a primary of its own: `attach {old.address} {heir.address}` "
        f"at once. A full resync, which destroys what only it had.",
        fingerprint=fingerprint(group),
        confirm=f"{old.address} is stopped, {loss.sentence(group.name)}",
    )


def _amount(size: int | None, group: Group) -> str:
    if size is None:
        return f"What {group.name} had acknowledged and not sent on, which is not known"
    return f"Up to {amount(size)} of what was acknowledged last"


def siblings(fleet: Fleet, group: Group, old: Node, heir: Node) -> tuple[Address, ...]:
    """The other direct replicas that take part. Those chained below one of them stay there."""
    gone = is_dead(old)
    others = (node for node in following(group, old.address) if node is not heir)
    well = (node for node in others if not (unwell if gone else answer)(fleet, node) and (gone or linked(node)))
    return tuple(node.address for node in well)


def _look(group: Group, fleet: Fleet, old: Node, heir: Node) -> Step:
    asked = tuple(node.address for node in group.nodes if not answer(fleet, node))
    return LastLook(None, asked, heir.address, old.address)


def _send_over(heir: Node, others: tuple[Address, ...]) -> tuple[Step, ...]:
    return tuple(Repoint(node, heir.address) for node in others)


def _verify(heir: Node, replid: str | None, followers: tuple[Address, ...]) -> tuple[Step, ...]:
    serves = Serves(heir.address, replid)
    return (serves, AllFollow(None, heir.address, followers)) if followers else (serves,)


def _clients(old: Node, heir: Node) -> str:
    return f"Then {old.address} refuses them (READONLY): clients have to be told of {heir.address}."


def _build(
    group: Group, old: Node, heir: Node, others: tuple[Address, ...], steps: tuple[Step, ...],
    *, point: int, loses: str, release: tuple[Step, ...] = (),
) -> Plan:  # fmt: skip
    followers = (*others, old.address)
    files = (*(WriteRole(node, heir.address) for node in followers), WriteRole(heir.address, None))
    return Plan(
        action="promote",
        group=group.name,
        title=f"Promote {heir.address} in {group.name}, instead of {old.address}",
        danger="risky",
        steps=(*steps, *files),
        verify=_verify(heir, None if old.replication is None else old.replication.replid, followers),
        release=release,
        point_of_no_return=point,
        loses=loses,
        undo=f"`promote {old.address}`: the same wait, and partial resyncs.",
        fingerprint=fingerprint(group),
        confirm=group.name,
    )

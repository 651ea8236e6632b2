"""promote: a replica of a group that nobody watches becomes its primary. Three ways, by what is found:

* The primary lives: FAILOVER TO ... TIMEOUT 5000 (plain.hand_over). The server does all of it, and finishes or goes
  back alone when this console dies. Writes wait for about a second; none is lost.
* The same with --fast: the console does it (plain.switch). Writes wait for some milliseconds; none is lost, and a
  console that dies in the middle leaves no primary, never two.
* The primary is dead: the replica that has most of its data is promoted (plain.promote_dead), and the rest is lost.

Then the other replicas are sent over, one by one, and every node writes its new part into its config file.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Address, Fleet, Group, Kind
from redistui.ops.action import Action, Aim, Argument, Check, Option, Plan
from redistui.ops.checks import answer, failed, fresh
from redistui.ops.plain import promote_dead
from redistui.ops.plain.group import KINDS, named
from redistui.ops.plain.promote_checks import planned
from redistui.ops.plain.promote_dead import is_dead
from redistui.ops.plain.promote_plans import hand_over, succession, switch
from redistui.ops.repeated import hardened

INSTEAD: dict[Kind, str] = {
    "sentinel": "Sentinels watch this group, and would undo it: `failover --to REPLICA` is for that",
    "cluster": "a cluster promotes by vote: `cluster-failover REPLICA` is for that",
}


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    meant = yield from named(fleet, aim, INSTEAD)
    if meant is None:
        return
    group, heir = meant
    old = promote_dead.predecessor(group, heir)
    yield from fresh(fleet)
    if heir is old or heir.role == "primary":
        yield failed(f"{heir.address} is the primary already")
    elif old is None:
        yield failed(f"which node is the primary of {group.name} is not known")
    elif is_dead(old):
        yield from promote_dead.dead(fleet, group, old, heir)
    elif answer(fleet, old):
        yield failed(f"{answer(fleet, old)}; it is neither well nor dead: wait, or stop it")
    else:
        yield from planned(fleet, group, old, heir)


def best(fleet: Fleet, group: Group) -> Address | None:
    """The replica to promote when none is named; None: there is none that answers."""
    old = group.node(group.primary or "")
    found = None if old is None else promote_dead.best_of(fleet, group, old)
    return None if found is None else found.address


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    assert group is not None
    heir = group.node(aim.node or "")
    assert heir is not None
    old = promote_dead.predecessor(group, heir)
    assert old is not None
    if is_dead(old):
        made = succession(fleet, group, old, heir)
    else:
        chains = "chains" in aim.options
        made = (
            switch(fleet, group, old, heir)
            if "fast" in aim.options
            else hand_over(fleet, group, old, heir, chains=chains)
        )
    return hardened(made, fleet)


def wrong(aim: Aim) -> str:
    return (
        "--fast sends every replica over: --chains is for a hand-over by the server"
        if {"fast", "chains"} <= aim.options.keys()
        else ""
    )


PROMOTE = Action(
    name="promote",
    title="Promote",
    key=None,
    danger="risky",
    kinds=KINDS,
    doc="A replica becomes the primary of a group that no Sentinel watches; without loss while the old one lives.",
    checks=checks,
    plan=plan,
    arguments=(Argument("REPLICA", "node"),),
    options=(
        Option("fast", "", "hand over within milliseconds, by the console instead of by the server"),
        Option("chains", "", "the other replicas at the old primary's site stay under it"),
    ),
    wrong=wrong,
)

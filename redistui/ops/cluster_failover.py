"""cluster-failover: a replica of a cluster takes over the slots of its primary. The order goes to the replica.

* Plain: primary and replica hand over between them (the primary holds its writes until the replica has them all), and
  no acknowledged write is lost. The server does it alone: should the console die, it is finished, or given up after 5 s
  with nothing changed.
* --force: without the primary, by the vote of the other primaries; for one that is dead or hangs. What it had not
  passed on is lost. Without a majority of voters it says OK and never happens.
* --takeover: without primary and without vote; for a majority that is lost. Two nodes own the slots while the old
  primary lives behind a partition, and all that it takes there is lost: it must be stopped or fenced.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Fleet, Group, Kind, Node, Shard
from redistui.ops.action import Action, Aim, Argument, Check, Option
from redistui.ops.checks import failed, found, fresh, member, passed, warned
from redistui.ops.cluster import checks as look_at
from redistui.ops.cluster.failover_steps import How
from redistui.ops.cluster.plan import how_of, plan, shard_and_primary

INSTEAD: dict[Kind, str] = {
    "sentinel": "Sentinels watch this group: `failover` is for that",
    "replication": "this is no cluster: `promote REPLICA` is for that",
}


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = yield from found(fleet, aim, ("cluster",), INSTEAD)
    if group is None:
        return
    if "force" in aim.options and "takeover" in aim.options:
        yield failed("--force and --takeover are two different things: with or without a vote")
        return
    node = yield from member(group, aim.node)
    if node is None:
        return
    yield from fresh(fleet)
    first = look_at.target(fleet, group, node)
    yield first
    if first.mark != "fail":
        yield from _by_manner(fleet, group, node, how_of(aim))


def _by_manner(fleet: Fleet, group: Group, node: Node, how: How) -> Iterator[Check]:
    shard, old = shard_and_primary(group, node)
    yield look_at.recent(fleet, group, (shard.primary,))
    yield look_at.clean(group, shard.id, lossy=bool(how))
    problem = look_at.trouble_with(fleet, old, node)
    counted = look_at.voters(fleet, group, node)
    match how:
        case "":
            yield from _plain(group, node, old, problem)
            yield look_at.majority(counted, "")
            yield look_at.known(group, node)
        case "FORCE":
            yield _needless(shard, problem, "--force")
            yield look_at.majority(counted, "; --takeover goes without a vote")
            yield from look_at.better(group, node)
        case "TAKEOVER":
            yield from _takeover(shard, problem, has_majority=look_at.has_majority(counted))
            yield from look_at.better(group, node)


def _plain(group: Group, node: Node, old: Node | None, problem: str) -> Iterator[Check]:
    if problem or old is None:
        yield failed(f"{problem}: without its primary only --force can do it, and loses what was not passed on")
        return
    yield passed(f"{old.address} answers, and {node.address} sees it well")
    yield look_at.link(node, old)
    yield look_at.state(group, node)


def _needless(shard: Shard, problem: str, option: str) -> Check:
    if problem:
        return passed(f"{option} is for this: {problem}")
    return warned(f"{shard.primary} is well: without {option} nothing would be lost")


def _takeover(shard: Shard, problem: str, *, has_majority: bool) -> Iterator[Check]:
    if has_majority and not problem:
        yield failed(f"{shard.primary} is well and a majority can vote: without --takeover nothing is lost")
    elif has_majority:
        yield warned("a majority can vote: --force asks it, so that there can be no second owner")
    else:
        yield passed("no majority is left to vote: --takeover is for this")
    if not problem:
        yield warned(f"{shard.primary} answers: it takes writes until it learns of the takeover, and they are lost")


CLUSTER_FAILOVER = Action(
    name="cluster-failover",
    title="Fail over a shard",
    key=None,
    danger="risky",
    kinds=("cluster",),
    doc="A replica takes over its primary's slots; planned, no acknowledged write is lost.",
    checks=checks,
    plan=plan,
    arguments=(Argument("REPLICA", "node"),),
    options=(
        Option("force", "", "without the primary, by vote of the others: its last writes may be lost"),
        Option("takeover", "", "without primary and vote, when the majority is lost: the old one must be fenced"),
    ),
)

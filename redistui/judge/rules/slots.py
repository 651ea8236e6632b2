"""A cluster's slots, and its members as they see each other; the longer ones stand in redistui.judge.cluster_rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from redistui.judge.half_done import half_done
from redistui.judge.half_done_words import warned
from redistui.judge.rules.kinds import Case, Kind
from redistui.judge.slots import uncovered
from redistui.model import Finding, Group, Ranges

MOST = 100
"""Slots that a finding names to whoever compares it with the last one."""
KINDS_SLOTS = (
    Kind("slots-uncovered", "Slots that nobody owns: their keys cannot be read or written.",
         "`fix` gives them an owner.", settled=True),
    Kind("cluster-state", "Most nodes say cluster_state:fail: they serve no keys.",
         "See which primaries are gone and whether a majority is left."),
    Kind("slots-failing", "Slots whose primary fails.",
         "Wait for its replica to take over, or `cluster-failover` one; `fix --cover` where none is left."),
    Kind("open-slot", "A slot half-way between two shards, the same one at two polls: a move opens one after another.",
         "`fix` finishes its move."),
)  # fmt: skip
KINDS_REPLICAS = (
    Kind("shard-without-replica", "A primary without a live replica: its slots go dark with it.",
         "`add-node` gives it one, or `replicate` moves one there."),
    Kind("replicas-missing", "A shard has fewer live replicas than most.", "Bring the missing one back."),
)  # fmt: skip
KINDS_VIEWS = (
    Kind("views-differ", "Cluster nodes whose slot map is not the one most have.",
         "Gossip mends it within seconds; else look at the bus links there."),
)  # fmt: skip
KINDS_CLAIMS = (
    Kind("slots-claimed-twice", "Two primaries say that the same slots are their own: writes at one of them are lost.",
         "Cut clients off from the loser and mend its bus links."),
)  # fmt: skip
KINDS_EPOCHS = (
    Kind("epoch-conflict", "Primaries share a config epoch: over a slot that two claim nobody wins.",
         "The servers mend it once they hear each other; else CLUSTER BUMPEPOCH on one."),
    Kind("epoch-zero", "A primary owns slots at config epoch 0: any other claim wins.", "CLUSTER BUMPEPOCH on it."),
)  # fmt: skip
KINDS_BUS = (
    Kind("bus-link", "A node has no bus link to others, or they have none to it: votes and news do not arrive.",
         "Open the bus port both ways."),
    Kind("bus-buffer", "Bytes wait for a node on the bus, and do not get fewer: it does not read.",
         "See that node's load."),
)  # fmt: skip
KINDS_MEMBERS = (
    Kind(
        "ghost-member",
        "A member that only some know.",
        "CLUSTER MEET makes it known to all, `forget` takes it out everywhere.",
    ),
    Kind("no-address", "A member without an address.", "Bring it back, or `forget` it."),
    Kind("handshake-stuck", "A handshake that does not end.", "Start that node, or open its bus port both ways."),
)
KINDS_MAJORITY = (
    Kind("one-host", "A primary and all its replicas stand on one host where there are others.",
         "`attach` a replica on another host; in a cluster `replicate` one."),
    Kind("majority-on-one-host", "One host holds most primaries: without it nothing fails over.",
         "`cluster-failover` to replicas on other hosts."),
)  # fmt: skip
KINDS_KEYS = (Kind("orphan-keys", "Keys in slots that their node does not own.", "`fix` moves them to the owners."),)


def slots(case: Case) -> Iterator[Finding]:
    cluster = case.group.cluster
    if cluster is None:
        return
    bare = sum(last - first + 1 for first, last in uncovered(cluster))
    if bare:
        yield case.finding("slots-uncovered", "bad", f"{bare} of 16384 slots {'has' if bare == 1 else 'have'} no owner")
    elif cluster.state == "fail" and not cluster.failing:
        yield case.finding("cluster-state", "bad", "most nodes say cluster_state:fail: they serve no keys")
    if cluster.failing:
        yield case.finding("slots-failing", "bad", f"{len(cluster.failing)} slots belong to a primary that fails")
    if cluster.open_slots:
        for one in half_done(case.group):
            if one.marks:
                yield replace(
                    case.finding("open-slot", "warn", warned(one)), slots=tuple(islice(_each(one.slots), MOST))
                )


def _each(ranges: Ranges) -> Iterator[int]:
    return (slot for first, last in ranges for slot in range(first, last + 1))


def of_group(judge: Callable[[Group, dict[str, float]], Iterator[Finding]]) -> Callable[[Case], Iterator[Finding]]:
    """A rule that needs nothing but the group."""
    return lambda case: judge(case.group, {})

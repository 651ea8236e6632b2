"""CASES: the actions that are measured, one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from redistui.demo.groups import RunningGroup
from redistui.demo.shapes import GroupShape, cluster, replication, sentinel
from tests.replies.scenes import fresh_member
from tests.versions import VERSIONS
from tests.waiting import eventually

Groups = Mapping[str, RunningGroup]


def nothing(group: RunningGroup) -> None:
    """All servers are well."""


def kills(group: RunningGroup) -> None:
    """kill -9 of the primary that the writers write to."""
    group.nodes[0].kill()


def is_missed(group: RunningGroup) -> None:
    """kill -9, and its replicas have missed it for as long as `promote` wants before it calls a primary dead."""
    kills(group)
    replica = group.nodes[1]
    eventually(lambda: int(replica.info("replication").get("master_link_down_since_seconds", -1)) > 5, 20)


def hangs(group: RunningGroup) -> None:
    group.nodes[0].hang()


@dataclass(frozen=True)
class Case:
    """One action on groups of its own; the writers write to the first node of the first."""

    title: str
    shapes: tuple[GroupShape, ...]
    words: Callable[[Groups], list[str]]
    fault: Callable[[RunningGroup], None] = nothing
    tag: str = ""
    """Of the writers' keys, where one slot must hold all of them."""
    versions: tuple[str, ...] = VERSIONS

    def runs_on(self, version: str) -> bool:
        return version in self.versions

    def targets(self, groups: Groups) -> list[str]:
        """The group that is watched; of a plain one every node, since a dead primary names none of its replicas."""
        group = groups[self.shapes[0].name]
        return [group.target if group.kind != "replication" else f"redis://{','.join(group.addresses)}"]


ORDERS = sentinel("orders", 2)
PLAIN = replication("plain", 2)
CATALOG = cluster("catalog", 3, replicas=1)
"""Of each shard one replica: nodes 0 to 2 are the primaries, 3 to 5 their replicas in the same order."""
ALONE = replication("alone", 0)
FIRST_SHARD = "{b}"
"""A tag whose slot the first shard owns."""


def act(*words: str | tuple[str, int]) -> Callable[[Groups], list[str]]:
    """Words of an action; a pair is the address of that node of that group."""
    return lambda groups: [word if isinstance(word, str) else groups[word[0]].nodes[word[1]].address for word in words]


def plain(title: str, *words: str | tuple[str, int], **more: Any) -> Case:
    return Case(title, (PLAIN,), act(*words), **more)


def watched(title: str, *words: str | tuple[str, int], **more: Any) -> Case:
    return Case(title, (ORDERS,), act(*words), **more)


def clustered(title: str, *words: str | tuple[str, int], **more: Any) -> Case:
    return Case(title, (CATALOG,), act(*words), tag=FIRST_SHARD, **more)


def kills_two(group: RunningGroup) -> None:
    """Of three primaries two are gone, so that nobody can vote."""
    group.nodes[0].kill()
    group.nodes[1].kill()


REPLICA = ("plain", 1)
CASES: tuple[Case, ...] = (
    watched("failover", "failover"),
    watched("failover --to", "failover", "--to", ("orders", 2)),
    watched("failover, primary dead", "failover", fault=kills),
    plain("promote", "promote", REPLICA),
    plain("promote --fast", "promote", REPLICA, "--fast"),
    plain("promote, primary dead 5 s", "promote", REPLICA, fault=is_missed),
    clustered("cluster-failover", "cluster-failover", ("catalog", 3)),
    clustered("cluster-failover --force, primary hung", "cluster-failover", ("catalog", 3), "--force", fault=hangs),
    clustered(
        "cluster-failover --takeover, 2 of 3 dead", "cluster-failover", ("catalog", 3), "--takeover", fault=kills_two
    ),
    Case("attach", (PLAIN, ALONE), act("attach", ("alone", 0), ("plain", 0))),
    plain("detach", "detach", REPLICA),
    plain("replica-read-only off", "replica-read-only", REPLICA, "off"),
    plain("set-parameter", "set-parameter", ("plain", 0), "repl-backlog-size", "4mb"),
    plain("pause-writes 1", "pause-writes", "1"),
    plain("unpause", "unpause"),
    watched("sentinel-set", "sentinel-set", "down-after-milliseconds", "3000"),
    watched("sentinel-reset", "sentinel-reset", versions=VERSIONS[:1]),
    clustered("replicate", "replicate", ("catalog", 4), ("catalog", 2)),
    Case("add-node", (CATALOG, fresh_member()), act("add-node", (fresh_member().name, 0)), tag=FIRST_SHARD),
    clustered("forget", "forget", ("catalog", 4)),
)

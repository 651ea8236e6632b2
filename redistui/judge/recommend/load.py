"""Recommendations on what servers have to carry: memory, clients, operations."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.judge.recommend.study import Advice, Study, days, each, figure, named, size
from redistui.judge.trend import DAY
from redistui.metrics import BY_NAME
from redistui.model import Node

MUCH = 256 * 1024 * 1024
"""Bytes of memory from which fragmentation is worth a word."""


def memory(study: Study) -> Iterator[Advice]:
    full = study.beyond("memory_percent")
    if not full:
        return
    refusing = [node for node in full if node.facts.get("maxmemory_policy") == "noeviction"]
    end = f"; with noeviction {named(refusing)} will then refuse writes" if refusing else ""
    yield study.advice(
        "memory",
        f"give {named(full)} more memory, let keys expire sooner, or spread them over more shards",
        f"{each(full, _filled)} of the memory limit, over {study.limits_of('memory_percent', full)} %{end}",
        full,
    )  # fmt: skip


def _filled(node: Node) -> str:
    return f"is at {figure(node, 'memory_percent'):.0f} %"


def filling(study: Study) -> Iterator[Advice]:
    titles = {"memory_used": "maxmemory", "clients": "maxclients", "keys": "the most keys a server can hold"}
    for one in study.capacity:
        horizon = study.limit("full_in_days", one.node) * DAY
        if one.full_in is not None and 0 < one.full_in < horizon and one.per_day is not None:
            grown = size(one.per_day) if one.metric == "memory_used" else f"{one.per_day:,.0f}"
            yield Advice(
                "filling", study.group.name, (one.node,),
                f"make room on {one.node} within {days(one.full_in)}",
                f"{BY_NAME[one.metric].title} grows by {grown} a day and reaches {titles[one.metric]} then, if it goes "
                f"on as in the past {days(one.watched)}",
            )  # fmt: skip


def connections(study: Study) -> Iterator[Advice]:
    def much(node: Node) -> bool:
        most, share = node.metric("clients_limit"), study.limit("clients_percent", node.address) / 100
        count = figure(node, "clients")
        return count > study.limit("clients", node.address) or (most is not None and count > share * most)

    crowded = study.over(much)
    if crowded:
        yield study.advice(
            "connections",
            f"have the clients of {named(crowded)} share connections (a pool of fixed size, or a proxy), and raise "
            "maxclients where it is near",
            f"{each(crowded, _crowd)}; over {study.limits_of('clients', crowded)} each costs memory and a storm of "
            "reconnections after a failover",
            crowded,
        )  # fmt: skip


def _crowd(node: Node) -> str:
    most = node.metric("clients_limit")
    return f"has {figure(node, 'clients'):,.0f} clients" + (f" of at most {most:,.0f}" if most is not None else "")


def operations(study: Study) -> Iterator[Advice]:
    busy = study.beyond("ops_per_second")
    if busy:
        sharded = study.group.kind == "cluster"
        yield study.advice(
            "operations",
            f"take load off {named(busy)}: read from replicas, group commands in pipelines, "
            + ("move slots to other shards" if sharded else "or split the keys over a cluster"),
            f"{each(busy, _busy)}; one thread "
            f"runs them all, and over {study.limits_of('ops_per_second', busy)} there is little left for a peak",
            busy,
        )  # fmt: skip


def _busy(node: Node) -> str:
    return f"runs {figure(node, 'ops_per_second'):,.0f} operations a second"


def no_limit(study: Study) -> Iterator[Advice]:
    open_ = study.over(lambda node: node.metric("memory_used") is not None and node.metric("memory_limit") is None)
    if open_:
        yield study.advice(
            "no-limit",
            f"set maxmemory on {study.named(open_)}, the same on all that may become primary",
            "without a limit it takes memory until the system ends it, and with it whatever was not yet replicated",
            open_,
        )  # fmt: skip


def fragmented(study: Study) -> Iterator[Advice]:
    """Not of a server with little in it: there it means nothing."""
    loose = [node for node in study.beyond("fragmentation") if figure(node, "memory_used") > MUCH]
    if loose:
        yield study.advice(
            "fragmented", f"turn on activedefrag on {named(loose)}, or restart it after a switchover",
            f"{each(loose, _between)}: the rest lies between blocks in use, and maxmemory does not count it", loose,
        )  # fmt: skip


def _between(node: Node) -> str:
    return f"uses {size(figure(node, 'memory_used'))} and holds {size(figure(node, 'memory_rss'))}"


def rejected(study: Study) -> Iterator[Advice]:
    turned = study.over(lambda node: figure(node, "rejected") > 0)
    if turned:
        yield study.advice(
            "rejected", f"raise maxclients on {named(turned)}, or find who opens so many connections",
            f"{each(turned, _turning)}", turned,
        )  # fmt: skip


def _turning(node: Node) -> str:
    return f"turns away {figure(node, 'rejected'):.2g} clients a second"


def evicting(study: Study) -> Iterator[Advice]:
    """Fine for a cache; not for what has to be kept."""
    losing = study.over(lambda node: figure(node, "evicted") > 0)
    if losing:
        yield study.advice(
            "evicting", f"give {named(losing)} more memory, unless it is a cache",
            f"{each(losing, _losing)} for want of room",
            losing,
        )  # fmt: skip


def _losing(node: Node) -> str:
    return f"throws out {figure(node, 'evicted'):.2g} keys a second"

"""Numbers that are too high: metrics over their thresholds, and what has gone wrong within the last minute."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.judge.rules.kinds import Case, Kind
from redistui.judge.rules.limits import Thresholds, exceeded
from redistui.model import Finding, Level, Node

KINDS_LIMITS = (
    Kind("lag-bytes", "A replica is far behind its primary: a failover to it now loses that much.",
         "See whether its link, its CPU or its disk hold it up.", True),
    Kind("lag-seconds", "A replica has not acknowledged for long: it hangs, or the network between them does.",
         "See whether it answers, and what its link says.", True),
    Kind("memory", "A server uses much of its memory limit: then it evicts keys, or refuses writes.",
         "Raise maxmemory, give keys a time to live, or spread them over more servers.", True),
    Kind("cpu", "A server uses most of a core, and has but one for commands.",
         "Look at its slow log and its biggest commands; spread reads over replicas.", True),
    Kind("clients", "A server has very many clients.", "See whether they share connections by a pool.", True),
    Kind("ops", "A server runs very many commands a second.",
         "Spread them: reads over replicas, keys over shards.", True),
    Kind("clients-limit", "A server has nearly as many clients as maxclients allows: further ones are refused.",
         "`set-parameter NODE maxclients`, or see who leaves connections open.", True),
    Kind("slow-fork", "The last fork stopped a server for long: no command was answered meanwhile.",
         "Turn transparent huge pages off; save on a replica, or make the data set smaller.", True),
)  # fmt: skip
KINDS_LATELY = (
    Kind("memory-full", "A server is at its memory limit and may throw nothing out: it refuses writes.",
         "Raise maxmemory, or set a maxmemory-policy that evicts.", True),
    Kind("eviction-storm", "A server throws out a large part of its keys within a minute.",
         "Raise maxmemory, or find out who fills it.", True),
    Kind("rejected-connections", "A server refused clients: it is at its maxclients, or many hung up at once.",
         "`set-parameter NODE maxclients`, or see who leaves connections open, or who only knocks.", True),
    Kind("buffer-cut", "A server cut clients off whose output it could not get rid of.",
         "Look for clients that do not read, and for subscribers that are too slow.", True),
)  # fmt: skip
_LIMITS: tuple[tuple[str, str, str], ...] = (
    ("lag-bytes", "lag_bytes", "{node} is {value:,.0f} bytes behind its primary"),
    ("lag-seconds", "lag_seconds", "{node} has not acknowledged for {value:.0f} s"),
    ("memory", "memory_percent", "{node} uses {value:.0f} % of its memory limit"),
    ("cpu", "cpu_percent", "{node} uses {value:.0f} % of a core"),
    ("clients", "clients", "{node} has {value:,.0f} clients"),
    ("ops", "ops_per_second", "{node} runs {value:,.0f} operations per second"),
    ("slow-fork", "fork_ms", "the last fork of {node} stopped it for {value:,.0f} ms"),
)
_Limit = tuple[str, str, str, float | None, float | None, float]
FULL = 99.5
"""Percent of its limit at which a server that may evict nothing refuses writes."""


def limits(case: Case) -> Iterator[Finding]:
    """Metrics over their threshold: one pass over the nodes, since there may be a thousand."""
    group = case.group.name
    for node in case.group.nodes:
        thresholds = case.limits.of(group, node.address)
        rows: list[_Limit] = thresholds.made
        if rows is None:
            rows = thresholds.made = _rows(thresholds)
        metrics = node.metrics
        for rule, metric, words, bad, warn, least in rows:
            value = metrics.get(metric)
            if value is not None and value >= least:
                level: Level = "bad" if bad is not None and value >= bad else "warn"
                text = words.format(node=node.address, value=value)
                yield Finding(rule, level, group, text, node.address, value, bad if level == "bad" else warn)
        most, clients = metrics.get("clients_limit"), metrics.get("clients")
        if most and clients and (over := exceeded("clients_percent", 100 * clients / most, thresholds)) is not None:
            text = f"{node.address} has {clients:,.0f} of the {most:,.0f} clients it takes at most"
            yield Finding("clients-limit", over[0], group, text, node.address, 100 * clients / most, over[1])


def _rows(thresholds: Thresholds) -> list[_Limit]:
    """With the level each, bad and warn, and the lower of them: of metrics that have one."""
    rows = []
    for rule, metric, words in _LIMITS:
        bad, warn = thresholds.get(f"{metric}.bad"), thresholds.get(f"{metric}.warn")
        known = [level for level in (bad, warn) if level is not None]
        if known:
            rows.append((rule, metric, words, bad, warn, min(known)))
    return rows


def lately(case: Case) -> Iterator[Finding]:
    """Of the last minute, from counters: what happened once is told for that long, and no longer."""
    for node in case.group.nodes:
        percent = node.metrics.get("memory_percent")
        if percent is not None and percent >= FULL and node.facts.get("maxmemory_policy") == "noeviction":
            text = (
                f"{node.address} is at {percent:.1f} % of its memory limit with maxmemory-policy noeviction: it "
                f"refuses writes (OOM); raise maxmemory, or delete keys"
            )
            yield case.finding("memory-full", "bad", text, node, percent, FULL)
        if case.recall.stirred(node.address) and node.totals:
            yield from _counted(case, node)


def _counted(case: Case, node: Node) -> Iterator[Finding]:
    grown, address = case.recall.grown, node.address
    evicted, rejected, cuts = grown(address, "evicted"), grown(address, "rejected"), grown(address, "buffer_cuts")
    share = 100 * evicted / (evicted + (node.metric("keys") or 0.0)) if evicted else 0.0
    if evicted and (over := case.exceeds("eviction_percent", share, node)) is not None:
        text = f"{address} threw out {evicted:,.0f} keys within a minute, {share:.0f} % of all: memory is too small"
        yield case.finding("eviction-storm", over[0], text, node, share, over[1])
    if rejected:
        yield from _rejected(case, node, rejected)
    if cuts and (over := case.exceeds("buffer_cuts", cuts, node)) is not None:
        text = (
            f"{address} cut {cuts:,.0f} clients or replicas off within a minute, since they did not read: see "
            f"client-output-buffer-limit and who they were"
        )
        yield case.finding("buffer-cut", over[0], text, node, cuts, over[1])


def _rejected(case: Case, node: Node, count: float) -> Iterator[Finding]:
    """With room for all, a few that hung up before they were let in mean nothing."""
    if (over := case.exceeds("rejected", count, node)) is None:
        return
    limit, level = node.metric("clients_limit"), over[0]
    most = f" ({limit:,.0f})" if limit else ""
    text = f"{node.address} refused {count:,.0f} connections within a minute"
    if case.recall.crowded(node.address):
        why = f"it is at its maxclients{most}"
    elif level == "bad":
        level = "warn"
        why = f"not for its maxclients{most}: they were reset before it took them, or protected mode refuses strangers"
    else:
        return
    yield case.finding("rejected-connections", level, f"{text}: {why}", node, count, over[1])

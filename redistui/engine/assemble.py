"""Assemble: what all servers said so far -> one frozen Fleet.

The groups are worked out anew only when a server's ties changed; a group is built anew when one of its servers said
something since the last snapshot, which in a storm of news are few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from redistui.engine.grouping import Draft, aliases, drafts
from redistui.engine.ledger import Ledger
from redistui.engine.observation import Observation
from redistui.engine.portrait import node_of, sentinel_of, silent_node_of
from redistui.judge.alerts import AlertBook, Known
from redistui.judge.beliefs import views
from redistui.judge.lag import lag_bytes, lag_seconds
from redistui.judge.quorum import verdict
from redistui.judge.recall import Recall
from redistui.judge.rules.calm import calm
from redistui.judge.rules.kinds import Case
from redistui.judge.rules.limits import Limits, Thresholds
from redistui.judge.rules.table import findings
from redistui.judge.sites import site_of
from redistui.judge.slots import chart, in_motion
from redistui.judge.topology import followers, root_of, upstream
from redistui.metrics import FIELDS, STILL
from redistui.model import (
    Address,
    AlertKey,
    Cluster,
    Event,
    Finding,
    Fleet,
    Group,
    Level,
    Node,
    Sentinel,
    Silence,
    Site,
    Survey,
    Target,
)
from redistui.ops.pause.memory import strangers
from redistui.replies.cluster_views import ViewReader
from redistui.replies.info import InfoReader

_NO_LAG: Mapping[str, float] = {}
DEEDS = 100
"""Of operators, that are remembered."""


class Shown(NamedTuple):
    """A group in the last snapshot."""

    draft: Draft
    group: Group
    findings: tuple[Finding, ...]


def _nobody_asks(_: object) -> None:
    """Nothing is recorded."""


class Assembler:
    """Keeps a ledger for every server and draws snapshots from them. Runs wherever Observations come from."""

    def __init__(self, sites: Sequence[Site] = (), thresholds: Thresholds | None = None) -> None:
        self.ledgers: dict[Address, Ledger] = {}
        self.known_as: dict[Address, Address] = {}
        """Other addresses of servers that are already in `ledgers`."""
        self._sites = tuple(sites)
        self._limits = Limits(thresholds or {})
        self._recall = Recall()
        self._alerts = AlertBook()
        self._deeds: list[Event] = []
        """What operators did, the newest last."""
        self._reader = InfoReader(FIELDS, still=STILL)
        self.views = ViewReader()
        self._drafts: list[Draft] = []
        self._shown: dict[str, Shown] = {}
        """By the draft's name."""
        self._told: set[Address] = set()
        """Who said something since the last snapshot, or was silent where an answer was awaited."""
        self._dirty = True
        self.joined: Callable[[Ledger], None] = _nobody_asks
        self.left: Callable[[Address], None] = _nobody_asks
        """Are told who is watched from now on, and who no more."""
        self.surveys: dict[str, Survey] = {}
        """What the slots of a cluster held, by its group's name: written by redistui.engine.survey."""
        self._charts: dict[str, tuple[object, Cluster | None]] = {}

    def expect(self, address: Address, target: Target, sentinel: bool = False, only: str | None = None) -> bool:
        """Makes room for a server that somebody spoke of; False if it is known already."""
        if address in self.ledgers or address in self.known_as:
            return False
        self.ledgers[address] = Ledger(address, self._reader, target, sentinel, only or target.only, self.views)
        self._dirty = True
        self.joined(self.ledgers[address])
        return True

    def drop(self, address: Address) -> None:
        self.ledgers.pop(address, None)
        self._recall.forget(address)
        self._dirty = True
        self.left(address)

    def take(self, seen: Observation) -> Ledger | None:
        """Takes an observation; the ledger, or None if nobody watches that address any more."""
        ledger = self.ledgers.get(seen.address)
        if ledger is not None:
            ledger.take(seen)
            self._told.add(seen.address)
            if ledger.changed:
                self._dirty = True
        return ledger

    def regroup(self) -> bool:
        """Works the groups out anew if anybody's ties changed; True if so. New aliases end up in `known_as`."""
        if not self._dirty:
            return False
        self._dirty = False
        for alias, address in aliases(self.ledgers).items():
            self.known_as[alias] = address
            self.ledgers.pop(alias, None)
            self._shown.clear()
        for alias in self.known_as:  # what an alias stood for may itself turn out to be one
            while (further := self.known_as.get(self.known_as[alias])) is not None:
                self.known_as[alias] = further
        self._drafts = drafts(self.ledgers, self.known_as)
        return True

    @property
    def groups(self) -> Iterable[Draft]:
        return self._drafts

    def fleet(self, at: float, period: float, events: tuple[Event, ...] = (), stalled: bool = False) -> Fleet:
        """The snapshot of this moment. What its alerts bring is then in `news`."""
        self.regroup()
        shown = [self._show(draft, at, period) for draft in self._drafts]
        self._shown = {one.draft.name: one for one in shown}
        self._told.clear()
        fleet = Fleet(
            at=at,
            period=period,
            groups=tuple(one.group for one in shown),
            findings=tuple(finding for one in shown for finding in one.findings),
            events=events,
            complete=all(ledger.at is not None and ledger.thorough for ledger in self.ledgers.values()),
            stalled=stalled,
            sites=self._sites,
        )
        return replace(fleet, alerts=self._alerts.judge(fleet))

    def _show(self, draft: Draft, at: float, period: float) -> Shown:
        """The group as it was, where nothing was said; where nothing was found either, and it is calm, that holds."""
        last = self._shown.get(draft.name)
        same = last is not None and self._stands(last, draft)
        group = last.group if last is not None and same else self._group(draft, at, period)
        self._recall.note(group, at)
        if last is not None and same and not last.findings and calm(Case(group, self._limits, self._recall, at)):
            return last
        found = findings(group, self._limits, self._recall, at)
        return Shown(draft, group, strangers(found, self._deeds, at))

    def _stands(self, last: Shown, draft: Draft) -> bool:
        """Nobody of it spoke, and nobody's silence can become long enough to count."""
        if not (self._told.isdisjoint(draft.nodes) and self._told.isdisjoint(draft.sentinels)):
            return False
        if last.draft != draft or last.group.survey is not self.surveys.get(draft.name):
            return False
        return all(node.fault is None for node in last.group.nodes)

    @property
    def news(self) -> tuple[Event, ...]:
        """Alerts that the last snapshot raised, changed or ended, as events."""
        return self._alerts.news

    @property
    def silences(self) -> tuple[Silence, ...]:
        return self._alerts.silences

    @property
    def acknowledged(self) -> dict[AlertKey, tuple[float, Level]]:
        """Which alerts operators know of, since when, and how grave these are."""
        return self._alerts.acknowledged

    def heed(self, event: Event) -> None:
        """What an operator said of alerts: events of kind "acknowledged" and "silenced"; or did: "action". Any other is
        none of ours."""
        if event.kind == "acknowledged":
            rule, group, node, *elsewhere = event.about
            key = rule, group, node or None
            if elsewhere:
                level, at, until = elsewhere
                self._alerts.know(key, Known(float(at), "bad" if level == "bad" else "warn", float(until)))
            else:
                self._alerts.acknowledge(key, event.at)
        elif event.kind == "silenced":
            rule, group, node, until = event.about
            self._alerts.silence(Silence(rule, group, node, float(until)), event.at)
        elif event.kind == "action":
            self._deeds = sorted((*self._deeds, event), key=lambda deed: deed.at)[-DEEDS:]

    def memory(self) -> dict[str, Any]:
        """What rules remember, and the alerts, as plain values: what no observation to come could tell."""
        deeds = [[one.at, one.group, one.text] for one in self._deeds]
        return {"recall": self._recall.memory(), "alerts": self._alerts.memory(), "deeds": deeds}

    def recollect(self, memory: Mapping[str, Any]) -> None:
        """Goes on from where another stood; the opposite of `memory`."""
        self._shown.clear()
        self._recall.recollect(memory["recall"])
        self._alerts.recollect(memory["alerts"])
        self._deeds = [Event(at, "", "action", group, text) for at, group, text in memory.get("deeds", ())]

    def _group(self, draft: Draft, at: float, period: float) -> Group:
        known = [self.ledgers[address] for address in draft.nodes if address in self.ledgers]
        nodes = tuple(self._node(ledger, at, period) for ledger in known)
        for ledger, lag in zip(known, _measure_lag(nodes), strict=True):
            ledger.lag = lag
        sentinels = tuple(self._sentinel(address) for address in draft.sentinels if address in self.ledgers)
        group = Group(
            name=draft.name,
            kind=draft.kind,
            nodes=nodes,
            sentinels=sentinels,
            cluster=self._chart(draft.name, nodes) if draft.kind == "cluster" else None,
            watched_as=draft.watched_as,
            environment=draft.environment,
        )
        primary = None if draft.kind == "cluster" else _primary(group, self.known_as)
        leader = group.node(primary) if primary is not None else None
        return Group(
            group.name, group.kind, nodes, sentinels, group.cluster, primary, group.watched_as, group.environment,
            leader.site if leader is not None else None, self.surveys.get(draft.name), self._target(draft),
        )  # fmt: skip

    def _target(self, draft: Draft) -> str | None:
        found = (self.ledgers.get(address) for address in (*draft.nodes, *draft.sentinels))
        return next((ledger.target.text for ledger in found if ledger is not None), None)

    def _node(self, ledger: Ledger, at: float, period: float) -> Node:
        if ledger.site is None and self._sites:
            ledger.site = site_of(ledger.address, None, self._sites)
        if ledger.site is None and ledger.seen_at is not None:
            ledger.site = ledger.zone
        silent = ledger.seen_at is None or at - ledger.seen_at > 5 * period + 1.0
        return silent_node_of(ledger) if silent and ledger.fault is not None else node_of(ledger, self.known_as)

    def _sentinel(self, address: Address) -> Sentinel:
        ledger = self.ledgers[address]
        if ledger.site is None and self._sites:
            ledger.site = site_of(address, None, self._sites)
        return sentinel_of(ledger)

    def _chart(self, name: str, nodes: Sequence[Node]) -> Cluster | None:
        """The cluster's map, drawn anew only when a view, a role or a fault changed."""
        key = tuple(
            (
                node.address,
                node.cluster.peers,
                node.cluster.open_slots,
                node.cluster.state,
                node.up,
                node.metric("keys"),
            )
            for node in nodes
            if node.cluster is not None
        )
        epochs = tuple(node.cluster.epoch for node in nodes if node.cluster is not None)
        moving = in_motion(views(nodes))
        known = self._charts.get(name)
        if known is None or known[0] != (key, epochs, moving):
            known = self._charts[name] = ((key, epochs, moving), chart(nodes))
        return known[1]


def _measure_lag(nodes: Sequence[Node]) -> Iterator[Mapping[str, float]]:
    """Adds lag_bytes and lag_seconds to the metrics of every replica, before anybody else sees the nodes."""
    by_address = {node.address: node for node in nodes}
    for node in nodes:
        if node.role != "replica" or node.fault is not None:
            yield _NO_LAG
            continue
        top, above = root_of(node, by_address), by_address.get(upstream(node) or "")
        lag: dict[str, float | None] = {
            "lag_bytes": lag_bytes(top, node) if top is not None and top.up else None,
            "lag_seconds": lag_seconds(above, node.address) if above is not None and above.up else None,
        }
        assert isinstance(node.metrics, dict)
        known = {name: value for name, value in lag.items() if value is not None}
        node.metrics.update(known)
        yield known


def _primary(group: Group, known_as: Mapping[Address, Address]) -> Address | None:
    """Sentinels' newest belief; else the one that says it is a primary; else the silent one whom replicas follow: who
    answers and says something else is the head of a chain, and no primary. Not known: None."""
    if group.watched_as is not None:
        believed = verdict(group).primary
        if believed is not None:
            return known_as.get(believed, believed)
    below = followers(group.nodes)
    leaders = [node for node in group.nodes if node.role == "primary" and node.up]
    if leaders:
        return max(leaders, key=lambda node: (len(below.get(node.address, ())), _moved(node))).address
    silent = [node.address for node in group.nodes if not node.up and node.address in below]
    return max(silent, key=lambda address: len(below[address]), default=None)


def _moved(node: Node) -> int:
    """Of two primaries of one lineage the promoted one's history began later."""
    said = node.replication
    return said.second_offset if said is not None and said.second_offset is not None else -1

"""How far each slot of a route has come, read from the nodes' own words: their owner maps, their open slots, and how
many keys they hold.

    stage      source's own line       target's own line    what is to be done next
    waiting    owns it                 -                    IMPORTING at the target
    stale      as the next two, but a node is named that another one stands in for by now: both once more
    importing  owns it                 [s-<-source]         MIGRATING at the source
    open       owns it, [s->-target]   [s-<-source]         move its keys; then NODE at the target
    given      owns it, or did         owns it              NODE at the source
    told       target owns it          owns it              NODE at those that see another owner
    moved      target owns it          owns it              nothing: all see it
    foreign    anything else           anything else        nothing: another operator is at work, or a failover came
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from redistui.model import Address
from redistui.ops.cluster.look import View, is_primary
from redistui.ops.cluster.routes import Route
from redistui.ops.steps import Argv, Ask, Burst, Lost, NotKnown, Now, Pause, Refused, Reply, StepFailed, Together, Wish
from redistui.replies.cluster import read_nodes
from redistui.replies.words import BadReply

Stage = Literal["waiting", "stale", "importing", "open", "given", "told", "moved", "foreign"]
NODES: Argv = ("CLUSTER", "NODES")
AT_ONCE = 500
"""Reads in one burst: a slot's count takes a server about a microsecond."""
PATIENCE = 3.0
"""For so long a node that does not answer is asked again."""
EVERY = 0.25
Reading = Generator[Wish, Reply, list[Reply]]


@dataclass(frozen=True, slots=True)
class Standing:
    """One node's own view, by slot: who owns what, and its own open slots."""

    view: View
    ranges: tuple[tuple[int, int, str], ...]
    """First and last slot and their owner, in rising order."""
    migrating: Mapping[int, str]
    importing: Mapping[int, str]

    @property
    def id(self) -> str:
        return self.view.mine.id

    @property
    def primary(self) -> bool:
        return is_primary(self.view.mine)

    def owner(self, slot: int) -> str | None:
        at = bisect_right(self.ranges, slot, key=first_of) - 1
        return self.ranges[at][2] if at >= 0 and slot <= self.ranges[at][1] else None


@dataclass(frozen=True, slots=True)
class SlotState:
    """One slot of a route."""

    slot: int
    stage: Stage
    at_source: int
    """Keys; 0 where the node is no primary any more (what it holds is its new primary's)."""
    at_target: int
    text: str = ""
    """What is strange about a foreign one."""


def standing_of(reply: Reply) -> Standing | None:
    """A CLUSTER NODES reply, by slot; None for none, or one that is not understood."""
    try:
        nodes = read_nodes(reply)
    except BadReply:
        return None
    mine = next((peer for peer in nodes.peers if peer.id == nodes.myself), None)
    if mine is None:
        return None
    view, opened = View(mine, nodes.peers), nodes.open_slots
    ranges = tuple(sorted((low, high, peer.id) for peer in view.peers for low, high in peer.slots))
    migrating = {one.slot: one.peer for one in opened if one.kind == "migrating"}
    importing = {one.slot: one.peer for one in opened if one.kind == "importing"}
    return Standing(view, ranges, migrating, importing)


def first_of(row: tuple[int, int, str]) -> int:
    return row[0]


def stage_of(
    slot: int,
    route: Route,
    source: Standing,
    target: Standing,
    others: Sequence[Standing],
    former: Collection[str] = (),
) -> Stage:
    """How far a slot has come, by the words of all that can be asked. `former`: node ids that an end of the route
    stands in for."""
    theirs = target.owner(slot)
    if theirs == route.target_id and target.id == route.target_id:
        if source.owner(slot) != route.target_id or slot in source.migrating:
            return "given" if source.owner(slot) in (route.source_id, route.target_id) else "foreign"
        return "moved" if all(one.owner(slot) == route.target_id for one in others) else "told"
    gives, takes = source.migrating.get(slot), target.importing.get(slot)
    ours = source.id == route.source_id and target.id == route.target_id and source.primary and target.primary
    if not ours or source.owner(slot) != route.source_id or slot in source.importing or slot in target.migrating:
        return "foreign"
    if gives not in (None, route.target_id, *former) or takes not in (None, route.source_id, *former):
        return "foreign"
    match gives, takes:
        case None, None:
            return "waiting"
        case route.target_id, route.source_id:
            return "open"
        case None, route.source_id:
            return "importing"
        case _, None if not former:
            return "foreign"
    return "stale"


def strangeness(slot: int, route: Route, source: Standing, target: Standing) -> str:
    """Why a slot is none of ours any more, in words."""
    if not source.primary:
        return f"{route.source} is a replica by now"
    if not target.primary:
        return f"{route.target} is a replica by now"
    if source.id != route.source_id or target.id != route.target_id:
        return f"{route.source if source.id != route.source_id else route.target} is another node than before"
    if source.owner(slot) != route.source_id:
        owner = source.owner(slot)
        return f"{route.source} does not own it: {f'node {owner[:8]} does' if owner else 'nobody does'}"
    half = [("migrating to", source.migrating), ("importing from", target.importing)]
    wrong = [f"{word} node {flags[slot][:8]}" for word, flags in half if slot in flags]
    return f"it is {' and '.join(wrong)}: another operator is at work, or was" if wrong else "it is open elsewhere"


def read_states(
    route: Route, slots: Sequence[int], others: Sequence[Address], former: Collection[str] = ()
) -> Generator[Wish, Reply, dict[int, SlotState]]:
    """How far each of these slots has come. Raises NotKnown when the source or the target does not answer."""
    source, target = yield from both(route)
    replies: list[Reply] = yield Together(tuple(Ask(node, NODES, seconds=1.0) for node in others))
    seen = [one for one in map(standing_of, replies) if one is not None]
    at_source = yield from count_keys(route.source, slots)
    at_target = yield from count_keys(route.target, slots)
    states = {}
    for slot in slots:
        stage = stage_of(slot, route, source, target, seen, former)
        text = strangeness(slot, route, source, target) if stage == "foreign" else ""
        here = at_source[slot] if source.primary else 0
        states[slot] = SlotState(slot, stage, here, at_target[slot], text)
    return states


def both(route: Route) -> Generator[Wish, Reply, tuple[Standing, Standing]]:
    """The two ends' own views at one moment. Raises NotKnown when one does not answer for PATIENCE seconds."""
    source, target = yield from stand(route.source, route.target)
    return source, target


def stand(*nodes: Address) -> Generator[Wish, Reply, tuple[Standing, ...]]:
    """These nodes' own views; they are asked again while one does not answer."""
    begun: float = yield Now()
    while True:
        replies: list[Reply] = yield Together(tuple(Ask(node, NODES, seconds=1.0) for node in nodes))
        seen = [standing_of(reply) for reply in replies]
        if None not in seen:
            return tuple(one for one in seen if one is not None)
        now: float = yield Now()
        if now - begun >= PATIENCE:
            silent = [node for node, one in zip(nodes, seen, strict=True) if one is None]
            raise NotKnown(f"{', '.join(silent)} does not show its view of the cluster")
        yield Pause(EVERY)


def count_keys(node: Address, slots: Sequence[int]) -> Generator[Wish, Reply, dict[int, int]]:
    """CLUSTER COUNTKEYSINSLOT of each. Raises NotKnown when the node does not answer."""
    argvs = [("CLUSTER", "COUNTKEYSINSLOT", str(slot)) for slot in slots]
    replies = yield from ask_all(node, argvs)
    counts = {}
    for slot, reply in zip(slots, replies, strict=True):
        if not isinstance(reply, int):
            raise StepFailed(f"{node} does not say how many keys slot {slot} holds: {reply}")
        counts[slot] = reply
    return counts


def ask_all(node: Address, argvs: Sequence[Argv], seconds: float = 5.0) -> Reading:
    """Reads of one node, many in a write; an error stands in its reply's place. Asked again while the node does not
    answer; raises NotKnown when it has not for PATIENCE seconds."""
    replies: list[Reply] = []
    begun: float = yield Now()
    while len(replies) < len(argvs):
        part = tuple(argvs[len(replies) : len(replies) + AT_ONCE])
        got: list[Reply] = yield Burst(node, part, seconds=seconds)
        gone = next((one for one in got if isinstance(one, Lost) or unreached(one)), None)
        if gone is None:
            replies += got
            begun = yield Now()
            continue
        now: float = yield Now()
        if now - begun >= PATIENCE:
            raise NotKnown(f"{node} does not answer: {gone}")
        yield Pause(EVERY)
    return replies


def unreached(reply: Reply) -> bool:
    """The node was not asked at all: there was no connection."""
    return isinstance(reply, Refused) and str(reply).startswith("cannot connect")


def figure(reply: Reply, name: bytes) -> int:
    """A number of INFO; 0 where it is not told.

    >>> figure(b"# Memory\\r\\nmaxmemory:100\\r\\n", b"maxmemory")
    100
    """
    for line in (reply if isinstance(reply, bytes) else b"").splitlines():
        key, _, value = line.partition(b":")
        if key == name and value.isdigit():
            return int(value)
    return 0

"""How each half-done state is ended: its steps forward, its steps back, and what each way costs.

Forward, the slots end at the node that was to take them; back, at their owner. Where keys have reached the taker and
clients are sent there for them, the way back leads through the end of the move: the owner would refuse them one by one
as long as it sends clients on (`ASK`), and were it told to stop that first, clients would find nothing in their place
(Redis 6.2, 7.0, Valkey 9.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from redistui.judge.counts import counted
from redistui.judge.half_done import HalfDone
from redistui.judge.half_done_sight import Mark
from redistui.judge.half_done_words import both, keys, slots
from redistui.model import Address, Group
from redistui.ops.cluster.fix_keys import GatherKeys, Keep, SettleCopies
from redistui.ops.cluster.fix_orders import AwaitOneOwner, CloseAtReplica, CloseSlots, MarkSlots, OwnSlots, TellOwner
from redistui.ops.cluster.map import line, own
from redistui.ops.cluster.move_plan import heirs, primaries
from redistui.ops.cluster.move_slots import MoveSlots
from redistui.ops.cluster.routes import Route
from redistui.ops.steps import Step

SETTLE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator said."""

    back: bool = False
    cover: str = ""
    """Node id of who is to own slots that nobody owns."""
    keep: str = ""
    """Node id of whose values are kept where a key has two."""
    drop: bool = False
    """Of equal copies those that no client reaches may go."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How one diagnosis is ended."""

    one: HalfDone
    steps: tuple[Step, ...]
    owner: str
    """Node id of who owns the slots then."""
    says: str
    """What is done, and what it costs."""
    opening: tuple[Step, ...] = ()
    """What comes before the steps of all endings: while a slot has no owner, a cluster may serve no key at all."""
    other: str = ""
    """The way not taken; empty: there is none."""
    loses: tuple[tuple[str, str], ...] = ()
    """What may be lost, and what is to be typed for it; empty: nothing."""


@dataclass(frozen=True)
class Planner:
    """Plans the ends of one cluster's half-done slots."""

    group: Group
    wishes: Wishes

    def ending(self, one: HalfDone) -> Ending | None:
        """None: it cannot be ended now, or not without another word of the operator."""
        if one.stuck:
            return None
        match one.kind:
            case "claimed-twice":
                return self._claimed_twice(one)
            case "told-some":
                return Ending(one, (), one.owner, "all are told; no key moves", self._tell(one, one.owner))
            case "given-up":
                return self._given_up(one)
            case "uncovered":
                return self._covered(one) if self.wishes.cover else None
            case "orphans":
                return self._gathered(
                    one, "the keys go to the owner where it has none of that name; clients reach them then"
                )
            case "echoed":
                return Ending(
                    one,
                    self._passed_on(one),
                    one.owner,
                    "its primary is told to close it, and passes that on; no key moves",
                )
            case "stale":
                return self._closed(one, one.why and "the marks are cleared, and the slots stay with their owner")
            case "announced" if one.keys_at(one.taker) == 0:
                return self._closed(one, "nothing of it was moved yet: it is closed, and stays where it is")
            case "several" if not one.taker:
                return self._closed(one, "the keys of all takers go to the owner, and nobody takes it in any more")
        return self._moved(one)

    # -- ways -----------------------------------------------------------------------------------------------------

    def _moved(self, one: HalfDone) -> Ending:
        """A move that can be gone on with."""
        owner, taker = one.name(one.owner), one.name(one.taker)
        if not self._reached(one):
            back = f"the keys at {taker} go to {owner}, and it is closed"
        elif one.keys_at(one.taker) == 0:
            back = "it is closed at both ends; no key moves"
        else:
            many = keys(_sum(one.kept, one.keys_at(one.taker)))
            back = f"the move is ended, then made the other way round, so that no client misses a key: {many} move"
        forward = f"{keys(one.kept)} go from {owner} to {taker}, which owns it then"
        if self.wishes.back:
            return replace(self._back(one), says=f"back: {back}", other=f"forward, without --back: {forward}")
        steps = self._forward(one)
        return Ending(one, steps, one.taker, f"forward: {forward}", (), f"back, by --back: {back}", self._chosen(one))

    def _forward(self, one: HalfDone) -> tuple[Step, ...]:
        steps: list[Step] = []
        marks = {(mark.node, mark.kind): mark.peer for mark in one.marks}
        taken, given = marks.get((one.taker, "importing"), ""), marks.get((one.owner, "migrating"), "")
        if taken != one.owner:
            steps.append(self._mark(one, one.taker, "importing", one.owner, taken))
        if given != one.taker:
            steps.append(self._mark(one, one.owner, "migrating", one.taker, given))
        for id_, count in one.elsewhere:
            if id_ != one.taker and count != 0:
                steps.append(self._gather(one, id_, one.taker))
        steps += [self._close(one, mark) for mark in self._others(one)]
        return (*steps, self._settle(one), self._move(one, one.owner, one.taker))

    def _back(self, one: HalfDone) -> Ending:
        """Closed at both ends where the taker has nothing. What a client makes there in the moment before it is not
        sent there any more is brought home, too."""
        if not self._reached(one):
            return self._closed(one, "")
        steps: tuple[Step, ...]
        if one.keys_at(one.taker) == 0:
            closings = (replace(step, taker=one.name(one.taker)) for step in self._closings(one))
            steps = (*closings, self._gather(one, one.taker, one.owner))
        else:
            steps = (*self._forward(one), self._move(one, one.taker, one.owner))
        return Ending(one, steps, one.owner, "", loses=self._chosen(one))

    def _reached(self, one: HalfDone) -> bool:
        """Clients are sent to the taker, and it serves them."""
        ways = {(mark.node, mark.kind) for mark in one.marks}
        return (one.owner, "migrating") in ways and (one.taker, "importing") in ways

    def _closed(self, one: HalfDone, says: str) -> Ending:
        """Everything stays with, or goes to, the owner. Its own mark goes first: else clients would be sent to a node
        that sends them back."""
        gathered = self._gathered(one, says)
        return replace(gathered, steps=(*self._closings(one), *gathered.steps))

    def _closings(self, one: HalfDone) -> list[CloseSlots]:
        return [self._close(one, mark) for mark in one.marks if mark.node == one.owner]

    def _gathered(self, one: HalfDone, says: str) -> Ending:
        steps: list[Step] = []
        full = [id_ for id_, count in one.elsewhere if count != 0]
        for id_ in full:
            steps.append(self._gather(one, id_, one.owner))
        steps += [self._close(one, m) for m in one.marks if m.node != one.owner and m.node not in full]
        return Ending(one, tuple(steps), one.owner, says, loses=self._chosen(one))

    def _given_up(self, one: HalfDone) -> Ending:
        owner = one.name(one.taker)
        others = tuple(node for node in primaries(self.group) if node != owner)
        first = (OwnSlots(owner, one.taker, one.slots, others, given=True), *self._tell(one, one.taker))
        return Ending(one, (), one.taker, f"{owner} owns it from now on; no key moves", first)

    def _claimed_twice(self, one: HalfDone) -> Ending:
        losers = [id_ for id_, _ in one.elsewhere]
        names = (one.name(one.owner), *(one.name(id_) for id_ in losers))
        says = "nothing is sent: it is waited for, since the servers end this by themselves"
        return Ending(one, (AwaitOneOwner(None, one.slots, names, SETTLE_SECONDS),), one.owner, says)

    def _covered(self, one: HalfDone) -> Ending:
        id_ = self.wishes.cover
        node = one.name(id_)
        others = tuple(other for other in primaries(self.group) if other != node)
        told_ = (TellOwner(other, self._id(other), one.slots, node, id_) for other in others)
        first = (OwnSlots(node, id_, one.slots, others, given=False), *told_)
        holders = [holder for holder, count in one.elsewhere if count != 0 and holder != id_]
        covered = replace(one, owner=id_)
        steps: list[Step] = [self._gather(covered, holder, id_) for holder in holders]
        steps += [self._close(one, m) for m in one.marks if m.node not in (*holders, id_)]
        here = one.keys_at(id_)
        brings = f", and the keys at {both([one.name(h) for h in holders])} go there" if holders else ""
        gone = f"what {slots(one)} held" + ("" if one.kept is None else ": nobody who answers has a key of it")
        lost = (
            ()
            if here or holders
            else ((gone, f"cover {counted(one.count, 'slot')} at {node}, lost is what they held"),)
        )
        says = f"{node} owns it from now on{brings}"
        return Ending(one, tuple(steps), id_, says, first, loses=(*lost, *self._chosen(one)))

    # -- steps ----------------------------------------------------------------------------------------------------

    def _tell(self, one: HalfDone, owner: str) -> tuple[Step, ...]:
        return tuple(
            TellOwner(one.name(id_), id_, one.slots, one.name(owner), owner) for id_ in one.astray if id_ != owner
        )

    def _mark(self, one: HalfDone, id_: str, kind: Literal["importing", "migrating"], peer: str, was: str) -> MarkSlots:
        return MarkSlots(one.name(id_), id_, one.slots, kind, peer, one.name(peer), was)

    def _close(self, one: HalfDone, mark: Mark) -> CloseSlots:
        return CloseSlots(one.name(mark.node), mark.node, one.slots, mark.kind, mark.peer)

    def _passed_on(self, one: HalfDone) -> tuple[Step, ...]:
        steps: list[Step] = []
        for mark in one.marks:
            mine = own(self.group.node(one.name(mark.node)))
            if mine is not None and mine.primary is not None:
                steps.append(CloseAtReplica(one.name(mine.primary), mine.primary, one.slots, one.name(mark.node)))
        return tuple(steps)

    def _others(self, one: HalfDone) -> Iterator[Mark]:
        """Marks of nodes that have no part in the move, and no keys."""
        full = {id_ for id_, count in one.elsewhere if count != 0}
        return (mark for mark in one.marks if mark.node not in {one.owner, one.taker, *full})

    def _gather(self, one: HalfDone, holder: str, target: str) -> GatherKeys:
        keep: Keep = "" if not self.wishes.keep else "here" if self.wishes.keep == holder else "there"
        return GatherKeys(*self._ends(one, holder, target), one.slots, keep, self.wishes.drop)

    def _settle(self, one: HalfDone) -> SettleCopies:
        """Values are dropped at the one of the two that is not to keep its own."""
        node, other = one.taker, one.owner
        if self.wishes.keep == one.taker:
            node, other = other, node
        keep: Keep = "there" if self.wishes.keep else ""
        return SettleCopies(*self._ends(one, node, other), one.slots, keep, drop=False)

    def _move(self, one: HalfDone, source: str, target: str) -> MoveSlots:
        route = Route(*self._ends(one, source, target), one.slots)
        all_ = primaries(self.group)
        return MoveSlots(None, "classic", (route,), all_, heirs(self.group))

    def _ends(self, one: HalfDone, node: str, other: str) -> tuple[Address, str, Address, str, Address]:
        """Address and id of both, and the other's address as the node knows it."""
        here = self.group.node(one.name(node))
        peer = None if here is None or here.cluster is None else line(here.cluster, other)
        known = peer.address if peer is not None and not peer.address.startswith(":") else one.name(other)
        return one.name(node), node, one.name(other), other, known

    def _id(self, address: Address) -> str:
        mine = own(self.group.node(address))
        assert mine is not None, address
        return mine.id

    # -- words ----------------------------------------------------------------------------------------------------

    def _chosen(self, one: HalfDone) -> tuple[tuple[str, str], ...]:
        """What the operator gives up by --keep and --delete-copies."""
        lost = []
        if self.wishes.keep:
            name = one.name(self.wishes.keep)
            lost.append((f"where a key has two values, all but that at {name}", f"keep the values of {name}"))
        if self.wishes.drop:
            lost.append(("copies of keys that are equal at the owner", "delete the copies"))
        return tuple(lost)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other

"""Half-done slots: what a move that was interrupted, or a command sent by hand, has left behind in a cluster.

Each slot's state is read from the nodes' own words: which slots they say are their own, which of them they have
marked (SETSLOT ... MIGRATING, IMPORTING), and, where a survey was taken, at whom keys lie. Slots in the same state,
between the same nodes, are one diagnosis.

    kind           owner's own line      others                     how it comes about
    announced      owns it               [s-<-owner] at the taker   the move stopped before the owner was told
    leaving        owns it, [s->-taker]  nothing at the taker       told in the wrong order; or the taker failed over
    moving         owns it, [s->-taker]  [s-<-owner] at the taker   the move stopped while keys were on their way
    several        owns it               more than one taker        two operators at once
    stale          owns it               a mark that leads nowhere  its other end is gone, a replica, or no owner
    given-up       nobody owns it        a node that takes it in    told to the source before the target
    told-some      owns it               some name another owner    told to some only
    claimed-twice  two own it            -                          one has not heard of the other
    uncovered      nobody owns it        -                          DELSLOTS; a primary that is dead, or was forgotten
    orphans        owns it               keys elsewhere, no mark    closed, or told, while keys were on their way
    echoed         owns it               a mark at a replica alone  who ordered was gone before the primary did it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from redistui.judge.half_done_sight import Mark, Sight, leads, look
from redistui.model import Group, Ranges

Kind = Literal[
    "announced",
    "leaving",
    "moving",
    "several",
    "stale",
    "given-up",
    "told-some",
    "claimed-twice",
    "uncovered",
    "orphans",
    "echoed",
]
Held = tuple[tuple[str, int | None], ...]
"""Node ids, and how many keys of the slots each holds; None: not counted."""


@dataclass(frozen=True, slots=True)
class HalfDone:
    """Slots in one and the same half-done state. Nodes are told by their ids; `names` has their addresses."""

    kind: Kind
    slots: Ranges
    owner: str
    """Who says it owns them; of `claimed-twice`, by the newest epoch. Empty: nobody does."""
    taker: str
    """Who is to own them when the move is gone on with; empty where no move can be gone on with."""
    marks: tuple[Mark, ...]
    elsewhere: Held
    """Who else than the owner holds keys of them, or may."""
    kept: int | None
    """Keys at the owner, 0 where there is none; None: not counted."""
    astray: tuple[str, ...]
    """Primaries that name another owner, or none."""
    stuck: str = ""
    """Why it cannot be ended just now; empty: it can."""
    why: str = ""
    """Of a mark that leads nowhere, and of a slot without owner: why."""
    names: Mapping[str, str] = field(default_factory=dict, hash=False)

    def name(self, id_: str) -> str:
        return self.names.get(id_) or (f"node {id_[:8]}" if id_ else "nobody")

    def keys_at(self, id_: str) -> int | None:
        """Keys of the slots at a node that does not own them; 0 where there are none, None where nobody counted."""
        return next((keys for holder, keys in self.elsewhere if holder == id_), 0)

    @property
    def count(self) -> int:
        return sum(last - first + 1 for first, last in self.slots)


def half_done(group: Group) -> tuple[HalfDone, ...]:
    """Everything half-done in a cluster, lowest slot first; nothing while the cluster has not shown itself."""
    if group.cluster is None:
        return ()
    sight = look(group)
    slots = {*sight.marks, *sight.elsewhere, *sight.believed, *sight.claimed}
    alike: dict[tuple[object, ...], list[tuple[int, HalfDone]]] = {}
    empty = sorted(sight.bare - slots)
    for dead in {sight.left.get(slot, "") for slot in empty}:  # of a lost shard's thousands there is no more to be said
        lot = [slot for slot in empty if sight.left.get(slot, "") == dead]
        nobody = _diagnosed(sight, lot[0])
        assert nobody is not None
        alike[_key(nobody)] = [(slot, nobody) for slot in lot]
    for slot in sorted(slots):
        one = _diagnosed(sight, slot)
        if one is not None:
            alike.setdefault(_key(one), []).append((slot, one))
    for slot in sorted(sight.echoes):
        echo = _echoed(sight, slot)
        alike.setdefault(_key(echo), []).append((slot, echo))
    return tuple(sorted(map(_joined, alike.values()), key=lambda one: one.slots))


def _key(one: HalfDone) -> tuple[object, ...]:
    """What makes two slots one diagnosis. Of keys it counts whether there are none, some, or that nobody counted."""
    holders = tuple((id_, count and 1) for id_, count in one.elsewhere)
    return (one.kind, one.owner, one.taker, one.marks, holders, one.astray, one.stuck, one.why)


# -- judging one slot -------------------------------------------------------------------------------------------------


def _diagnosed(sight: Sight, slot: int) -> HalfDone | None:
    owner = next(iter(sight.claimed.get(slot, ())), "") or sight.owners[slot]
    marks = sight.marks.get(slot, ())
    names = sight.believed.get(slot, {})
    others = sight.nodes if slot in sight.most and sight.most[slot] != owner else ()  # most of them are wrong
    astray = tuple(sorted(id_ for id_ in {*names, *others} if names.get(id_, sight.most.get(slot)) != owner))
    kept = None if sight.keys is None else sight.keys[slot] if owner else 0.0
    blank = HalfDone(
        "told-some", ((slot, slot),), owner, "", marks, _held(sight, slot, owner, marks),
        None if kept is None else int(kept), astray, names=sight.names,
    )  # fmt: skip
    if slot in sight.claimed:
        return replace(blank, kind="claimed-twice", elsewhere=_losers(sight, slot, blank))
    if not owner:
        return _unowned(sight, blank, names)
    if owner in sight.silent:
        text = f"{blank.name(owner)}, which owns it, does not answer: bring it back, or fail its shard over, first"
        return replace(blank, kind="stale", stuck=text) if marks or blank.elsewhere else None
    if marks:
        return _marked(sight, blank)
    if blank.elsewhere:
        return replace(blank, kind="orphans")
    return blank if astray else None


def _held(sight: Sight, slot: int, owner: str, marks: Sequence[Mark]) -> Held:
    """Who takes a slot in may hold keys of it; so may anybody of whom the survey says so."""
    counted = dict(sight.elsewhere.get(slot, {}))
    ids = {*counted, *(mark.node for mark in marks if mark.kind == "importing")} - {owner}
    return tuple((id_, counted.get(id_, 0) if sight.keys is not None else None) for id_ in sorted(ids))


def _losers(sight: Sight, slot: int, blank: HalfDone) -> Held:
    counted = dict(blank.elsewhere)
    return tuple((id_, counted.get(id_)) for id_ in sight.claimed[slot][1:])


def _unowned(sight: Sight, blank: HalfDone, names: Mapping[str, str]) -> HalfDone:
    takers = {mark.node for mark in blank.marks if mark.kind == "importing"}
    named = {sight.most.get(blank.slots[0][0]), *names.values()}
    if len(takers) == 1 and takers & named:
        (taker,) = takers
        return replace(blank, kind="given-up", taker=taker, astray=tuple(sorted(sight.nodes.keys() - {taker})))
    dead = sight.left.get(blank.slots[0][0], "")
    return replace(blank, kind="uncovered", astray=(), why=f"{blank.name(dead)} is dead" if dead else "")


def _marked(sight: Sight, blank: HalfDone) -> HalfDone:
    """A slot with one owner that answers, and marks."""
    owner = blank.owner
    leaves = next((mark for mark in blank.marks if mark.node == owner and mark.kind == "migrating"), None)
    comes = [m for m in blank.marks if m.kind == "importing" and _heir(sight, m.peer) == owner]
    taker = _heir(sight, leaves.peer) if leaves is not None else ""
    if leaves is not None and (not taker or taker == owner):
        why = _nowhere(sight, blank, leaves.peer, taker)
        return replace(blank, kind="stale", why=f"{blank.name(owner)} gives it to {why}")
    strays = {id_ for id_, keys in blank.elsewhere if keys} - {taker, *(mark.node for mark in comes)}
    takers = {mark.node for mark in comes} | ({taker} if taker else set())
    if len(takers) > 1 or (takers and strays):
        return replace(blank, kind="several", taker=taker)
    if leaves is not None:
        return replace(blank, kind="moving" if comes else "leaving", taker=taker)
    if comes:
        return replace(blank, kind="announced", taker=comes[0].node)
    return replace(blank, kind="stale", why=_left_over(blank))


def _echoed(sight: Sight, slot: int) -> HalfDone:
    """Beside whatever else is the matter with the slot: no key lies, and no client is sent, anywhere by it."""
    owner = sight.owners[slot]
    return HalfDone(
        "echoed", ((slot, slot),), owner, "", sight.echoes[slot], (), None, (), names=sight.names,
    )  # fmt: skip


def _heir(sight: Sight, id_: str) -> str:
    """The primary that stands where this node stood: itself, or after a failover its new primary; empty: nobody that
    answers."""
    peer = sight.known.get(id_)
    if peer is not None and not leads(peer):
        peer = sight.known.get(peer.primary or "")
    return peer.id if peer is not None and peer.id in sight.nodes else ""


def _nowhere(sight: Sight, blank: HalfDone, peer: str, taker: str) -> str:
    name = blank.name(peer)
    if peer not in sight.known:
        return f"{name}, which nobody knows"
    if taker == blank.owner:
        return f"{name}, which is a replica of it"
    return f"{name}, which does not answer"


def _left_over(blank: HalfDone) -> str:
    mark = blank.marks[0]
    if mark.kind == "migrating":
        return f"{blank.name(mark.node)} sends it on to {blank.name(mark.peer)} still, and does not own it any more"
    return f"{blank.name(mark.node)} takes it in from {blank.name(mark.peer)}, which does not own it"


def _joined(rows: Sequence[tuple[int, HalfDone]]) -> HalfDone:
    """One diagnosis for many slots."""
    first = rows[0][1]
    ranges: list[tuple[int, int]] = []
    for slot in sorted(slot for slot, _ in rows):
        if ranges and ranges[-1][1] == slot - 1:
            ranges[-1] = (ranges[-1][0], slot)
        else:
            ranges.append((slot, slot))
    held = tuple((id_, _sum(one.keys_at(id_) for _, one in rows)) for id_, _ in first.elsewhere)
    return replace(first, slots=tuple(ranges), elsewhere=held, kept=_sum(one.kept for _, one in rows))


def _sum(counts: Iterable[int | None]) -> int | None:
    all_ = list(counts)
    return None if None in all_ else sum(one for one in all_ if one is not None)

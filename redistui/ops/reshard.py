"""reshard: so many slots, or these very slots, go from one shard or several to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from redistui.judge.counts import counted
from redistui.judge.cutting import cut
from redistui.model import Address, Fleet, Group, Kind, Shard
from redistui.ops.action import Action, Aim, Check, Option, Plan, SlotMove
from redistui.ops.checks import failed, fresh
from redistui.ops.cluster.balance_checks import mapped, may_be_moved, shard_named
from redistui.ops.cluster.moving import moving_plan
from redistui.ops.cluster.shares import move_of, owned
from redistui.ops.cluster.words import BadWord, complaint, nodes_in, slots_in
from redistui.ops.rebalance import CLASSIC
from redistui.ops.templates import Ranges, ranges_text, slots_of

INSTEAD: dict[Kind, str] = {
    "sentinel": "this is no cluster: it has no slots to move",
    "replication": "this is no cluster: it has no slots to move",
}
NEEDED = (
    Option("from", "NODE[,NODE...]", "the shards that give them", needed=True),
    Option("to", "NODE", "whom it goes to: the replica that takes over, the shard that takes the slots", needed=True),
    Option("slots", "N|RANGES", "how many, or which ones: 100, 0-99,200, 7-7", needed=True),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options, read."""

    sources: tuple[str, ...]
    target: str
    slots: int | Ranges


def wanted(aim: Aim) -> Wanted:
    """Raises BadWord."""
    missing = [option.usage for option in NEEDED if option.name not in aim.options]
    if missing:
        raise BadWord(f"reshard wants {' and '.join(missing)} as well")
    targets = nodes_in(aim.options["to"], "to")
    if len(targets) > 1:
        raise BadWord(f"--to names {len(targets)} nodes: the slots go to one")
    sources = nodes_in(aim.options["from"], "from")
    if targets[0] in sources:
        raise BadWord(f"{targets[0]} cannot give slots to itself")
    return Wanted(sources, targets[0], slots_in(aim.options["slots"]))


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group, asked = (yield from mapped(fleet, aim, INSTEAD)), wanted(aim)
    if group is None:
        return
    yield from fresh(fleet)
    ends = [shard_named(group, word) for word in (*asked.sources, asked.target)]
    if strange := [end for end in ends if isinstance(end, Check)]:
        yield from strange
        return
    sources, target = _ends(group, asked)
    if problem := _refused(group, sources, target, asked):
        yield failed(problem)
        return
    yield from may_be_moved(fleet, group, planned(group, asked), aim.survey)


def _ends(group: Group, asked: Wanted) -> tuple[tuple[Shard, ...], Shard]:
    shards = [shard for word in (*asked.sources, asked.target) if isinstance(shard := shard_named(group, word), Shard)]
    return tuple(dict.fromkeys(shards[:-1])), shards[-1]


def _refused(group: Group, sources: Sequence[Shard], target: Shard, asked: Wanted) -> str:
    """Why these slots cannot go from there to there; empty: they can."""
    if target in sources:
        return f"{target.primary} cannot give slots to itself"
    held = sum(shard.slot_count for shard in sources)
    whose = sources[0].primary if len(sources) == 1 else "the sources together"
    if isinstance(asked.slots, int):
        many = f"{whose} {'owns' if len(sources) == 1 else 'own'} {counted(held, 'slot')}"
        return "" if asked.slots <= held else f"{many}, {asked.slots:,} are wanted"
    cluster = group.cluster
    assert cluster is not None
    here = {cluster.shards.index(shard) for shard in sources}
    strange = next((slot for slot in slots_of(asked.slots) if cluster.owners[slot] not in here), None)
    if strange is None:
        return ""
    owner = cluster.owners[strange]
    other = "nobody" if owner < 0 else cluster.shards[owner].primary
    return f"{whose} {'does' if len(sources) == 1 else 'do'} not own slot {strange}: {other} owns it"


def planned(group: Group, asked: Wanted) -> tuple[SlotMove, ...]:
    """From each source its part of a number, by the slots it has; of slots that are named, those it owns."""
    sources, target = _ends(group, asked)
    if not isinstance(asked.slots, int):
        named = set(slots_of(asked.slots))
        rows = [(shard, [slot for slot in owned(shard) if slot in named]) for shard in sources]
    else:
        near = set(owned(target))
        parts = portions({shard.primary: shard.slot_count for shard in sources}, asked.slots)
        rows = []
        for shard in sources:
            slots = cut(list(shard.slots), parts[shard.primary], near) if parts[shard.primary] else []
            near.update(slots)
            rows.append((shard, slots))
    return tuple(move_of(shard.primary, target.primary, slots) for shard, slots in rows if slots)


def portions(held: Mapping[Address, int], wanted: int) -> Mapping[Address, int]:
    """A number in parts as the holders' own numbers are, rounded so that they add up.

    >>> portions({"a": 10, "b": 5}, 4)
    {'a': 3, 'b': 1}
    """
    whole = sum(held.values())
    parts = {name: wanted * number // whole for name, number in held.items()}
    rest = sorted(held, key=lambda name: -(wanted * held[name] % whole))
    for name in rest[: wanted - sum(parts.values())]:
        parts[name] += 1
    return parts


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group, asked = fleet.group(aim.group), wanted(aim)
    assert group is not None
    moves = planned(group, asked)
    which = "" if isinstance(asked.slots, int) else f" (slots {short(asked.slots)})"
    sources = ", ".join(move.source for move in moves)
    return moving_plan(group, aim, "reshard", f"Move slots{which} from {sources} to {moves[0].target}", moves)


def short(ranges: Ranges) -> str:
    """The first few ranges in words.

    >>> short(((0, 5), (7, 7))), short(tuple((n, n) for n in range(0, 20, 2)))
    ('0-5 7', '0 2 4 ... 7 more')
    """
    more = len(ranges) - 3
    return ranges_text(ranges) if more <= 1 else f"{ranges_text(ranges[:3])} ... {more} more"


RESHARD = Action(
    name="reshard",
    title="Move slots to another shard",
    key=None,
    danger="risky",
    kinds=("cluster",),
    doc="So many slots, or these very slots, go from one shard or several to another.",
    checks=checks,
    plan=plan,
    options=(
        *NEEDED,
        CLASSIC,
    ),
    surveys=True,
    wrong=complaint(wanted),
)

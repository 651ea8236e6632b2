"""rebalance: slots move between the shards of a cluster until each carries its share, and none that need not move.

By the number of slots, of keys, or of bytes; shards by weight, and one of weight 0 gives all it has. What a plan by
keys or bytes rests on is a survey taken when the action was opened; it stands still while keys come and go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from redistui.judge.balance import THRESHOLD, balanced
from redistui.model import SLOTS, Address, Fleet, Group, Kind, Shard, Survey
from redistui.ops.action import Action, Aim, Check, Option, Plan, SlotMove
from redistui.ops.checks import failed, fresh, names, passed, warned
from redistui.ops.cluster.balance_checks import mapped, may_be_moved, shard_named, takes_part
from redistui.ops.cluster.moving import moving_plan
from redistui.ops.cluster.shares import counted, moves_of, owned, parties
from redistui.ops.cluster.words import BadWord, complaint, number_in, weights_in, whole_in

INSTEAD: dict[Kind, str] = {
    "sentinel": "this is no cluster: it has no slots to move",
    "replication": "this is no cluster: it has no slots to move",
}
By = Literal["slots", "keys", "memory"]
BY: tuple[By, ...] = ("slots", "keys", "memory")
SHOWN = 24
"""Shards that are listed one by one where nothing is to be moved."""
WHAT: Mapping[By, str] = {"slots": "slots", "keys": "keys", "memory": "bytes"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options, read."""

    by: By
    weights: tuple[tuple[str, float], ...]
    use_empty: bool
    most: int | None
    threshold: float


def wanted(aim: Aim) -> Wanted:
    """Raises BadWord."""
    by = next((one for one in BY if one == aim.options.get("by", "slots")), None)
    if by is None:
        raise BadWord(f"--by is slots, keys or memory, not {aim.options['by']!r}")
    most = aim.options.get("max-slots")
    return Wanted(
        by,
        weights_in(aim.options.get("weight", "")),
        "use-empty" in aim.options,
        None if most is None else whole_in(most, "--max-slots", SLOTS),
        number_in(aim.options.get("threshold", str(THRESHOLD)), "--threshold"),
    )


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group, asked = (yield from mapped(fleet, aim, INSTEAD)), wanted(aim)
    if group is None:
        return
    yield from fresh(fleet)
    strange = [shard for word, _ in asked.weights if isinstance(shard := shard_named(group, word), Check)]
    yield from strange
    weights = weights_of(group, asked)
    if not strange and len(weights) < len(asked.weights):
        yield failed("one of the shards was given two weights, by its address and by its id")
    if strange:
        return
    if not any(weights.get(shard.primary, 1.0) for shard in taking(fleet, group, asked)):
        yield failed("no shard is left that could take slots: all weights are 0")
        return
    costs = costs_of(group, aim.survey, asked.by)
    if isinstance(costs, Check):
        yield costs
        return
    moves = planned(fleet, group, aim)
    if moves:
        yield from may_be_moved(fleet, group, moves, aim.survey)
    else:
        yield failed(within(asked))
        yield from standing(taking(fleet, group, asked), weights, costs)
    yield from idle(fleet, group, asked)


def within(asked: Wanted) -> str:
    """Why nothing is to be moved."""
    if asked.by == "slots":
        return f"every shard has its share of the slots, within {asked.threshold:g} %: nothing is to be moved"
    return (
        f"every shard has its share of the {WHAT[asked.by]}, within {asked.threshold:g} %, "
        f"or is as near to it as whole slots allow: nothing is to be moved"
    )


def standing(
    shards: Sequence[Shard], weights: Mapping[Address, float], costs: Sequence[float] | None
) -> Iterator[Check]:
    """What each shard has and what its share is, where there are few enough to be read."""
    if len(shards) > SHOWN:
        return
    held = {shard.primary: sum(1.0 if costs is None else costs[slot] for slot in owned(shard)) for shard in shards}
    whole, parts = sum(held.values()), {shard.primary: weights.get(shard.primary, 1.0) for shard in shards}
    most = max(parts.values())
    for address, has in held.items():
        share = whole * (parts[address] / most) / sum(part / most for part in parts.values())
        yield passed(f"{address} has {has:,.0f}; its share is {share:,.0f}")


def idle(fleet: Fleet, group: Group, asked: Wanted) -> Iterator[Check]:
    """Primaries without slots that get none, and who might think they do."""
    part = {shard.primary for shard in taking(fleet, group, asked)}
    empty = [shard.primary for shard in (group.cluster.shards if group.cluster else ()) if not shard.slot_count]
    left = [address for address in empty if address not in part]
    if left and not asked.use_empty:
        owns, gets = ("owns", "gets") if len(left) == 1 else ("own", "get")
        yield warned(f"{names(left)} {owns} no slots and {gets} none without --use-empty")
    elif left:
        yield warned(f"{names(left)} {'owns' if len(left) == 1 else 'own'} no slots and cannot be given any now")


def taking(fleet: Fleet, group: Group, asked: Wanted) -> tuple[Shard, ...]:
    """Shards that take part: all that own slots, and empty ones that live, where these are wanted."""
    shards = () if group.cluster is None else group.cluster.shards
    return tuple(s for s in shards if s.slot_count or (asked.use_empty and takes_part(fleet, group, s)))


def weights_of(group: Group, asked: Wanted) -> Mapping[Address, float]:
    """Weights by primary, of those that are known."""
    found = ((shard_named(group, word), weight) for word, weight in asked.weights)
    return {shard.primary: weight for shard, weight in found if isinstance(shard, Shard)}


def costs_of(group: Group, survey: Survey | None, by: By) -> tuple[float, ...] | Check | None:
    """What the slots hold; None where they only are to be counted; a refusal where it is not known."""
    if by == "slots":
        return None
    if survey is None:
        return failed("it is not known yet what each slot holds: without that, only --by slots can be planned")
    values = survey.keys if by == "keys" else survey.memory
    costs = counted(values, [slot for shard in group.cluster.shards for slot in owned(shard)] if group.cluster else ())
    if costs is not None:
        return costs
    silent = f" at {names(list(survey.unasked))}" if survey.unasked else ""
    return failed(f"the {WHAT[by]} of each slot could not be counted{silent}: only --by slots can be planned")


def planned(fleet: Fleet, group: Group, aim: Aim) -> tuple[SlotMove, ...]:
    asked = wanted(aim)
    costs = costs_of(group, aim.survey, asked.by)
    assert not isinstance(costs, Check)
    shards = parties(taking(fleet, group, asked), weights_of(group, asked))
    return moves_of(balanced(shards, costs, threshold=asked.threshold, use_empty=asked.use_empty, most=asked.most))


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group, asked = fleet.group(aim.group), wanted(aim)
    assert group is not None
    moves = planned(fleet, group, aim)
    title = f"Rebalance {group.name} by {asked.by}"
    return moving_plan(group, aim, "rebalance", title, moves, weights_of(group, asked))


CLASSIC = Option("classic", "", "move key by key (SETSLOT, MIGRATE), also where the servers can move whole slots")
MAX_SLOTS = Option("max-slots", "N", "move so many slots at most, those that help most")
REBALANCE = Action(
    name="rebalance",
    title="Rebalance the cluster",
    key="B",
    danger="risky",
    kinds=("cluster",),
    doc="Slots move between shards until each carries its share, by slots, keys or memory.",
    checks=checks,
    plan=plan,
    options=(
        Option("by", "slots|keys|memory", "what is shared out (slots)"),
        Option(
            "weight", "NODE=W", "a shard's part beside the others', which have 1; 0: it gives all it has", repeats=True
        ),
        Option("use-empty", "", "primaries without slots get some too"),
        MAX_SLOTS,
        Option("threshold", "PERCENT", f"move nothing while every shard is as near to its share ({THRESHOLD:g})"),
        CLASSIC,
    ),
    surveys=True,
    wrong=complaint(wanted),
)

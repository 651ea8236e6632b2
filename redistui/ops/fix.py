"""fix: finds every half-done state of a cluster's slots and ends it, forward or back; never by a guess.

What was diagnosed stands in the plan's steps: a step that finds a slot in another state sends nothing. Where two nodes
hold other values of one key, and where nobody owns a slot, it is for the operator to say what is to be kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from redistui.judge.counts import counted
from redistui.judge.half_done import HalfDone, half_done
from redistui.judge.half_done_words import slots as slots_text
from redistui.judge.half_done_words import told
from redistui.model import SLOTS, Address, Fleet, Group, Kind
from redistui.ops.action import Action, Aim, Check, Option, Plan
from redistui.ops.checks import failed, fresh, names, passed, warned
from redistui.ops.cluster.balance_checks import mapped, shard_named
from redistui.ops.cluster.failover_steps import NoSlotMoves
from redistui.ops.cluster.fix_plan import Ending, Planner, Wishes
from redistui.ops.cluster.fix_told import dark, hindrance, moves_keys
from redistui.ops.cluster.fix_verify import NothingHalfDone
from redistui.ops.cluster.map import tells_migrations, views
from redistui.ops.cluster.member_checks import silent
from redistui.ops.cluster.move_plan import primaries
from redistui.ops.cluster.words import BadWord, complaint, slots_in
from redistui.ops.fingerprint import fingerprint
from redistui.ops.steps import Step
from redistui.ops.templates import Ranges, ranges_of, slots_of

INSTEAD: dict[Kind, str] = {
    "sentinel": "this is no cluster: it has no slots",
    "replication": "this is no cluster: it has no slots",
}
VERIFY_SECONDS = 20.0
NODES = ("cover", "keep")


@dataclass(frozen=True, slots=True)
class Asked:
    """The options, read."""

    slots: Ranges
    """Only these."""


def asked(aim: Aim) -> Asked:
    """Raises BadWord."""
    if "slot" not in aim.options:
        return Asked(((0, SLOTS - 1),))
    words = aim.options["slot"].replace(",", " ").split()
    found_ = slots_in(" ".join(word if "-" in word else f"{word}-{word}" for word in words))
    if isinstance(found_, int):
        raise BadWord("--slot wants slots, like 7 or 0-99,200")
    return Asked(found_)


# -- preflight --------------------------------------------------------------------------------------------------------


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = (yield from mapped(fleet, aim, INSTEAD)) and surveyed(fleet, aim)
    if group is None:
        return
    yield from fresh(fleet)
    named = {option: shard_named(group, aim.options[option]) for option in NODES if option in aim.options}
    if strange := [one for one in named.values() if isinstance(one, Check)]:
        yield from strange
        return
    if problem := unfit(group, aim):
        yield failed(problem)
        return
    yield from silent(group, "", "what is half-done there is not seen; look again when it is back")
    yield _counted(aim)
    yield from _diagnoses(group, aim)


def unfit(group: Group, aim: Aim) -> str:
    """Why a node that was named cannot do what it is named for; empty: it can."""
    for option in NODES:
        shard = shard_named(group, aim.options[option]) if option in aim.options else None
        if shard is not None and not isinstance(shard, Check) and shard.primary not in primaries(group):
            return f"{shard.primary} does not answer: --{option} wants a primary that does"
    return ""


def _counted(aim: Aim) -> Check:
    survey = aim.survey
    if survey is None:
        return warned("what the slots hold was not counted: keys that lie at nodes which do not own them are not seen")
    if survey.unasked:
        return warned(f"{names(list(survey.unasked))} could not be counted: keys that lie astray there are not seen")
    return passed("every slot was counted at every primary")


def _diagnoses(group: Group, aim: Aim) -> Iterator[Check]:
    all_ = diagnosed(group, aim)
    if not all_:
        where = "" if "slot" not in aim.options else " of these"
        itself = "; a CLUSTER MIGRATESLOTS that failed or was cancelled leaves nothing behind"
        by_themselves = any(node.server == "valkey" for node in group.nodes)
        yield failed(
            f"nothing is half-done: no slot{where} is open, all of them have one owner that every node names, and no "
            f"key lies astray{itself if by_themselves else ''}"
        )
        return
    planned = endings(group, aim)
    able = {ending.one: ending for ending in planned}
    for one in all_:
        ending = able.get(one)
        if ending is None:
            yield (warned if planned else failed)(f"{told(one)}. {hindrance(one)}")
            continue
        yield warned(told(one))
        yield warned(f"{slots_text(one)}, {ending.says}{f'; {ending.other}' if ending.other else ''}")
    if problem := dark(group, planned):
        yield failed(problem)
    if any(one.marks for one in all_):
        yield warned("if somebody moves slots just now (redis-cli --cluster reshard, say), let that end first")


# -- plan -------------------------------------------------------------------------------------------------------------


def surveyed(fleet: Fleet, aim: Aim) -> Group | None:
    """The group, with the survey that was taken when the action was opened."""
    group = fleet.group(aim.group)
    return None if group is None else replace(group, survey=aim.survey)


def diagnosed(group: Group, aim: Aim) -> tuple[HalfDone, ...]:
    """What is half-done of the slots that are meant."""
    if "slot" not in aim.options:
        return half_done(group)
    meant = set(slots_of(asked(aim).slots))
    found_ = []
    for one in half_done(group):
        part = ranges_of(slot for slot in slots_of(one.slots) if slot in meant)
        if part:
            found_.append(one if part == one.slots else replace(one, slots=part))
    return tuple(found_)


def endings(group: Group, aim: Aim) -> tuple[Ending, ...]:
    """What this plan ends: what no key moves for comes first."""
    ids = {option: shard_named(group, aim.options[option]) for option in NODES if option in aim.options}
    named = {option: shard.id for option, shard in ids.items() if not isinstance(shard, Check)}
    options = aim.options
    wishes = Wishes("back" in options, named.get("cover", ""), named.get("keep", ""), "delete-copies" in options)
    planner = Planner(group, wishes)
    all_ = [ending for one in diagnosed(group, aim) if (ending := planner.ending(one)) is not None]
    return tuple(sorted(all_, key=lambda ending: (any(moves_keys(step) for step in ending.steps), ending.one.slots)))


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = surveyed(fleet, aim)
    assert group is not None
    all_ = endings(group, aim)
    slots = ranges_of(slot for ending in all_ for slot in slots_of(ending.one.slots))
    loses = dict(row for ending in all_ for row in ending.loses)
    way = ", back" if "back" in aim.options else ""
    return Plan(
        action="fix",
        group=group.name,
        title=f"End what is half-done in {group.name}{way}: {counted(len(slots_of(slots)), 'slot')}",
        danger="lossy" if loses else "risky",
        steps=(
            *_idle(group, all_),
            *(step for ending in all_ for step in ending.opening),
            *(step for ending in all_ for step in ending.steps),
        ),
        verify=(_verified(group, all_, slots),),
        loses=f"Lost is {'; and '.join(loses)}." if loses else "Nothing: a key with two values stops it untouched.",
        undo="`reshard` moves slots on to wherever they are wanted."
        if not loses
        else "None: what was dropped is gone.",
        fingerprint=fingerprint(group),
        confirm="; ".join(loses.values()) or group.name,
    )


def _idle(group: Group, all_: Sequence[Ending]) -> tuple[Step, ...]:
    """Servers that move slots by themselves (Valkey 9) refuse to be told of slots meanwhile."""
    nodes: dict[Address, None] = {}
    for ending in all_:
        one = ending.one
        ids = (one.owner, one.taker, *(id_ for id_, _ in one.elsewhere), *(mark.node for mark in one.marks))
        nodes |= dict.fromkeys(
            [*(one.name(id_) for id_ in ids if id_), *(step.node for step in ending.steps if step.node)]
        )
    asked_ = [node for address in nodes if (node := group.node(address)) is not None and tells_migrations(node)]
    return tuple(NoSlotMoves(node.address) for node in asked_)


def _verified(group: Group, all_: Sequence[Ending], slots: Ranges) -> NothingHalfDone:
    owned: dict[str, list[int]] = {}
    for ending in all_:
        if ending.one.kind not in ("claimed-twice", "echoed"):
            owned.setdefault(ending.owner, []).extend(slots_of(ending.one.slots))
    owners = tuple((id_, ranges_of(its)) for id_, its in sorted(owned.items()))
    nodes = tuple(node.address for node, _ in views(group))
    return NothingHalfDone(None, slots, owners, nodes, VERIFY_SECONDS)


FIX = Action(
    name="fix",
    title="End what is half-done in the cluster",
    key=None,
    danger="lossy",
    kinds=("cluster",),
    doc="Ends slot moves that stopped half-way, forward or --back; keys that lie astray, slots without owner.",
    checks=checks,
    plan=plan,
    options=(
        Option("back", "", "put everything back instead of going on"),
        Option("slot", "N|RANGES", "only these slots: 7, or 0-99,200"),
        Option("cover", "NODE", "who is to own the slots that nobody owns"),
        Option("keep", "NODE", "of keys with two values keep that of this node"),
        Option("delete-copies", "", "of equal copies delete those that no client reaches"),
    ),
    surveys=True,
    wrong=complaint(asked),
)

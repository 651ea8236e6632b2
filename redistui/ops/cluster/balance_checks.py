"""Preflight of slot moves: who is meant, whether the cluster is whole, and whether those who take part can."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence

from redistui.judge.counts import counted, every
from redistui.judge.loss import amount
from redistui.model import SLOTS, Address, Fleet, Group, Kind, Node, Shard, Survey
from redistui.ops.action import Aim, Check, SlotMove
from redistui.ops.checks import answer, failed, found, names, numbers, passed, verdict, warned
from redistui.ops.cluster.checks import recent
from redistui.ops.cluster.map import FAILING, line, named, own, shard_of, together, views
from redistui.ops.cluster.move_look import HEADROOM
from redistui.ops.cluster.shares import figured, fullest, moved, targets
from redistui.ops.templates import slot_count

BIG = 64 << 20
"""Bytes of one slot from where on moving it is felt by clients."""


def mapped(fleet: Fleet, aim: Aim, instead: dict[Kind, str]) -> Generator[Check, None, Group | None]:
    """The cluster whose slots are meant. None, and why: as `found` says, or nobody has shown its map yet."""
    group = yield from found(fleet, aim, ("cluster",), instead)
    if group is not None and group.cluster is None:
        yield failed(f"no node of {group.name} has shown the map of its slots yet: wait until one answers")
        return None
    return group


def shard_named(group: Group, word: str) -> Shard | Check:
    """The shard whose primary is meant, or why there is none."""
    meant = named(group, word)
    if not meant:
        return failed(f"{word} is no node of {group.name}: name a primary by its address, or by its node id")
    if len(meant) > 1:
        return failed(
            f"more than one node was known at {word}: name one by its node id: {names([m.id for m in meant])}"
        )
    shard = shard_of(group, meant[0].id)
    if shard is not None and meant[0].primary is None:
        return shard
    above = shard_of(group, meant[0].primary)
    of = f" of {above.primary}: name that" if above is not None else ": name a primary"
    return failed(f"{meant[0].name} is a replica{of}")


def takes_part(fleet: Fleet, group: Group, shard: Shard) -> bool:
    """Its primary lives, so that it can be given slots."""
    return not trouble(fleet, group, shard)


def trouble(fleet: Fleet, group: Group, shard: Shard) -> str:
    """Why a shard can give and take no slots; empty: it can."""
    node = group.node(shard.primary)
    if node is None:
        return f"{shard.primary} is not among the nodes we reach"
    if problem := answer(fleet, node):
        return problem
    mine = own(node)
    if node.role != "primary" or mine is None or mine.id != shard.id or mine.primary is not None:
        return f"{shard.primary} says of itself that it is a {node.role or 'node of unknown role'}"
    doubts = [n.address for n, view in views(group) if (peer := line(view, shard.id)) and peer.flags & FAILING]
    if doubts:
        return f"{names(doubts)} {'holds' if len(doubts) == 1 else 'hold'} {shard.primary} for failed"
    return ""


def may_be_moved(
    fleet: Fleet,
    group: Group,
    moves: Sequence[SlotMove],
    survey: Survey | None,
    joining: Mapping[Address, Node] | None = None,
) -> Iterator[Check]:
    """All that must hold before slots are moved, and what would be a surprise. `joining`: targets that are no members
    yet; whether they can join is looked at elsewhere."""
    moves = figured(moves, survey, "classic")
    yield _agree(group)
    yield _whole(group)
    part = tuple(dict.fromkeys(end for move in moves for end in (move.source, move.target)))
    yield _serves(group, [end for end in part if end not in (joining or {})])
    shards = [shard for shard in (group.cluster.shards if group.cluster else ()) if shard.primary in part]
    problems = [said for shard in shards if (said := trouble(fleet, group, shard))]
    yield verdict(problems, "all who give or take slots are primaries that answer, and nobody holds one for failed")
    yield recent(fleet, group, part)
    for address in targets(moves):
        if (node := (joining or {}).get(address) or group.node(address)) is not None:
            yield from _fits(group, node, [move for move in moves if move.target == address])
    yield from _emptied(group, moves)
    yield from _weight(moves, survey)


def _agree(group: Group) -> Check:
    cluster = group.cluster
    assert cluster is not None
    members = [node.address for node, _ in together(group)]
    others = [address for address in cluster.dissenters if address in members]
    if not others:
        return passed(f"{every(len(members), 'node', 'see', 'answer')} the same owner for every slot")
    return failed(f"{names(others)} saw other owners of the slots: wait until all agree, or `fix` it")


def _whole(group: Group) -> Check:
    cluster = group.cluster
    assert cluster is not None
    opened = sorted({each.slot for each in cluster.open_slots})
    bare = SLOTS - cluster.slots_assigned
    problems = []
    if opened:
        which = ", ".join(map(str, opened[:5])) + (f" and {len(opened) - 5} more" if len(opened) > 5 else "")
        end = "its move" if len(opened) == 1 else "their moves"
        are = "slot {} is" if len(opened) == 1 else "slots {} are"
        problems.append(f"{are.format(which)} half-way between two shards: `fix` ends {end}")
    if bare:
        problems.append(f"{counted(bare, 'slot')} {'has' if bare == 1 else 'have'} no owner: `fix` that first")
    return verdict(problems, "every slot has an owner, and none is half-way between two")


def _serves(group: Group, part: Sequence[Address]) -> Check:
    """Most nodes say so, and each that gives or takes slots: one that does not serve keys gives and takes none."""
    state = None if group.cluster is None else group.cluster.state
    if state != "ok":
        return failed(f"cluster_state is {state or 'not known'}")
    down = [node.address for node, view in views(group) if node.address in part and view.state != "ok"]
    if down:
        return failed(f"cluster_state is not ok at {names(down)}, though it is at most nodes: no keys can move there")
    return passed("cluster_state is ok")


def _fits(group: Group, node: Node, moves: Sequence[SlotMove]) -> Iterator[Check]:
    """Whether a target can take it: memory, version, somebody to copy it."""
    yield _memory(node, moves)
    sources = [source for move in moves if (source := group.node(move.source)) is not None]
    newer = [source for source in sources if numbers(node.version)[:2] < numbers(source.version)[:2]]
    if newer:
        older = f"{node.address} runs {node.version}, older than {newer[0].address}'s {newer[0].version}"
        yield warned(f"{older}: it may not be able to read its keys, and the move would end there")
    mine = own(node)
    copies = [
        n for n, _ in views(group) if (peer := own(n)) is not None and mine is not None and peer.primary == mine.id
    ]
    syncing = [n.address for n in copies if n.replication is None or n.replication.link != "up"]
    if not copies:
        yield warned(f"{node.address} has no replica that answers: what it takes is on one machine only")
    elif syncing:
        yield warned(f"{names(syncing)} {'is' if len(syncing) == 1 else 'are'} not in sync with {node.address} yet")


def _memory(node: Node, moves: Sequence[SlotMove]) -> Check:
    limit, used = node.metric("memory_limit"), node.metric("memory_used")
    sizes = [move.bytes for move in moves if move.bytes is not None]
    if not limit:
        return passed(f"{node.address} has no maxmemory that what it takes could exceed")
    if used is None or len(sizes) < len(moves):
        return warned(f"whether {node.address} has memory enough is not known: what the slots hold was not counted")
    need = sum(sizes) * HEADROOM
    if used + need > limit:
        return failed(
            f"{node.address} has {amount(max(0, int(limit - used)))} of maxmemory left, "
            f"and takes {amount(sum(sizes))}: it wants {HEADROOM:g} times that"
        )
    left = amount(int(limit - used))
    return passed(f"{node.address} has {left} of maxmemory left for the {amount(sum(sizes))} that it takes")


def _emptied(group: Group, moves: Sequence[SlotMove]) -> Iterator[Check]:
    """Who gives its last slot: servers make it a replica of the taker by themselves."""
    for shard in group.cluster.shards if group.cluster else ():
        given = sum(slot_count(move.ranges) for move in moves if move.source == shard.primary)
        if shard.slot_count and given == shard.slot_count:
            yield warned(
                f"{shard.primary} gives all its slots: it and its replicas may become replicas of who takes the last "
                f"(cluster-allow-replica-migration)"
            )


def _strays(moves: Sequence[SlotMove], survey: Survey) -> Iterator[Check]:
    """Keys of these slots at a node that does not own them: at the target they would become its own."""
    going = {slot for move in moves for first, last in move.ranges for slot in range(first, last + 1)}
    strays = [stray for stray in survey.strays if stray.slot in going]
    if strays:
        where = names(sorted({stray.node for stray in strays}))
        keys = counted(sum(stray.keys for stray in strays), "key")
        yield failed(f"{where} holds {keys} of slots to be moved that it does not own: `fix` sees to them first")


def _weight(moves: Sequence[SlotMove], survey: Survey | None) -> Iterator[Check]:
    """What the slots hold, as far as it is known."""
    if survey is None:
        yield warned("what the slots hold was not counted: how long it takes cannot be told")
        return
    if survey.unasked:
        yield warned(f"the slots of {names(list(survey.unasked))} could not be counted")
    yield from _strays(moves, survey)
    most = fullest(moves, survey)
    if most is None:
        yield passed(f"{counted(moved(moves), 'slot')} to be moved, without keys as far as they were counted")
        return
    slot, keys, size = most
    about = "" if size is None else f", {amount(size)}"
    text = f"the fullest slot to be moved is {slot}: {counted(keys, 'key')}{about}"
    big = size is not None and size > BIG
    yield warned(f"{text}: a key of many megabytes holds up both servers while it moves") if big else passed(text)

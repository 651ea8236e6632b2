"""detach: a replica follows nobody any more, and keeps its data.

It is a second primary of one history then, and clients that still know its address would write there, into a copy that
nobody else has. So it is fenced first (min-replicas-to-write, node.fence): it serves reads, and refuses writes until
somebody opens it on purpose, also after a restart. --writable leaves the fence out: a second writable primary is then
what is wanted, and that has to be typed.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Fleet, Group, Kind, Node
from redistui.ops.action import Action, Aim, Argument, Check, Option, Plan
from redistui.ops.checks import answer, fresh, names, passed, verdict, warned
from redistui.ops.fingerprint import fingerprint
from redistui.ops.node.config_role import WriteRole
from redistui.ops.node.fence import OPTION, AcceptWrites, ReadMinReplicas, RefuseWrites
from redistui.ops.node.last_look import LastLook
from redistui.ops.plain.detach_steps import IsDetached, LetGo
from redistui.ops.plain.group import KINDS, above, busy, following, named
from redistui.ops.steps import Step

INSTEAD: dict[Kind, str] = {
    "sentinel": "Sentinels watch this group, and would make it follow the primary again",
    "cluster": "a replica leaves a cluster by `forget`, and another primary by `replicate`",
}


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    meant = yield from named(fleet, aim, INSTEAD)
    if meant is None:
        return
    group, node = meant
    yield from fresh(fleet)
    yield verdict(list(_replica(fleet, group, node)), f"{node.address} is a replica, and its primary lives")
    yield from _consequences(group, node)
    if "writable" in aim.options:
        yield warned(
            "it is told of as a second primary (`two-primaries`) for as long as both remember their common history, "
            "as a rule an hour: silence that, where this is meant"
        )


def _replica(fleet: Fleet, group: Group, node: Node) -> Iterator[str]:
    if problem := answer(fleet, node):
        yield problem
    elif node.role != "replica":
        yield f"{node.address} is a {node.role or 'node of unknown role'}: it follows nobody"
    elif busy(node):
        yield busy(node)
    else:
        up = group.node(above(node) or "")
        if up is None or answer(fleet, up):
            yield f"its primary {above(node)} does not answer: `promote {node.address}` is for that"


def _consequences(group: Group, node: Node) -> Iterator[Check]:
    below = [one.address for one in following(group, node.address)]
    if below:
        yield warned(f"{names(below)} will follow it along, and leave the group with it")
    left = [one for one in following(group, above(node) or "") if one is not node]
    if not left:
        yield warned(f"{above(node)} is left without a replica of its own")
    else:
        yield passed(f"{above(node)} keeps {len(left)} other replica{'s' * (len(left) > 1)}")
    if node.role == "replica" and node.replication is not None and node.replication.link != "up":
        yield warned(f"{node.address} has no link to its primary: its copy is not complete, or old")


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    assert group is not None
    node = group.node(aim.node or "")
    assert node is not None
    fenced = "writable" not in aim.options
    address = node.address
    fence: tuple[Step, ...] = (ReadMinReplicas(address), RefuseWrites(address)) if fenced else ()
    steps = (LastLook(None, (address,)), *fence, LetGo(address, fenced), WriteRole(address, None))
    opens = f"It refuses writes until `set-parameter {address} {OPTION} 0`."
    back = f"`attach {address} {above(node)}`: as a rule a full resync; what was written to it meanwhile is lost."
    return Plan(
        action="detach",
        group=group.name,
        title=f"Detach {address} from {above(node)}" + ("" if fenced else ", writable"),
        danger="risky" if fenced else "lossy",
        steps=steps,
        verify=(IsDetached(address, fenced),),
        release=(AcceptWrites(address),) if fenced else (),
        point_of_no_return=1 + len(fence),
        loses=f"No data. {opens}" if fenced else
        f"Every write that a client sends to {address} from now on is missing in {group.name}, and vice versa.",
        undo=back,
        fingerprint=fingerprint(group),
        confirm=group.name if fenced else f"two writable copies of {group.name}",
    )  # fmt: skip


DETACH = Action(
    name="detach",
    title="Detach",
    key=None,
    danger="risky",
    kinds=KINDS,
    doc="A replica follows nobody any more, with its data; it refuses writes until it is opened (--writable: at once).",
    checks=checks,
    plan=plan,
    arguments=(Argument("REPLICA", "node"),),
    options=(Option("writable", "", "let it take writes at once: a second writable copy of the data"),),
)

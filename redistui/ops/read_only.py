"""replica-read-only: whether a replica refuses writes of clients.

What a client writes into a writable replica goes nowhere else, is missing at the primary, and is gone at the next full
resync. On is what it should be.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Fleet, Kind
from redistui.ops.action import Action, Aim, Argument, Check, Plan
from redistui.ops.checks import answer, failed, found, fresh, member, passed, warned
from redistui.ops.fingerprint import fingerprint
from redistui.ops.node.config_file import WriteConfig
from redistui.ops.parameter.steps import ParameterIs, ReadParameter, SetParameter
from redistui.ops.steps import Step

KINDS: tuple[Kind, ...] = ("replication", "sentinel")
INSTEAD: dict[Kind, str] = {"cluster": "a cluster's replica sends every write to its primary, whatever this says"}
NAME = "replica-read-only"
VALUE = {"on": "yes", "off": "no"}


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = yield from found(fleet, aim, KINDS, INSTEAD)
    if group is None:
        return
    yield from fresh(fleet)
    node, word = (yield from member(group, aim.words[0])), aim.words[1]
    if node is None:
        return
    if problem := answer(fleet, node):
        yield failed(problem)
    elif node.role != "replica" or node.replication is None:
        yield failed(f"{node.address} is a {node.role or 'node of unknown role'}: this is for replicas")
    elif node.replication.read_only is (word == "on"):
        yield failed(f"it is {word} at {node.address} already")
    else:
        yield passed(f"{node.address} is a replica, and it is {'off' if word == 'on' else 'on'} there")
        if word == "on":
            yield warned("what clients wrote there stays until the next full resync, and makes it differ till then")


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    assert group is not None
    node, word = aim.words
    on, value = word == "on", VALUE[word]
    steps: tuple[Step, ...] = (
        ReadParameter(node, NAME, value),
        SetParameter(node, NAME, value),
        WriteConfig(node, f"new {NAME}", f"restarted, it would have {NAME} as before"),
    )
    return Plan(
        action="replica-read-only",
        group=group.name,
        title=f"Switch {NAME} {word} at {node}",
        danger="routine" if on else "risky",
        steps=steps,
        verify=(ParameterIs(node, NAME, value),),
        point_of_no_return=1,
        loses="Nothing: clients that write there are refused (READONLY)." if on else
        f"What clients write at {node} is missing everywhere else, and lost at its next full resync.",
        undo=f"`replica-read-only {node} {'off' if on else 'on'}`.",
        fingerprint=fingerprint(group),
        confirm="" if on else group.name,
    )  # fmt: skip


REPLICA_READ_ONLY = Action(
    name="replica-read-only",
    title="Replica read-only",
    key=None,
    danger="risky",
    kinds=KINDS,
    doc="Whether a replica refuses writes of clients.",
    checks=checks,
    plan=plan,
    arguments=(Argument("REPLICA", "node"), Argument("SWITCH", choices=("on", "off"))),
)

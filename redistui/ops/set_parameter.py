"""set-parameter: one of the safe parameters (redistui.ops.parameter.table) at one node, while it runs and in its file.

The value is read, compared, set, read back, and written into the config file. Only this node is changed: what others go
by stays, and is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from redistui.model import Fleet, Kind
from redistui.ops.action import Action, Aim, Argument, Check, Danger, Option, Plan
from redistui.ops.checks import found, fresh
from redistui.ops.fingerprint import fingerprint
from redistui.ops.node.config_file import WriteConfig
from redistui.ops.parameter.checks import holder, overfull, parameter_of, value_of, weighed
from redistui.ops.parameter.steps import OLD, ParameterIs, ReadParameter, SetParameter
from redistui.ops.parameter.table import BY_NAME, PARAMETERS

KINDS: tuple[Kind, ...] = ("replication", "sentinel", "cluster")


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = yield from found(fleet, aim, KINDS, {})
    if group is None:
        return
    address, name, value = aim.words
    yield from fresh(fleet)
    yield holder(fleet, group, address)
    yield from parameter_of(group, address, name)
    node, parameter = group.node(address), BY_NAME.get(name)
    if node is not None and parameter is not None:
        yield from value_of(parameter, value, aim.options.get("was", ""))
        yield from weighed(group, node, parameter, value)


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    assert group is not None
    address, name, typed = aim.words
    node, parameter, value = group.node(address), BY_NAME[name], typed.lower()
    assert node is not None
    evicts = overfull(node, parameter, value)
    danger: Danger = "lossy" if evicts else parameter.danger
    return Plan(
        action="set-parameter",
        group=group.name,
        title=f"Set {name} to {value} at {address}",
        danger=danger,
        steps=(
            ReadParameter(address, name, value, aim.options.get("was", "")),
            SetParameter(address, name, value),
            WriteConfig(
                address, "new value", f"restarted, it would be the old one; write `{name} {value}` into its config file"
            ),
        ),
        verify=(ParameterIs(address, name, value),),
        point_of_no_return=1,
        loses="Keys that are evicted until the rest fits, or, where none may be, the next writes (OOM)."
        if evicts
        else f"No data. {parameter.weigh[:1].upper()}{parameter.weigh[1:]}{'.' if parameter.weigh else ''}".strip(),
        undo=f"`set-parameter {address} {name} {OLD}`; the first step shows that value.",
        fingerprint=fingerprint(group),
        confirm={"routine": "", "risky": group.name, "lossy": f"evict keys at {address}"}[danger],
    )


def names(fleet: Fleet, words: Sequence[str]) -> Iterable[str]:
    """For completion: the parameters that do something at this node."""
    group = next((group for group in fleet.groups if words and group.node(words[0]) is not None), None)
    return (row.name for row in PARAMETERS if group is None or group.kind == "cluster" or not row.cluster)


def values(fleet: Fleet, words: Sequence[str]) -> Iterable[str]:
    """For completion: what the parameter may be, where that is few."""
    parameter = BY_NAME.get(words[1]) if len(words) > 1 else None
    return () if parameter is None else parameter.values


SET_PARAMETER = Action(
    name="set-parameter",
    title="Set a parameter",
    key=None,
    danger="risky",
    kinds=KINDS,
    doc="Changes one safe parameter at one node: read, compared, set, read back, and written into its config file.",
    checks=checks,
    plan=plan,
    arguments=(Argument("NODE", "node"), Argument("NAME", hints=names), Argument("VALUE", hints=values)),
    options=(Option("was", "VALUE", "only if it is this now"),),
)

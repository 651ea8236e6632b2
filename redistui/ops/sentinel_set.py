"""sentinel-set: one option of a group, set alike at every Sentinel.

SENTINEL SET is per Sentinel, and nothing makes them agree: one that goes by another quorum or another down-after is
found out in the next outage. So it is set at all, each compared first with what it was, and read back from all. Each
Sentinel writes it into its config file by itself.
"""

from __future__ import annotations

from redistui.model import Fleet
from redistui.ops.action import Action, Aim, Argument, Plan
from redistui.ops.fingerprint import fingerprint
from redistui.ops.sentinel.checks import believers
from redistui.ops.sentinel.set_checks import checks
from redistui.ops.sentinel.set_steps import OPTIONS, OptionIs, RestoreOption, SetOption, value_in


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    assert group is not None
    option, value = aim.words[0], int(aim.words[1])
    each = [(s.address, w.name, before) for s, w in believers(group) if (before := value_in(w, option)) is not None]
    told = [one for one in each if one[2] != value]
    steps = tuple(SetOption(address, name, option, before, value) for address, name, before in told)
    risky = option in ("quorum", "down-after-milliseconds")
    return Plan(
        action="sentinel-set",
        group=group.name,
        title=f"Set {option} of {group.name} to {value}",
        danger="risky" if risky else "routine",
        steps=steps,
        verify=(OptionIs(None, each[0][1], tuple(address for address, _, _ in each), option, value),),
        release=tuple(RestoreOption(address, name, option, before) for address, name, before in told),
        point_of_no_return=len(steps),
        loses="Nothing.",
        undo="; ".join(dict.fromkeys(f"sentinel-set {option} {before}" for _, _, before in told)),
        fingerprint=fingerprint(group),
        confirm=group.name if risky else "",
    )


SENTINEL_SET = Action(
    name="sentinel-set",
    title="Set an option of the Sentinels",
    key=None,
    danger="risky",
    kinds=("sentinel",),
    doc=f"Sets one option alike at every Sentinel: {', '.join(OPTIONS)}.",
    checks=checks,
    plan=plan,
    arguments=(Argument("OPTION", hints=lambda fleet, words: OPTIONS), Argument("VALUE")),
)

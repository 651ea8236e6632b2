"""sentinel-reset: the Sentinels forget dead replicas and dead Sentinels, which otherwise count for ever: a ghost
Sentinel makes every majority harder to reach.

SENTINEL RESET throws away all that one Sentinel knows of a group but the primary's address; it finds replicas again in
the primary's INFO, and the others by their greetings. Until then it cannot fail over: so one Sentinel at a time, the
next one only when it has found everybody again, and 30 s later. With the primary down there is nothing to find replicas
by, and the group could not fail over at all: then it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Address, Fleet, Group
from redistui.ops.action import Action, Aim, Plan
from redistui.ops.checks import names
from redistui.ops.fingerprint import fingerprint
from redistui.ops.sentinel.checks import believers
from redistui.ops.sentinel.reset_checks import checks, forgotten, replicas
from redistui.ops.sentinel.reset_steps import EveryoneKnown, ResetSentinel, Spacing, Unanimous, literally
from redistui.ops.steps import Step

SPACING_SECONDS = 30.0
"""Between two Sentinels (the documentation of Sentinel: wait at least so long)."""


def plan(fleet: Fleet, aim: Aim) -> Plan:
    return planned(fleet, aim, SPACING_SECONDS)


def planned(fleet: Fleet, aim: Aim, spacing: float) -> Plan:
    """`spacing`: seconds between two Sentinels."""
    group = fleet.group(aim.group)
    assert group is not None
    steps = tuple(_steps(group, spacing))
    gone, lossy = forgotten(group), len(believers(group)) <= len(group.sentinels) // 2
    return Plan(
        action="sentinel-reset",
        group=group.name,
        title=f"Reset the Sentinels of {group.name}, one by one",
        danger="lossy" if lossy else "risky",
        steps=steps,
        verify=(Unanimous(None, believers(group)[0][1].name, _addresses(group), group.primary or ""),),
        point_of_no_return=len(steps),
        loses=(
            f"No data. Each Sentinel cannot fail over for about 5 s after its turn. "
            f"{'Forgotten: ' + names(list(gone)) if gone else 'Nobody is forgotten'}."
        ),
        undo="None is needed: whoever is alive is found again.",
        fingerprint=fingerprint(group),
        confirm=f"forget a majority of the Sentinels of {group.name}" if lossy else group.name,
    )


def _steps(group: Group, spacing: float) -> Iterator[Step]:
    """A look at all before each one's turn: nobody is reset while another has not found everybody again."""
    here, name = _addresses(group), believers(group)[0][1].name
    for number, sentinel in enumerate(here):
        if number:
            yield Spacing(None, spacing)
        others = tuple(each for each in here if each != sentinel)
        yield ResetSentinel(sentinel, name, literally(name), group.primary or "", others)
        yield EveryoneKnown(sentinel, name, replicas(group), others, forgotten(group))


def _addresses(group: Group) -> tuple[Address, ...]:
    return tuple(sentinel.address for sentinel, _ in believers(group))


SENTINEL_RESET = Action(
    name="sentinel-reset",
    title="Reset Sentinels",
    key=None,
    danger="risky",
    kinds=("sentinel",),
    doc="The Sentinels forget dead replicas and Sentinels, one after the other; takes half a minute for each.",
    checks=checks,
    plan=plan,
)

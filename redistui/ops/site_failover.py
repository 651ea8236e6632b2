"""site-failover: a site takes over every group that has a part there, in one plan.

The site named is the one that takes over. Each group goes by its own action's plan (`failover --to`, `cluster-failover`
shard by shard, `promote`), unchanged, as a lane of this one: all are checked before the first command, their fences go
up when all are ready for it, and none is taken past its point of no return before all have come that far. A group that
cannot move refuses the whole, or with --partial is left where it is.

Where the other site is silent, what its primaries had not passed on is lost, and one that still lives there would go on
taking writes. So that wants --unplanned, and a statement of who fenced the site and how.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redistui.model import Fleet
from redistui.ops.action import Action, Aim, Argument, Check, Danger, Hook, Option, Plan
from redistui.ops.checks import failed, fresh, names, passed, warned
from redistui.ops.fingerprint import fingerprint
from redistui.ops.repeated import sentence
from redistui.ops.sites.parts import Part, known_sites, parts, stands_at

LONGEST_STATEMENT = 200
"""Characters of --fenced: it has to be typed again to confirm."""


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    site = aim.words[0]
    if site not in known_sites(fleet):
        yield failed(f"no data node stands at a site {site!r}; known: {names(list(known_sites(fleet))) or 'none'}")
        return
    yield from fresh(fleet)
    found = parts(fleet, site)
    if not found:
        yield failed(f"{site} has taken over already: every primary of the groups that stand there is at {site}")
        return
    silent = [part for part in found if part.silent]
    if "unplanned" in aim.options and not silent:
        yield failed("every primary answers: without --unplanned nothing is lost")
    yield from _each(fleet, aim, found)
    if not movable(fleet, aim) and "partial" in aim.options:
        yield failed("no group can move")
    yield from _others(fleet, site, partial="partial" in aim.options)
    yield from _hooks(fleet, site)


def _each(fleet: Fleet, aim: Aim, found: Sequence[Part]) -> Iterator[Check]:
    partial = "partial" in aim.options
    for part in found:
        reasons = why_not(fleet, aim, part)
        for reason in reasons:
            text = f"{part.name} {'stays' if partial else 'cannot move'}: {reason}"
            yield warned(text) if partial else failed(text)
        if not reasons:
            yield passed(f"{part.name}: {part.new} can take over from {part.old}")
            yield from (warned(f"{part.name}: {text}") for text in part.warnings(fleet))
    if "unplanned" in aim.options and any(part.silent for part in found):
        yield warned(f"the other site was said to be fenced: {aim.options.get('fenced', '')}")


def _others(fleet: Fleet, site: str, *, partial: bool) -> Iterator[Check]:
    """Groups that are not known to have a node there. Of one that is silent altogether that says nothing."""
    absent = [group for group in fleet.groups if group.nodes and not stands_at(group, site)]
    for group in absent:
        if any(node.up for node in group.nodes):
            yield warned(f"{group.name} has no node at {site}, and stays where it is")
            continue
        text = "none of its nodes that we know answers, and none of these stands there: name one that does as a target"
        said = f"{group.name} {'stays' if partial else 'cannot move'}: {text}"
        yield warned(said) if partial else failed(said)


def _hooks(fleet: Fleet, site: str) -> Iterator[Check]:
    for hook in hooks_of(fleet, site):
        when = "before the first command; it may veto" if hook.phase == "before" else "when all has ended"
        yield passed(f"the hook {hook.path} is run {when}")


def why_not(fleet: Fleet, aim: Aim, part: Part) -> tuple[str, ...]:
    """Why a group stays where it is; empty: it can move."""
    if part.silent and "unplanned" not in aim.options:
        where = f" at {part.left}" if part.left else ""
        return (f"{part.old}{where} does not answer; --unplanned --fenced TEXT goes without it, and loses writes",)
    return part.refusals(fleet)


def movable(fleet: Fleet, aim: Aim) -> tuple[Part, ...]:
    return tuple(part for part in parts(fleet, aim.words[0]) if not why_not(fleet, aim, part))


def plan(fleet: Fleet, aim: Aim) -> Plan:
    site, moving = aim.words[0], movable(fleet, aim)
    lanes = tuple(part.plan(fleet) for part in moving)
    left = _left(moving)
    danger, confirm = _consent(aim, moving, lanes, left)
    groups = [group for name in aim.groups if (group := fleet.group(name)) is not None]
    return Plan(
        action="site-failover",
        group=site,
        title=f"Fail over to {site}, away from {left}: {_named(moving)}",
        danger=danger,
        steps=tuple(step for lane in lanes for step in lane.steps),
        verify=tuple(step for lane in lanes for step in lane.verify),
        release=tuple(step for lane in lanes for step in lane.release),
        loses=_loses(moving, lanes),
        undo=_undo(_sites_left(moving), silent=any(part.silent for part in moving)),
        fingerprint=fingerprint(*groups),
        confirm=confirm,
        lanes=lanes,
        together="partial" not in aim.options,
        hooks=hooks_of(fleet, site, moving),
    )


def _sites_left(moving: Sequence[Part]) -> list[str]:
    return sorted({part.left for part in moving if part.left is not None})


def _left(moving: Sequence[Part]) -> str:
    """The sites that are left, in words."""
    return " and ".join(_sites_left(moving)) or "no known site"


def _named(moving: Sequence[Part]) -> str:
    """Each group once, with how many shards.

    A title has two lines of a dialog.
    """
    counts = {part.group: sum(other.group == part.group for other in moving) for part in moving}
    clusters = {part.group for part in moving if part.aim.words and part.action.name == "cluster-failover"}
    each = [
        f"{name} ({count} shard{'s' * (count > 1)})" if name in clusters else name for name, count in counts.items()
    ]
    return ", ".join(each)


def _loses(moving: Sequence[Part], lanes: Sequence[Plan]) -> str:
    """What each group can lose; what all say alike is said once."""
    said: dict[str, list[str]] = {}
    for part, lane in zip(moving, lanes, strict=True):
        said.setdefault(lane.loses, []).append(part.group)
    return " ".join(f"{', '.join(dict.fromkeys(groups))}: {text}" for text, groups in said.items())


def _consent(aim: Aim, moving: Sequence[Part], lanes: Sequence[Plan], left: str) -> tuple[Danger, str]:
    """How dangerous it is, and what has to be typed."""
    site = aim.words[0]
    if any(part.silent for part in moving):
        return "lossy", f"lose what {left} had not sent on; it is fenced: {aim.options.get('fenced', '')}"
    if any(lane.danger == "lossy" for lane in lanes):
        return "lossy", f"fail over to {site} again"
    if any(lane.confirm == sentence(lane.group) for lane in lanes):
        return "risky", f"fail over to {site} again"
    return "risky", site


def as_typed(site: str, options: str = "") -> str:
    """The command that has a site take over; a name with a blank in it is quoted.

    >>> as_typed("west", "--partial"), as_typed("far west")
    ('`site-failover west --partial`', '`site-failover "far west"`')
    """
    name = f'"{site}"' if " " in site else site
    return f"`{' '.join(('site-failover', name, *options.split()))}`"


def _undo(left: Sequence[str], *, silent: bool) -> str:
    if not left:
        return "No site is known where they were, so no `site-failover` leads back: `failover`, `promote`, one by one."
    verb, back = "fails" if len(left) == 1 else "fail", ", ".join(map(as_typed, left))
    if silent:
        return (
            f"What is lost stays lost. When {' and '.join(left)} comes back, its old primaries have to follow the new "
            f"ones first (`heal`, `attach`); then {back} {verb} back without loss."
        )
    return f"{back} {verb} back, once all is in sync: the same wait."


def hooks_of(fleet: Fleet, site: str, moving: Sequence[Part] = ()) -> tuple[Hook, ...]:
    """Those of the site that takes over, and what they are told."""
    known = next((one for one in fleet.sites if one.name == site), None)
    if known is None:
        return ()
    told = (
        ("REDISTUI_SITE", site),
        ("REDISTUI_FROM", " ".join(sorted({part.left for part in moving if part.left is not None}))),
        ("REDISTUI_GROUPS", " ".join(dict.fromkeys(part.group for part in moving))),
        ("REDISTUI_PRIMARIES", " ".join(f"{part.group}={part.new}" for part in moving)),
    )
    before = () if known.hook_before is None else (Hook("before", known.hook_before, told),)
    return before if known.hook_after is None else (*before, Hook("after", known.hook_after, told))


def spans(fleet: Fleet, words: Sequence[str]) -> tuple[str, ...]:
    """The groups that take part, those that cannot move among them."""
    return tuple(dict.fromkeys(part.group for part in parts(fleet, words[0])))


def wrong(aim: Aim) -> str:
    said = aim.options.get("fenced", "").strip()
    if "unplanned" in aim.options and not said:
        return '--unplanned wants --fenced "TEXT": who fenced the other site, and how'
    if said and "unplanned" not in aim.options:
        return "--fenced is for --unplanned: a site that answers is fenced by the plan itself"
    if len(said) > LONGEST_STATEMENT or not said.isprintable():
        return f"--fenced takes one line of at most {LONGEST_STATEMENT} characters"
    return ""


def sites_for(fleet: Fleet, _: Sequence[str]) -> tuple[str, ...]:
    """For completion."""
    return known_sites(fleet)


SITE_FAILOVER = Action(
    name="site-failover",
    title="Site failover",
    key=None,
    danger="risky",
    kinds=("sentinel", "replication", "cluster"),
    doc="A site takes over every group that stands there, all together; planned, no acknowledged write is lost.",
    checks=checks,
    plan=plan,
    arguments=(Argument("SITE", hints=sites_for),),
    options=(
        Option("partial", "", "leave groups that cannot move where they are, instead of moving none"),
        Option("unplanned", "", "the other site is silent: go without it, and lose what it had not sent on"),
        Option("fenced", "TEXT", "with --unplanned: who fenced the other site, and how"),
    ),
    wrong=wrong,
    spans=spans,
)

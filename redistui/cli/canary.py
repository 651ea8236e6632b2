"""Runs a canary: a routed client of ours that works on a group, to show how a client that routes so would fare.

It reads keys of its own under redistui:canary:, and with --writes it also writes them; they expire after ten minutes.
Nothing of unknown outcome is sent again. --route sites works on several groups, each of which stands for a site: name
them with --site NAME=GROUP, and the primary one by `primary = true` in the config or with --primary-site.

Exit code 0; 2 for what makes no canary; 3 where its route cannot be opened; 4 where no operation was acknowledged; 130
after ctrl+c, with the figures until then.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from redistui.cli.exits import BUG, FINE, REFUSED, UNHEALTHY, UNREACHED, USAGE, Quit
from redistui.cli.options import add_json, add_targets, add_timeout, seconds

if TYPE_CHECKING:
    from redistui.engine.engine import Engine
    from redistui.model import Fleet, Group
    from redistui.model.canaries import CanaryPlan, CanaryState
    from redistui.route.canary.canary import Canary

TOLD = 2.0
"""Seconds between two lines of progress."""
LOOK = 0.1
Sites = list[tuple[str, str]]


def arguments(parser: argparse.ArgumentParser) -> None:
    add_targets(parser)
    parser.add_argument("--group", metavar="NAME", help="the group, where more than one is there")
    parser.add_argument("--route", metavar="ROUTE", help="split, sentinel, cluster, sites or balancer")
    parser.add_argument(
        "--strategy",
        metavar="NAME",
        help="round-robin, random, weighted, least-connections, least-response-time; of a cluster also primary",
    )
    parser.add_argument(
        "--weight",
        metavar="NODE=W",
        action="append",
        default=[],
        help="a node's weight, 0: never asked; the strategy is weighted, then",
    )
    parser.add_argument("--rate", metavar="N", help="operations a second (default 20)")
    parser.add_argument("--writes", metavar="PERCENT", default="0", help="of them, how many write (default 0)")
    parser.add_argument("--consistency", metavar="LEVEL", help="of sites: eventual, majority or strong")
    parser.add_argument(
        "--site", dest="sites", metavar="NAME=GROUP", action="append", default=[], help="a site, and its group"
    )
    parser.add_argument(
        "--primary-site", dest="primaries", metavar="NAME", action="append", default=[], help="the primary site"
    )
    parser.add_argument("--seconds", type=seconds, default=10.0, metavar="N", help="how long (default 10)")
    parser.add_argument("--yes", action="store_true", help="write without asking")
    add_json(parser)
    parser.set_defaults(period=None)
    add_timeout(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.opening import watching
    from redistui.route.failures import BadRoute
    from redistui.view.cells import show

    try:
        check(args)
        sites = sites_of(args)
        with watching(args) as (engine, first):
            fleet = discovered(engine, first, args)
            plan = planned(args, fleet, sites)
            consent(args, plan)
            return flown(args, engine, plan)
    except BadRoute as error:
        raise Quit(USAGE, [show(str(error), 2000)]) from None


# -- what it is told ---------------------------------------------------------------------------------------------------


def check(args: argparse.Namespace) -> None:
    """What can be seen without asking anybody. Raises BadRoute."""
    from redistui.route.canary.plan import KINDS, PRIMARY, one_of
    from redistui.route.failures import BadRoute
    from redistui.route.sites.consistency import LEVELS
    from redistui.route.strategy import STRATEGIES

    for what, word, known in (
        ("route", args.route, KINDS),
        ("strategy", args.strategy, (*STRATEGIES, PRIMARY)),
        ("consistency", args.consistency, LEVELS),
    ):
        if word is not None:
            one_of(what, word, known)
    over_sites = bool(args.sites or args.primaries)
    if args.route == "sites" and not args.sites:
        raise BadRoute("--route sites wants the sites: --site NAME=GROUP for each of them")
    if over_sites and args.route not in (None, "sites"):
        raise BadRoute(f"--site and --primary-site belong to --route sites, and this one is {args.route}")
    if over_sites and args.group is not None:
        raise BadRoute("--group is for one group; the groups of sites are named with --site NAME=GROUP")
    if over_sites and not args.sites:
        raise BadRoute("--primary-site wants the sites themselves too: --site NAME=GROUP for each of them")


def sites_of(args: argparse.Namespace) -> Sites:
    """Each site with its group. Raises BadRoute."""
    from redistui.route.failures import BadRoute

    found: Sites = []
    for word in args.sites:
        name, _, group = word.partition("=")
        if not name:
            raise BadRoute(f"--site {word!r}: say NAME=GROUP, a site and the group that stands there")
        if not group:
            raise BadRoute(f"site {name} has no nodes: --site {name}=GROUP names the group that stands there")
        found.append((name, group))
    return found


def discovered(engine: Engine, fleet: Fleet, args: argparse.Namespace) -> Fleet:
    """A snapshot in which Sentinels have been heard of, where the route needs them."""
    if args.route != "sentinel":
        return fleet
    from redistui.cli.whatif import known_sentinels

    return known_sentinels(engine, fleet, args.timeout)


def planned(args: argparse.Namespace, fleet: Fleet, sites: Sites) -> CanaryPlan:
    """The plan that the words make. Raises BadRoute; quits with code 2 for a group that is not there."""
    from redistui.route.canary.plan import first_plan, told, with_sites

    group = existing(fleet, sites)[0] if sites else only_group(fleet, args.group)
    plan = first_plan(group)
    if sites:
        plan = with_sites(plan, sites, primaries(args, fleet, sites))
    strategy = args.strategy or ("weighted" if args.weight and not sites else None)
    words = {"strategy": strategy, "consistency": args.consistency, "rate": args.rate, "writes": args.writes}
    orders = [("route", args.route)] if args.route and not sites else []
    orders += [(name, word) for name, word in words.items() if word is not None]
    nodes = [node.address for node in group.nodes]
    for order in orders:
        plan = told(plan, order, group, nodes)
    for node, number in weights_of(args):
        plan = told(plan, ("weight", node, number), group, nodes)
    return plan


def weights_of(args: argparse.Namespace) -> list[tuple[str, str]]:
    """Each node with its weight. Raises BadRoute."""
    from redistui.route.failures import BadRoute

    found = []
    for word in args.weight:
        node, _, number = word.rpartition("=")
        if not node or not number:
            raise BadRoute(f"--weight {word!r}: say NODE=NUMBER, like 10.0.0.2:6379=3")
        found.append((node, number))
    return found


def found_group(fleet: Fleet, name: str) -> Group:
    """Quits with code 2 where there is none of that name."""
    from redistui.config.problems import nearest
    from redistui.view.cells import show

    group = fleet.group(name)
    if group is None:
        names = [show(group.name) for group in fleet.groups]
        raise Quit(USAGE, [f"there is no group {show(name)!r}{nearest(name, names)}; there are {', '.join(names)}"])
    return group


def only_group(fleet: Fleet, name: str | None) -> Group:
    from redistui.view.cells import show

    if name is not None:
        return found_group(fleet, name)
    if len(fleet.groups) > 1:
        names = ", ".join(show(group.name) for group in fleet.groups)
        raise Quit(USAGE, [f"which group? name it with --group: {names}; or several of them with --site NAME=GROUP"])
    return fleet.groups[0]


def existing(fleet: Fleet, sites: Sites) -> list[Group]:
    """The groups of the sites. Quits with code 2 for one that is not there, and raises BadRoute for one without
    nodes."""
    from redistui.route.failures import BadRoute

    found = [found_group(fleet, name) for _, name in sites]
    for (site, _), group in zip(sites, found, strict=True):
        if not group.nodes:
            raise BadRoute(f"site {site} has no nodes: none of the group {group.name} is known")
    return found


def primaries(args: argparse.Namespace, fleet: Fleet, sites: Sites) -> list[str]:
    """The sites that are said to be primary: with --primary-site; else by the config, which knows a site by its name
    or by where its group's primary stands."""
    led = {site.name for site in fleet.sites if site.primary}
    at = [name for name, group in sites if (found := fleet.group(group)) is not None and found.site in led]
    return args.primaries or [name for name, _ in sites if name in led] or at


def consent(args: argparse.Namespace, plan: CanaryPlan) -> None:
    """It writes only with --yes, or to a person who says so. Quits."""
    if args.yes or not plan.writes:
        return
    from redistui.cli.opening import person_here
    from redistui.view.cells import show

    where = show(", ".join(plan.groups))
    if not person_here():
        raise Quit(USAGE, [f"the canary would write to {where}: say --yes, or run it at a terminal"])
    print(f"The canary writes keys redistui:canary:* to {where}. y to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Quit(REFUSED, ["not confirmed: nothing was sent"])


# -- the canary --------------------------------------------------------------------------------------------------------


def flown(args: argparse.Namespace, engine: Engine, plan: CanaryPlan) -> int:
    """From its start to its figures; gives the exit code."""
    from redistui.cli.canary_report import report
    from redistui.cli.opening import ask_canaries
    from redistui.demo.headless import Interrupted, interruptible
    from redistui.engine.canary_logins import canary_access
    from redistui.engine.logins import NoPassword
    from redistui.route.canary.canary import Canary
    from redistui.route.canary.routes import build

    ask_canaries(engine, plan.groups)
    try:
        access = canary_access(engine, engine.fleet, plan)
    except NoPassword as error:
        raise Quit(USAGE, [str(error)]) from None
    seen: list[CanaryState] = []

    def keep(state: CanaryState) -> None:
        if state.phase == "running":
            seen[:] = [state]

    canary = Canary(plan, groups_of(engine.fleet), lambda plan, groups: build(plan, groups, access), access, keep)
    engine.subscribe(lambda fleet: canary.look(groups_of(fleet)))
    code = FINE
    canary.start()
    try:
        with interruptible():
            work(canary, engine, args)
    except Interrupted as interrupted:
        code = interrupted.code
    finally:
        canary.stop()
        canary.join()
    state = seen[0] if seen else None
    if state is not None:
        report(state, engine.fleet, as_json=args.json)
    return code or judged(canary, state)


def work(canary: Canary, engine: Engine, args: argparse.Namespace) -> None:
    """Waits until its time is over, or it has ended by itself, and tells how it goes now and then."""
    from redistui.cli.canary_report import progress

    opened_by = time.monotonic() + args.timeout
    until = tell_at = None
    while (state := canary.state).runs:
        now = time.monotonic()
        if until is None and state.phase == "running":
            until, tell_at = now + args.seconds, now + TOLD
        if now > (opened_by if until is None else until):
            return
        if tell_at is not None and now > tell_at:
            tell_at += TOLD
            tell(progress(state))
        gone = next((name for name in state.plan.groups if engine.fleet.group(name) is None), None)
        if gone is not None:
            tell(f"it has ended: the group {gone} is gone")
            return
        time.sleep(LOOK)


def judged(canary: Canary, state: CanaryState | None) -> int:
    """The exit code of a canary that nobody interrupted. Quits where it never ran, or a mistake ended it."""
    from redistui.view.cells import show

    said = show(canary.state.said, 2000)
    if canary.broken:
        raise Quit(BUG, [said])
    if state is None:
        raise Quit(USAGE if canary.misled else UNREACHED, [said or "no node answered it in time"])
    if said:
        tell(said)
    return FINE if state.stats is not None and state.stats.acked else UNHEALTHY


def tell(text: str) -> None:
    from redistui.view.cells import show

    print(f"redistui: {show(text, 2000)}", file=sys.stderr, flush=True)


def groups_of(fleet: Fleet) -> dict[str, Group]:
    return {group.name: group for group in fleet.groups}

"""`python -m tests.bench`: see the package's own words."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from redistui.demo.headless import Interrupted, interruptible
from redistui.demo.problems import DemoError
from tests import bench
from tests.bench import (
    actions,
    alerts,
    cluster100,
    crash,
    dashboard,
    drill,
    forecast,
    history,
    paint,
    poll,
    record,
    replay,
    routes,
    screens,
    slots,
)
from tests.bench.child import Place
from tests.bench.facts import facts
from tests.bench.farm import Farm
from tests.bench.table import Table

NAMES = (
    "poll", "dashboard", "paint", "crash", "screens", "actions", "cluster100", "slots", "forecast", "routes", "drill",
    "history", "record", "replay", "alerts",
)  # fmt: skip


def main() -> int:
    args = arguments()
    if sys.platform != "linux":
        print("bench: needs Linux, whose /proc tells what a process costs", file=sys.stderr)
        return 2
    shown = Table.markdown if args.markdown else Table.text
    print("\n".join(f"- {line}" for line in facts()) if args.markdown else "\n".join(facts()), flush=True)
    try:
        with interruptible(), Place() as place:
            for table in measured(place, args.names or NAMES, args):
                print(f"\n{shown(table)}", flush=True)
    except Interrupted as interrupted:
        return interrupted.code
    except (RuntimeError, DemoError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=bench.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; none: all")
    parser.add_argument("--nodes", type=counts, default=[200, 1000], help="servers of `poll`, one after the other; "
                        "`dashboard` and `record` take the largest (default 200,1000)")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=15.0, help="of each turn of poll and dashboard (default 15)")
    parser.add_argument("--runs", type=int, default=9, help="of which paint, crash give the median (default 9)")
    parser.add_argument("--only", default="", metavar="TEXT", help="of `actions`, `forecast`, `drill`, `alerts`: "
                        "titles that begin so")  # fmt: skip
    parser.add_argument("--markdown", action="store_true", help="tables for the README")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no measurement {unknown[0]!r}; there are {', '.join(NAMES)}")
    return args


def counts(text: str) -> list[int]:
    """`200,1000`."""
    numbers = sorted({int(word) for word in text.split(",")})
    if numbers[0] < 1:
        raise ValueError(text)
    return numbers


def measured(place: Place, names: Sequence[str], args: argparse.Namespace) -> Iterator[Table]:
    """The measurements asked for; those that want many servers share them."""
    most = args.nodes[-1]
    for nodes in args.nodes:
        wanted = "poll" in names or (nodes == most and not {"dashboard", "record"}.isdisjoint(names))
        if wanted:
            print(f"starting {nodes} servers ...", file=sys.stderr, flush=True)
            with Farm(nodes) as farm:
                if "poll" in names:
                    yield poll.measure(place, farm, args.seconds)
                if "dashboard" in names and nodes == most:
                    yield dashboard.measure(place, farm, args.seconds)
                if "record" in names and nodes == most:
                    yield record.measure(farm, args.seconds)
    if "paint" in names:
        yield from paint.measure(place, args.runs)
    if "crash" in names:
        yield crash.measure(place, args.runs)
    if "screens" in names:
        yield screens.measure(place)
    if "actions" in names:
        yield actions.measure(place, args.runs, args.only)
    if "cluster100" in names:
        yield cluster100.measure(args.seconds)
    if "slots" in names:
        yield slots.measure(place, args.runs)
    if "forecast" in names:
        yield forecast.measure(args.only)
    if "routes" in names:
        yield routes.measure()
    if "drill" in names:
        yield drill.measure(args.runs, args.only)
    if "history" in names:
        yield from history.measure()
    if "replay" in names:
        yield from replay.measure()
    if "alerts" in names:
        yield alerts.measure(args.only)


if __name__ == "__main__":
    sys.exit(main())

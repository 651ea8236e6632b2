"""Plans an action, runs it, and verifies it. The same plan as `redistui plan` shows.

Without --yes the plan is shown and the group's name has to be typed. The fleet is read again before the first command;
when the plan would then be another one, nothing is sent. Every command goes to the journal before it is sent.

Exit code 0 verified, 5 refused (nothing was sent), 6 failed or stopped part-way, 7 outcome not known.

Interrupted, it stops at the next safe point: before the point of no return everything is put back, after it it is
finished.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from redistui.cli.acting import absent, add_action
from redistui.cli.exits import FAILED, FINE, REFUSED, UNKNOWN, USAGE, Quit, of_signal

if TYPE_CHECKING:
    from redistui.cli.parser import Parser
    from redistui.engine.engine import Engine
    from redistui.engine.runner import Consent
    from redistui.ops.action import Action, Aim, Plan
    from redistui.ops.run import Run

CODES = {"verified": FINE, "refused": REFUSED, "failed": FAILED, "unknown": UNKNOWN}
FAR_SECONDS = 2.0
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

__all__ = ["absent", "arguments", "run"]


def arguments(parser: Parser) -> None:
    add_action(parser)
    parser.add_argument("--yes", action="store_true", help="run it without asking")
    parser.add_argument("--reason", metavar="TEXT", help="why, for the journal")
    parser.add_argument(
        "--pace", metavar="KEYS", type=pace, default=0, help="while slots are moved: so many keys a second at most"
    )


def pace(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= len(text) <= 9 and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of keys a second, from 1 on")
    return int(text)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.acting import aimed, chosen, plan_rows, prepared, print_rows, tell_unfinished
    from redistui.cli.opening import ask_operators, person_here, watching
    from redistui.engine.runner import Consent

    action = chosen(args)
    if not args.yes and not person_here():
        raise Quit(USAGE, ["nobody is here to confirm it: use --yes, or look first with `redistui plan`"])
    tell_unfinished()
    with watching(args) as (engine, first):
        aim = aimed(args, action, first)
        found, fleet, aim = prepared(engine, action, aim)
        if not args.yes:
            print_rows(plan_rows(found, action, fleet, aim), to_stderr=True)
        code = None
        if found.plan is not None:
            if not args.yes and not confirmed(found.plan):
                raise Quit(REFUSED, ["not confirmed: nothing was sent"])
            ask_operators(engine, aim.groups)
            args.fired = True
            consent = Consent("--yes" if args.yes else found.plan.confirm or "y", args.reason)
            found, code = fire(engine, action, aim, found.plan, consent, args.pace)
        tell(args, engine, found)
    return CODES[found.outcome] if code is None else code


def confirmed(plan: Plan) -> bool:
    """Asks for what the plan wants typed. Only exactly that counts."""
    from redistui.view.cells import show

    wanted = show(plan.confirm) or "y"
    print(f"\nType {wanted} to run it: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().rstrip("\n") == wanted


def fire(
    engine: Engine, action: Action, aim: Aim, plan: Plan, consent: Consent, pace: int = 0
) -> tuple[Run, int | None]:
    """Runs the plan to its end; the exit code of a signal that came meanwhile, else None."""
    from redistui.engine.runner import Runner

    runner = Runner(engine)
    news: SimpleQueue[Run] = SimpleQueue()
    with stoppable(lambda: engine.call(runner.stopped())) as caught:
        work = engine.call(runner.run(action, aim, plan, armed=True, report=news.put, consent=consent, pace=pace))
        narrate(news, work)
        return work.result(), of_signal(caught[0]) if caught else None


@contextmanager
def stoppable(stop: Callable[[], object]) -> Iterator[list[int]]:
    """While inside, a signal does not end us but asks the operation to stop; gives the signals that came."""
    caught: list[int] = []

    def note(number: int, _: object) -> None:
        caught.append(number)
        stop()

    before = {number: signal.signal(number, note) for number in STOPPING}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def narrate(news: SimpleQueue[Run], work: Future[Run]) -> None:
    """One line on stderr for each step that ends, and every 2 s one on how far a long one is. On this thread: a
    terminal that stops reading, or is gone, must not hold up the operation on the engine's."""
    told: set[tuple[str, str, int]] = set()
    far, groups = Far(), Groups()
    while not (work.done() and news.empty()):
        with suppress(Empty, OSError):
            run = news.get(timeout=0.1)
            for line in (*lines(run, told), *far.lines(run), *groups.lines(run)):
                print(line, file=sys.stderr, flush=True)


class Far:
    """How far a long step is, now and then."""

    def __init__(self) -> None:
        from redistui.view.progress import Speedometer

        self._speeds = Speedometer()
        self._next: float | None = None

    def lines(self, run: Run) -> Iterator[str]:
        from redistui.view.progress import at_work, progress_line

        row = at_work(run)
        if row is None or row.tally is None:
            return
        self._speeds.see(row.tally)
        if self._next is None:
            self._next = row.tally.began + FAR_SECONDS
        if row.tally.now >= self._next:
            self._next = row.tally.now + FAR_SECONDS
            yield progress_line(row.tally, self._speeds.of())


class Groups:
    """Of a plan for several groups: what each does, whenever that is something else."""

    def __init__(self) -> None:
        self._last: list[str] = []

    def lines(self, run: Run) -> Iterator[str]:
        from redistui.ops.lanes import groups_of
        from redistui.view.cells import show

        if not run.lanes:
            return
        groups = groups_of(run)
        states = [*(one.state for one in groups), run.doing]
        if states != self._last and run.outcome != "planned":
            self._last = states
            each = (f"{show(one.group)} {one.percent} % {one.state}" for one in groups)
            yield "  |  ".join((*each, *([show(run.doing)] if run.doing else [])))


def lines(run: Run, told: set[tuple[str, str, int]]) -> Iterator[str]:
    """The steps that have ended and were not told of yet; of several groups with the name of theirs."""
    for place, lane in enumerate(run.lanes or (run,)):
        lead = f"{show_name(lane.group)}: " if run.lanes else ""
        yield from (f"{lead}{line}" for line in _lines(lane, str(place), told))


def show_name(group: str) -> str:
    from redistui.view.cells import show

    return show(group)


def _lines(run: Run, lane: str, told: set[tuple[str, str, int]]) -> Iterator[str]:
    from redistui.view.cells import show
    from redistui.view.confirm import duration

    for part in ("steps", "release", "verify"):
        for number, row in enumerate(getattr(run, part), 1):
            if row.state in ("done", "failed") and (lane, part, number) not in told:
                told.add((lane, part, number))
                took = "" if row.ms is None else f" in {duration(row.ms)}"
                where = f" at {show(row.step.node)}" if row.step.node else ""
                yield f"{row.state}{took}{where}: {show(row.step.text)}: {show(row.reply or '')}"


def tell(args: argparse.Namespace, engine: Engine, run: Run) -> None:
    """The outcome on stdout."""
    from redistui.cli.acting import columns, document, print_rows
    from redistui.cli.output import put
    from redistui.view.cells import Cell, Row, show
    from redistui.view.words import paragraph

    if args.json:
        put(document(run, engine))
        return
    rows: list[Row] = [(Cell(f"{run.outcome}", "ok" if run.outcome == "verified" else "bad"),)]
    rows += [row for text in run.refusals for row in paragraph(show(text), columns(), "text", Cell("refused: "))]
    rows += [(Cell("seen:"), Cell(show(text))) for text in run.verified]
    back = f"To go back: {run.back}" if run.back else ""
    onward = f"To go on: `resume {run.operation}`." if run.resumable and not run.lanes else ""
    said = filter(None, (run.message, run.next, onward, back))
    rows += [row for text in said for row in paragraph(show(text, 2000), columns())]
    print_rows(rows)

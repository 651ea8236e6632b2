"""What `plan` and `do` have in common: which action, at which group, and how both are printed."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from redistui.cli.exits import REFUSED, USAGE, Quit, masked
from redistui.cli.helping import titled, usage
from redistui.cli.options import add_json, add_target_option, add_timeout
from redistui.model import Fleet
from redistui.ops import repeated
from redistui.ops.action import Action, Aim, Load, Plan, SlotMove, refusals, warnings
from redistui.ops.actions import ACTIONS
from redistui.ops.aiming import again
from redistui.ops.lanes import percent_of, state_of
from redistui.ops.run import Run, StepRun, planned, refused
from redistui.ops.tally import Tally
from redistui.view.cells import Row, show

if TYPE_CHECKING:
    from redistui.cli.parser import Parser
    from redistui.engine.engine import Engine
    from redistui.ops.stored import Past

SETTLE_SECONDS = 2.0
"""A fleet that was just discovered may lack its first lag or CKQUORUM; a refusal older than this is one."""
PAST = ("resume", "undo")
"""Actions that are aimed at an operation of the journal; its group is theirs."""
SURVEY_SECONDS = 20.0
"""For so long the slots of a cluster are counted before a plan is made that wants to know what they hold."""
OPTIONS = {option.name: option for action in ACTIONS for option in action.options}


def add_action(parser: Parser) -> None:
    parser.add_argument("action", metavar="ACTION", help=f"what is to be done; `{parser.prog} --help` lists them all")
    parser.add_argument(
        "words", nargs="*", default=[], metavar="ARG", help="the action's own arguments, then any TARGETs"
    )
    add_options(parser)
    add_target_option(parser)
    add_json(parser)
    add_timeout(parser)
    parser.set_defaults(period=None)


def add_options(parser: Parser) -> None:
    """Those of all actions. The help has those of the action that is named; without one it lists the actions."""
    parser.add_argument("--group", metavar="NAME", help="the group, where more than one is there")
    named = next((action for word in parser.words for action in ACTIONS if action.name == word), None)
    own = {} if named is None else {option.name: option for option in named.options}
    section = parser if named is None else parser.add_argument_group(f"options of {named.name}")
    for name, option in (OPTIONS | own).items():
        told = option.doc if name in own else argparse.SUPPRESS
        if option.repeats:
            section.add_argument(f"--{name}", metavar=option.metavar, action="append", help=told)
        elif option.metavar:
            section.add_argument(f"--{name}", metavar=option.metavar, help=told)
        else:
            section.add_argument(f"--{name}", action="store_const", const="yes", help=told)
    if named is None:
        parser.epilog = action_list(parser.prog)
    else:
        parser.usage = usage(f"{parser.prog} {named.name} {named.usage} [TARGET ...] [options]")
        parser.description = f"{named.doc}\n\n{_kinds(named)}\n\n{parser.description}"


def action_list(prog: str) -> str:
    """Every action with what it takes and does."""
    rows = [(f"{action.name} {action.usage}".strip(), action.doc) for action in ACTIONS]
    return f"{titled('actions', rows)}\n\n`{prog} ACTION --help` tells the options of one."


def _kinds(action: Action) -> str:
    """At which groups it can be done."""
    words = {"replication": "groups without Sentinel", "sentinel": "groups under Sentinel", "cluster": "clusters"}
    every = len(action.kinds) == len(words)
    return f"For {'any group' if every else ' and '.join(words[kind] for kind in action.kinds)}."


def chosen(args: argparse.Namespace) -> Action:
    """The action that is named. What stands after its own arguments are targets. Quits with code 2 for none such."""
    found = next((action for action in ACTIONS if action.name == args.action), None)
    if found is None:
        from redistui.config.problems import nearest

        names = [action.name for action in ACTIONS]
        raise Quit(USAGE, [f"no action is called {args.action!r}{nearest(args.action, names)}; use {', '.join(names)}"])
    wanted = len(found.arguments)
    if len(args.words) < wanted:
        missing = " ".join(argument.name for argument in found.arguments[len(args.words) :])
        raise Quit(USAGE, [f"{found.name} wants {missing}; usage: {found.name} {found.usage}"])
    args.arguments, args.targets = args.words[:wanted], [*args.words[wanted:], *args.targets]
    sorts = [(word, argument.sort) for word, argument in zip(args.arguments, found.arguments, strict=True)]
    args.past = past_of(found, args.arguments)
    if args.past is None and found.name in PAST:
        refuse_unknown(found, args.arguments[0], here=not args.targets)
    args.seeds = list(args.past.plan.named()) if args.past else [word for word, sort in sorts if sort == "node"]
    args.strangers = [word for word, sort in sorts if sort == "stranger"]
    return found


def refuse_unknown(action: Action, operation: str, *, here: bool) -> None:
    """Of an operation that the journal does not tell of. `here`: no target was named that may know more. Quits with
    code 5."""
    from redistui.engine.journal import Journal, journal_path

    if why := Journal(journal_path(os.environ)).unreadable():
        raise Quit(REFUSED, [f"the journal, which would tell of operation {operation!r}, cannot be read: {why}"])
    if here:
        sort = "" if action.name == "undo" else "unfinished "
        raise Quit(REFUSED, [f"the journal here knows of no {sort}operation {operation!r}: see `redistui journal`"])


def aimed(args: argparse.Namespace, action: Action, fleet: Fleet) -> Aim:
    """What it is pointed at. Quits with code 2 where that is not clear."""
    from redistui.ops.aiming import BadAim, aim_at, fitting_groups

    given = {name: getattr(args, name.replace("-", "_"), None) for name in OPTIONS}
    options = {n: " ".join(v) if isinstance(v, list) else v for n, v in given.items() if v is not None}
    stray = sorted(options.keys() - {option.name for option in action.options})
    if stray:
        raise Quit(USAGE, [f"{action.name} has no option --{stray[0]}; usage: {action.name} {action.usage}"])
    try:
        aim = aim_at(action, fleet, args.arguments, options, group=args.group, past=args.past)
    except BadAim as error:
        raise Quit(USAGE, [f"{error}; usage: {action.name} {action.usage}"]) from None
    if not aim.group and aim.node is None and action.name not in PAST and action.spans is None:
        names = fitting_groups(action, fleet) or tuple(group.name for group in fleet.groups)
        raise Quit(USAGE, [f"which group? name it with --group: {', '.join(map(show, names)) or 'there is none'}"])
    return aim


def past_of(action: Action, words: Sequence[str]) -> Past | None:
    """The unfinished operation that is to be resumed, or any one that is to be undone."""
    if action.name not in PAST:
        return None
    from redistui.engine.journal import Journal, journal_path

    journal = Journal(journal_path(os.environ))
    if action.name == "undo":
        return journal.past(words[0])
    return next((one.past for one in journal.unfinished() if one.operation == words[0]), None)


def prepared(engine: Engine, action: Action, aim: Aim) -> tuple[Run, Fleet, Aim]:
    """The plan for a fleet that was read just now, or why there is none; and the aim with the survey it rests on."""
    from redistui.engine.journal import Journal, journal_path

    engine.recount(Journal(journal_path(os.environ)).deeds(repeated.SECONDS))
    if action.wants_survey(aim):
        count_slots(engine, aim.group, sample=aim.options.get("by") == "memory")
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        fleet = engine.call(engine.fresh(*aim.groups)).result()
        aim = again(action, fleet, aim)
        against = refusals(action, fleet, aim)
        if not against or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    noted = warnings(action, fleet, aim)
    if against:
        return refused(action.name, action.about(aim), against, warnings=noted), fleet, aim
    return planned(action.name, action.about(aim), action.plan(fleet, aim), noted), fleet, aim


def count_slots(engine: Engine, group: str, *, sample: bool) -> None:
    """Has what every slot of a cluster holds counted (with `sample`, some keys of each are measured), and says how far
    it is where that takes its time. What could not be counted in time is not known: the plan says so."""
    deadline = time.monotonic() + SURVEY_SECONDS
    work = engine.call(engine.survey(group, sample=sample))
    while time.monotonic() < deadline:
        with suppress(TimeoutError):
            work.result(1.0)
            return
        found = engine.fleet.group(group)
        part = 0.0 if found is None or found.survey is None else found.survey.progress
        print(f"redistui: counting the keys of each slot: {100 * part:.0f} %", file=sys.stderr, flush=True)
    work.cancel()


def absent(args: argparse.Namespace | None, code: int, sentences: Sequence[str]) -> dict[str, Any]:
    """The document of one that came to no run: nothing was sent, or, where `do` had begun (`fired`) and is not here to
    say how that ended, nobody knows. `args`: None where the words were not understood."""
    action = masked(getattr(args, "action", None) or "")
    if getattr(args, "fired", False):
        return document(Run(action, "", "unknown", message=" ".join(sentences)))
    return document(refused(action, "", tuple(sentences)))


def document(run: Run, engine: Engine | None = None) -> dict[str, Any]:
    """The `plan --json` and `do --json` document. `commands` are as planned, `sent` as they went out."""
    plan = run.plan
    return {
        "action": run.action,
        "target": "" if engine is None else ",".join(target.text for target in engine.targets),
        "group": run.group,
        "refusals": list(run.refusals),
        "warnings": list(run.warnings),
        "steps": _steps(run.steps, 1),
        "outcome": run.outcome,
        "verified": list(run.verified),
        "undo": "" if plan is None else plan.undo,
        "loses": "" if plan is None else plan.loses,
        "danger": None if plan is None else plan.danger,
        "confirm": "" if plan is None else plan.confirm,
        "holes": [] if plan is None else list(plan.holes()),
        "release": _steps(run.release, len(run.steps) + 1),
        "verify": _steps(run.verify, len(run.steps) + len(run.release) + 1),
        "operation": run.operation or None,
        "message": run.message,
        "next": run.next,
        "left": [{"node": node, "command": list(argv)} for node, argv in run.left],
        **(_balance(plan) if run.action == "rebalance" or (plan is not None and plan.moves) else {}),
        **({} if plan is None or not plan.lanes else {"groups": _groups(run), "hooks": _hooks(plan)}),
    }


def _groups(run: Run) -> list[dict[str, Any]]:
    """Of a plan for several groups: how far each is. A cluster has one row for each shard's operation."""
    return [
        {
            "group": lane.group,
            "title": "" if lane.plan is None else lane.plan.title,
            "state": state_of(lane),
            "percent": percent_of(lane),
            "outcome": lane.outcome,
            "operation": lane.operation or None,
            "message": lane.message,
        }
        for lane in run.lanes
    ]


def _hooks(plan: Plan) -> list[dict[str, str]]:
    return [{"phase": hook.phase, "path": hook.path} for hook in plan.hooks]


def _balance(plan: Plan | None) -> dict[str, Any]:
    """Of a plan that moves slots: what goes where, and what each shard carries before and after."""
    if plan is None:
        return {"moves": [], "before": {}, "after": {}}
    return {
        "moves": [_move(move) for move in plan.moves],
        "before": {load.node: _load(load) for load in plan.before},
        "after": {load.node: _load(load) for load in plan.after},
    }


def _move(move: SlotMove) -> dict[str, Any]:
    carries = {"keys": move.keys, "bytes": move.bytes, "seconds": move.seconds}
    return {"slots": [list(pair) for pair in move.ranges], "from": move.source, "to": move.target, **carries}


def _load(load: Load) -> dict[str, Any]:
    return {"slots": load.slots, "keys": load.keys, "bytes": load.bytes, "weight": load.weight}


def _steps(rows: Sequence[StepRun], first: int) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "node": row.step.node,
            "text": row.step.text,
            "commands": [list(argv) for argv in row.step.commands()],
            "state": row.state,
            "reply": row.reply,
            "ms": row.ms,
            "sent": [
                {"node": sent.node, "command": list(sent.argv), "state": sent.state, "reply": sent.reply}
                for sent in row.sent
            ],
            **({} if row.tally is None else {"tally": _tally(row.tally)}),
        }
        for number, row in enumerate(rows, first)
    ]


def _tally(tally: Tally) -> dict[str, Any]:
    """Of a long step: how far each of its parts has come."""
    names = ("name", "slots", "slots_done", "keys", "keys_done", "bytes", "bytes_done")
    parts = [{name: getattr(part, name) for name in names} for part in tally.parts]
    return {"seconds": round(tally.now - tally.began, 3), "parts": parts}


def plan_rows(run: Run, action: Action, fleet: Fleet, aim: Aim) -> list[Row]:
    """What the operator reads before anything is sent."""
    from redistui.view.cells import Cell
    from redistui.view.confirm import asking_rows

    group = fleet.group(aim.group)
    badge = f"[{group.environment}] " if group is not None and group.environment else ""
    title = action.title if run.plan is None else run.plan.title
    head: Row = (Cell(f"{badge}{show(title)}", "title"),)
    plan = run.plan if run.outcome != "refused" else None
    return [head, (), *asking_rows(plan, tuple(action.checks(fleet, aim)), columns())]


def columns() -> int:
    return min(120, max(60, shutil.get_terminal_size((100, 24)).columns - 1))


def print_rows(rows: Iterable[Row], *, to_stderr: bool = False) -> None:
    """Rows as lines; without trailing empty ones."""
    from redistui.cli.paint import coloured, line

    stream, colour = (sys.stderr, False) if to_stderr else (sys.stdout, coloured())
    text = "\n".join(line(row, colour) for row in rows).rstrip("\n")
    print(text, file=stream, flush=True)


def tell_unfinished() -> None:
    """Operations that were begun and not ended, or that left a fence up, on stderr."""
    from redistui.engine.journal import Journal, journal_path

    for one in Journal(journal_path(os.environ)).unfinished():
        print(f"redistui: {show(str(one), 2000)}", file=sys.stderr)

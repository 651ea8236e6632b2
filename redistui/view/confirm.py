"""A plan as its confirm dialog shows it: reasons first, what may be lost, the exact commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from redistui.ops.action import Check, Mark, Outcome, Plan, StepState
from redistui.ops.lanes import GroupState, groups_of, percent_of
from redistui.ops.run import Run, StepRun
from redistui.ops.steps import Hole, Step
from redistui.ops.templates import is_template
from redistui.view.balance import balance_rows
from redistui.view.cells import Cell, Row, Tone, show
from redistui.view.glyphs import Glyphs
from redistui.view.progress import Speedometer, progress_rows
from redistui.view.words import paragraph

Rows = Iterator[Row]
INDENT = "     "
LONGEST = 20_000
"""Characters of a command: one that moves 500 slots, no two of which are neighbours, has 7,000, and is shown whole."""
LONG = 10
"""Steps of a plan from where on it does not fit on a screen while it runs."""
MARKS: Mapping[Mark, tuple[str, Tone]] = {"pass": ("pass", "ok"), "warn": ("WARN", "warn"), "fail": ("FAIL", "bad")}
STATE_TONES: Mapping[StepState, Tone] = {
    "planned": "dim",
    "running": "accent",
    "done": "ok",
    "failed": "bad",
    "not_sent": "dim",
    "skipped": "dim",
}
STATE_WORDS: Mapping[StepState, str] = {"failed": "FAILED", "not_sent": "not sent", "skipped": "skipped"}


OUTCOMES: Mapping[Outcome, str] = {
    "verified": "done and verified",
    "failed": "FAILED",
    "unknown": "outcome NOT KNOWN",
    "refused": "refused: nothing was sent",
}


def ended_text(run: Run) -> str:
    """How it ended, and whether anything is left to do, in a few words."""
    if run.lanes and run.outcome in ("failed", "unknown"):
        return f"{OUTCOMES[run.outcome]}: read what is to be done next" if run.next else OUTCOMES[run.outcome]
    if run.outcome in ("failed", "unknown") and run.resumable:
        return f"{OUTCOMES[run.outcome]} part-way: :resume {run.operation} goes on from there"
    if run.outcome == "failed" and run.release and all(row.state == "done" for row in run.release):
        return f"{OUTCOMES[run.outcome]}, everything was put back"
    return OUTCOMES.get(run.outcome, run.outcome)


def heading(text: str, tone: Tone = "title") -> Row:
    return (Cell(text, tone),)


def asking_rows(plan: Plan | None, checks: Sequence[Check], width: int) -> list[Row]:
    """Before anything is sent. Without a plan: the reasons, and nothing to confirm."""
    failed = [check for check in checks if check.mark == "fail"]
    warned = [check for check in checks if check.mark == "warn"]
    passed = [check for check in checks if check.mark == "pass"]
    rows: list[Row] = []
    if failed:
        rows += [heading("It cannot be done now", "bad"), *_checks(failed, width), ()]
    if warned:
        rows += [heading("To be weighed", "warn"), *_checks(warned, width), ()]
    if plan is not None:
        rows += [*_plan(plan, width), ()]
    if passed:
        rows += [heading("Looked at"), *_checks(passed, width)]
    return rows


def _checks(checks: Sequence[Check], width: int) -> Rows:
    for check in checks:
        word, tone = MARKS[check.mark]
        yield from paragraph(show(check.text), width, "dim" if check.mark == "pass" else "text", Cell(f"{word} ", tone))


def _plan(plan: Plan, width: int) -> Rows:
    yield from _loses(plan, width)
    yield from paragraph(show(plan.undo) or "nothing to go back from", width, "text", Cell("To go back   ", "title"))
    yield ()
    if plan.moves:
        yield from (*balance_rows(plan, width), ())
    if plan.lanes:
        yield from _lanes(plan, width)
        return
    yield heading("What is sent, in this order")
    yield from _sends(plan, 1, width)


def _loses(plan: Plan, width: int) -> Rows:
    """Of several groups each for itself, on lines of its own; what all shards of one say alike is said once."""
    each = dict.fromkeys(f"{lane.group}: {lane.loses}" for lane in plan.lanes)
    lead = Cell("Can be lost  ", "title")
    for said in each or (plan.loses,):
        yield from paragraph(show(said, LONG_TEXT) or "nothing", width, "text", lead)
        lead = Cell(" " * len(lead.text))


def _lanes(plan: Plan, width: int) -> Rows:
    """Each group's own plan, and the hooks around all of them."""
    hooks = {hook.phase: hook.path for hook in plan.hooks}
    if path := hooks.get("before"):
        yield from paragraph(show(path), width, "key", Cell("First the hook  ", "title"))
        yield from (*paragraph(VETO, width, "dim", Cell(INDENT)), ())
    yield from paragraph(TOGETHER if plan.together else APART, width, "text", Cell("Side by side  ", "title"))
    number = 1
    for lane in plan.lanes:
        yield ()
        yield from paragraph(show(lane.title, LONG_TEXT), width, "title")
        yield from _sends(lane, number, width)
        number += len(lane.steps)
    if path := hooks.get("after"):
        yield ()
        yield from paragraph(show(path), width, "key", Cell("Then the hook  ", "title"))


LONG_TEXT = 4000
VETO = "It may veto: with another exit code than 0 nothing is sent."
TOGETHER = (
    "Each group's steps are an operation of its own. Before a step that cannot be taken back they wait for each other: "
    "where one cannot follow, all are put back."
)
APART = (
    "Each group's steps are an operation of its own. Before a step that cannot be taken back they wait for each other: "
    "one that cannot follow is put back, and the others go on without it."
)


def _sends(plan: Plan, first: int, width: int) -> Rows:
    """The steps of one plan, numbered from `first`."""
    for number, step in enumerate(plan.steps, first):
        yield from _step(f"{number:>3}  ", step, width)
    if plan.release:
        yield ()
        yield heading("Should it stop short, this puts it back")
        for step in plan.release:
            yield from _step(INDENT, step, width)
    yield ()
    yield heading("Done means that all of this is seen")
    for step in plan.verify:
        yield from paragraph(show(step.text), width, "text", Cell(INDENT))


def _step(lead: str, step: Step, width: int) -> Rows:
    yield from paragraph(show(step.text), width, "text", Cell(lead, "dim"))
    for argv in step.commands():
        where = f" at {show(step.node)}" if step.node else ""
        yield from paragraph(f"{command(argv)}{where}", width, "key", Cell(INDENT + "  "))


def command(argv: Sequence[str]) -> str:
    """As it would be typed: words with blanks or quotes are quoted.

    >>> command(("CONFIG", "SET", "save", ""))
    'CONFIG SET save ""'
    """
    return show(" ".join(map(_word, argv)), LONGEST)


def _word(word: str) -> str:
    """A hole stays bare: nobody types it."""
    bare = isinstance(word, Hole) or (word and not set(word) & set(" \"'\\"))
    return word if bare else f'"{_quoted(word)}"'


def _quoted(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')


def running_rows(run: Run, glyphs: Glyphs, width: int, speeds: Speedometer | None = None) -> list[Row]:
    """While it runs and after: every step with its state, its time, and what was seen. Of a long plan that runs, what
    is behind it has one row each; all of it is shown at the end. `speeds`: of the step that tells how far it is."""
    if run.lanes:
        return _all_running(run, glyphs, width)
    rows: list[Row] = []
    long = len(run.steps) > LONG and not run.ended
    for number, step in enumerate(run.steps, 1):
        told = list(_ran(step, f"{number:>2} ", glyphs, width, speeds))
        rows += told[:1] if long and step.state == "done" else told
    back = [step for step in run.release if step.state not in ("planned", "skipped")]
    if back:
        rows += [heading("Put back"), *(row for step in back for row in _ran(step, "   ", glyphs, width))]
    rows += [heading("Seen"), *(row for step in run.verify for row in _ran(step, "   ", glyphs, width))]
    if run.ended:
        tone: Tone = "ok" if run.outcome == "verified" else "bad"
        rows += [(), *paragraph(show(run.message) or OUTCOMES[run.outcome], width, tone)]
        rows += paragraph(f"Next: {show(run.next)}", width, "warn") if run.next else []
        rows += paragraph(f"To go back: {show(run.back)}", width, "dim") if run.back else []
    rows += _refused(run, width)
    return rows


def _refused(run: Run, width: int) -> list[Row]:
    rows: list[Row] = []
    if run.refusals:
        rows += [heading("Refused, nothing was sent", "bad")]
        rows += [row for text in run.refusals for row in paragraph(show(text), width, "text", Cell("FAIL ", "bad"))]
    return rows


def _all_running(run: Run, glyphs: Glyphs, width: int) -> list[Row]:
    """Of several groups: how far each is; under one that runs its step at work, under one that ended its outcome. At
    the end what all saw."""
    rows: list[Row] = []
    if run.doing:
        rows += [*paragraph(show(run.doing, 400), width, "accent", Cell("at work: ", "dim")), ()]
    groups = groups_of(run)
    name = min(30, max(len(show(one.group)) for one in groups))
    for one in groups:
        rows.append(_bar(one, name, glyphs))
        rows += [row for lane in one.lanes for row in _lane(lane, width)]
    if run.ended:
        seen = [row for text in run.verified for row in paragraph(show(text, LONG_TEXT), width, "dim", Cell(INDENT))]
        rows += [(), heading("Seen"), *seen] if seen else []
        tone: Tone = "ok" if run.outcome == "verified" else "bad"
        rows += [(), *paragraph(show(run.message, LONG_TEXT) or OUTCOMES[run.outcome], width, tone)]
        rows += paragraph(f"Next: {show(run.next, LONG_TEXT)}", width, "warn") if run.next else []
    return rows + _refused(run, width)


BAR = 20


def _bar(one: GroupState, room: int, glyphs: Glyphs) -> Row:
    over = all(lane.ended and lane.outcome != "planned" for lane in one.lanes)
    tone: Tone = "bad" if not one.well else "ok" if over else "accent"
    full = BAR * one.percent // 100
    return (
        Cell(f"{show(one.group, room):<{room}}  ", "title"),
        Cell(glyphs.bar * full, tone),
        Cell(glyphs.bar_rest * (BAR - full), "dim"),
        Cell(f" {one.percent:>3} %  ", tone),
        Cell(one.state, tone),
    )


def _lane(lane: Run, width: int) -> Rows:
    if lane.outcome == "running":
        rows = (*lane.steps, *lane.release, *lane.verify)
        step = next((row.step for row in rows if row.state == "running"), None)
        if step is not None:
            where = f" at {show(step.node)}" if step.node else ""
            yield from paragraph(f"{show(step.text)}{where}", width, "dim", Cell(INDENT))
    elif lane.message and lane.outcome != "verified":
        yield from paragraph(show(lane.message, LONG_TEXT), width, "bad", Cell(INDENT))


def _ran(row: StepRun, lead: str, glyphs: Glyphs, width: int, speeds: Speedometer | None = None) -> Rows:
    tone = STATE_TONES[row.state]
    signs: Mapping[StepState, str] = {
        "planned": glyphs.waiting,
        "running": glyphs.running,
        "done": glyphs.done,
        "failed": glyphs.down,
        "not_sent": glyphs.skipped,
        "skipped": glyphs.skipped,
    }
    took = STATE_WORDS.get(row.state, "") if row.ms is None else duration(row.ms)
    body: Tone = "dim" if tone == "dim" else "text"
    sign = f"{lead}{signs[row.state]} {took:>8}  "
    yield from paragraph(show(row.step.text), width, body, Cell(sign, tone))
    if row.tally is not None and row.state in ("running", "failed"):
        going = speeds if row.state == "running" else None
        rows = progress_rows(row.tally, going, glyphs, width - len(INDENT))
        yield from ((Cell(INDENT, "dim"), *bar) for bar in rows)
    indent = Cell(" " * len(sign))
    for sent in row.sent:
        came = f": {show(sent.reply)}" if is_template(sent.argv) else ""
        yield from paragraph(f"{command(sent.argv)} at {show(sent.node)}{came}", width, "key", indent)
    if row.reply:
        yield from paragraph(show(row.reply), width, "bad" if row.state == "failed" else "dim", indent)


def duration(ms: float) -> str:
    """
    >>> duration(4.2), duration(1840.0)
    ('4 ms', '1.8 s')
    """
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def progress(run: Run) -> str:
    """Where it is: `step 3 of 8`, or what comes after the steps."""
    if run.lanes:
        return run.doing or f"{percent_of(*run.lanes)} % of all steps are done"
    behind = sum(1 for step in run.steps if step.state not in ("planned", "running"))
    if any(step.state not in ("planned", "skipped") for step in run.release):
        return "putting back"
    return f"step {behind + 1} of {len(run.steps)}" if behind < len(run.steps) else "verifying"

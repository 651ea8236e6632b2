"""Action, Plan and their outcomes: the shape that every operator action has.

Dialog, palette, footer, `:` line, `redistui plan`, `redistui do` and the journal read the same fields of one Action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from redistui.model import Address, Fleet, Kind, Survey
from redistui.ops.steps import Argv, Hole, Secret, Step
from redistui.ops.templates import OfSlots

if TYPE_CHECKING:
    from redistui.ops.stored import Past

Danger = Literal["routine", "risky", "lossy"]
"""routine: y or n. risky: type the group's name, or a sentence where it was done a moment ago. lossy: type the sentence
that says what may be lost."""
Mark = Literal["pass", "warn", "fail"]
Outcome = Literal["planned", "running", "refused", "verified", "failed", "unknown"]
"""refused: nothing was sent. verified: every postcondition was seen to hold. failed: they do not hold, and it was seen
what does. unknown: it could not be found out."""
StepState = Literal["planned", "running", "done", "failed", "not_sent", "skipped"]


@dataclass(frozen=True, slots=True)
class Aim:
    """What an action is pointed at: a group, and the arguments as they are named in contract.md.

    Made by redistui.ops.aiming. The addresses may be of nodes that nobody knows: that is for the checks to say.
    """

    group: str
    """Empty where no group could be told from the arguments."""
    node: Address | None = None
    """The first positional argument that is an address."""
    options: Mapping[str, str] = field(default_factory=dict)
    """By name, without the dashes; a flag's value is "yes"."""
    words: tuple[str, ...] = ()
    """All positional arguments, as many as the action takes."""
    also: tuple[str, ...] = ()
    """Other groups that take part: of the replica-to-be of `attach`, of the node that joins a cluster."""
    past: Past | None = None
    """The operation that is resumed or undone, for the actions of that name."""
    survey: Survey | None = None
    """What the slots held when an action that wants to know it (`Action.surveys`) was opened: kept as it was then, so
    that the plan stands still while keys come and go. None: not taken yet."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Every group that takes part, the one acted on first."""
        return (self.group, *self.also)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the preflight: what was looked at, and how it stands, in words. A `fail` refuses the action."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Spent:
    """A command that an earlier run of this step sent. `done`: with this reply. Else nobody saw a reply."""

    argv: Argv
    """As it went out, holes filled and secrets masked."""
    done: bool
    reply: str = ""


@dataclass(frozen=True, slots=True)
class SlotMove:
    """Slots that a plan moves from one shard to another."""

    source: Address
    target: Address
    ranges: tuple[tuple[int, int], ...]
    keys: int | None = None
    """As the survey counted them; None: not counted."""
    bytes: int | None = None
    seconds: float | None = None
    """About how long it will take; None: cannot be told."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a shard carries, before or after a plan."""

    node: Address
    """Its primary."""
    slots: int
    keys: int | None = None
    bytes: int | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Hook:
    """A program of the operator's own, run before the first command (it may veto), when all has ended, or on alerts."""

    phase: Literal["before", "after", "alert"]
    path: str
    """Absolute."""
    told: tuple[tuple[str, str], ...] = ()
    """What it finds in its environment, besides phase, operation and outcome: name and value."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order, pure of moving numbers: equal fleets give equal plans, and the plan shown is the plan sent.

    What can only be known later stands in a command as a `Hole` (redistui.ops.steps).
    """

    action: str
    group: str
    title: str
    danger: Danger
    steps: tuple[Step, ...]
    verify: tuple[Step, ...]
    """Reads only: their sentences are what `verified` lists."""
    release: tuple[Step, ...] = ()
    """Puts everything back as it was (lifts the fence) when the plan stops short: at a step before
    `point_of_no_return`, at that step when it was refused, or at a later one that found nothing changed
    (`StepFailed.unchanged`). Shown with the plan; may be sent again and again without harm, and without reading
    anything first."""
    point_of_no_return: int = 0
    """Index of the first step that cannot be taken back. From there on a plan is finished, not stopped."""
    loses: str = ""
    """What can be lost, with its figure, in one sentence."""
    undo: str = ""
    """How to go back, and what that costs."""
    fingerprint: str = ""
    """Of the part of the fleet the plan rests on; another one at the moment of firing refuses it."""
    confirm: str = ""
    """What must be typed: the group's name, or the sentence of a lossy plan. Empty: y is enough."""
    notes: tuple[tuple[Hole, str], ...] = ()
    """What was found out before the plan begins, in the operation that it resumes."""
    spent: tuple[Spent, ...] = ()
    """Commands of its first step that were sent in the operation it resumes, and are not sent again."""
    resumes: str = ""
    """The id of that operation."""
    moves: tuple[SlotMove, ...] = ()
    before: tuple[Load, ...] = ()
    after: tuple[Load, ...] = ()
    """Of a plan that moves slots: the balance of the shards that take part, now and then."""
    lanes: tuple[Plan, ...] = ()
    """Of a plan for several groups: each one's own, which is an operation of its own in the journal. They run side by
    side, those of one group one after the other, and wait for each other before their points of no return. Steps,
    verify and release are then those of the lanes in turn, for whoever reads the plan."""
    together: bool = True
    """No lane goes beyond its point of no return unless all do."""
    hooks: tuple[Hook, ...] = ()

    def touched(self) -> tuple[Address, ...]:
        """The nodes that commands are sent to, each once, in the order of the steps."""
        return tuple(dict.fromkeys(node for step in self.steps for node in step.reaches))

    def named(self) -> tuple[Address, ...]:
        """Those, and the nodes whose login is handed on to another: what must be known before it is gone on with."""
        words = (word for step in (*self.steps, *self.release) for argv in step.commands() for word in argv)
        return tuple(dict.fromkeys((*self.touched(), *(word.node for word in words if isinstance(word, Secret)))))

    def owed(self, *, taken: bool) -> tuple[Step, ...]:
        """What of the release is still to be done by somebody. `taken`: the point of no return is behind, so that only
        what the plan itself would have done later is; the rest would take back what must not be taken back."""
        return tuple(step for step in self.release if not taken or step in self.steps)

    def holes(self) -> tuple[Hole, ...]:
        """What will be found out while it runs."""
        words = (word for step in (*self.steps, *self.release) for argv in step.commands() for word in argv)
        return tuple(dict.fromkeys(w for w in words if isinstance(w, Hole) and not isinstance(w, OfSlots)))


@dataclass(frozen=True, slots=True)
class Option:
    """An option of an action: `--name METAVAR`; a flag where the metavar is empty."""

    name: str
    metavar: str
    doc: str
    repeats: bool = False
    """It may be given several times; its value is all of them, with blanks between."""
    needed: bool = False
    """The action cannot be understood without it."""

    @property
    def usage(self) -> str:
        """
        >>> Option("to", "NODE", "", needed=True).usage, Option("classic", "", "").usage
        ('--to NODE', '[--classic]')
        """
        text = f"--{self.name} {self.metavar}" if self.metavar else f"--{self.name}"
        return text if self.needed else f"[{text}]"


@dataclass(frozen=True, slots=True)
class Argument:
    """A positional argument of an action; all of them are needed."""

    name: str
    sort: Literal["node", "stranger", "word"] = "word"
    """node: an address of the group. stranger: an address that may be of no group yet, or of one of its own."""
    choices: tuple[str, ...] = ()
    """What a word may be, where that is a closed list; for completion, and for the sentence when it is another."""
    hints: Callable[[Fleet, Sequence[str]], Iterable[str]] | None = None
    """For completion: what it may be, given the arguments before it, where others may be typed as well."""


@dataclass(frozen=True, slots=True)
class Action:
    """An operator action, declared once."""

    name: str
    title: str
    key: str | None
    danger: Danger
    kinds: tuple[Kind, ...]
    """Kinds of group it can be pointed at."""
    doc: str
    checks: Callable[[Fleet, Aim], Iterator[Check]]
    plan: Callable[[Fleet, Aim], Plan]
    """Only for a fleet that no check of this action fails."""
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    surveys: bool = False
    """Its plan rests on what the slots hold: a survey is taken when it is opened (`Aim.survey`)."""
    surveys_with: str = ""
    """That is so only with this option; empty: always."""
    wrong: Callable[[Aim], str] | None = None
    """What is wrong with the words themselves, whatever the fleet is like, as a sentence; empty: nothing."""
    spans: Callable[[Fleet, Sequence[str]], tuple[str, ...]] | None = None
    """Of an action that is pointed at no group but takes in several: which, by its positional arguments."""

    def about(self, aim: Aim) -> str:
        """What it is done to, in a word: the group; of several, what was typed for them."""
        return aim.group if self.spans is None else " ".join(aim.words)

    def wants_survey(self, aim: Aim) -> bool:
        """Whether what the slots hold should be known before its plan is made."""
        return self.surveys and (not self.surveys_with or self.surveys_with in aim.options)

    @property
    def usage(self) -> str:
        """Arguments, as `redistui do NAME ...` takes them."""
        options = (option.usage for option in self.options)
        return " ".join([*("|".join(a.choices) or a.name for a in self.arguments), *options])


UNDO = "`undo OPERATION`"
ITS_ID = ", with its id from the journal"


def way_back(undo: str, operation: str) -> str:
    """A plan's `undo`, of an operation that has an id by now.

    >>> way_back("`undo OPERATION`, with its id from the journal: the same slots go back.", "52ff9e09")
    '`undo 52ff9e09`: the same slots go back.'
    """
    return undo.replace(UNDO + ITS_ID, f"`undo {operation}`") if operation else undo


def refusals(action: Action, fleet: Fleet, aim: Aim) -> tuple[str, ...]:
    """Why it may not be done now; empty: it may."""
    return tuple(check.text for check in action.checks(fleet, aim) if check.mark == "fail")


def warnings(action: Action, fleet: Fleet, aim: Aim) -> tuple[str, ...]:
    return tuple(check.text for check in action.checks(fleet, aim) if check.mark == "warn")

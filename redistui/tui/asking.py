"""Asking: what a confirm dialog knows and when it lets something run. No screen in it, so that tests press keys on it.

* Nothing can be confirmed in the first second, nor by a key that is held down: what opened the dialog must not fire it.
* The plan is made again of every new snapshot. Another plan than the one that was read takes its place, and what had
  been typed is forgotten.
* A risky plan wants the group's name, a lossy one its sentence, a routine one `y`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from redistui.model import Fleet
from redistui.ops.action import Action, Aim, Check, Plan
from redistui.ops.aiming import again
from redistui.ops.run import Run
from redistui.view.cells import show

ARM_SECONDS = 1.0
"""From the plan's appearance until it can be confirmed."""
HELD_SECONDS = 0.4
"""The same key again within this time is a key held down: a keyboard repeats after 250 ms, then faster."""

Phase = Literal["refused", "preview", "ask", "running", "ended"]
"""preview: read-only, nothing can be confirmed."""


@dataclass
class Asking:
    """One action pointed at one group."""

    action: Action
    aim: Aim
    armed: bool
    now: float
    checks: tuple[Check, ...] = ()
    plan: Plan | None = None
    typed: str = ""
    ready: bool = False
    """Run has the focus: what had to be typed is there."""
    changed: bool = False
    """The plan is another one than at first."""
    run: Run | None = None
    drill: bool = False
    """It is to be run under canaries."""
    _shown_at: float = 0.0
    _keys: dict[str, float] = field(default_factory=dict)

    def look(self, fleet: Fleet, now: float) -> bool:
        """Checks and plan of a new snapshot; True when there is another plan, or another reason, than before."""
        if self.run is not None:
            return False
        before, self.aim = self.aim, again(self.action, fleet, self.aim)
        counted = self.aim.survey is not before.survey  # that its slots were counted meanwhile is no news of the fleet
        checks = tuple(self.action.checks(fleet, self.aim))
        refused = any(check.mark == "fail" for check in checks)
        plan = None if refused else self.action.plan(fleet, self.aim)
        first = not self.checks
        other = first or plan != self.plan
        self.checks, self.plan = checks, plan
        if other:
            self.typed, self.ready, self._shown_at = "", False, now
            self.changed = not first and not counted
        return other

    @property
    def drillable(self) -> bool:
        """What goes on with an operation of before is no drill."""
        return self.phase == "ask" and self.action.name not in ("resume", "undo")

    @property
    def refusals(self) -> tuple[str, ...]:
        return tuple(check.text for check in self.checks if check.mark == "fail")

    @property
    def phase(self) -> Phase:
        if self.run is not None:
            return "ended" if self.run.ended else "running"
        if self.plan is None:
            return "refused"
        return "ask" if self.armed else "preview"

    @property
    def wanted(self) -> str:
        """What must be typed; `y` for a routine plan. As it is shown, so that it can be typed."""
        return "" if self.plan is None else show(self.plan.confirm) or "y"

    @property
    def by_letter(self) -> bool:
        """A single `y` is enough, without enter."""
        return self.plan is not None and not self.plan.confirm

    def waits(self, now: float) -> float:
        """Seconds until the plan can be confirmed."""
        return max(0.0, self._shown_at + ARM_SECONDS - now)

    def held(self, key: str, now: float) -> bool:
        """Whether a key came too soon after itself to have been pressed anew."""
        before = self._keys.get(key)
        self._keys[key] = now
        return before is not None and now - before < HELD_SECONDS

    def press(self, key: str, character: str | None, now: float) -> bool:
        """One key while the dialog asks; True when the plan is to run now."""
        held = self.held(key, now)
        if self.phase != "ask":
            return False
        if key == "enter":
            return self.ready and not held and not self.waits(now)
        if key == "backspace":
            self._type(self.typed[:-1])
        elif key == "tab" and self.typed == self.wanted:
            self.ready = not self.ready
        elif character and character.isprintable() and not self.waits(now):
            if self.by_letter:
                return character == "y" and not held
            self._type((self.typed + character)[: len(self.wanted) + 8])
        return False

    def _type(self, text: str) -> None:
        self.typed = text
        self.ready = bool(text) and text == self.wanted

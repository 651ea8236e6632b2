"""Steps of a pause that an operator asks for: hold writes at primaries for so many seconds, and let them go on."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.judge.counts import counted
from redistui.model import Address
from redistui.ops.checks import names
from redistui.ops.node.roles import is_primary
from redistui.ops.pause.pauses import look, look_at, seen, why
from redistui.ops.steps import Argv, Ask, Lost, NotKnown, Script, Step, StepFailed, Together
from redistui.ops.waiting import Replies


@dataclass(frozen=True)
class NoPauseYet(Step):
    """Two pauses run together into one that is longer than either, and nobody can end one without the other. And a
    Sentinel that is not known here may take even a short one for an outage."""

    nodes: tuple[Address, ...]
    sentinels: int
    """How many are known to watch."""

    @property
    def text(self) -> str:
        return f"Look whether writes are held at {names(list(self.nodes))} already, and which Sentinels are connected"

    def script(self) -> Script:
        replies: Replies = yield Together(look(self.nodes))
        for node, held in zip(self.nodes, seen(replies), strict=True):
            if held is None:
                raise NotKnown(f"{node} did not say whether writes are held there")
            if held.held:
                raise StepFailed(f"{node} holds writes already{why(held)}; `unpause` ends that")
            if held.sentinels > self.sentinels:
                there = f"{counted(held.sentinels, 'Sentinel')} {'is' if held.sentinels == 1 else 'are'}"
                known = f"{self.sentinels} known here" if self.sentinels else "none known here"
                raise StepFailed(f"{there} connected to {node}, {known}: watch those as well")
        return "nothing is held"


@dataclass(frozen=True)
class HoldWrites(Step):
    """CLIENT PAUSE ... WRITE (Redis >= 6.2)."""

    node: Address
    ms: int

    @property
    def text(self) -> str:
        return f"Hold writes for {self.ms / 1000:g} s: clients that write wait, reads go on"

    @property
    def advice(self) -> str:
        return f"A pause at {self.node} ends by itself after {self.ms / 1000:g} s."

    def commands(self) -> tuple[Argv, ...]:
        return (("CLIENT", "PAUSE", str(self.ms), "WRITE"),)

    def script(self) -> Script:
        if not (yield from is_primary(self.node)):
            raise StepFailed(f"{self.node} does not say that it is a primary", unchanged=True)
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            held = yield from look_at(self.node)
            if held is None or not held.held:
                raise NotKnown(f"{error}; whether writes are held at {self.node} does not show") from None
        return "OK: writes wait"


@dataclass(frozen=True)
class EndPause(Step):
    """CLIENT UNPAUSE. Harmless where nothing is held; it ends everybody's pause, not only ours."""

    node: Address

    @property
    def text(self) -> str:
        return "Let writes go on; this ends everybody's pause there"

    @property
    def advice(self) -> str:
        return f"A pause at {self.node} ends by itself when its time is up."

    def commands(self) -> tuple[Argv, ...]:
        return (("CLIENT", "UNPAUSE"),)

    def script(self) -> Script:
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            held = yield from look_at(self.node)
            if held is None or held.held is not False:
                raise NotKnown(f"{error}; whether writes go on at {self.node} does not show") from None
        return "OK"

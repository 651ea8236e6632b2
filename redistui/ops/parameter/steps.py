"""Steps of set-parameter: read, compare, set, read back."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.parameter.values import same
from redistui.ops.steps import (
    Argv,
    Ask,
    Hole,
    Lost,
    Note,
    NotKnown,
    Recall,
    Refused,
    Reply,
    Script,
    Step,
    StepFailed,
    Wish,
)
from redistui.replies.words import BadReply, pairs, text

OLD = Hole("value before")


def read(node: Address, name: str) -> Generator[Wish, Reply, str | None]:
    """The parameter's value now; None where the server does not know it."""
    reply = yield Ask(node, ("CONFIG", "GET", name))
    try:
        found = pairs("CONFIG GET", reply)
    except BadReply:
        return None
    return next((text(value) for value in found.values()), None)


@dataclass(frozen=True)
class ReadParameter(Step):
    """What it is before: to compare with, and to go back to."""

    node: Address
    name: str
    value: str
    """What it is to become."""
    was: str = ""
    """What the operator takes it to be; empty: whatever it is."""

    @property
    def text(self) -> str:
        only = f", and go on only if that is {self.was}" if self.was else ""
        return f"Read {self.name}{only}"

    def script(self) -> Script:
        now = yield from read(self.node, self.name)
        if now is None:
            raise StepFailed(f"{self.node} does not know {self.name}, or does not tell of it")
        if self.was and not same(self.name, now, self.was):
            raise StepFailed(f"{self.name} is {now}, not {self.was}")
        if same(self.name, now, self.value):
            raise StepFailed(f"{self.name} is {now} already")
        yield Note(OLD, now)
        return f"it is {now}"


@dataclass(frozen=True)
class SetParameter(Step):
    """CONFIG SET, if it still is what was read."""

    node: Address
    name: str
    value: str

    @property
    def text(self) -> str:
        return f"Set {self.name} to {self.value}, if nobody has changed it meanwhile"

    @property
    def advice(self) -> str:
        return f"`CONFIG GET {self.name}` at {self.node} tells what it is now."

    def commands(self) -> tuple[Argv, ...]:
        return (("CONFIG", "SET", self.name, self.value),)

    def script(self) -> Script:
        old: str = yield Recall(OLD)
        now = yield from read(self.node, self.name)
        if now is not None and same(self.name, now, self.value):
            return f"it is {now} already; it was {old}"
        if now != old:
            raise StepFailed(f"{self.name} was {old}, and is {now} now: somebody else has changed it", unchanged=True)
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            yield from self._came_to_pass(error)
        return f"OK; it was {old}"

    def _came_to_pass(self, error: Lost) -> Generator[Wish, Reply, None]:
        try:
            now = yield from read(self.node, self.name)
        except (Lost, Refused):
            now = None
        if now is None or not same(self.name, now, self.value):
            raise NotKnown(f"{error}; {self.name} reads {now or 'nothing'}") from None


@dataclass(frozen=True)
class ParameterIs(Step):
    """It reads back as what was set, in the server's own spelling."""

    node: Address
    name: str
    value: str

    @property
    def text(self) -> str:
        return f"{self.name} reads back as {self.value}"

    def script(self) -> Script:
        now = yield from read(self.node, self.name)
        if now is None:
            raise NotKnown(f"{self.name} cannot be read at {self.node}")
        if not same(self.name, now, self.value):
            raise StepFailed(f"{self.name} reads {now} at {self.node}, not {self.value}")
        return f"{self.name} is {now} at {self.node}"

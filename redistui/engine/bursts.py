"""Bursts of mutating commands: taken from the plan, on disk as one line for each line of the plan, sent, summed up.

The journal says how many commands, of which slots, and how many keys; never which keys: these are the users' own. The
line before is on disk before anything is sent. The line behind it goes to disk with the next one, which saves as much
time as sending does: whoever resumes does not rest on it, but reads how far it came.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count

from redistui.engine.allowance import Allowance, Grant, Taken, grants
from redistui.engine.journal import JournalError, Line
from redistui.engine.masking import masked
from redistui.engine.volley import NotSent, Volleys
from redistui.model import Address
from redistui.ops.came import Came
from redistui.ops.run import Sent
from redistui.ops.steps import Argv, Burst, Lost, Refused, Reply

Write = Callable[[Sequence[Line]], Awaitable[None]]
"""Lines of the journal, on disk when it returns. Raises JournalError."""


@dataclass
class Bursts:
    """Of one operation; `begin` before each step."""

    volleys: Volleys
    write: Write
    beyond: Callable[[], None]
    """Told that something goes out now."""
    afterwards: Callable[[Iterable[Line]], None]
    """Lines that go to disk with the next ones."""
    line: Callable[[Address, Argv, str], Line]
    filled: Callable[[Argv], Argv]
    came: dict[tuple[Address, Argv], Came] = field(default_factory=dict)
    """Of the step at work, by node and line of the plan."""
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def begin(self) -> None:
        self.came = {}

    @property
    def sent(self) -> tuple[Sent, ...]:
        """One for each node and line of the plan."""
        return tuple(Sent(node, masked(argv), came.state, str(came)) for (node, argv), came in self.came.items())

    async def fire(self, wish: Burst, allowance: Allowance) -> list[Reply]:
        """What became of each command. Raises Unplanned."""
        taken = allowance.take(wish.argvs)
        its = grants(taken)
        about: Line = {"burst": next(self._numbers)}
        try:
            argvs = tuple(map(self.filled, wish.argvs))
            await self.write([self._line(wish.node, one, "sending", about) for one in its])
        except (Refused, JournalError) as error:
            allowance.give_back(taken)
            why = "" if isinstance(error, Refused) else "not sent, because the journal cannot be written: "
            return [Refused(f"{why}{error}")] * len(taken)
        self.beyond()
        try:
            replies = await self.volleys.send(wish.node, argvs, wish.seconds)
        except NotSent as error:
            allowance.give_back(taken)
            replies = [Refused(str(error))] * len(taken)
        self._after(wish.node, its, taken, replies, about)
        return replies

    def _line(self, node: Address, one: Grant, state: str, about: Line) -> Line:
        return {**self.line(node, one.shown, state), **one.figures, **about}

    def _after(
        self, node: Address, its: Sequence[Grant], taken: Sequence[Taken], replies: Sequence[Reply], about: Line
    ) -> None:
        ends: dict[Argv, Came] = {}
        for one, reply in zip(taken, replies, strict=True):
            ends.setdefault(one.shown, Came()).join(came_of(reply))
        for shown, came in ends.items():
            self.came.setdefault((node, shown), Came()).join(came)
        rows = ((one, ends[one.shown]) for one in its)
        self.afterwards({**self._line(node, one, came.state, about), **outcome(came)} for one, came in rows)


def outcome(came: Came) -> Line:
    return {"reply": str(came), "done": came.done, "refused": came.refused, "lost": came.lost, "error": came.error}


def came_of(reply: Reply) -> Came:
    match reply:
        case Lost():
            return Came(lost=1)
        case Refused():
            return Came(refused=1, error=str(reply))
    return Came(done=1)

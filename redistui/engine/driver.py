"""Driver: does what a step's script wishes, and nothing else.

Here is the only place from which a mutating command leaves. It goes out only if it stands in the step's `commands()`
and has not been sent as often as it stands there (redistui.engine.allowance); its holes are filled with noted values
only; it is on disk before it is sent; it has a connection of its own, or its burst has, and is never sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import cast

from redistui.engine.allowance import Allowance
from redistui.engine.bursts import Bursts
from redistui.engine.clock import clock
from redistui.engine.house import House, Writer
from redistui.engine.journal import JournalError, Line, now
from redistui.engine.masking import masked
from redistui.engine.outcomes import replies_of, state_of
from redistui.engine.reach import Reach, Unplanned
from redistui.engine.telling import Telling
from redistui.engine.volley import Volleys
from redistui.model import Address
from redistui.net.export import Exported, export
from redistui.ops.action import Spent
from redistui.ops.run import Sent, SentState
from redistui.ops.steps import (
    Abreast,
    Argv,
    Ask,
    Burst,
    Export,
    Hole,
    Lost,
    Note,
    Now,
    Ordered,
    Pause,
    Recall,
    Refused,
    Reply,
    Script,
    Secret,
    Step,
    StepFailed,
    Tell,
    Together,
    Transaction,
    Wish,
)
from redistui.ops.tally import Orders, Tally


class Stopped(Exception):
    """The operator, or a signal, wants the operation to end at the next safe point."""


class Driver(Reach):
    """The hands of one operation."""

    def __init__(self, house: House, operation: str, sentinels: frozenset[Address], write: Writer) -> None:
        super().__init__(house, operation, sentinels)
        self.notes: dict[Hole, str] = {}
        self.strict = True
        """Without a journal nothing is sent. Off once stopping would do more harm than an unwritten line."""
        self.stopping = asyncio.Event()
        self.why = ""
        """Why it is to stop; empty: on request."""
        self.heed = True
        """Whether a wish to stop is heeded just now."""
        self.final = False
        """The next command cannot be taken back: once it goes out, a wish to stop is not heeded any more."""
        self.unwritten = ""
        self.telling = Telling(self._now)
        self._write = write
        self._orders = Orders()
        self._news = asyncio.Event()
        """Set, and replaced by another, when the orders change."""
        self._later: list[Line] = []
        """Lines that are not written yet."""
        self._sent: list[Sent] = []
        self._volleys = Volleys(self)
        self._bursts = Bursts(self._volleys, self._journal, self._beyond, self._afterwards, self._line, self._filled)
        self._step: Step | None = None
        """The one at work."""
        self._number = 0
        self._allowance = Allowance(())
        self._spent: list[Spent] = []
        """Of the step at work: what went out before this console was there."""

    async def drive(self, step: Step, number: int, spent: Sequence[Spent] = ()) -> str:
        """Runs a step to its end and gives its sentence. Raises what the script raises, Stopped, or Unplanned.

        `spent` are the step's commands that an earlier console sent: the script gets their replies, and none goes out.
        A step that reads how far it came (`rereads`) is driven as if there were none.
        """
        self._step, self._number, self._allowance = step, number, Allowance(step.commands())
        self._sent, self._spent = [], [] if step.rereads else list(spent)
        self._bursts.begin()
        self.telling.begin()
        try:
            return await self._play(step.script())
        finally:
            self.telling.end()

    async def _play(self, script: Script) -> str:
        """One script, wish by wish."""
        answer: Reply = None
        error: Exception | None = None
        try:
            while True:
                wish = script.throw(error) if error is not None else script.send(answer)
                if self.heed and self.stopping.is_set() and not self._heeds:
                    raise Stopped(self.why)
                answer, error = None, None
                try:
                    answer = await self._grant(wish)
                except (Refused, Lost) as raised:
                    error = raised
        except StopIteration as end:
            return str(end.value)
        finally:
            script.close()

    async def close(self) -> None:
        await self._volleys.close()
        await super().close()

    # -- what others order and see --------------------------------------------------------------------------------

    @property
    def sent(self) -> tuple[Sent, ...]:
        """What the step at work has sent so far; of bursts a summary."""
        return (*self._sent, *self._bursts.sent)

    @property
    def tally(self) -> Tally | None:
        """How far the step at work has come; None: it does not tell."""
        return self.telling.tally

    @property
    def _heeds(self) -> bool:
        """The step at work sees for itself that it ends, when it is told to stop."""
        return self._step is not None and self._step.heeds

    def stop(self, why: str = "") -> None:
        """Said again it cuts no pause short: what is brought to its end then takes its time."""
        if not self.stopping.is_set():
            self.why = why
            self.stopping.set()
            self._ordered()

    def order(self, *, pace: int | None = None, paused: bool | None = None) -> None:
        """Of a step that heeds: keys a second at most (0: any number), and whether it rests. None: as before."""
        old = self._orders
        self._orders = Orders(old.pace if pace is None else pace, old.paused if paused is None else paused)
        if self._orders != old:
            self._ordered()

    def _ordered(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    # -- wishes ---------------------------------------------------------------------------------------------------

    async def _grant(self, wish: Wish) -> Reply:
        match wish:
            case Ask(mutates=False):
                return await self.read(wish.node, wish.argv, wish.seconds)
            case Ask():
                return await self._fire(wish.node, (wish.argv,), wish.seconds)
            case Transaction():
                return await self._fire(wish.node, wish.argvs, wish.seconds)
            case Together():
                return await asyncio.gather(*(self._glance(ask) for ask in wish.asks))
            case Burst(mutates=False):
                return await self.read_burst(wish.node, wish.argvs, wish.seconds)
            case Burst():
                return await self._burst(wish)
            case Abreast():
                return await self._abreast(wish.scripts)
            case Ordered():
                return replace(self._orders, stop=self.stopping.is_set())
            case Export():
                return await self._export(wish)
            case Tell():
                return self.telling.tell(wish.tally)
            case Pause():
                return await self._pause(wish.seconds)
            case Now():
                return self._now()
            case Note():
                self.notes[wish.hole] = wish.value
                line = {"step": self._number, "state": "noted", "hole": wish.hole, "reply": wish.value}
                return await self._journal((line,))
            case Recall():
                return self.notes[wish.hole]
        raise Unplanned(f"unknown wish {type(wish).__name__}")

    async def _glance(self, ask: Ask) -> Reply:
        with suppress(Refused, Lost):
            return await self.read(ask.node, ask.argv, ask.seconds)
        return None

    async def _pause(self, seconds: float) -> None:
        """Cut short when somebody wants it to stop; of a step that heeds, when any orders change."""
        if not self.heed and not self._heeds:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for((self._news if self._heeds else self.stopping).wait(), seconds)

    async def _export(self, wish: Export) -> Exported:
        """Cut short when somebody wants it to stop: it changes nothing, and may take long."""
        access = self._house.access_of(wish.node)
        copying = export(self._house.dial_of(wish.node), self._login(wish.node), access.tls, self.name, wish.path)
        work = asyncio.ensure_future(self._told(wish.node, lambda: copying))
        stop = asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait((work, stop) if self.heed else (work,), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise Stopped
            return cast(Exported, work.result())
        finally:
            for task in (work, stop):
                task.cancel()
            await asyncio.gather(work, stop, return_exceptions=True)

    async def _abreast(self, scripts: Sequence[Script]) -> list[Reply]:
        """Each to its own end; a bug in one ends all."""
        tasks = [asyncio.ensure_future(self._alone(script)) for script in scripts]
        try:
            ends = await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        stopped = next((end for end in ends if isinstance(end, Stopped)), None)
        if stopped is not None:
            raise stopped
        return ends

    async def _alone(self, script: Script) -> Reply:
        """Its sentence, or what ended it. One that is stopped does not cut short the others' commands in flight."""
        try:
            return await self._play(script)
        except (StepFailed, Refused, Lost, Stopped) as error:
            return error

    # -- the one place that changes anything ----------------------------------------------------------------------

    async def _burst(self, wish: Burst) -> list[Reply]:
        if self._step is None or not self._step.rereads:
            raise Unplanned("a burst of commands is only for a step that finds out by reading how far it came")
        return await self._bursts.fire(wish, self._allowance)

    def _beyond(self) -> None:
        """What goes out now is not taken back, where it is the plan's point of no return."""
        self.heed = self.heed and not self.final
        self.strict = self.strict and not self.final

    async def _fire(self, node: Address, shown: Sequence[Argv], seconds: float) -> Reply:
        if any(taken.keys for taken in self._allowance.take(shown)):
            raise Unplanned("keys go out in bursts: of a single command the journal would tell which they are")
        if self._spent:
            return self._remembered(len(shown))
        argvs = tuple(self._filled(argv) for argv in shown)
        client = self._client(node)
        await self._before(node, argvs)
        self._beyond()
        try:
            send = client.transact(argvs, seconds) if len(argvs) > 1 else client.ask(argvs[0], seconds)
            reply = await self._told(node, lambda: send)
        except (Refused, Lost) as error:
            await self._after(node, argvs, state_of(error), [str(error)] * len(argvs))
            raise
        finally:
            await client.close()
        await self._after(node, argvs, "done", replies_of(reply, len(argvs)))
        return reply

    def _remembered(self, count: int) -> Reply:
        """What became of commands that an earlier console sent."""
        past, self._spent = self._spent[:count], self._spent[count:]
        if not all(one.done for one in past):
            raise Lost("the console that sent it ended before the reply came")
        replies = [one.reply.encode() for one in past]
        return replies[0] if count == 1 else replies[1:-1]

    def _filled(self, argv: Argv) -> Argv:
        """A command as it goes out."""
        return tuple(self._value(word, argv) if isinstance(word, Hole) else word for word in argv)

    def _value(self, word: Hole, argv: Argv) -> str:
        if isinstance(word, Secret):
            return self._handed_on(word, argv)
        if word not in self.notes:
            raise Unplanned(f"{word} was not found out")
        return self.notes[word]

    def _with_notes(self, argv: Argv) -> Argv:
        return tuple(self.notes.get(word, word) if isinstance(word, Hole) else word for word in argv)

    def known(self, argv: Argv) -> Argv:
        """A command as it would be shown after it was sent: holes filled where they can be, without secrets."""
        return masked(self._with_notes(argv))

    # -- journal --------------------------------------------------------------------------------------------------

    async def _before(self, node: Address, argvs: Sequence[Argv]) -> None:
        try:
            await self._journal([self._line(node, argv, "sending") for argv in argvs])
        except JournalError as error:
            raise Refused(f"not sent, because the journal cannot be written: {error}") from None

    async def _after(self, node: Address, argvs: Sequence[Argv], state: SentState, replies: Sequence[str]) -> None:
        rows = list(zip(argvs, replies, strict=True))
        self._sent += [Sent(node, masked(argv), state, reply) for argv, reply in rows]
        await self._noted_down([{**self._line(node, argv, state), "reply": said} for argv, said in rows])

    def _line(self, node: Address, argv: Argv, state: str) -> Line:
        user = self.user_at(node)
        return {"step": self._number, "node": node, "command": masked(argv), "state": state, "redis_user": user}

    async def stands(self, number: int, state: str, said: str, **more: object) -> None:
        """How a step ended, for whoever has to go on from there. Raises JournalError where nothing may go unwritten."""
        await self._journal([{"step": number, "state": state, "reply": said, **more}])

    async def _journal(self, lines: Sequence[Line]) -> None:
        later, self._later = self._later, []
        try:
            await self._write([*later, *lines])
        except JournalError as error:
            if later or not self.strict:
                self.unwritten = str(error)
            if self.strict:
                raise
            if self._heeds:  # it ends when nothing is half-done
                self.stop()

    async def _noted_down(self, lines: Sequence[Line]) -> None:
        """What was done already: a line that cannot be written stops nothing any more."""
        try:
            await self._write(lines)
        except JournalError as error:
            self.unwritten = str(error)

    def _afterwards(self, lines: Iterable[Line]) -> None:
        """Lines that go to disk with the next ones, and tell their own time."""
        when: Line = {"at": now(), "monotonic": round(clock(), 3)}
        self._later += [{**line, **when} for line in lines]

"""Driver: does what a step's script wishes, and nothing else.

Here is the only place from which a mutating command leaves. It goes out only if it stands in the step's `commands()`
and has not been sent as often as it stands there; its holes are filled with noted values only; it is on disk before it
is sent; it has a connection of its own and is never sent again. Reads go over one held connection per node, whose name
tells other consoles that somebody works here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from redistui.engine.clock import clock as clock
from redistui.engine.house import House, Writer
from redistui.engine.journal import JournalError, Line
from redistui.engine.logins import NoPassword
from redistui.engine.masking import masked, scrubbed
from redistui.model import Address, Login, Operator
from redistui.net.client import Client, ClientLost, ClientRefused
from redistui.ops.action import Spent
from redistui.ops.run import Sent, SentState
from redistui.ops.steps import (
    Argv,
    Ask,
    Hole,
    Lost,
    Note,
    Now,
    Pause,
    Recall,
    Refused,
    Reply,
    Secret,
    Step,
    Together,
    Transaction,
    Wish,
    is_read,
)

NAME = "redistui-ops:"
"""What a connection of an operation is called; the operation's id follows."""


class Stopped(Exception):
    """The operator, or a signal, wants the operation to end at the next safe point."""


class Unplanned(Exception):
    """A script wished for something that its plan does not show. A bug: it was not done."""


class Driver:
    """The hands of one operation."""

    def __init__(self, house: House, operation: str, sentinels: frozenset[Address], write: Writer) -> None:
        self.notes: dict[Hole, str] = {}
        self.sent: list[Sent] = []
        """What the step at work has sent so far."""
        self.strict = True
        """Without a journal nothing is sent. Off once stopping would do more harm than an unwritten line."""
        self.stopping = asyncio.Event()
        self.heed = True
        """Whether a wish to stop is heeded just now."""
        self.final = False
        """The next command cannot be taken back: once it goes out, a wish to stop is not heeded any more."""
        self.unwritten = ""
        self._house = house
        self.name = f"{NAME}{operation}"
        self._sentinels = sentinels
        self._write = write
        self._readers: dict[Address, Client] = {}
        self._one_at_a_time: dict[Address, asyncio.Lock] = {}
        self._logins: dict[Operator, Login] = {}
        """Taken once: a password that is forgotten meanwhile must not lock an operation out half-way."""
        self._spent: list[Spent] = []
        """Of the step at work: what went out before this console was there."""

    async def drive(self, step: Step, number: int, spent: Sequence[Spent] = ()) -> str:
        """Runs a step to its end and gives its sentence. Raises what the script raises, Stopped, or Unplanned.

        `spent` are the step's commands that an earlier console sent: the script gets their replies, and none goes out.
        """
        self.sent, self._spent = [], list(spent)
        left = list(step.commands())
        script = step.script()
        answer: Reply = None
        error: Exception | None = None
        try:
            while True:
                wish = script.throw(error) if error is not None else script.send(answer)
                if self.heed and self.stopping.is_set():
                    raise Stopped
                answer, error = None, None
                try:
                    answer = await self._grant(wish, number, left)
                except (Refused, Lost) as raised:
                    error = raised
        except StopIteration as end:
            return str(end.value)
        finally:
            script.close()

    async def close(self) -> None:
        for client in self._readers.values():
            await client.close()

    # -- wishes ---------------------------------------------------------------------------------------------------

    async def _grant(self, wish: Wish, number: int, left: list[Argv]) -> Reply:
        match wish:
            case Ask(mutates=False):
                return await self.read(wish.node, wish.argv, wish.seconds)
            case Ask():
                return await self._fire(wish.node, (wish.argv,), wish.seconds, number, left)
            case Transaction():
                return await self._fire(wish.node, wish.argvs, wish.seconds, number, left)
            case Together():
                return await asyncio.gather(*(self._glance(ask) for ask in wish.asks))
            case Pause():
                return await self._pause(wish.seconds)
            case Now():
                return self._now()
            case Note():
                self.notes[wish.hole] = wish.value
                return await self._journal({"step": number, "state": "noted", "hole": wish.hole, "reply": wish.value})
            case Recall():
                return self.notes[wish.hole]
        raise Unplanned(f"unknown wish {type(wish).__name__}")

    async def read(self, node: Address, argv: Argv, seconds: float) -> Reply:
        """A command that changes nothing, over the node's held connection."""
        if not is_read(argv):
            raise Unplanned(f"{argv[0]} is not among the reads")
        if node not in self._readers:
            self._readers[node] = self._client(node)
        client = self._readers[node]

        async def ask() -> Reply:
            try:
                return await client.ask(argv, seconds)
            except ClientLost as error:
                if not error.ended:
                    raise
            # A held connection may have been cut since its last use (CLIENT KILL does). A read may be asked twice.
            return await client.ask(argv, seconds)

        async with self._one_at_a_time.setdefault(node, asyncio.Lock()):  # of reads asked `Together`, some to one node
            return await self._told(node, ask)

    async def _glance(self, ask: Ask) -> Reply:
        with suppress(Refused, Lost):
            return await self.read(ask.node, ask.argv, ask.seconds)
        return None

    async def _pause(self, seconds: float) -> None:
        if not self.heed:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)

    # -- the one place that changes anything ----------------------------------------------------------------------

    async def _fire(self, node: Address, shown: Sequence[Argv], seconds: float, number: int, left: list[Argv]) -> Reply:
        for argv in shown:
            if argv not in left:
                raise Unplanned(f"{argv[0]} is not in the plan, or was sent already")
            left.remove(argv)
        if self._spent:
            return self._remembered(len(shown))
        argvs = tuple(self._filled(argv) for argv in shown)
        client = self._client(node)
        await self._before(node, argvs, number)
        self.heed = self.heed and not self.final
        self.strict = self.strict and not self.final
        try:
            send = client.transact(argvs, seconds) if len(argvs) > 1 else client.ask(argvs[0], seconds)
            reply = await self._told(node, lambda: send)
        except (Refused, Lost) as error:
            await self._after(node, argvs, number, state_of(error), [str(error)] * len(argvs))
            raise
        finally:
            await client.close()
        await self._after(node, argvs, number, "done", replies_of(reply, len(argvs)))
        return reply

    def _remembered(self, count: int) -> Reply:
        """What became of commands that an earlier console sent."""
        past, self._spent = self._spent[:count], self._spent[count:]
        if not all(one.done for one in past):
            raise Lost("the console that sent it ended before the reply came")
        replies = [one.reply.encode() for one in past]
        return replies[0] if count == 1 else replies[1:-1]

    def _filled(self, argv: Argv) -> Argv:
        missing = [w for w in argv if isinstance(w, Hole) and not isinstance(w, Secret) and w not in self.notes]
        if missing:
            raise Unplanned(f"{missing[0]} was not found out")
        return tuple(self._own(word) if isinstance(word, Secret) else word for word in self._with_notes(argv))

    def _own(self, word: Secret) -> str:
        """Our own login at a node, for another node to log in there. Raises Refused for a user that only watches."""
        login = self._house.access_of(word.node).data
        if login.user not in (None, "default"):
            raise Refused(
                f"we reach {word.node} as {login.user}, and nobody can replicate as that user: set masteruser and "
                f"masterauth by hand first"
            )
        return "default" if word.part == "user" else login.password or ""

    def _with_notes(self, argv: Argv) -> Argv:
        return tuple(self.notes.get(word, word) if isinstance(word, Hole) else word for word in argv)

    def known(self, argv: Argv) -> Argv:
        """A command as it would be shown after it was sent: holes filled where they can be, without secrets."""
        return masked(self._with_notes(argv))

    async def _before(self, node: Address, argvs: Sequence[Argv], number: int) -> None:
        lines = [self._line(node, argv, number, "sending") for argv in argvs]
        try:
            await self._journal(*lines)
        except JournalError as error:
            raise Refused(f"not sent, because the journal cannot be written: {error}") from None

    async def _after(
        self, node: Address, argvs: Sequence[Argv], number: int, state: SentState, replies: Sequence[str]
    ) -> None:
        self.sent += [Sent(node, masked(argv), state, reply) for argv, reply in zip(argvs, replies, strict=True)]
        rows = zip(argvs, replies, strict=True)
        try:
            await self._journal(*({**self._line(node, argv, number, state), "reply": reply} for argv, reply in rows))
        except JournalError as error:
            self.unwritten = str(error)

    def _line(self, node: Address, argv: Argv, number: int, state: str) -> Line:
        operator = self.operator_at(node)
        user = self._watcher(node).user if operator is None else operator.user
        return {"step": number, "node": node, "command": masked(argv), "state": state, "redis_user": user}

    async def stands(self, number: int, state: str, said: str, **more: object) -> None:
        """How a step ended, for whoever has to go on from there. Raises JournalError where nothing may go unwritten."""
        await self._journal({"step": number, "state": state, "reply": said, **more})

    async def _journal(self, *lines: Line) -> None:
        try:
            await self._write(lines)
        except JournalError as error:
            if self.strict:
                raise
            self.unwritten = str(error)

    # -- connections ----------------------------------------------------------------------------------------------

    def _now(self) -> float:
        return clock()

    def _client(self, node: Address) -> Client:
        return Client(self._house.dial_of(node), self._login(node), self._house.access_of(node).tls, self.name)

    def operator_at(self, node: Address) -> Operator | None:
        """Who acts there; None: whoever watches it."""
        access = self._house.access_of(node)
        return access.sentinel_operator if node in self._sentinels else access.operator

    def knows(self, operator: Operator) -> bool:
        """Its password was found when it was needed."""
        return operator in self._logins

    def _watcher(self, node: Address) -> Login:
        access = self._house.access_of(node)
        return access.sentinel if node in self._sentinels else access.data

    def _login(self, node: Address) -> Login:
        """Raises Refused where the operator's password is not known."""
        operator = self.operator_at(node)
        if operator is None:
            return self._watcher(node)
        if operator not in self._logins:
            try:
                self._logins[operator] = self._house.logins.login(operator)
            except NoPassword as error:
                raise Refused(str(error)) from None
        return self._logins[operator]

    async def _told(self, node: Address, exchange: Callable[[], Awaitable[Reply]]) -> Reply:
        """The client's outcomes in the words of a script, without our own passwords."""
        access = self._house.access_of(node)
        logins = (access.data, access.sentinel, *self._logins.values())
        secrets = [login.password for login in logins]
        try:
            reply = await exchange()
        except ClientRefused as error:
            raise Refused(scrubbed(str(error), secrets)) from None
        except ClientLost as error:
            raise Lost(scrubbed(str(error), secrets)) from None
        if isinstance(reply, list):
            return [Refused(scrubbed(str(r), secrets)) if isinstance(r, ClientRefused) else r for r in reply]
        return reply


def state_of(error: Refused | Lost) -> SentState:
    return "refused" if isinstance(error, Refused) else "lost"


def replies_of(reply: Reply, count: int) -> list[str]:
    """The reply of each command that was sent: MULTI's, EXEC's list one by one, and EXEC's.

    >>> replies_of(b"OK", 1), replies_of([b"OK", 2], 4)
    (['OK'], ['OK', 'OK', '2', 'OK, 2'])
    """
    return [words_of(reply)] if count == 1 else ["OK", *map(words_of, reply), words_of(reply)]


def words_of(reply: Reply) -> str:
    """A reply in one short line.

    >>> words_of(b"OK"), words_of([b"OK", 2, None])
    ('OK', 'OK, 2, nil')
    """
    if isinstance(reply, list):
        return ", ".join(words_of(item) for item in reply)
    if reply is None:
        return "nil"
    return (reply.decode("utf-8", "backslashreplace") if isinstance(reply, bytes) else str(reply))[:400]

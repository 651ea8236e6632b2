"""Reach: how an operation gets at nodes: as whom, over which connections, and what it reads there.

Reads go over one held connection per node, whose name tells other consoles that somebody works here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from redistui.engine.clock import clock
from redistui.engine.house import House
from redistui.engine.logins import NoPassword
from redistui.engine.masking import scrubbed
from redistui.model import Address, Login, Operator
from redistui.net.client import Client, ClientLost, ClientRefused
from redistui.ops.steps import Argv, Lost, Refused, Reply, Secret, is_read

NAME = "redistui-ops:"
"""What a connection of an operation is called; the operation's id follows."""


class Unplanned(Exception):
    """A script wished for something that its plan does not show. A bug: it was not done."""


class Reach:
    """The ways of one operation to its nodes."""

    def __init__(self, house: House, operation: str, sentinels: frozenset[Address]) -> None:
        self.name = f"{NAME}{operation}"
        self._house = house
        self._sentinels = sentinels
        self._readers: dict[Address, Client] = {}
        self._one_at_a_time: dict[Address, asyncio.Lock] = {}
        self._logins: dict[Operator, Login] = {}
        """Taken once: a password that is forgotten meanwhile must not lock an operation out half-way."""

    async def close(self) -> None:
        for client in self._readers.values():
            await client.close()

    def now(self) -> float:
        return self._now()

    def _now(self) -> float:
        return clock()

    async def rest(self, seconds: float) -> None:
        """Waits, whatever anybody wants."""
        await asyncio.sleep(seconds)

    # -- reads ----------------------------------------------------------------------------------------------------

    async def read(self, node: Address, argv: Argv, seconds: float) -> Reply:
        """A command that changes nothing, over the node's held connection."""
        only_reads((argv,))
        async with self._turn(node):  # of reads asked `Together`, some go to one node
            client = self._reader(node)

            async def ask() -> Reply:
                try:
                    return await client.ask(argv, seconds)
                except ClientLost as error:
                    if not error.ended:
                        raise
                # A held connection may have been cut since its last use (CLIENT KILL does). A read may be asked twice.
                return await client.ask(argv, seconds)

            return await self._told(node, ask)

    async def read_burst(self, node: Address, argvs: Sequence[Argv], seconds: float) -> list[Reply]:
        """Commands that change nothing, in one write over the node's held connection; what became of each."""
        only_reads(argvs)
        try:
            async with self._turn(node):
                client = self._reader(node)

                async def ask() -> list[Reply]:
                    replies = await client.burst(argvs, seconds)
                    if all(isinstance(reply, ClientLost) and reply.ended for reply in replies):  # as in `read`
                        replies = await client.burst(argvs, seconds)
                    return replies

                return await self.each_told(node, ask)
        except Refused as error:
            return [error] * len(argvs)

    def _reader(self, node: Address) -> Client:
        if node not in self._readers:
            self._readers[node] = self._client(node)
        return self._readers[node]

    def _turn(self, node: Address) -> asyncio.Lock:
        return self._one_at_a_time.setdefault(node, asyncio.Lock())

    # -- connections and logins -----------------------------------------------------------------------------------

    def client(self, node: Address) -> Client:
        """A connection that is not open yet, under the operation's name. Raises Refused as `_login` does."""
        return self._client(node)

    def _client(self, node: Address) -> Client:
        return Client(self._house.dial_of(node), self._login(node), self._house.access_of(node).tls, self.name)

    def operator_at(self, node: Address) -> Operator | None:
        """Who acts there; None: whoever watches it."""
        access = self._house.access_of(node)
        return access.sentinel_operator if node in self._sentinels else access.operator

    def knows(self, operator: Operator) -> bool:
        """Its password was found when it was needed."""
        return operator in self._logins

    def user_at(self, node: Address) -> str | None:
        """The Redis user that a command goes out as; None: the default one."""
        operator = self.operator_at(node)
        return self._watcher(node).user if operator is None else operator.user

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

    def _handed_on(self, word: Secret, argv: Argv) -> str:
        """Our own login at a node, for another node to log in there: as whoever acts, to move keys; as whoever
        watches, to replicate. Raises Refused where that cannot work."""
        if argv[0].upper() == "MIGRATE":
            login = self._login(word.node)
            return (login.user or "default") if word.part == "user" else login.password or ""
        login = self._house.access_of(word.node).data
        if login.user not in (None, "default"):
            raise Refused(
                f"we reach {word.node} as {login.user}, and nobody can replicate as that user: set masteruser and "
                f"masterauth by hand first"
            )
        return "default" if word.part == "user" else login.password or ""

    # -- outcomes -------------------------------------------------------------------------------------------------

    async def _told(self, node: Address, exchange: Callable[[], Awaitable[Reply]]) -> Reply:
        """The client's outcomes in the words of a script, without our own passwords."""
        try:
            reply = self._in_words(await exchange(), self._secrets(node))
        except (ClientRefused, ClientLost) as error:
            reply = self._in_words(error, self._secrets(node))
        if isinstance(reply, Refused | Lost):
            raise reply
        return reply

    async def each_told(self, node: Address, exchange: Callable[[], Awaitable[list[Reply]]]) -> list[Reply]:
        """The same of a burst, where each command has an outcome of its own. Raises Refused where none was sent."""
        try:
            replies = await exchange()
        except ClientRefused as error:
            raise Refused(scrubbed(str(error), self._secrets(node))) from None
        secrets = self._secrets(node)
        return [self._in_words(reply, secrets) for reply in replies]

    def _secrets(self, node: Address) -> list[str | None]:
        access = self._house.access_of(node)
        return [login.password for login in (access.data, access.sentinel, *self._logins.values())]

    def _in_words(self, reply: Reply, secrets: list[str | None]) -> Reply:
        match reply:
            case ClientRefused():
                return Refused(scrubbed(str(reply), secrets))
            case ClientLost():
                return Lost(scrubbed(str(reply), secrets))
            case list():
                return [self._in_words(item, secrets) if isinstance(item, ClientRefused) else item for item in reply]
        return reply


def only_reads(argvs: Sequence[Argv]) -> None:
    """Raises Unplanned where one changes something. Most commands of a long burst begin alike: these are told once."""
    known = {words for words in {argv[:2] for argv in argvs} if is_read(words)}
    strange = next((argv for argv in argvs if argv[:2] not in known and not is_read(argv)), None)
    if strange is not None:
        raise Unplanned(f"{strange[0]} is not among the reads")

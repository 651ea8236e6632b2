"""Client: commands of an operator's action, on redis-py: TLS, AUTH, unix sockets.

Three outcomes, and nothing is ever sent twice:

* a reply;
* `ClientRefused`: nothing was changed, because the server said no, or could not be reached to begin with;
* `ClientLost`: the command went out and no reply came. It may or may not have run.

redis-py repeats commands by default, login failures included: here every connection has `Retry(NoBackoff(), 0)`, no
pool and no health check, and our own deadline around each exchange. RESP2, so that replies have one shape on all
versions. redis-py is imported at the first connection: the dashboard's first paint does not wait for it.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from redistui.model import Address, Login, Tls, host_of, port_of
from redistui.net.faults import look_at, system_text, unopened
from redistui.net.gathering import Gatherer, Parsers, gather
from redistui.net.tls import context_of
from redistui.replies.errors import needs_no_password

if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection

Argv = Sequence[str]
Reply = Any
CONNECT_SECONDS = 2.0

CUT_SHORT = frozenset({"cannot connect: the connection ended", "cannot connect: connection reset by peer"})
"""A Sentinel that gives a server another role cuts all its connections, also those that are just being made: these are
made once more, since nothing was sent on them yet."""


class ClientRefused(Exception):
    """Nothing was changed; the text is the server's error, or why it could not be reached."""


class ClientLost(Exception):
    """No reply: timeout, or the connection ended after the command was sent. `ended`: it was not a timeout."""

    def __init__(self, text: str, ended: bool) -> None:
        self.ended = ended
        super().__init__(text)


async def ready() -> None:
    """Imports redis-py, where nobody has yet: the time that this takes is no server's, and counts in no deadline."""
    if "redis.asyncio.connection" not in sys.modules:
        await asyncio.to_thread(importlib.import_module, "redis.asyncio.connection")


class Client:
    """One connection to one node, opened at its first use and, when it was lost, opened anew at the next.

    `name` is its CLIENT SETNAME, by which another console sees that somebody works here. One exchange at a time.
    Raises ClientRefused and ClientLost.
    """

    def __init__(self, address: Address, login: Login, tls: Tls | None, name: str) -> None:
        self.address = address
        self._login = login
        self._tls = tls
        self._name = name
        self._connection: AbstractConnection | None = None
        self._parser: Gatherer

    async def ask(self, argv: Argv, seconds: float) -> Reply:
        """One command, one reply."""
        reply = (await self._exchange((argv,), seconds))[0]
        if isinstance(reply, ClientRefused):
            raise reply
        return reply

    async def transact(self, argvs: Sequence[Argv], seconds: float) -> list[Reply]:
        """MULTI ... EXEC; gives EXEC's list. MULTI is answered before the rest goes out: a server that refuses it would
        run the commands one by one."""
        await self.ask(argvs[0], seconds)
        replies = await self._exchange(argvs[1:], seconds)
        if isinstance(replies[-1], ClientRefused):  # EXECABORT: one was not even queued, so none was run
            raise next(reply for reply in replies if isinstance(reply, ClientRefused))
        return list(replies[-1])

    async def _exchange(self, argvs: Sequence[Argv], seconds: float) -> list[Reply]:
        replies = await self.burst(argvs, seconds)
        if isinstance(replies[-1], ClientLost):
            raise replies[-1]
        return replies

    async def burst(self, argvs: Sequence[Argv], seconds: float) -> list[Reply]:
        """Commands in one write, and what became of each: its reply, ClientRefused, or ClientLost.

        Raises ClientRefused where it could not be connected, so that nothing was sent.
        """
        request = packed(argvs)
        connection = await self._open(min(seconds, CONNECT_SECONDS))
        replies: list[Reply] = []
        try:
            async with asyncio.timeout(seconds):
                await connection.send_packed_command(request, check_health=False)
                await gather(connection, self._parser, len(argvs), replies)
        except BaseException as error:
            await self.close()
            if not isinstance(error, Exception):
                raise
            lost = ClientLost(lost_text(error, seconds), not is_timeout(error))
            return [*map(in_words, replies), *[lost] * (len(argvs) - len(replies))]
        return list(map(in_words, replies))

    async def open(self, seconds: float) -> None:
        """Connects, where it is not connected yet. Raises ClientRefused."""
        await self._open(min(seconds, CONNECT_SECONDS))

    @property
    def is_quiet(self) -> bool:
        """It is open, and nothing has come on it that was not asked for, as the end of it would have."""
        connection = self._connection
        return connection is not None and connection.is_connected and not has_come(connection)

    async def hear(self, seconds: float) -> Reply:
        """What comes next of a subscription. Raises ClientLost when nothing does in time, or the connection ends."""
        connection, replies = self._connection, list[Reply]()
        try:
            if connection is None:
                raise ConnectionError
            async with asyncio.timeout(seconds):
                await gather(connection, self._parser, 1, replies)
        except BaseException as error:
            await self.close()
            if not isinstance(error, Exception):
                raise
            raise ClientLost(lost_text(error, seconds), not is_timeout(error)) from None
        return in_words(replies[0])

    async def close(self) -> None:
        """Ends the connection; never raises for one that has ended already."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await hang_up(connection)

    async def _open(self, seconds: float) -> AbstractConnection:
        if self._connection is None or not self._connection.is_connected:
            login = self._login
            try:
                self._connection = await self._connect(login, seconds)
            except ClientRefused as error:
                if needs_no_password(str(error)):
                    login = Login()
                elif str(error).partition("; ")[0] not in CUT_SHORT:
                    raise
                self._connection = await self._connect(login, seconds)
        return self._connection

    async def _connect(self, login: Login, seconds: float) -> AbstractConnection:
        parsers = Parsers()
        try:
            connection = await asyncio.to_thread(new_connection, self.address, login, self._tls, parsers)
        except OSError as error:  # our own certificate files
            raise ClientRefused(f"cannot connect: {unopened_text(error, seconds, self._tls)}") from None
        self._parser = parsers.parser
        try:
            async with asyncio.timeout(seconds):
                await connection.connect()  # type: ignore[no-untyped-call]
                # Not left to redis-py: a Sentinel's user that may not set a name is still good for the action itself.
                await connection.send_command("CLIENT", "SETNAME", self._name, check_health=False)
                await gather(connection, parsers.parser, 1, [])
        except BaseException as error:
            await hang_up(connection)
            if isinstance(error, Exception):
                raise ClientRefused(f"cannot connect: {unopened_text(error, seconds, self._tls)}") from None
            raise
        return connection


def in_words(reply: Reply) -> Reply:
    """A reply, where an error reply, also one within it, is a ClientRefused."""
    if isinstance(reply, list):
        return list(map(in_words, reply))
    return ClientRefused(error_text(reply)) if isinstance(reply, Exception) else reply


def packed(argvs: Sequence[Argv]) -> bytes:
    r"""Commands as they go over the wire: redis-py takes three times as long to say the same.

    >>> packed([("GET", "a")])
    b'*2\r\n$3\r\nGET\r\n$1\r\na\r\n'
    """
    pieces: list[bytes] = []
    for argv in argvs:
        pieces.append(b"*%d\r\n" % len(argv))
        for word in argv:
            piece = raw(word)
            pieces.append(b"$%d\r\n%s\r\n" % (len(piece), piece))
    return b"".join(pieces)


def raw(word: str) -> bytes:
    """A word as it goes out. Keys may be any bytes: those that are no UTF-8 stand in a word as lone surrogates."""
    return word.encode("utf-8", "surrogateescape")


def new_connection(address: Address, login: Login, tls: Tls | None, parsers: Parsers) -> AbstractConnection:
    """A connection that is not open yet. Run in a thread: the first one imports redis-py, which takes a while, and a
    TLS context is made of files. Raises OSError where these cannot be used."""
    from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    common: dict[str, Any] = {
        "username": login.user,
        "password": login.password,
        "driver_info": None,
        "protocol": 2,
        "parser_class": parsers,
        "retry": Retry(NoBackoff(), 0),
        "socket_timeout": None,
        "socket_connect_timeout": CONNECT_SECONDS,
        "health_check_interval": 0,
    }
    if address.startswith("unix:"):
        return UnixDomainSocketConnection(path=address.removeprefix("unix:"), **common)
    common |= {"host": host_of(address), "port": port_of(address)}
    if tls is None:
        return Connection(**common)
    connection = SSLConnection(**common)
    connection.ssl_context.context = context_of(tls)  # else each would make its own, and trust the system's CAs too
    return connection


def has_come(connection: AbstractConnection) -> bool:
    """Something waits to be read: bytes, or the end. Asks the system too, since the loop may not have looked yet."""
    import select

    stream, writer = connection._reader, connection._writer
    if stream is None or writer is None or stream.at_eof() or stream.exception() is not None:
        return True
    if getattr(stream, "_buffer", b""):  # a reply to nothing: the next one would be taken for it
        return True
    opened = writer.get_extra_info("socket")
    if opened is None or opened.fileno() < 0:
        return True
    poller = select.poll()
    poller.register(opened.fileno(), select.POLLIN)
    return bool(poller.poll(0))


async def hang_up(connection: AbstractConnection) -> None:
    try:
        await connection.disconnect(nowait=True)
    except Exception:  # it is of no use any more, whatever it says
        return


def error_text(error: Exception) -> str:
    """The server's error line whole: redis-py takes the first word off where it knows it."""
    code, text = getattr(error, "status_code", None), str(error)
    return f"{code} {text}" if code and not text.startswith(code) else text


def is_timeout(error: Exception) -> bool:
    import redis.exceptions

    return isinstance(error, TimeoutError | redis.exceptions.TimeoutError)


ENDED = "the connection ended"


def unopened_text(error: Exception, seconds: float, tls: Tls | None) -> str:
    """Why there is no connection, in a few words, and what may be the matter."""
    cause = cause_of(error)
    if isinstance(cause, OSError) and not is_timeout(error):
        return unopened(cause, tls)
    text = lost_text(error, seconds)
    return f"{text}{look_at(tls)}" if text == ENDED else text


def cause_of(error: Exception) -> BaseException | None:
    """What the system said, behind what redis-py makes of it."""
    return error if isinstance(error, OSError) else error.__cause__ or error.__context__


def lost_text(error: Exception, seconds: float) -> str:
    """What happened to a connection, in a few words and without arguments of commands."""
    import redis.exceptions

    cause = cause_of(error)
    match error:
        case _ if is_timeout(error):
            return f"no answer within {seconds:.3g} s"
        case redis.exceptions.ResponseError() | redis.exceptions.AuthenticationError():
            return error_text(error)
        case _ if isinstance(cause, OSError):
            return system_text(cause)
        case redis.exceptions.ConnectionError():
            return ENDED
    return f"not understood ({type(error).__name__})"

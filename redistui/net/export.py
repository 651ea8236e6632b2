"""Export: everything that a node holds, as an RDB, into a new file of this machine.

The node is asked as a replica asks it (SYNC): it forks, and sends what it holds at that moment. So the copy is of one
instant, is what any server of its version loads, and holds every database, scripts' libraries and expiry times
included; a walk with SCAN and DUMP would be none of that. REPLCONF rdb-only (Redis >= 7.0) spares the node the stream
behind it; capa eof lets it send without writing a file of its own first, where it is set to (repl-diskless-sync).

A file is only there once it is whole: what comes in is kept beside it as FILE.part-NAME, looked at to its end and its
checksum, put on disk, and then given its name, under which nothing may stand already. Mode 600: it is the data.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from redistui.model import Address, Login, Tls, host_of, port_of
from redistui.net.client import CONNECT_SECONDS, ClientLost, ClientRefused, packed
from redistui.net.faults import look_at, system_text, unopened
from redistui.net.tls import context_of
from redistui.replies.errors import needs_no_password
from redistui.replies.rdb import NotWhole, RdbReader, Whole

PIECE = 256 * 1024
QUIET_SECONDS = 60.0
"""For so long not a byte may come, while a node forks or sends; it says a newline every second meanwhile."""
LONGEST_LINE = 1024
MARK = 40
"""Bytes behind `$EOF:`, which stand at the end of an RDB whose length was not known at its beginning."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A whole copy: where it lies, and what it is."""

    path: str
    whole: Whole
    torsos: tuple[str, ...] = ()
    """What earlier tries left beside it that were killed before they could take it away: parts of the same data."""


async def export(node: Address, login: Login, tls: Tls | None, name: str, file: str) -> Exported:
    """Writes the copy. `name`: what our connection is called at the node. `file`: `~` is our home, and a relative one
    starts at the folder that we were started in.

    Raises ClientRefused where nothing was written because the node or the file system said no; ClientLost where it
    ended on the way. In both cases there is no file afterwards.
    """
    path = _absolute(file)
    part = path.with_name(f"{path.name}.part-{name.rpartition(':')[2]}")
    handle = await asyncio.to_thread(_open, path, part)
    try:
        reader, writer = await _connect(node, tls)
        try:
            try:
                await _greet(reader, writer, login, name)
            except ClientLost as lost:
                raise ClientRefused(f"cannot log in: {lost}{look_at(tls)}") from None
            whole = await _take(reader, handle)
        finally:
            writer.transport.abort()
        await asyncio.to_thread(_finish, handle, part, path)
    except OSError as error:
        raise ClientRefused(f"{path} could not be written: {system_text(error)}") from None
    finally:
        os.close(handle)
        with suppress(OSError):
            part.unlink()
    return Exported(str(path), whole, await asyncio.to_thread(_torsos, path))


# -- the wire ---------------------------------------------------------------------------------------------------------


async def _connect(node: Address, tls: Tls | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            if node.startswith("unix:"):
                return await asyncio.open_unix_connection(node.removeprefix("unix:"), limit=4 * PIECE)
            host, context = host_of(node), context_of(tls)
            return await asyncio.open_connection(host, port_of(node), ssl=context, limit=4 * PIECE)
    except (OSError, TimeoutError, ValueError, OverflowError) as error:
        why = unopened(error, tls) if isinstance(error, OSError) and error.errno else "no answer"
        raise ClientRefused(f"cannot connect: {why}") from None


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, login: Login, name: str) -> None:
    """Logs in, says who we are, and asks for the copy. What only newer servers know may be refused."""
    if login.password is not None:
        await _said(reader, writer, ("AUTH", *filter(None, (login.user,)), login.password), needed=True)
    await _said(reader, writer, ("CLIENT", "SETNAME", name), needed=False)
    await _said(reader, writer, ("REPLCONF", "capa", "eof"), needed=True)
    await _said(reader, writer, ("REPLCONF", "rdb-only", "1"), needed=False)
    writer.write(packed((("SYNC",),)))


async def _said(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, argv: Sequence[str], *, needed: bool
) -> None:
    writer.write(packed((argv,)))
    reply = await _line(reader, CONNECT_SECONDS)
    if reply.startswith(b"-") and needed and not needs_no_password(_error(reply)):
        raise ClientRefused(_error(reply))


def _error(line: bytes) -> str:
    return line[1:].decode("utf-8", "backslashreplace")


async def _line(reader: asyncio.StreamReader, seconds: float) -> bytes:
    """One line, without its end. Empty ones, which say that the node is still there, are passed over."""
    while True:
        try:
            async with asyncio.timeout(seconds):
                line = await reader.readuntil(b"\n")
        except TimeoutError:
            raise ClientLost(f"not a byte within {seconds:g} s", ended=False) from None
        except (OSError, EOFError, asyncio.LimitOverrunError):
            raise ClientLost("the connection ended", ended=True) from None
        if len(line) > LONGEST_LINE:
            raise ClientLost("an answer that is not understood", ended=False)
        if line.strip():
            return line.rstrip(b"\r\n")


async def _take(reader: asyncio.StreamReader, handle: int) -> Whole:
    """The copy, piece by piece, onto disk."""
    head = await _line(reader, QUIET_SECONDS)
    if head.startswith(b"-"):
        raise ClientRefused(_error(head))
    rdb = RdbReader()
    async for piece in _pieces(reader, head):
        rdb.feed(piece)
        await asyncio.to_thread(_write, handle, piece)
    try:
        return rdb.whole()
    except NotWhole as error:
        raise ClientLost(f"what came is no whole copy: {error}", ended=False) from None


async def _pieces(reader: asyncio.StreamReader, head: bytes) -> AsyncIterator[bytes]:
    """What the RDB consists of: so many bytes as announced, or all up to the mark."""
    if head.startswith(b"$EOF:") and len(head) == len(b"$EOF:") + MARK:
        mark, kept = head[-MARK:], b""
        while not kept.endswith(mark):
            kept += await _some(reader, PIECE)
            yield_ = kept[:-MARK]
            if yield_:
                yield yield_
            kept = kept[-MARK:]
        return
    if not head[1:].isdigit() or not head.startswith(b"$"):
        raise ClientLost("an answer that is not understood", ended=False)
    left = int(head[1:])
    while left:
        piece = await _some(reader, min(PIECE, left))
        left -= len(piece)
        yield piece


async def _some(reader: asyncio.StreamReader, most: int) -> bytes:
    try:
        async with asyncio.timeout(QUIET_SECONDS):
            piece = await reader.read(most)
    except TimeoutError:
        raise ClientLost(f"not a byte within {QUIET_SECONDS:g} s", ended=False) from None
    except OSError:
        piece = b""
    if not piece:
        raise ClientLost("the connection ended before the copy did", ended=True)
    return piece


# -- the file ---------------------------------------------------------------------------------------------------------


def _absolute(file: str) -> Path:
    try:
        return Path(file).expanduser().absolute()
    except RuntimeError:
        raise ClientRefused(f"there is no home folder for {file}") from None


def _open(path: Path, part: Path) -> int:
    """Room for what comes in. Raises ClientRefused."""
    if os.path.lexists(path):
        raise ClientRefused(f"{path} is there already, and is not written over: name another file")
    try:
        return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except (OSError, ValueError) as error:
        why = system_text(error) if isinstance(error, OSError) else "no file can be called that"
        raise ClientRefused(f"{part} cannot be written: {why}") from None


def _torsos(path: Path) -> tuple[str, ...]:
    return tuple(sorted(str(one) for one in path.parent.glob(f"{escape(path.name)}.part-*")))


def _write(handle: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _finish(handle: int, part: Path, path: Path) -> None:
    """On disk, and then under its name; somebody else's file of that name stays as it is. Raises OSError."""
    os.fsync(handle)
    try:
        os.link(part, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP) or os.path.lexists(path):
            raise
        os.rename(part, path)  # a file system without hard links
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

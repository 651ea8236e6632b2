"""Cuts: a network between the servers of a group that can be cut, without root: all of them talk through us.

Each data server listens on a port of its own and announces another one, on which we listen and pass everything on. A
server that is cut off is then alone: nothing goes between it and the others, or whoever else comes by the announced
address, in either way; connections stay open and silent, as behind a switch that died, and go on when it is mended. Who
knows the port it really listens on is on its side of the cut.

Whose connection it is, is told by where it comes from: of a cluster each node has a loopback address of its own (Linux
has them all; elsewhere a cluster cannot be cut).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress

from redistui.demo.ports import HOST

CHUNK = 65536
START_SECONDS = 5.0


class Cuts:
    """The go-between of one group: `passages` says who listens where."""

    def __init__(self, passages: Mapping[int, int], sources: Mapping[str, int]) -> None:
        """`passages`: announced port -> the one behind it. `sources`: loopback address -> announced port of the server
        that calls from there."""
        self._passages = dict(passages)
        self._sources = dict(sources)
        self._cut: frozenset[int] = frozenset()
        self._mended = asyncio.Event()
        self._mended.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="redistui-demo-cuts", daemon=True)

    def start(self) -> None:
        """Raises OSError where a port cannot be had."""
        self._thread.start()
        self._ready.wait(START_SECONDS)
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """Twice is fine, and so is without a start."""
        self._soon(self._ending.set)
        if self._thread.is_alive():
            self._thread.join(START_SECONDS)

    def cut(self, *announced: int) -> None:
        """Nothing goes to or from the servers of these announced ports, until `mend`."""
        self._soon(lambda: self._set(frozenset(announced)))

    def mend(self) -> None:
        self._soon(lambda: self._set(frozenset()))

    def _soon(self, work: Callable[[], None]) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # it has just ended
                self._loop.call_soon_threadsafe(work)

    def _set(self, cut: frozenset[int]) -> None:
        self._cut = cut
        self._mended.clear() if cut else self._mended.set()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with AsyncExitStack() as open_:
            for pair in self._passages.items():
                await open_.enter_async_context(await self._listen(*pair))
            self._ready.set()
            await self._ending.wait()

    async def _listen(self, announced: int, behind: int) -> asyncio.Server:
        async def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            source = self._sources.get(writer.get_extra_info("peername")[0])
            await self._connect(reader, writer, source, announced, behind)

        return await asyncio.start_server(called, HOST, announced, reuse_address=True)

    async def _connect(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        source: int | None,
        announced: int,
        behind: int,
    ) -> None:
        other: asyncio.StreamWriter | None = None
        try:
            await self._open_between(source, announced)
            back, other = await asyncio.open_connection(HOST, behind)
            ways = (self._pump(reader, other, source, announced), self._pump(back, writer, source, announced))
            tasks = [asyncio.ensure_future(way) for way in ways]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for one in (writer, other):
                if one is not None:
                    one.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, source: int | None, announced: int
    ) -> None:
        """One way of a connection, until either end closes it."""
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self._open_between(source, announced)
                writer.write(chunk)
                await writer.drain()
            await self._open_between(source, announced)

    async def _open_between(self, source: int | None, announced: int) -> None:
        """Returns once nothing is cut between the two."""
        while (self._of(source) in self._cut) != (self._of(announced) in self._cut):
            await self._mended.wait()

    def _of(self, port: int | None) -> int | None:
        """The announced port of a server; its bus port, in a cluster, stands 10,000 above it."""
        return port - 10_000 if port is not None and port - 10_000 in self._passages else port

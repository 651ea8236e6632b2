"""A link that is slow: every reply comes late by as much, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redistui.model import Address, host_of, port_of


@asynccontextmanager
async def slow_link(server: Address, seconds: float) -> AsyncIterator[Address]:
    """The address to dial instead of the server's. It serves on the loop of the test."""
    tasks: set[asyncio.Task[None]] = set()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, delay: float) -> None:
        try:
            while said := await source.read(65536):
                await asyncio.sleep(delay)
                sink.write(said)
                await sink.drain()
        except OSError:
            return
        finally:
            sink.transport.abort()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        its_reader, its_writer = await asyncio.open_connection(host_of(server), port_of(server))
        for work in (pump(reader, its_writer, 0.0), pump(its_reader, writer, seconds)):
            task = asyncio.create_task(work)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    listening = await asyncio.start_server(accepted, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

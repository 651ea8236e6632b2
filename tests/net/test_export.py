"""Copies of what a node holds: whole ones under their name, and of all others no trace."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from redistui.model import Login
from redistui.net.client import ClientLost, ClientRefused
from redistui.net.export import Exported, export
from tests.replies.test_rdb import rdb

MARK = b"m" * 40
RDB = rdb(b"\xfe\x00" + b"keys " * 90_000)


@asynccontextmanager
async def node(
    answer: bytes, *, knows: bool = True, pieces: int = 7000, to_auth: bytes = b"+OK\r\n"
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers SYNC with these bytes, piece by piece, and then ends; and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (words := await command(reader)) != [b"SYNC"]:
                asked.append(b" ".join(words))
                refused = not knows and (words[0] in (b"CLIENT", b"AUTH") or b"rdb-only" in words)
                said = to_auth if words[0] == b"AUTH" else b"+OK\r\n"
                writer.write(b"-ERR no such thing\r\n" if refused else said)
            for first in range(0, len(answer), pieces):
                writer.write(answer[first : first + pieces])
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"{host}:{port}", asked
    finally:
        server.close()


async def command(reader: asyncio.StreamReader) -> list[bytes]:
    count = int((await reader.readuntil(b"\r\n"))[1:])
    words = []
    for _ in range(count):
        size = int((await reader.readuntil(b"\r\n"))[1:])
        words.append((await reader.readexactly(size + 2))[:-2])
    return words


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def copied(answer: bytes, file: Path, **settings: object) -> Exported:
    async with node(answer, **settings) as (address, _):  # type: ignore[arg-type]
        return await export(address, Login(), None, "redistui-ops:1f", str(file))


HEADS: dict[str, Callable[[bytes], bytes]] = {
    "its length first": lambda data: b"$%d\r\n%s" % (len(data), data),
    "a mark behind it": lambda data: b"$EOF:%s\r\n%s%s" % (MARK, data, MARK),
    "newlines before it": lambda data: b"\n\n\n$%d\r\n%s" % (len(data), data),
}


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("pieces", [39, 7000, 1 << 20])
async def test_a_whole_copy_lies_under_its_name_for_us_alone(head: str, pieces: int, tmp_path: Path) -> None:
    file = tmp_path / "copy.rdb"
    data = RDB if pieces > 1000 else rdb(b"few " * 100)
    done = await copied(HEADS[head](data), file, pieces=pieces)
    assert (done.path, done.whole.size, done.whole.checked) == (str(file), len(data), True)
    assert file.read_bytes() == data
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert names(tmp_path) == ["copy.rdb"]


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (b"-NOMASTERLINK no\r\n", ClientRefused, "NOMASTERLINK no"),
        (b"$%d\r\n%s" % (len(RDB), RDB[:-9]), ClientLost, "ended before the copy did"),
        (b"$EOF:%s\r\n%s%s" % (MARK, RDB, MARK[1:]), ClientLost, "ended before the copy did"),
        (b"$%d\r\n%s" % (len(RDB), b"x" + RDB[1:]), ClientLost, "does not begin like an RDB"),
        (b"$%d\r\n%s" % (len(RDB), RDB[:500] + b"?" + RDB[501:]), ClientLost, "its checksum is not"),
        (b"$EOF:short\r\n", ClientLost, "not understood"),
        (b"+FULLRESYNC\r\n", ClientLost, "not understood"),
        (b"$x\r\n", ClientLost, "not understood"),
        (b"y" * 3_000_000, ClientLost, "the connection ended"),
        (b"", ClientLost, "the connection ended"),
    ],
)
async def test_of_what_is_not_whole_no_trace_is_left(
    answer: bytes, kind: type[Exception], said: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=said):
        await copied(answer, tmp_path / "copy.rdb")
    assert names(tmp_path) == []


async def test_one_that_is_cut_short_leaves_no_trace(tmp_path: Path) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await command(reader) != [b"SYNC"]:
            writer.write(b"+OK\r\n")
        writer.write(b"$1000000\r\nREDIS0009")
        asked.set()
        with suppress(OSError):
            await reader.read()
        writer.close()
        ended.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        copying = export(f"{host}:{port}", Login(), None, "redistui-ops:1f", str(tmp_path / "copy"))
        work = asyncio.ensure_future(copying)
        await asyncio.wait_for(asked.wait(), 10)
        assert names(tmp_path) == ["copy.part-1f"]
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        await asyncio.wait_for(ended.wait(), 10)
    assert names(tmp_path) == []


async def test_what_older_servers_do_not_know_is_done_without(tmp_path: Path) -> None:
    done = await copied(HEADS["its length first"](RDB), tmp_path / "copy", knows=False)
    assert done.whole.size == len(RDB)


async def test_it_logs_in_and_says_who_it_is(tmp_path: Path) -> None:
    async with node(HEADS["its length first"](RDB)) as (address, asked):
        await export(address, Login("operator", "secret"), None, "redistui-ops:1f", str(tmp_path / "copy"))
    assert asked[:2] == [b"AUTH operator secret", b"CLIENT SETNAME redistui-ops:1f"]
    async with node(b"", knows=False) as (address, _):
        with pytest.raises(ClientRefused, match="no such thing") as caught:
            await export(address, Login(None, "secret"), None, "redistui-ops:1f", str(tmp_path / "other"))
    assert "secret" not in str(caught.value)


async def test_a_server_without_a_password_is_reached_with_ours_all_the_same(tmp_path: Path) -> None:
    refusal = b"-ERR AUTH <password> called without any password configured for the default user.\r\n"
    async with node(HEADS["its length first"](RDB), to_auth=refusal) as (address, _):
        done = await export(address, Login(None, "secret"), None, "redistui-ops:1f", str(tmp_path / "copy"))
    assert done.whole.size == len(RDB)


async def test_what_a_killed_try_left_is_told_of_and_left_where_it_is(tmp_path: Path) -> None:
    torso = tmp_path / "copy.part-0a"
    torso.write_bytes(RDB[:9])
    done = await copied(HEADS["its length first"](RDB), tmp_path / "copy")
    assert done.torsos == (str(torso),)
    assert sorted(names(tmp_path)) == ["copy", "copy.part-0a"]


async def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "copy"
    file.write_text("mine")
    with pytest.raises(ClientRefused, match="is there already, and is not written over"):
        await copied(HEADS["its length first"](RDB), file)
    assert file.read_text() == "mine"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ClientRefused, match="is there already"):
        await copied(HEADS["its length first"](RDB), link)


async def test_where_no_file_can_be_written_the_node_is_not_even_asked(tmp_path: Path) -> None:
    async with node(b"") as (address, asked):
        for file in (tmp_path / "no" / "copy", tmp_path / ("n" * 300), Path("/proc/copy")):
            with pytest.raises(ClientRefused, match="cannot be written"):
                await export(address, Login(), None, "redistui-ops:1f", str(file))
        assert asked == []
    with pytest.raises(ClientRefused, match="cannot connect: connection refused"):
        await export("127.0.0.1:1", Login(), None, "redistui-ops:1f", str(tmp_path / "copy"))
    assert names(tmp_path) == []

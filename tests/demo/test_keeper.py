"""The keeper process: what it owns is gone when it is, and nobody else's is touched."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from redistui.demo import keeper_process
from redistui.demo.binaries import Binary
from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.demo.keeper import Keeper, sweep
from redistui.demo.ports import Ports
from redistui.demo.problems import DemoError, PortTaken, StartFailed
from redistui.demo.servers import Server
from redistui.demo.shapes import replication
from redistui.demo.wire import ErrorReply, Wire
from tests.waiting import eventually

Start = Callable[..., RunningGroup]


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.end()


@pytest.fixture
def ports() -> Iterator[Ports]:
    ports = Ports()
    yield ports
    ports.release()


@pytest.fixture
def server(engine: str, keeper: Keeper, ports: Ports) -> Server:
    server = Server("one", ports.take(), binary=Binary.at(engine), keeper=keeper)
    server.start()
    server.wait()
    return server


def test_a_server_stops_dies_hangs_and_comes_back_on_its_port(server: Server) -> None:
    address = server.address
    server.stop()
    assert not server.running
    server.restart()
    server.kill()
    assert not server.running
    assert not server.answers()
    server.restart()
    server.hang()
    assert server.running
    assert not server.answers(seconds=0.2)
    server.resume()
    eventually(server.answers)
    assert server.address == address


@pytest.mark.versions("valkey-9.1")
def test_a_server_answers_on_its_unix_socket_too(server: Server) -> None:
    with Wire(server.unix) as wire:
        assert wire.ask("PING") == "PONG"


@pytest.mark.versions("valkey-9.1")
def test_an_error_reply_is_raised_and_the_connection_stays_usable(server: Server) -> None:
    with server.connect() as wire:
        with pytest.raises(ErrorReply, match="unknown command"):
            wire.ask("NOSUCH")
        assert wire.raw("NOSUCH").startswith(b"-ERR unknown command")
        assert wire.ask("ECHO", b"\xff") == "\\xff"


def test_a_taken_port_is_told_apart(engine: str, keeper: Keeper, server: Server) -> None:
    other = Server("two", server.port, binary=Binary.at(engine), keeper=keeper)
    other.start()
    with pytest.raises(PortTaken, match="two found its port taken"):
        other.wait()


def test_a_server_that_ends_while_starting_says_why(engine: str, keeper: Keeper, ports: Ports) -> None:
    binary = Binary.at(engine)
    server = Server("one", ports.take(), binary=binary, keeper=keeper, settings={"maxclients": "x"})
    server.start()
    with pytest.raises(StartFailed, match=r"one .* ended while starting"):
        server.wait()


@pytest.mark.versions("valkey-9.1")
@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux' own")
def test_servers_end_when_the_keeper_itself_is_killed(keeper: Keeper, server: Server) -> None:
    os.kill(keeper.pid, signal.SIGKILL)
    eventually(lambda: not server.answers())
    with pytest.raises(DemoError, match="keeper process has ended"):
        server.stop()
    keeper.end()  # unless another demo, of another test, has swept the folder already
    assert not keeper.directory.exists()


def test_a_folder_that_a_killed_demo_left_is_swept_and_a_living_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    dead, living = Keeper(), Keeper()
    fresh = tmp_path / f"{keeper_process.PREFIX}not-yet-locked"
    fresh.mkdir()
    os.kill(dead.pid, signal.SIGKILL)
    eventually(lambda: not dead.alive)
    sweep()
    assert not dead.directory.exists()
    assert living.directory.exists()
    assert fresh.exists()
    living.end()
    assert not living.directory.exists()
    dead.end()


@pytest.mark.versions("valkey-9.1")
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port is only looked at, not held")
def test_a_port_stays_ours_while_its_server_is_down(server: Server) -> None:
    server.kill()
    others = Ports()
    others._random.randint = lambda *_: server.port  # type: ignore[method-assign]
    with pytest.raises(DemoError, match="no free port"):
        others.take()
    server.restart()


@pytest.mark.versions("valkey-9.1")
def test_a_fleet_that_cannot_come_up_leaves_nothing_behind(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with pytest.raises(StartFailed, match=r"plain-1 .* ended while starting"):
        DemoFleet((replication().with_settings({"maxclients": "x"}),), engine).start()
    assert not list(tmp_path.iterdir())


@pytest.mark.versions("valkey-9.1")
def test_a_fleet_tries_other_ports_when_one_is_taken(
    engine: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, first = Ports.take, [server.port]
    monkeypatch.setattr(Ports, "take", lambda self: first.pop() if first else take(self))
    with DemoFleet((replication(),), engine, traffic=False) as fleet:
        assert server.port not in [node.port for node in fleet.groups["plain"].nodes]

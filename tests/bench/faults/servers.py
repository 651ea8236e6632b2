"""Servers that do not answer, are full, or cannot write; what they threw out, refused and cut off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from redistui.demo.servers import Server
from redistui.demo.wire import ErrorReply, pack
from tests.bench.faults.scene import MB, Scene, fault, file_limit, fill, linked
from tests.waiting import eventually


@fault("node-down", "stock", "n2")
def _killed(scene: Scene) -> Iterator[None]:
    """kill -9 of a replica"""
    scene.begins()
    scene.server("n2").kill()
    yield
    scene.server("n2").start()
    scene.server("n2").wait()


@fault("clients-paused", "stock", "n1", only="valkey")
def _paused(scene: Scene) -> Iterator[None]:
    """CLIENT PAUSE by somebody else"""
    scene.primary.ask("CLIENT", "PAUSE", 600_000, "WRITE")
    scene.begins()
    yield
    scene.primary.ask("CLIENT", "UNPAUSE")
    scene.begins()


@fault("node-down", "stock", "n2")
def _hung(scene: Scene) -> Iterator[None]:
    """SIGSTOP of a replica"""
    scene.begins()
    scene.server("n2").hang()
    yield
    scene.server("n2").resume()


@fault("node-fault", "stock", "n2")
def _busy(scene: Scene) -> Iterator[None]:
    """a script that does not end"""
    node = scene.server("n2")
    node.ask("CONFIG", "SET", "lua-time-limit", 10)
    with node.connect(60.0) as wire:
        wire.send(pack("EVAL", "while true do end", 0))
        scene.says(lambda: is_busy(node))
        yield
        eventually(lambda: node.ask("SCRIPT", "KILL"))
        with suppress(ErrorReply):
            wire.read()


def is_busy(server: Server) -> bool:
    try:
        server.ask("PING")
    except ErrorReply as error:
        return str(error).startswith("BUSY")
    return False


@fault("memory", "stock", "n1")
def _memory(scene: Scene) -> Iterator[None]:
    """85 % of maxmemory"""
    used = int(scene.primary.info("memory")["used_memory"])
    scene.primary.ask("CONFIG", "SET", "maxmemory", int(used / 0.85))
    scene.begins()
    yield
    scene.primary.ask("CONFIG", "SET", "maxmemory", 0)


@fault("memory-full", "stock", "n1")
def _full(scene: Scene) -> Iterator[None]:
    """maxmemory reached, noeviction"""
    scene.primary.ask("CONFIG", "SET", "maxmemory", 1000)
    scene.begins()
    yield
    scene.primary.ask("CONFIG", "SET", "maxmemory", 0)


@fault("clients-limit", "stock", "n1")
def _clients(scene: Scene) -> Iterator[None]:
    """85 % of maxclients"""
    with ExitStack() as open_:
        for _ in range(85):
            open_.enter_context(scene.primary.connect())
        scene.primary.ask("CONFIG", "SET", "maxclients", 100)
        scene.begins()
        yield
    scene.primary.ask("CONFIG", "SET", "maxclients", 10000)


@fault("save-failing", "stock", "n1")
def _unsaved(scene: Scene) -> Iterator[None]:
    """BGSAVE to a full disk"""
    fill(scene.primary, 1, name="kept")
    file_limit(scene.primary, 1000)
    scene.primary.ask("BGSAVE")
    scene.says(lambda: scene.primary.info("persistence")["rdb_last_bgsave_status"] == "err")
    yield
    file_limit(scene.primary, -1)
    eventually(lambda: scene.primary.ask("BGSAVE"))
    scene.says(lambda: scene.primary.info("persistence")["rdb_last_bgsave_status"] == "ok")


@fault("rewrite-failing", "stock", "n1")
def _unwritten(scene: Scene) -> Iterator[None]:
    """BGREWRITEAOF to a full disk"""
    with appending(scene.primary):
        file_limit(scene.primary, 1000)
        scene.primary.ask("BGREWRITEAOF")
        scene.says(lambda: scene.primary.info("persistence")["aof_last_bgrewrite_status"] == "err")
        yield
        file_limit(scene.primary, -1)
        eventually(lambda: scene.primary.ask("BGREWRITEAOF"))
        scene.says(lambda: scene.primary.info("persistence")["aof_last_bgrewrite_status"] == "ok")
        ended = scene.since
    scene.since = ended


@fault("aof-failing", "stock", "n1")
def _unappended(scene: Scene) -> Iterator[None]:
    """an append-only file on a full disk"""
    with appending(scene.primary):
        file_limit(scene.primary, 3 * MB)
        with suppress(ErrorReply):  # MISCONF, once it has noticed
            fill(scene.primary, 6)
        scene.says(lambda: scene.primary.info("persistence")["aof_last_write_status"] == "err")
        yield
        file_limit(scene.primary, -1)
        scene.says(lambda: scene.primary.info("persistence")["aof_last_write_status"] == "ok")
        ended = scene.since
    scene.since = ended


@contextmanager
def appending(server: Server) -> Iterator[None]:
    server.ask("CONFIG", "SET", "appendonly", "yes")
    eventually(lambda: is_appending(server), 30)
    try:
        yield
    finally:
        server.ask("CONFIG", "SET", "appendonly", "no")


def is_appending(server: Server) -> bool:
    told = server.info("persistence")
    return told["aof_enabled"] == "1" and told["aof_rewrite_in_progress"] == told["aof_rewrite_scheduled"] == "0"


@fault("aof-failing", "stock", "n1")
def _given_up(scene: Scene) -> Iterator[None]:
    """the same, ended by appendonly no"""
    with appending(scene.primary):
        file_limit(scene.primary, 3 * MB)
        with suppress(ErrorReply):
            fill(scene.primary, 6)
        scene.says(lambda: scene.primary.info("persistence")["aof_last_write_status"] == "err")
        yield
    scene.begins()
    file_limit(scene.primary, -1)


@fault("full-sync-loop", "pair", "n1")
def _synced_again(scene: Scene) -> Iterator[None]:
    """a replica whose link breaks while more is written than the backlog holds (ended by CONFIG RESETSTAT)"""
    primary = scene.primary
    for node in scene.group.nodes:
        node.ask("CONFIG", "SET", "repl-backlog-size", 16384)
    eventually(lambda: abs(time.time() % 1 - 0.5) < 0.1)
    for _ in range(3):
        before = int(primary.info("stats")["sync_full"])
        primary.ask("EVAL", "for n = 1, 100 do redis.call('SET', 'k', ARGV[1]) end", 0, "x" * 1000)
        with primary.connect() as wire:
            wire.send(
                pack("CLIENT", "KILL", "TYPE", "replica") + b"".join(pack("SET", "k", b"x" * 1000) for _ in range(100))
            )
            for _ in range(101):
                wire.read()
        eventually(lambda before=before: int(primary.info("stats")["sync_full"]) > before and linked(scene) == 1)
        scene.begins()
    yield
    for node in scene.group.nodes:
        node.ask("CONFIG", "SET", "repl-backlog-size", 10 * MB)
    primary.ask("CONFIG", "RESETSTAT")
    scene.begins()


@fault("eviction-storm", "pair", "n1", tells_for=60.0)
def _evicting(scene: Scene) -> Iterator[None]:
    """writes at a full server that evicts"""
    primary = scene.primary
    with primary.connect() as wire:
        for number in range(2000):
            wire.ask("SET", f"key:{number}", "x" * 1000)
    primary.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
    scene.server("n2").ask("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
    scene.begins()
    primary.ask("CONFIG", "SET", "maxmemory", int(primary.info("memory")["used_memory"]) - MB // 2)
    with suppress(ErrorReply):
        fill(primary, 1, each=1000, name="more")
    yield
    primary.ask("CONFIG", "SET", "maxmemory", 0)
    for node in scene.group.nodes:
        node.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")


@fault("rejected-connections", "pair", "n1", tells_for=60.0)
def _refusing(scene: Scene) -> Iterator[None]:
    """maxclients reached"""
    limit = int(scene.primary.info("clients")["connected_clients"]) + 4
    scene.primary.ask("CONFIG", "SET", "maxclients", limit)
    with ExitStack() as open_:
        for _ in range(8):
            with suppress(OSError, EOFError, ErrorReply):
                open_.enter_context(scene.primary.connect()).ask("PING")
        scene.begins()
        yield
    eventually(lambda: scene.primary.ask("CONFIG", "SET", "maxclients", 10000))


@fault("buffer-cut", "pair", "n1", only="valkey", tells_for=60.0)
def _cut_off(scene: Scene) -> Iterator[None]:
    """a client that does not read"""
    primary = scene.primary
    primary.ask("CONFIG", "SET", "client-output-buffer-limit", "normal 100000 100000 0")
    primary.ask("SET", "big", b"x" * MB)
    before = cuts(primary)
    with primary.connect() as wire:
        wire.send(pack("GET", "big") * 40)
        scene.says(lambda: cuts(primary) > before)
        yield
    primary.ask("CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0")


def cuts(server: Server) -> int:
    return int(server.info("stats").get("client_output_buffer_limit_disconnections", 0))

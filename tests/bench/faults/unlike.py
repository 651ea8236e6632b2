"""Servers unlike the rest of their group (version, settings, clock, host), a slow fork, and two roles at once."""

from __future__ import annotations

from collections.abc import Iterator

from tests import versions
from tests.bench.faults.scene import Scene, ahead, clock, fault, follow, linked, slow_fork
from tests.waiting import eventually

NEWER = ("enable-debug-command", "shutdown-timeout")
"""Lines of a server's file that Redis 6.2 does not know."""


@fault("config-drift", "clocks", "")
def _drift(scene: Scene) -> Iterator[None]:
    """another maxmemory-policy on one server"""
    scene.primary.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    scene.begins()
    yield
    scene.primary.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")


@fault("clock-skew", "clocks", "n3")
def _ahead(scene: Scene) -> Iterator[None]:
    """a clock that is 5 s ahead"""
    clock(scene.server("n3"), 5)
    scene.says(lambda: ahead(scene.server("n3")) > 3)
    yield
    clock(scene.server("n3"), 0)
    scene.says(lambda: ahead(scene.server("n3")) < 1)


@fault("slow-fork", "clocks", "n3")
def _stopped(scene: Scene) -> Iterator[None]:
    """a fork that takes 1.5 s"""
    one = scene.server("n3")
    slow_fork(one, 1500)
    one.ask("BGSAVE", seconds=10.0)
    scene.says(lambda: forked(scene) > 1_000_000)
    yield
    slow_fork(one, 0)
    eventually(lambda: one.ask("BGSAVE"))
    scene.says(lambda: forked(scene) < 1_000_000)


def forked(scene: Scene) -> int:
    return int(scene.server("n3").info("stats")["latest_fork_usec"])


@fault("version-drift", "clocks", "", witness="n3")
def _other_version(scene: Scene) -> Iterator[None]:
    """a replica begun anew by the program of another version"""
    one, file = scene.server("n3"), scene.server("n3").directory / "server.conf"
    own, written = one.argv, file.read_text()
    one.stop()
    (one.directory / "dump.rdb").unlink(missing_ok=True)
    one.argv = (other_program(scene.version), str(file))
    file.write_text("".join(line for line in written.splitlines(True) if not line.startswith(NEWER)))
    one.start()
    one.wait()
    scene.begins()
    yield
    one.stop()
    (one.directory / "dump.rdb").unlink(missing_ok=True)
    one.argv = own
    file.write_text(written)
    one.start()
    one.wait()
    eventually(lambda: linked(scene) == 2, 30)
    scene.primary.ask("CONFIG", "RESETSTAT")  # an older one asked for it again and again
    scene.begins()


def other_program(version: str) -> str:
    found = [path for name, path in versions.installed().items() if name != version]
    assert found, "no other version is installed"
    return found[0]


@fault("one-host", "hosts", "n1", witness="n3")
def _together(scene: Scene) -> Iterator[None]:
    """the only replica on another host leads itself"""
    scene.begins()
    scene.server("n3").ask("REPLICAOF", "NO", "ONE")
    yield
    follow(scene.server("n3"), scene.primary)
    scene.says(lambda: linked(scene) == 2)


@fault("role-conflict", "hosts", "n1")
def _two_faced(scene: Scene) -> Iterator[None]:
    """a replica whose address says role:slave"""
    with scene.primary.connect() as wire:
        wire.ask("REPLCONF", "ip-address", "127.0.0.1\r\nrole:slave\r\nip=127.0.0.1")
        wire.ask("PSYNC", "?", "-1")
        scene.says(lambda: "\r\nrole:slave" in scene.primary.ask("INFO", "replication"))
        yield
    scene.says(lambda: "\r\nrole:slave" not in scene.primary.ask("INFO", "replication"))

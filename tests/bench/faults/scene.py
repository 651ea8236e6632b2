"""Where faults are made: the groups, their getting ready, and how a fault is declared."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.demo.shapes import cluster, replication, sentinel
from redistui.model import Address
from tests.bench.throttle import Throttle
from tests.waiting import eventually

MB = 1024 * 1024
SHAPES = (
    replication("stock", 2),
    replication("pair", 1),
    replication("narrow", 1),
    replication("again", 1),
    replication("restarts", 1),
    replication("clocks", 2),
    replication("hosts", 2),
    sentinel("orders", 2),
    sentinel("ghosts", 1, sentinels=2),
    cluster("catalog", 3),
    cluster("wide", 3, replicas=2),
    replace(cluster("apart", 3, replicas=0), cuttable=True),
    replace(cluster("halves", 3), cuttable=True),
)
SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static volatile long *shift;
static void __attribute__((constructor)) begin(void) {
    shift = mmap(0, 16, PROT_READ, MAP_SHARED, open(getenv("SHIFT"), O_RDONLY), 0);
}
int clock_gettime(clockid_t clock, struct timespec *now) {
    int said = syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec += shift[0];
    return said;
}
pid_t fork(void) {
    usleep(1000 * shift[1]);
    return ((pid_t (*)(void)) dlsym(RTLD_NEXT, "fork"))();
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}
"""
"""A clock that goes before by the seconds, and a fork that takes the milliseconds, that stand in a file."""
AWAY = ("hosts", "n3")
"""Group and server that stands there."""
ELSEWHERE = "198.51.100.7"
"""A host that no server here stands on, by what one of them announces."""


class Scene:
    """One group in which faults are made."""

    def __init__(self, version: str, group: RunningGroup) -> None:
        self.version = version
        self.group = group
        self.name = group.name
        self.since = time.time()
        """From when on polls count."""
        self.usual = {"shard-without-replica"} if group.name == "apart" else set()
        """Rules that always speak in it."""
        self.closers = ExitStack()
        self.link: Throttle | None = None

    @property
    def primary(self) -> Server:
        return self.group.nodes[0]

    def server(self, name: str) -> Server:
        """`n1` is the group's first data server, `s1` its first Sentinel."""
        return (self.group.nodes if name[0] == "n" else self.group.sentinels)[int(name[1:]) - 1]

    def address(self, name: str) -> Address:
        """As it is called on the screens: of a primary behind a narrow link, what its replica calls it; of a replica
        that stands elsewhere, what it announces."""
        server = self.server(name)
        if self.link is not None and server is self.primary:
            return self.link.address
        return elsewhere(server) if (self.name, name) == AWAY else server.address

    def begins(self) -> None:
        self.since = time.time()

    def says(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """The server says so from now on; polls that begin later than this must show it."""
        eventually(condition, seconds, every=0.01)
        self.since = time.time()

    def close(self) -> None:
        self.closers.close()


Make = Callable[[Scene], AbstractContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """One row."""

    rule: str
    group: str
    node: str
    """Whom the alert is about; "": the whole group; "*": somebody who is none of its servers."""
    make: Make
    doc: str
    witness: str = ""
    """Whose polls are counted where it is about the group."""
    patience: float = 45.0
    only: str = ""
    """How the names of those versions begin that have it."""
    tells_for: float = 0.0
    """Seconds for which it is told after its end: what happened once is told for a while."""

    def on(self, version: str) -> bool:
        return version.startswith(self.only)


FAULTS: list[Fault] = []


def fault(
    rule: str,
    group: str,
    node: str,
    *,
    witness: str = "",
    patience: float = 45.0,
    only: str = "",
    tells_for: float = 0.0,
) -> Callable[[Callable[[Scene], Iterator[None]]], Callable[[Scene], Iterator[None]]]:
    def add(make: Callable[[Scene], Iterator[None]]) -> Callable[[Scene], Iterator[None]]:
        doc = (make.__doc__ or "").strip()
        FAULTS.append(Fault(rule, group, node, contextmanager(make), doc, witness, patience, only, tells_for))
        return make

    return add


def prepare(scene: Scene) -> None:
    """What a group needs before it is watched."""
    if scene.name == "stock":
        bound_to_fail(scene.primary)
        enlarge(scene)
        eventually(lambda: linked(scene) == 2, 30)
    if scene.name == "narrow":
        scene.link = Throttle(scene.primary.address)
        scene.closers.callback(scene.link.close)
        host, _, port = scene.link.address.rpartition(":")
        scene.server("n2").ask("REPLICAOF", host, port)
        enlarge(scene)
        eventually(lambda: linked(scene) == 1, 30)
    if scene.name == "clocks":
        shifted(scene.server("n3"))
        eventually(lambda: linked(scene) == 2, 30)
    if scene.name == AWAY[0]:
        scene.server(AWAY[1]).ask("CONFIG", "SET", "replica-announce-ip", ELSEWHERE)
        scene.primary.ask("CLIENT", "KILL", "TYPE", "replica")
        eventually(lambda: linked(scene) == 2 and ELSEWHERE in scene.primary.ask("INFO", "replication"), 30)


def enlarge(scene: Scene) -> None:
    """So that no burst of writes is too much for the backlog."""
    for node in scene.group.nodes:
        node.ask("CONFIG", "SET", "repl-backlog-size", 1000 * MB)


def bound_to_fail(server: Server) -> None:
    """Begins it anew as a server that outlives writing beyond a limit (SIGXFSZ), as it does on a full disk."""
    server.stop()
    server.argv = ("/bin/sh", "-c", 'trap "" XFSZ; exec "$@"', "sh", *server.argv)
    server.start()
    server.wait()


def shifted(server: Server) -> None:
    """Begins it anew under a clock and a fork that can be set; `clock` and `slow_fork` set them."""
    folder = server.directory
    (folder / "shift.c").write_text(SHIM)
    clock(server, 0)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "shift.so", folder / "shift.c"], check=True)
    server.stop()
    server.argv = ("/usr/bin/env", f"LD_PRELOAD={folder}/shift.so", f"SHIFT={folder}/shift", *server.argv)
    server.start()
    server.wait()


def clock(server: Server, seconds: int) -> None:
    _set(server, seconds, 0)


def slow_fork(server: Server, ms: int) -> None:
    _set(server, 0, ms)


def _set(server: Server, *numbers: int) -> None:
    with (server.directory / "shift").open("r+b" if (server.directory / "shift").exists() else "wb") as file:
        file.write(b"".join(number.to_bytes(8, "little", signed=True) for number in numbers))


def elsewhere(server: Server) -> Address:
    return f"{ELSEWHERE}:{server.port}"


def ahead(server: Server) -> float:
    return float(server.ask("TIME")[0]) - time.time()


def file_limit(server: Server, size: int) -> None:
    """No file of this server grows beyond so many bytes; -1: as large as it likes. As a full disk would."""
    assert server.pid is not None
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size if size >= 0 else hard, hard))


def linked(scene: Scene) -> int:
    return int(scene.primary.info("replication")["connected_slaves"])


def follow(replica: Server, primary: Server) -> None:
    replica.ask("REPLICAOF", *primary.address.split(":"))


def fill(server: Server, megabytes: int, *, each: int = MB, name: str = "big") -> None:
    """Values of one key, one after the other, so that the data set stays small."""
    value = b"x" * each
    with server.connect(30.0) as wire:
        for _ in range(megabytes * MB // each):
            wire.ask("SET", name, value)

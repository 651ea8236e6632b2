"""Replicas: without their link, behind, copied anew; nobody to promote, two who lead, too much change."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redistui.demo.servers import Server
from tests.bench.faults.scene import MB, Scene, enlarge, fault, fill, follow, linked
from tests.bench.throttle import Throttle
from tests.waiting import eventually


@fault("link-down", "stock", "n2")
def _unlinked(scene: Scene) -> Iterator[None]:
    """a primary that takes no replica"""
    scene.primary.ask("ACL", "SETUSER", "default", "-psync", "-sync")
    scene.primary.ask("CLIENT", "KILL", "TYPE", "replica")
    scene.says(lambda: scene.server("n2").info("replication")["master_link_status"] == "down")
    yield
    scene.primary.ask("ACL", "SETUSER", "default", "+psync", "+sync")
    scene.says(lambda: scene.server("n2").info("replication")["master_link_status"] == "up")


@fault("no-good-replica", "stock", "", witness="n2")
def _none_good(scene: Scene) -> Iterator[None]:
    """replica-priority 0 everywhere"""
    for name in ("n2", "n3"):
        scene.server(name).ask("CONFIG", "SET", "replica-priority", 0)
    scene.begins()
    yield
    for name in ("n2", "n3"):
        scene.server(name).ask("CONFIG", "SET", "replica-priority", 100)


@fault("orphan-primary", "stock", "n1")
def _orphan(scene: Scene) -> Iterator[None]:
    """its replicas follow each other in a circle"""
    one, other = scene.server("n2"), scene.server("n3")
    follow(one, other)
    follow(other, one)
    scene.says(lambda: linked(scene) == 0)
    yield
    follow(one, scene.primary)
    follow(other, scene.primary)
    scene.says(lambda: linked(scene) == 2)


@fault("two-primaries", "stock", "n2")
def _two(scene: Scene) -> Iterator[None]:
    """REPLICAOF NO ONE at a replica"""
    scene.begins()
    scene.server("n2").ask("REPLICAOF", "NO", "ONE")
    yield
    follow(scene.server("n2"), scene.primary)
    scene.says(lambda: linked(scene) == 2)


@fault("split", "stock", "n2")
def _split(scene: Scene) -> Iterator[None]:
    """both of two primaries take a write"""
    scene.server("n2").ask("REPLICAOF", "NO", "ONE")
    scene.server("n2").ask("SET", "there", "1")
    scene.primary.ask("SET", "here", "1")
    scene.begins()
    yield
    follow(scene.server("n2"), scene.primary)
    scene.says(lambda: linked(scene) == 2)


@fault("no-primary", "stock", "", witness="n2")
def _headless(scene: Scene) -> Iterator[None]:
    """kill -9 of a primary, nobody watching"""
    scene.begins()
    scene.primary.kill()
    yield
    scene.primary.start()
    scene.primary.wait()
    scene.says(lambda: linked(scene) == 2)


def link_of(scene: Scene) -> Throttle:
    assert scene.link is not None
    return scene.link


def behind(scene: Scene) -> int:
    offsets = [int(node.info("replication")["master_repl_offset"]) for node in scene.group.nodes]
    return offsets[0] - offsets[1]


@fault("lag-growing", "narrow", "n2", patience=60.0)
def _slower(scene: Scene) -> Iterator[None]:
    """writes faster than the link to the replica"""
    link_of(scene).pace = 100_000
    scene.begins()
    with steady(scene.primary, 700_000):
        yield
        link_of(scene).pace = None
    scene.says(lambda: behind(scene) < 100_000)


@contextmanager
def steady(server: Server, pace: int) -> Iterator[None]:
    """So many bytes are written a second, ten times each, meanwhile."""
    ending = threading.Event()

    def write() -> None:
        with server.connect() as wire:
            while not ending.wait(0.1):
                wire.ask("SET", "steady", b"x" * (pace // 10))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


@fault("lag-bytes", "narrow", "n2")
def _behind(scene: Scene) -> Iterator[None]:
    """12 MB behind"""
    link_of(scene).pace = 0
    fill(scene.primary, 14)
    scene.says(lambda: behind(scene) > 12 * MB)
    yield
    link_of(scene).pace = None
    scene.says(lambda: behind(scene) < MB)


@fault("replica-buffer", "narrow", "n1")
def _waiting(scene: Scene) -> Iterator[None]:
    """55 MB wait for a replica"""
    link_of(scene).pace = 0
    fill(scene.primary, 55)
    scene.begins()
    yield
    link_of(scene).pace = None
    scene.says(lambda: behind(scene) < MB)


@fault("backlog-small", "narrow", "n1", patience=60.0)
def _forgetful(scene: Scene) -> Iterator[None]:
    """a backlog of one second of writes"""
    for node in scene.group.nodes:
        node.ask("CONFIG", "SET", "repl-backlog-size", 100_000)
    with steady(scene.primary, 100_000):
        scene.begins()
        yield
        enlarge(scene)
        scene.begins()
        ended = scene.since
    scene.since = ended


@fault("failover-churn", "again", "", witness="n1", tells_for=600.0)
def _churning(scene: Scene) -> Iterator[None]:
    """the primary moves to and fro"""
    one, other = scene.group.nodes
    for old, new in ((one, other), (other, one), (one, other)):
        new.ask("REPLICAOF", "NO", "ONE")
        follow(old, new)
        eventually(lambda new=new: int(new.info("replication")["connected_slaves"]) == 1)
        scene.begins()
        time.sleep(3.0)  # two polls
    yield


@fault("restart-loop", "restarts", "n1", tells_for=3600.0)
def _restarting(scene: Scene) -> Iterator[None]:
    """three restarts"""
    one = scene.server("n1")
    for _ in range(3):
        time.sleep(4.0)  # two polls
        one.restart()
        scene.begins()
    yield

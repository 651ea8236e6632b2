"""Sentinels: gone, in TILT, of another mind, counted though they never came."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator

from redistui.demo.servers import Server
from redistui.demo.wire import ErrorReply
from tests.bench.faults.scene import Scene, fault
from tests.waiting import eventually


@fault("sentinel-down", "orders", "s3")
def _sentinel_killed(scene: Scene) -> Iterator[None]:
    """kill -9 of a Sentinel"""
    scene.begins()
    scene.server("s3").kill()
    yield
    scene.server("s3").start()
    scene.server("s3").wait()
    scene.begins()


@fault("quorum-edge", "orders", "", witness="s1")
def _edge(scene: Scene) -> Iterator[None]:
    """kill -9 of one of three Sentinels"""
    scene.begins()
    scene.server("s3").kill()
    yield
    scene.server("s3").start()
    scene.server("s3").wait()


@fault("quorum-lost", "orders", "", witness="s1")
def _lost(scene: Scene) -> Iterator[None]:
    """kill -9 of two of three Sentinels"""
    scene.begins()
    for name in ("s2", "s3"):
        scene.server(name).kill()
    yield
    for name in ("s2", "s3"):
        scene.server(name).start()
    scene.says(lambda: str(scene.server("s1").ask("SENTINEL", "CKQUORUM", "orders")).startswith("OK"))


@fault("sentinel-cannot-lead", "orders", "s3")
def _wants_more(scene: Scene) -> Iterator[None]:
    """a Sentinel with a quorum of five"""
    one = scene.server("s3")
    one.ask("SENTINEL", "SET", scene.name, "quorum", 5)
    scene.begins()
    yield
    one.ask("SENTINEL", "SET", scene.name, "quorum", 2)
    scene.begins()


@fault("tilt", "orders", "s3", patience=60.0)
def _tilted(scene: Scene) -> Iterator[None]:
    """SIGSTOP of a Sentinel for 4 s"""
    one = scene.server("s3")
    one.hang()
    time.sleep(4.0)
    one.resume()
    scene.says(lambda: one.info("sentinel")["sentinel_tilt"] == "1")
    yield
    scene.says(lambda: one.info("sentinel")["sentinel_tilt"] == "0")


@fault("sentinels-disagree", "orders", "s3")
def _of_another_mind(scene: Scene) -> Iterator[None]:
    """a Sentinel that was set to watch a replica"""
    one = scene.server("s3")
    watch_anew(one, scene, scene.server("n2"), quorum=2)
    scene.begins()
    yield
    watch_anew(one, scene, scene.group.primary, quorum=2)
    scene.begins()


def watch_anew(one: Server, scene: Scene, primary: Server, quorum: int) -> None:
    one.ask("SENTINEL", "REMOVE", scene.name)
    one.ask("SENTINEL", "MONITOR", scene.name, *primary.address.split(":"), quorum)
    one.ask("SENTINEL", "SET", scene.name, "down-after-milliseconds", 2000, "failover-timeout", 10000)


@fault("resurrected-primary", "orders", "n1", patience=40.0)
def _back(scene: Scene) -> Iterator[None]:
    """a hung primary, replaced meanwhile, goes on"""
    old = scene.primary
    old.hang()
    eventually(lambda: any(role(node) == "master" for node in scene.group.nodes[1:]), 40)
    eventually(lambda: all(named(one, "orders") != old.port for one in scene.group.sentinels), 40)
    scene.begins()
    old.resume()
    yield
    scene.says(lambda: role(old) == "slave")


def role(server: Server) -> str | None:
    try:
        return str(server.ask("ROLE", seconds=1.0)[0])
    except (OSError, EOFError, ErrorReply):
        return None


def named(one: Server, group: str) -> int:
    return int(one.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", group)[1])


@fault("ghost-sentinel", "ghosts", "", witness="s1", only="redis-6.2")
def _twin(scene: Scene) -> Iterator[None]:
    """a Sentinel that came back under another id"""
    one = scene.server("s2")
    path = one.directory / "server.conf"
    one.stop()
    path.write_text(re.sub("sentinel myid [0-9a-f]{40}", f"sentinel myid {'b' * 40}", path.read_text()))
    one.start()
    one.wait()
    scene.says(lambda: len(scene.server("s1").ask("SENTINEL", "SENTINELS", "ghosts")) == 2)
    yield
    for each in scene.group.sentinels:
        each.ask("SENTINEL", "RESET", "ghosts")
    scene.begins()


@fault("ghost-sentinel", "ghosts", "*", witness="s1", patience=400.0)
def _ghost(scene: Scene) -> Iterator[None]:
    """a Sentinel that greeted once, and never came"""
    port = free_port()
    epoch = 0
    said = f"127.0.0.1,{port},{'a' * 40},{epoch},ghosts,127.0.0.1,{scene.primary.port},0"
    scene.primary.ask("PUBLISH", "__sentinel__:hello", said)
    eventually(lambda: len(scene.server("s1").ask("SENTINEL", "SENTINELS", "ghosts")) == 2)
    scene.says(lambda: ghost_age(scene) > 300_000, 400.0)
    yield
    for one in scene.group.sentinels:
        one.ask("SENTINEL", "RESET", "ghosts")
    scene.begins()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def ghost_age(scene: Scene) -> int:
    ages = []
    for row in scene.server("s1").ask("SENTINEL", "SENTINELS", "ghosts"):
        told = dict(zip(row[::2], row[1::2], strict=True))
        ages.append(int(told["last-hello-message"]))
    return max(ages)

"""All keys of a cluster, as its primaries hold them: what must be the same before and after slots were moved."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator, Mapping

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.demo.wire import Wire, pack
from redistui.replies.slot import slot_of


def primaries(group: RunningGroup) -> list[Server]:
    """Those that answer, in their own words."""
    return [node for node in group.nodes if node.answers() and node.ask("ROLE")[0] == "master"]


def own_slots(node: Server) -> set[int]:
    """By its own line of CLUSTER NODES."""
    (mine,) = (line.split() for line in node.ask("CLUSTER", "NODES").splitlines() if "myself" in line)
    ranges = [word.partition("-")[::2] for word in mine[8:] if not word.startswith("[")]
    return {slot for first, last in ranges for slot in range(int(first), int(last or first) + 1)}


def open_slots(group: RunningGroup) -> list[str]:
    """What any node that answers says of slots half-way."""
    nodes = [node for node in group.nodes if node.answers()]
    return [word for n in nodes for word in n.ask("CLUSTER", "NODES").split() if "->-" in word or "-<-" in word]


def views(group: RunningGroup) -> set[tuple[tuple[str, ...], ...]]:
    """Who owns what, as each node that answers sees it: one, where all agree."""
    found = set()
    for node in group.nodes:
        if node.answers():
            lines = [line.split() for line in node.ask("CLUSTER", "NODES").splitlines()]
            found.add(tuple(sorted((words[0], *words[8:]) for words in lines if words[8:])))
    return found


def keys_at(node: Server) -> Iterator[str]:
    cursor = "0"
    with node.connect(10.0) as wire:
        while True:
            cursor, some = wire.ask("SCAN", cursor, "COUNT", "1000")
            yield from some
            if cursor == "0":
                return


def digest(group: RunningGroup) -> Mapping[str, str]:
    """Every key and its value (DUMP), and where it is not where it belongs, that."""
    found: dict[str, str] = {}
    for node in primaries(group):
        keys, mine = list(keys_at(node)), own_slots(node)
        with node.connect(10.0) as wire:
            for key, value in zip(keys, dumped(wire, keys), strict=True):
                astray = "" if slot_of(key.encode()) in mine else f" astray at {node.address}"
                twice = " and elsewhere" if key in found else ""
                found[key] = f"{value}{astray}{twice}"
    return found


def dumped(wire: Wire, keys: list[str]) -> Iterator[str]:
    for at in range(0, len(keys), 500):
        part = keys[at : at + 500]
        wire.send(b"".join(pack("DUMP", key) for key in part))
        yield from (hashlib.sha256(str(wire.read()).encode()).hexdigest()[:16] for _ in part)


def checked(group: RunningGroup) -> str:
    """What redis-cli has to say against the cluster; empty: nothing."""
    node = primaries(group)[0]
    done = subprocess.run(
        ["redis-cli", "--no-auth-warning", "--cluster", "check", node.address],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    fine = done.returncode == 0 and "All 16384 slots covered" in done.stdout and "[ERR]" not in done.stdout
    return "" if fine and "[WARNING]" not in done.stdout else f"{done.stdout}{done.stderr}"

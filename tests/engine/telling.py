"""Servers in short form, as they would answer a poll: an Observation in a line, for tests without any socket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from redistui.engine.assemble import Assembler
from redistui.engine.observation import Observation, ServerKind
from redistui.model import Fault, FaultKind, Fleet, Target

NOW = 1000.0
PLAIN = Target(("a:1",))


def told(
    address: str,
    follows: str | None = None,
    *,
    replicas: Sequence[str] = (),
    at: float = NOW,
    replid: str = "1",
    replid2: str = "0",
    run_id: str | None = None,
    offset: int = 100,
    kind: ServerKind = "data",
    view: str | None = None,
    answers: Mapping[str, Any] | None = None,
    **fields: object,
) -> Observation:
    """A primary, or a replica of `follows`; `replid="1"` stands for forty ones. `view`: its CLUSTER NODES."""
    said: dict[str, object] = {"redis_version": "7.0.15", "run_id": run_id or address, "role": "master"}
    if follows:
        host, _, port = follows.rpartition(":")
        said |= {"role": "slave", "master_host": host, "master_port": port, "master_link_status": "up"}
        said |= {"slave_repl_offset": offset, "slave_priority": 100}
        role: list[Any] = [b"slave", host.encode(), int(port), b"connected", offset]
    else:
        role = [b"master", offset, [[*one.encode().rsplit(b":", 1), b"0"] for one in replicas]]
    said |= {"master_replid": replid * 40, "master_replid2": replid2 * 40, "master_repl_offset": offset}
    info = "".join(f"{name}:{value}\r\n" for name, value in (said | fields).items()).encode()
    found: dict[str, Any] = {"ping": b"PONG", "role": role, "info": info}
    if view is not None:
        kind, found["cluster-info"] = "cluster", b"cluster_state:ok\r\ncluster_current_epoch:3\r\n"
        found["cluster-nodes"] = view.encode()
    return Observation(address, at, at - 0.001, kind, {**found, **(answers or {})}, ping_ms=1.0)


def sentinel_told(
    address: str, watches: Mapping[str, str], *, replicas: Sequence[str] = (), peers: Sequence[str] = (),
    at: float = NOW, names: bool = True, run_id: str | None = None,
) -> Observation:  # fmt: skip
    """A Sentinel that watches `name -> primary`, of each these replicas and peers; `names=False`: its first poll."""
    info = f"redis_version:7.0.15\r\nredis_mode:sentinel\r\nrun_id:{run_id or address}\r\nsentinel_tilt:0\r\n"
    rest: dict[str, object] = {"flags": "master", "config-epoch": 1, "quorum": 2, "num-other-sentinels": len(peers)}
    masters = [_row(name=name, ip=place, **rest) for name, place in watches.items()]
    answers: dict[str, Any] = {"ping": b"PONG", "info": info.encode(), "masters": masters, "myid": address.encode()}
    for name in watches if names else ():
        answers[f"replicas/{name}"] = [_row(name=one, ip=one, flags="slave") for one in replicas]
        answers[f"sentinels/{name}"] = [_row(name=one, ip=one, flags="sentinel") for one in peers]
        answers[f"ckquorum/{name}"] = b"OK 3 usable Sentinels"
    return Observation(address, at, at - 0.001, "sentinel", answers)


def _row(*, ip: str, **fields: object) -> list[bytes]:
    host, _, port = ip.rpartition(":")
    flat = [("ip", host), ("port", port), *((name, str(value)) for name, value in fields.items())]
    return [word.encode() for pair in flat for word in pair]


def silent(address: str, kind: FaultKind = "hung", *, at: float = NOW) -> Observation:
    return Observation(address, at, at, "unknown", {}, Fault(kind, f"is {kind}", at))


def member(name: str, slots: str = "", *, primary: str | None = None, flags: str = "", at: str | None = None) -> str:
    """A line of CLUSTER NODES."""
    words = [name.encode().hex().rjust(40, "0"), f"{at or name + ':1'}@2"]
    words.append(",".join(filter(None, [flags, "slave" if primary else "master"])))
    words += [primary.encode().hex().rjust(40, "0") if primary else "-", "0", "0", "1", "connected", *slots.split()]
    return " ".join(words) + "\n"


def assembled(*told: Observation, targets: Mapping[str, Target] | None = None, hinted: Sequence[str] = ()) -> Assembler:
    """All of these taken in; each is found through PLAIN unless `targets` says otherwise."""
    made = Assembler()
    for seen in told:
        made.expect(seen.address, (targets or {}).get(seen.address, PLAIN), seen.address in hinted)
        made.take(seen)
    return made


def drawn(*told: Observation, at: float = NOW, **options: Any) -> Fleet:
    return assembled(*told, **options).fleet(at, 1.0)


def groups(fleet: Fleet) -> dict[str, list[str]]:
    """Name -> addresses, Sentinels behind a bar."""
    return {
        group.name: [one.address for one in group.nodes] + ["|" + one.address for one in group.sentinels]
        for group in fleet.groups
    }

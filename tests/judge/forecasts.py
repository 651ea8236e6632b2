"""Fleets to be forecast, in short form: Sentinels that know each other and the replicas, clusters with replicas."""

from __future__ import annotations

from dataclasses import replace

from redistui.judge.forecast import Assumed, Forecast, GroupForecast, forecast
from redistui.model import Fleet, Group, Node, Sentinel, Watch, WatchedReplica, WatchedSentinel
from tests.judge.short import NOW, at, fault_of, fleet, group, node

A = node("a")
B, C = node("b", "a"), node("c", "a")


def run_id(name: str) -> str:
    """Sorts as the name does."""
    return name.encode().hex().ljust(40, "0")


def seen(one: Node, **changed: object) -> WatchedReplica:
    """A replica as a Sentinel sees it that sees it well."""
    own = one.replication
    made = WatchedReplica(
        address=one.address,
        flags=frozenset({"replica"}),
        run_id=run_id(one.address[:-2]),
        link_up=True,
        priority=None if own is None else own.priority,
        offset=None if own is None else own.offset,
        primary=at("a"),
        last_ok_ping_ms=300,
        info_refresh_ms=4_000,
        link_down_ms=0,
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def peer(name: str, *flags: str) -> WatchedSentinel:
    return WatchedSentinel(at(name), frozenset({"sentinel", *flags}), name, None, 0, 0)


def juror(name: str, everybody: str, replicas: tuple[WatchedReplica, ...], *, quorum: int = 2, tilt: bool = False,
          down: bool = False, ghosts: str = "", **changed: object) -> Sentinel:  # fmt: skip
    """A Sentinel that knows the others of `everybody`, and the ghosts, which are down."""
    peers = tuple(peer(one) for one in everybody if one != name) + tuple(peer(one, "s_down") for one in ghosts)
    watch = Watch(
        "orders", at("a"), frozenset({"primary"}), 1, quorum, len(peers), len(replicas), 2000, 10000, 1, None, None,
        "ok", replicas, peers, 200,
    )  # fmt: skip
    found = Sentinel(at(name), NOW, tilt=tilt, tilt_seconds=3 if tilt else 0,
                     watches={"orders": replace(watch, **changed)})  # type: ignore[arg-type]  # fmt: skip
    return replace(found, fault=fault_of("refused")) if down else found


def watched(*replicas: Node, sentinels: str = "xyz", quorum: int = 2, primary: Node = A, **changed: object) -> Group:
    """A primary and replicas, which all Sentinels see alike."""
    views = tuple(seen(one) for one in replicas)
    jury = (juror(name, sentinels, views, quorum=quorum, **changed) for name in sentinels)  # type: ignore[arg-type]
    nodes = (replace(one, run_id=run_id(one.address[:-2])) for one in (primary, *replicas))
    return group(*nodes, *jury)


def guarded(one: Group, *names: str) -> Group:
    """The same with min-replicas-to-write set at these."""
    marked = {at(name) for name in names}
    return replace(one, nodes=tuple(_guarded(each) if each.address in marked else each for each in one.nodes))


def _guarded(one: Node) -> Node:
    return one if one.replication is None else replace(one, replication=replace(one.replication, good_replicas=1))


def told(one: Group, killed: str, assumed: Assumed | None = None) -> GroupForecast:
    """Of one group; the killed by their letters."""
    found = whole(fleet(one), killed, assumed).group(one.name)
    assert found is not None
    return found


def whole(those: Fleet, killed: str, assumed: Assumed | None = None) -> Forecast:
    return forecast(those, [at(name) for name in killed.split()], assumed or Assumed())


def short(address: str | None) -> str | None:
    return None if address is None else address.removesuffix(":1")

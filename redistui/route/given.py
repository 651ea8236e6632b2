"""What a route is given, checked before it counts: a mistake is told where it was made, not where it hurts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from redistui.model import Address
from redistui.route.failures import BadRoute

PORTS = range(1, 65536)


def checked_nodes(nodes: Sequence[Address]) -> tuple[Address, ...]:
    """Addresses, `host:port` or `unix:/path`. Raises BadRoute, without a word of what may be a password.

    >>> checked_nodes(["10.0.0.1:6379", "::1:6379", "unix:/run/redis.sock"])
    ('10.0.0.1:6379', '::1:6379', 'unix:/run/redis.sock')
    """
    if nodes is None or isinstance(nodes, str | bytes):
        raise BadRoute("a route takes a list of addresses, also where it is one: ['10.0.0.1:6379']")
    return tuple(map(_checked, nodes))


def _checked(node: object) -> Address:
    if not isinstance(node, str):
        raise BadRoute(f"an address is text, 'host:port', not {type(node).__name__}")
    if node.startswith("unix:/") and "://" not in node:
        return node
    if "://" in node or "@" in node:
        raise BadRoute(
            "a route takes addresses, not URLs: 'host:port', and who logs in with which password or certificate as "
            "access=Access(data=Login(user, password), tls=Tls(ca=...))"
        )
    host, _, port = node.rpartition(":")
    if not host or not port.isdecimal() or int(port) not in PORTS:
        raise BadRoute(f"{node!r} is no address: write 'host:port', as in '10.0.0.1:6379'")
    if "[" in host:
        raise BadRoute(f"{node!r}: an IPv6 address stands here without brackets, as in '::1:6379'")
    return node


def checked_seconds(*, patience: float = 0.0, **above: float) -> None:
    """Raises BadRoute for what is no number of seconds. Only patience may be 0: then nothing is waited for."""
    for name, value in {"patience": patience, **above}.items():
        least = "0 or more" if name == "patience" else "more than 0"
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise BadRoute(f"{name} is {value!r}: it must be a number of seconds, {least}")
        if value < 0 or (value == 0 and name != "patience"):
            raise BadRoute(f"{name} is {value:g} seconds: it must be {least}")


def checked_connections(count: int) -> int:
    """How many connections a node may get at most. Raises BadRoute."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise BadRoute(f"connections is {count!r}: it must be a whole number, 1 or more")
    return count

"""poll: what it costs us to ask a server once, beside redis-py, and beside a client that reads no answer."""

from __future__ import annotations

from redistui.metrics import FIELDS
from redistui.replies import SECTIONS
from redistui.replies.info import NUMBERS, TEXTS
from tests.bench.child import Child, Place
from tests.bench.clients import Cost, Request
from tests.bench.farm import Farm
from tests.bench.table import Table, ratio

CLIENTS = {
    "ours": "ours: Poller and Assembler",
    "redis-py": "redis-py asyncio info()",
    "spread": "the same, spread evenly",
    "floor": "epoll, answers not read",
}
TURNS = 2
WARM = 2.0
FIELD_COUNT = len({*TEXTS, *NUMBERS, *FIELDS})
TARGET = 0.25


def measure(place: Place, farm: Farm, seconds: float) -> Table:
    """A turn of each client after the other, and again: A B C A B C, all on the same servers."""
    nodes = len(farm.servers)
    table = Table(
        f"poll: CPU of the client per poll of a node, {nodes} nodes at 1 Hz",
        ("", "us", "user", "system", "turns (us)", "Hz", "ours beside it"),
    )
    costs: dict[str, list[Cost]] = {name: [] for name in CLIENTS}
    for _ in range(TURNS):
        for name in CLIENTS:
            costs[name].append(_turn(place, farm, name, seconds))
    for name, title in CLIENTS.items():
        total = per_poll(costs[name])
        turns = " ".join(f"{per_poll([cost]):.0f}" for cost in costs[name])
        user = 1e6 * sum(cost["user"] for cost in costs[name]) / _polls(costs[name])
        table.add(
            title,
            f"{total:.1f}",
            f"{user:.1f}",
            f"{total - user:.1f}",
            turns,
            f"{pace(costs[name], nodes):.2f}",
            ratio(per_poll(costs["ours"]), total),
        )
    table.notes += [
        f"Target: ours at most {TARGET}x redis-py.",
        f"Ours asks PING, ROLE and INFO ({len(SECTIONS)} sections) and keeps {FIELD_COUNT} fields as values; redis-py "
        f"parses all of INFO. {TURNS} turns of {seconds:g} s each, idle servers in groups of {farm.size}, connections "
        f"held. All are asked at our own few instants of a period, but for the line that is spread evenly over it.",
    ]
    return table


def _turn(place: Place, farm: Farm, name: str, seconds: float) -> Cost:
    addresses = farm.addresses
    request = Request(client=name, addresses=addresses, nodes=len(addresses), warm=WARM, seconds=seconds)
    with Child(place, "clients", request) as child:
        cost: Cost = child.hear(seconds + 120)
    return cost


def per_poll(costs: list[Cost]) -> float:
    """Microseconds."""
    return 1e6 * sum(cost["user"] + cost["system"] for cost in costs) / _polls(costs)


def pace(costs: list[Cost], nodes: int) -> float:
    """How often a node was asked, per second: under 1 where the machine was too slow for clients and servers."""
    return _polls(costs) / sum(cost["seconds"] for cost in costs) / nodes


def _polls(costs: list[Cost]) -> int:
    return max(1, sum(cost["polls"] for cost in costs))

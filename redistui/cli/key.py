"""The slot of each key, by the server's own rule (CRC16, and only what stands in {braces} where there are some).

With --target also the node that owns the slot. After -- a key may begin with a dash.
"""

from __future__ import annotations

import argparse
import os

from redistui.cli.exits import FINE, USAGE, Quit
from redistui.cli.options import add_json, add_target_option, add_timeout
from redistui.model import Address, Cluster


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("keys", nargs="+", metavar="KEY", help="a key, as its bytes stand on the command line")
    add_target_option(parser)
    add_json(parser)
    parser.set_defaults(period=None)
    add_timeout(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.replies.slot import slot_of

    slots = [slot_of(os.fsencode(key)) for key in args.keys]
    owners: list[Address | None] = _owners(args, slots) if args.targets else [None] * len(slots)
    if args.json:
        from redistui.cli.output import put

        rows = zip(args.keys, slots, owners, strict=True)
        put([{"key": key, "slot": slot, "node": owner} for key, slot, owner in rows])
    else:
        _print_table(args.keys, slots, owners, with_owner=bool(args.targets))
    return FINE


def _owners(args: argparse.Namespace, slots: list[int]) -> list[Address | None]:
    from redistui.cli.opening import watching

    with watching(args) as (_, fleet):
        clusters = [group.cluster for group in fleet.groups if group.cluster is not None]
    if len(clusters) != 1:
        found = "none" if not clusters else f"{len(clusters)}"
        raise Quit(USAGE, [f"the owner of a slot needs a target that is one cluster; there is {found} behind this one"])
    return [owner_of(clusters[0], slot) for slot in slots]


def owner_of(cluster: Cluster, slot: int) -> Address | None:
    """The primary that serves a slot; None where nobody does."""
    shard = cluster.owners[slot]
    return None if shard < 0 else cluster.shards[shard].primary


def _print_table(keys: list[str], slots: list[int], owners: list[Address | None], *, with_owner: bool) -> None:
    from redistui.cli.paint import coloured, table
    from redistui.view.cells import Cell, Column

    columns = (Column("SLOT", 5, "right"), Column("OWNER", 21), Column("KEY", 20))
    rows = [
        (Cell(str(slot)), Cell((owner or "nobody") if with_owner else "", "primary" if owner else "bad"), Cell(key))
        for key, slot, owner in zip(keys, slots, owners, strict=True)
    ]
    for line in table(columns, rows, coloured(), indent=""):
        print(line)

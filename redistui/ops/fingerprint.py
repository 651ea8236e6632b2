"""A fingerprint of the part of a fleet that a plan rests on: a second operator's deed between preview and firing
changes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from redistui.model import Group


def fingerprint(*groups: Group) -> str:
    """Of who is who: run ids, roles, lineage, whom each replica follows, and every Sentinel's newest belief.

    Offsets, lag, links and other moving numbers do not count. Twelve hexadecimal digits.
    """
    rows = sorted((row for group in groups for row in _rows(group)), key=repr)
    return hashlib.sha256(repr(rows).encode("utf-8", "backslashreplace")).hexdigest()[:12]


def _rows(group: Group) -> Iterator[tuple[object, ...]]:
    for node in group.nodes:
        if not node.up:  # what it last said is forgotten after a while, and that is no change
            yield "silent", node.address, node.run_id
            continue
        replication = node.replication
        yield (
            "node",
            node.address,
            node.run_id,
            node.role,
            node.version,
            None if replication is None else replication.replid,
            None if replication is None else replication.primary,
            None if node.cluster is None else node.cluster.my_epoch,
        )
    for sentinel, watch in group.watches():
        if sentinel.up:
            yield "sentinel", sentinel.address, sentinel.run_id, watch.primary, watch.epoch
    if group.cluster is not None:
        yield "slots", group.cluster.owners

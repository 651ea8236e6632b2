"""A fingerprint of the part of a fleet that a plan rests on: a second operator's deed between preview and firing
changes it."""

from __future__ import annotations

import hashlib

from redistui.model import Group


def fingerprint(group: Group) -> str:
    """Of who is who: run ids, roles, lineage, whom each replica follows, and every Sentinel's newest belief.

    Offsets, lag, links and other moving numbers do not count. Twelve hexadecimal digits.
    """
    rows: list[tuple[object, ...]] = []
    for node in group.nodes:
        replication = node.replication
        rows.append(
            (
                "node",
                node.address,
                node.run_id,
                node.role,
                node.version,
                None if replication is None else replication.replid,
                None if replication is None else replication.primary,
                None if node.cluster is None else node.cluster.my_epoch,
            )
        )
    for sentinel, watch in group.watches():
        if sentinel.up:
            rows.append(("sentinel", sentinel.address, sentinel.run_id, watch.primary, watch.epoch))
    if group.cluster is not None:
        rows.append(("slots", group.cluster.owners))
    return hashlib.sha256(repr(sorted(rows, key=repr)).encode("utf-8", "backslashreplace")).hexdigest()[:12]

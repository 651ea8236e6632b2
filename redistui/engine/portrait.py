"""Portraits: a frozen Node or Sentinel of what a Ledger holds.

A value that was not said, or could not be read, is None. A server that is silent for long (redistui.engine.assemble
says from when) is known only by its address, its fault, the role it last had and where it last stood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from redistui.engine.ledger import Ledger
from redistui.engine.merged import cluster_view, flag, replication
from redistui.model import Address, Node, Replication, Sentinel, Sighting
from redistui.model.unfrozen import unfrozen

_ROLES = {"master": "primary", "slave": "replica"}
_Node = unfrozen(Node)


def node_of(ledger: Ledger, known_as: Mapping[Address, Address]) -> Node:
    """A data node; `known_as` leads from other addresses of a server to the one used here."""
    conflict = _conflict(ledger)
    seen = ledger.seen_at is not None
    node = _Node(
        address=ledger.address,
        seen_at=ledger.seen_at,
        fault=ledger.fault,
        role=None if conflict else _role(ledger),
        last_role=ledger.last_role,
        conflict=conflict,
        server=ledger.who[0] if seen else None,
        version=ledger.version,
        run_id=ledger.run_id,
        replication=_replication(ledger, known_as) if seen else None,
        cluster=cluster_view(ledger.facts, ledger.view) if ledger.kind == "cluster" else None,
        metrics=_with_standing(ledger),
        ping_ms=ledger.ping_ms,
        zone=ledger.zone,
        site=ledger.site,
        last_primary=_sighting(ledger),
        totals=ledger.meter.totals(),
        facts=ledger.meter.facts(ledger.info, ledger.server),
    )
    node.__class__ = Node
    return node


def silent_node_of(ledger: Ledger) -> Node:
    """A data node after a long silence: nothing it said still counts, but its role, should it tell that much."""
    return Node(
        ledger.address, ledger.seen_at, ledger.fault, _role(ledger), ledger.last_role, run_id=ledger.run_id,
        site=ledger.site, last_primary=_sighting(ledger),
    )  # fmt: skip


def sentinel_of(ledger: Ledger) -> Sentinel:
    info = ledger.info
    return Sentinel(
        address=ledger.address,
        seen_at=ledger.seen_at,
        fault=ledger.fault,
        run_id=ledger.myid or ledger.run_id,
        server=None if ledger.seen_at is None else ledger.who[0],
        version=ledger.version,
        tilt=flag(info.integer("sentinel_tilt")),
        tilt_seconds=info.integer("sentinel_tilt_since_seconds"),
        running_scripts=info.integer("sentinel_running_scripts"),
        queued_scripts=info.integer("sentinel_scripts_queue_length"),
        ping_ms=ledger.ping_ms,
        site=ledger.site,
        watches=ledger.watches,
    )


def _with_standing(ledger: Ledger) -> dict[str, float]:
    """Its numbers, a copy, and whether it answers; not that as long as nobody knows."""
    metrics = ledger.metrics.copy()
    if ledger.fault is not None:
        metrics["up"] = float(not ledger.fault.down)
    elif ledger.seen_at is not None:
        metrics["up"] = 1.0
    return metrics


def _sighting(ledger: Ledger) -> Sighting | None:
    """Where its data stood when it was last seen as a primary."""
    if ledger.last_role != "primary" or ledger.seen_at is None:
        return None
    replid, offset = ledger.info.text("master_replid"), ledger.info.integer("master_repl_offset")
    if replid is None or offset is None:
        return None
    return Sighting(replid, offset, ledger.seen_at, max(ledger.paces, default=None), ledger.silent_at)


def _role(ledger: Ledger) -> Literal["primary", "replica"] | None:
    return None if ledger.role is None or ledger.role.role == "sentinel" else ledger.role.role


def _conflict(ledger: Ledger) -> str | None:
    """In what a server contradicts itself; None: it does not."""
    said = _ROLES.get(ledger.info.text("role") or "")
    if ledger.role is not None and said is not None and said != ledger.role.role:
        return f"ROLE says {ledger.role.role}, INFO says {said}"
    if ledger.info.twice:
        return f"INFO says {', '.join(ledger.info.twice)} more than once"
    return None


def _replication(ledger: Ledger, known_as: Mapping[Address, Address]) -> Replication:
    primary, said = ledger.primary, ledger.role
    follows = known_as.get(primary, primary) if primary else primary
    link_state = said.link_state if said is not None else None
    return replication(ledger.info, ledger.seen_at, follows, link_state, replica=ledger.last_role == "replica")

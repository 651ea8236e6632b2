"""`sites` of `status --json`: each site with the groups that stand there, and what its loss would do to them.

    SITE   {"name": null|NAME, "primary": bool, "health", "nodes", "nodes_up", "latency_ms", "if_lost": FATE|null,
            "groups": [PART]}
    PART   {"group", "health", "leads": bool, "nodes", "nodes_up", "lag_bytes",
            "if_lost": {"fate": FATE, "to": [NAME], "promoted": [ADDRESS], "loss_bytes", "outage_seconds", "reason"}}
    FATE   "continue|itself|by hand|stop|unknown", as in redistui.judge.site_loss

What stands at no site has the name null; a fleet without any site has an empty list.
"""

from __future__ import annotations

from typing import Any

from redistui.judge.site_loss import SiteLoss
from redistui.judge.sites import NOWHERE, SiteGroup, SiteState, sites
from redistui.model import Fleet

Document = dict[str, Any]


def sites_document(fleet: Fleet) -> list[Document]:
    states = sites(fleet)
    return [] if all(state.name == NOWHERE for state in states) else [_site(state) for state in states]


def _site(state: SiteState) -> Document:
    return {
        "name": None if state.name == NOWHERE else state.name,
        "primary": state.primary,
        "health": state.health,
        "nodes": state.nodes,
        "nodes_up": state.nodes_up,
        "latency_ms": _rounded(state.latency_ms),
        "if_lost": state.available,
        "groups": [_part(part) for part in state.groups],
    }


def _part(part: SiteGroup) -> Document:
    return {
        "group": part.name,
        "health": part.health,
        "leads": part.primary_here,
        "nodes": part.nodes,
        "nodes_up": part.nodes_up,
        "lag_bytes": part.lag_bytes,
        "if_lost": _lost(part.lost),
    }


def _lost(lost: SiteLoss) -> Document:
    return {
        "fate": lost.fate,
        "to": list(lost.to),
        "promoted": list(lost.heirs),
        "loss_bytes": lost.bytes,
        "outage_seconds": _rounded(lost.seconds),
        "reason": lost.why,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)

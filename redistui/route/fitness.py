"""Which replicas may answer reads: pure, from what each node said at its last check."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model import Address
from redistui.route.health import Seen

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far behind its primary a replica that answers reads may be; None: as far as it likes."""

    lag_bytes: int | None = MEBIBYTE
    lag_seconds: float | None = 10.0
    """Since the replica last told its primary how far it is, which it does once a second; and where the primary does
    not answer, since its link to it ended."""


def why_unfit(node: Address, replica: Seen | None, primary: Seen | None, bounds: Bounds) -> str:
    """Why a replica is not asked; empty: it may be. Data of which nobody can tell how old it is, is not served."""
    if replica is None:
        return "it was not asked yet"
    if replica.why_not:
        return replica.why_not
    if replica.role == "primary":
        return "it says that it is a primary itself"
    if replica.syncing:
        return "it is being filled by its primary"
    if not replica.link_up:
        return _why_cut_off(replica, primary, bounds)
    return "" if primary is None or primary.why_not else _why_behind(node, replica, primary, bounds)


def _why_cut_off(replica: Seen, primary: Seen | None, bounds: Bounds) -> str:
    """While the primary itself does not answer, every link to it is down: then a replica is as old as that, and is read
    within the bounds. While it does answer, it is the better one to ask."""
    down = replica.down_seconds
    if (primary is not None and not primary.why_not) or down is None or down < 0:
        return "its link to the primary is down"
    if bounds.lag_seconds is not None and down > bounds.lag_seconds:
        return f"its link to the primary is down for {down} s"
    return ""


def _why_behind(node: Address, replica: Seen, primary: Seen, bounds: Bounds) -> str:
    if replica.replid is not None and primary.replid is not None and replica.replid != primary.replid:
        return "it has another history than the primary (replid)"
    lag = lag_bytes(replica, primary)
    if bounds.lag_bytes is not None and lag is not None and lag > bounds.lag_bytes:
        return f"it is {lag:,} bytes behind"
    seconds = primary.acks.get(node)
    if bounds.lag_seconds is not None and seconds is not None and seconds > bounds.lag_seconds:
        return f"it has not acknowledged anything for {seconds} s"
    return ""


def lag_bytes(replica: Seen, primary: Seen) -> int | None:
    """Both asked at one instant, as nearly as can be; None: one of them did not say."""
    if replica.offset is None or primary.offset is None:
        return None
    return max(0, primary.offset - replica.offset)

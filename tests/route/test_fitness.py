"""Which replicas may answer reads."""

from __future__ import annotations

from typing import Any

import pytest

from redistui.route.fitness import Bounds, lag_bytes, why_unfit
from redistui.route.health import Seen

NODE = "10.0.0.2:6379"
PRIMARY: dict[str, Any] = {"role": "primary", "replid": "x", "offset": 5_000_000, "acks": {NODE: 1}}
REPLICA: dict[str, Any] = {"role": "replica", "replid": "x", "offset": 5_000_000, "link_up": True}


def seen(base: dict[str, Any], **changes: Any) -> Seen:
    return Seen(0.0, **{**base, **changes})


@pytest.mark.parametrize(
    ("replica", "primary", "reason"),
    [
        (seen(REPLICA), seen(PRIMARY), ""),
        (seen(REPLICA, offset=5_000_900), seen(PRIMARY), ""),  # asked a moment later
        (seen(REPLICA, offset=4_000_000), seen(PRIMARY), ""),
        (seen(REPLICA, offset=3_000_000), seen(PRIMARY), "it is 2,000,000 bytes behind"),
        (seen(REPLICA), seen(PRIMARY, acks={NODE: 11}), "it has not acknowledged anything for 11 s"),
        (seen(REPLICA), seen(PRIMARY, acks={}), ""),  # chained: another node hears its acknowledgements
        (seen(REPLICA, replid="y"), seen(PRIMARY), "it has another history than the primary (replid)"),
        (seen(REPLICA, replid=None), seen(PRIMARY), ""),
        (seen(REPLICA, link_up=False), seen(PRIMARY), "its link to the primary is down"),
        (seen(REPLICA, link_up=None), seen(PRIMARY), "its link to the primary is down"),
        (seen(REPLICA, link_up=False, down_seconds=3), seen(PRIMARY), "its link to the primary is down"),
        (seen(REPLICA, link_up=False, down_seconds=3), seen(PRIMARY, why_not="no answer"), ""),
        (seen(REPLICA, link_up=False, down_seconds=3), None, ""),
        (
            seen(REPLICA, link_up=False, down_seconds=11),
            seen(PRIMARY, why_not="no answer"),
            "its link to the primary is down for 11 s",
        ),
        (seen(REPLICA, link_up=False, down_seconds=-1), None, "its link to the primary is down"),  # it never was up
        (seen(REPLICA, link_up=False, down_seconds=None), None, "its link to the primary is down"),
        (seen(REPLICA, syncing=True), seen(PRIMARY), "it is being filled by its primary"),
        (seen(REPLICA, why_not="LOADING x"), seen(PRIMARY), "LOADING x"),
        (seen(PRIMARY), seen(PRIMARY), "it says that it is a primary itself"),
        (None, seen(PRIMARY), "it was not asked yet"),
        (seen(REPLICA, offset=0), None, ""),
        (seen(REPLICA, offset=0), seen(PRIMARY, why_not="no answer"), ""),
    ],
)
def test_why_a_replica_is_left_out(replica: Seen | None, primary: Seen | None, reason: str) -> None:
    assert why_unfit(NODE, replica, primary, Bounds()) == reason


def test_bounds_can_be_lifted() -> None:
    far = seen(REPLICA, offset=1), seen(PRIMARY, acks={NODE: 1000})
    assert why_unfit(NODE, *far, Bounds(lag_bytes=None, lag_seconds=None)) == ""
    assert why_unfit(NODE, *far, Bounds(lag_bytes=None)).startswith("it has not acknowledged")


def test_lag_is_never_below_0_and_unknown_where_one_does_not_say() -> None:
    assert lag_bytes(seen(REPLICA, offset=9_000_000), seen(PRIMARY)) == 0
    assert lag_bytes(seen(REPLICA, offset=None), seen(PRIMARY)) is None

"""The forecast of a fleet: each group by its own rules, and what it would take to stop one."""

from __future__ import annotations

from collections.abc import Iterable

from redistui.judge.forecast import cluster, plain, sentinel
from redistui.judge.forecast.stop import smallest
from redistui.judge.forecast.verdict import Forecast, GroupForecast
from redistui.judge.forecast.world import USUAL, Assumed
from redistui.model import Address, Fleet, Group


def forecast(
    fleet: Fleet, killed: Iterable[Address], assumed: Assumed = USUAL, *, smallest_stop: bool = True
) -> Forecast:
    """What the loss of these servers would do to every group that they are in; of none: to every group.

    Without `smallest_stop` that is not looked for, which is most of the work.
    """
    lost = tuple(dict.fromkeys(killed))
    out = frozenset(lost)
    hit = [group for group in fleet.groups if not lost or any(member.address in out for member in group.members)]
    told = tuple(_foresee(fleet, group, out, assumed) for group in hit)
    if not smallest_stop or any(one.writes == "stop" for one in told):
        return Forecast(lost, told)
    stops = [stop for group in hit if (stop := smallest(fleet, group, out, assumed)) is not None and stop.nodes]
    least = min(stops, key=lambda stop: len(stop.nodes), default=None)
    if least is None:
        return Forecast(lost, told)
    return Forecast(lost, told, least.nodes, least.exact)


def _foresee(fleet: Fleet, group: Group, out: frozenset[Address], assumed: Assumed) -> GroupForecast:
    if group.kind == "cluster":
        return cluster.foresee(fleet, group, out, assumed)
    if group.kind == "sentinel":
        return sentinel.foresee(fleet, group, out)
    return plain.foresee(group, out)

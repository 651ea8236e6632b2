"""What would happen if these nodes were lost now: pure, from one snapshot.

    from redistui.judge.forecast import forecast, members_at

    forecast(fleet, {"10.0.0.1:6379"})            # these nodes, Sentinels among them if they are named
    forecast(fleet, members_at(fleet, "east"))    # a whole site
    forecast(fleet, ())                           # nothing lost: how all groups stand as they are

All of them are taken to go at the same moment, and not to come back. Whoever does not answer already counts as gone,
too. Groups that none of them belongs to are left out.
"""

from __future__ import annotations

from redistui.judge.forecast.foresee import forecast
from redistui.judge.forecast.verdict import Forecast, GroupForecast, ShardForecast, Writes
from redistui.judge.forecast.world import Assumed, members_at

__all__ = ["Assumed", "Forecast", "GroupForecast", "ShardForecast", "Writes", "forecast", "members_at"]

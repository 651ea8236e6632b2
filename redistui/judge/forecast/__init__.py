"""What would happen if these nodes were lost now: pure, from one snapshot."""

from __future__ import annotations

from redistui.judge.forecast.verdict import Forecast, GroupForecast, ShardForecast, Writes

__all__ = ["Forecast", "GroupForecast", "ShardForecast", "Writes"]

"""Scene: everything a panel needs to draw itself once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from redistui.history import History
from redistui.model import Address, Fleet, Group
from redistui.model.canaries import CanaryPlan, CanaryState
from redistui.tui.themes import Theme
from redistui.view.glyphs import Glyphs


class Scene(NamedTuple):
    """One snapshot, and how it is being looked at. A paused view keeps getting scenes of the same fleet."""

    fleet: Fleet
    group: Group | None
    """The group that is looked at; None only while no group is known."""
    history: History
    theme: Theme
    """A panel that caches strips drops them when this is another object than the last one."""
    glyphs: Glyphs
    filter: str = ""
    """What was typed after `/`: rows without it are left out or dimmed. Compared without regard to case."""
    paused: bool = False
    armed: bool = False
    canary: CanaryState | None = None
    """Of the canary that runs, or ran last."""
    canary_plan: CanaryPlan | None = None
    """What it does; while none runs, what would be started here."""
    lags_ms: Mapping[Address, float] = {}
    """Replication lag of each replica that the canary's markers reach, in ms; empty while none are sent."""
    thresholds: Mapping[str, float] = {}
    """Those that the config sets, as judge.rules has them."""

    @property
    def now(self) -> float:
        """Ages are told against the snapshot's own time, so that a paused view stays as it is."""
        return self.fleet.at

    @property
    def ascii(self) -> bool:
        return self.glyphs.ascii

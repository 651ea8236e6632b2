"""SCREENS: the panels, in the order of their keys."""

from __future__ import annotations

from redistui.tui.panel import Panel
from redistui.tui.screens.consensus import Consensus
from redistui.tui.screens.events import Events
from redistui.tui.screens.metrics import Metrics
from redistui.tui.screens.routes import Routes
from redistui.tui.screens.sentinels import Sentinels
from redistui.tui.screens.sites import Sites
from redistui.tui.screens.slots import Slots
from redistui.tui.screens.topology import Topology

SCREENS: tuple[type[Panel], ...] = (Topology, Sentinels, Slots, Sites, Metrics, Events, Routes, Consensus)

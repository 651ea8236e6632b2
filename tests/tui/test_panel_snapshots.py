"""Pictures of every panel, at the smallest common size and at a large one, from one fixed moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest
from textual.app import App

from redistui.model import Fleet
from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from redistui.tui.panel import Panel
from redistui.tui.screens import Events, Metrics, Sentinels, Sites, Slots, Topology
from redistui.tui.screens.routes import Routes
from tests import fleets
from tests.alerts import alarmed
from tests.tui.panels import Stage, scene
from tests.tui.stand_in import PANELS, standing_in
from tests.view.test_routes import PLAN, STATE

Compare = Callable[..., bool]
SIZES = {"80x24": (80, 22), "160x48": (160, 46)}
"""The house around a panel takes two lines."""
PICTURES: dict[str, tuple[type[Panel], Callable[[], Fleet], str | None, Sequence[str]]] = {
    "topology": (Topology, fleets.troubled, None, ()),
    "topology-faults": (Topology, fleets.faulty, None, ()),
    "topology-page": (Topology, fleets.troubled, None, ("down", "enter")),
    "sentinels": (Sentinels, fleets.troubled, None, ()),
    "sentinels-well": (Sentinels, fleets.two_sites, None, ()),
    "slots": (Slots, fleets.troubled, "cart", ("t",)),
    "slots-keys": (Slots, fleets.surveyed, "cart", ("m",)),
    "slots-cpu": (Slots, fleets.surveyed, "cart", ("m", "m", "H")),
    "slots-net": (Slots, partial(fleets.surveyed, troubled=True), "cart", ("m", "m", "m")),
    "slots-memory": (Slots, fleets.surveyed, "cart", ("M", "M", "z", "z")),
    "slots-migration": (Slots, partial(fleets.surveyed, troubled=True), "cart", ("M",)),
    "sites": (Sites, fleets.two_sites, None, ("down",)),
    "metrics": (Metrics, fleets.troubled, None, ()),
    "metrics-plot": (Metrics, fleets.quiet, None, ("enter",)),
    "events": (Events, fleets.troubled, None, ()),
    "events-alert": (Events, alarmed, None, ("w", "enter")),
    "events-page": (Events, alarmed, None, ("G", "up", "up", "enter")),
}


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PICTURES)
def test_a_panel_looks_as_it_did(name: str, size: str, snap_compare: Compare) -> None:
    kind, fleet, group, keys = PICTURES[name]
    app: App[None] = Stage(kind(), scene(fleet(), group=group))
    assert snap_compare(app, terminal_size=SIZES[size], press=keys)


@pytest.mark.parametrize("name", ["topology", "slots", "slots-keys", "slots-migration", "metrics-plot"])
def test_a_panel_in_ascii_looks_as_it_did(name: str, snap_compare: Compare) -> None:
    kind, fleet, group, keys = PICTURES[name]
    app: App[None] = Stage(kind(), scene(fleet(), group=group, ascii_signs=True))
    assert snap_compare(app, terminal_size=SIZES["80x24"], press=keys)


@pytest.mark.parametrize("size", SIZES)
def test_a_canary_looks_as_it_did(size: str, snap_compare: Compare) -> None:
    looked_at = scene(fleets.quiet())._replace(canary=STATE, canary_plan=PLAN, lags_ms=STATE.lags)
    assert snap_compare(Stage(Routes(), looked_at), terminal_size=SIZES[size])


@pytest.mark.parametrize("size", {"80x24": (80, 24), "160x48": (160, 48)}.values())
def test_the_what_if_dialog_looks_as_it_did(size: tuple[int, int], snap_compare: Compare) -> None:
    with standing_in(fleets.quiet()) as engine:
        app = RedistuiApp(engine, Settings(), panels=PANELS, clock=lambda: fleets.AT)  # type: ignore[arg-type]
        assert snap_compare(app, terminal_size=size, press=(":", *"whatif", "space", *"10.20.0.11:6379", "enter"))

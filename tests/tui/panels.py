"""A panel alone on a screen, fed with hand-built scenes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from redistui.history import History
from redistui.model import Fleet
from redistui.tui.dress import textual_theme
from redistui.tui.panel import Panel
from redistui.tui.scene import Scene
from redistui.tui.themes import Theme, load
from redistui.view.glyphs import glyphs
from tests import fleets


def theme(name: str = "dark") -> Theme:
    found, problems = load(name)
    assert found is not None, problems
    return found


def scene(
    fleet: Fleet,
    *,
    group: str | None = None,
    past: History | None = None,
    worn: Theme | None = None,
    ascii_signs: bool = False,
    wanted: str = "",
) -> Scene:
    """A fleet as it is looked at: its first group, unless another is named."""
    found = fleet.group(group) if group is not None else next(iter(fleet.groups), None)
    before = _past(fleet) if past is None else past
    return Scene(fleet, found, before, worn or theme(), glyphs(ascii_signs), wanted)


_PASTS: dict[object, History] = {}


def _past(fleet: Fleet) -> History:
    """Made once for all fleets of the same figures: a panel only reads it."""
    nodes = (node for group in fleet.groups for node in group.nodes)
    key = (fleet.at, tuple((node.address, tuple(node.metrics.items())) for node in nodes))
    if key not in _PASTS:
        _PASTS[key] = fleets.history(fleet)
    return _PASTS[key]


class Stage(App[None]):
    """Nothing but the panel, and what it asked for."""

    TITLE = "redistui"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, panel: Panel, first: Scene, *, late: bool = False) -> None:
        """`late`: the panel is shown before anybody gives it a scene."""
        super().__init__()
        self.late = late
        self.animation_level = "none"
        self.panel, self.scene = panel, first
        self.gone: list[Panel.Goto] = []
        self.wanted: list[tuple[str | None, bool, bool]] = []
        worn = textual_theme(first.theme)
        self.register_theme(worn)
        self.theme = worn.name

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        if not self.late:
            self.panel.focus_here()
            self.panel.show_scene(self.scene)

    def on_panel_goto(self, event: Panel.Goto) -> None:
        self.gone.append(event)

    def on_panel_wants(self, event: Panel.Wants) -> None:
        self.wanted.append((event.survey, event.moves, event.sample))


class Played:
    """A panel under a pilot."""

    def __init__(self, app: Stage, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(3):
            await self.pilot.pause()

    async def show(self, new: Scene) -> None:
        self.app.panel.show_scene(new)
        await self.settle()

    def text(self) -> list[str]:
        """The screen's lines, as characters."""
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]


@asynccontextmanager
async def played(panel: Panel, first: Scene, size: tuple[int, int] = (80, 22)) -> AsyncIterator[Played]:
    app = Stage(panel, first)
    async with app.run_test(size=size) as pilot:
        run = Played(app, pilot)
        await run.settle()
        yield run

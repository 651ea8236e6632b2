"""NodePage: everything that is known of one node, kept up to date while it is open."""

from __future__ import annotations

from redistui.model import Address
from redistui.tui.scene import Scene
from redistui.tui.widgets.table import LiveTable
from redistui.view.node import portrait

MARGIN = 2
"""Cells that are left free at its sides."""


class NodePage(LiveTable):
    """A page of text to scroll through."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, titles=False)
        self._opened: tuple[str, Address] | None = None

    @property
    def node(self) -> Address | None:
        """Whose page it is; None: it is closed."""
        return None if self._opened is None else self._opened[1]

    def open(self, group: str, node: Address) -> None:
        self._opened, self.cursor = (group, node), 0

    def close(self) -> None:
        self._opened = None

    def show_page(self, scene: Scene) -> bool:
        """Draws what changed; False when the node is gone from the fleet."""
        if self._opened is None:
            return True
        group = scene.fleet.group(self._opened[0])
        node = None if group is None else group.node(self._opened[1])
        if group is None or node is None:
            return False
        width = self.size.width - MARGIN
        lines = portrait(scene.fleet, group, node, scene.history, scene.glyphs, width)
        self.show(lines, scene.theme, scene.glyphs)
        return True

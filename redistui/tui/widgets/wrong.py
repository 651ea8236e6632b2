"""Wrong: what is wrong now. A strip of the gravest findings, or a list of all to walk through."""

from __future__ import annotations

from collections.abc import Sequence

from redistui.model import Finding, Group
from redistui.tui.scene import Scene
from redistui.tui.widgets.table import LiveTable
from redistui.view.findings import FindingList


class Wrong(LiveTable):
    """Gone while nothing is wrong."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, titles=False)
        self._findings: FindingList | None = None
        self.walk(False)

    def walk(self, on: bool) -> None:
        """The strip becomes a list that takes the keyboard, or a strip again."""
        self.can_focus = self.pointing = on
        self.cursor = 0

    @property
    def walking(self) -> bool:
        return self.can_focus

    def show_findings(self, scene: Scene, groups: Sequence[Group]) -> bool:
        """Takes over the findings on some groups; False when there is none."""
        names = {group.name for group in groups}
        found = [finding for finding in scene.fleet.findings if finding.group in names]
        self._findings = FindingList(found, scene.glyphs, len(groups) > 1)
        self.show(self._findings, scene.theme, scene.glyphs, scene.filter)
        return bool(found)

    @property
    def chosen(self) -> Finding | None:
        """The finding under the cursor."""
        return None if self._findings is None else self._findings.finding(self.cursor)

"""Watching: what the operator looks at. Plain state; the screens hold none of it themselves."""

from __future__ import annotations

from collections.abc import Mapping

from redistui.history import History
from redistui.model import Fleet, Group
from redistui.tui.scene import Scene
from redistui.tui.themes import Theme
from redistui.view.glyphs import Glyphs

PERIODS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds; `+` and `-` step through them."""


class Watching:
    """The fleet that is shown, which group of it, the filter, and whether the view is held still."""

    def __init__(self, fleet: Fleet, history: History, *, group: str | None, armed: bool) -> None:
        self.fleet = fleet
        """The one that is shown: while paused, the one of that moment."""
        self.newest = fleet
        self.history = history
        self.thresholds: Mapping[str, float] = {}
        self.wanted = group
        """The group's name; kept while the group is away, so that it comes back."""
        self.filter = ""
        self.armed = armed
        self.paused_at: float | None = None

    def take(self, fleet: Fleet) -> bool:
        """A new snapshot; False when the view is held still and nothing changes on the screen."""
        self.newest = fleet
        if self.paused_at is not None:
            return False
        self.fleet = fleet
        return True

    def pause(self, now: float) -> None:
        """Holds the view still, or lets it go on with the newest."""
        self.paused_at = None if self.paused_at is not None else now
        self.fleet = self.newest

    @property
    def group(self) -> Group | None:
        """The group that is looked at: the wanted one, else the first."""
        found = None if self.wanted is None else self.fleet.group(self.wanted)
        return found or next(iter(self.fleet.groups), None)

    @property
    def place(self) -> str:
        """`2/5` among the groups; empty when there is one."""
        count, group = len(self.fleet.groups), self.group
        return "" if group is None or count < 2 else f"{self.fleet.groups.index(group) + 1}/{count}"

    def step(self, by: int) -> Group | None:
        """To the next or previous group, around the end."""
        groups, group = self.fleet.groups, self.group
        if group is None:
            return None
        self.wanted = groups[(groups.index(group) + by) % len(groups)].name
        return self.group

    def find(self, text: str) -> Group | None:
        """The group of that name, else the only one whose name begins with it."""
        exact = self.fleet.group(text)
        near = [group for group in self.fleet.groups if group.name.startswith(text)]
        return exact or (near[0] if len(near) == 1 else None)

    def scene(self, theme: Theme, signs: Glyphs) -> Scene:
        return Scene(
            fleet=self.fleet,
            group=self.group,
            history=self.history,
            theme=theme,
            glyphs=signs,
            filter=self.filter,
            paused=self.paused_at is not None,
            armed=self.armed,
            thresholds=self.thresholds,
        )


def next_period(now: float, by: int) -> float:
    """The next longer (1) or shorter (-1) poll period, in seconds.

    >>> next_period(1.0, 1), next_period(1.5, -1), next_period(60.0, 1)
    (2.0, 1.0, 60.0)
    """
    longer = [seconds for seconds in PERIODS if seconds > now]
    shorter = [seconds for seconds in PERIODS if seconds < now]
    return (
        (longer[0] if longer else max(now, PERIODS[-1]))
        if by > 0
        else (shorter[-1] if shorter else min(now, PERIODS[0]))
    )

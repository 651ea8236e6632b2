"""OfCluster: a screen about slots. Opened on a group that has none it goes to a cluster, which is what one came for."""

from __future__ import annotations

from redistui.tui.panel import Panel
from redistui.tui.scene import Scene
from redistui.view import slots


class OfCluster(Panel):
    """Goes there once, when it is opened; one may go back to a group without slots, and is told the way then."""

    _unseeing = False
    """It was opened before it had a scene: it does not know yet where it is."""

    def on_show(self) -> None:
        self._unseeing = self._scene is None
        self.action_cluster()

    def show_scene(self, scene: Scene) -> None:
        super().show_scene(scene)
        self.look_about()

    def look_about(self) -> None:
        """The first scene after it was opened has come."""
        if self._unseeing:
            self._unseeing = False
            self.action_cluster()

    def action_cluster(self) -> None:
        """Where the group that is looked at has no slots: to the first that has, else to a cluster that is silent."""
        scene = self._scene
        if scene is None or (scene.group is not None and scene.group.cluster is not None):
            return
        found = slots.cluster_of(scene.fleet)
        if found is not None and found is not scene.group:
            self.post_message(self.Goto(group=found.name))

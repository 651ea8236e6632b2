"""Ways about the slot map: its cursor, by keys, by name, and by what is wrong."""

from __future__ import annotations

from redistui.model import Address, Cluster
from redistui.tui.screens.of_cluster import OfCluster
from redistui.tui.widgets.heatmap import PAGE, Heatmap
from redistui.tui.widgets.table import LiveTable
from redistui.view import slots_walk


class SlotWays(OfCluster, can_focus=True):
    """What moves the cursor of a map."""

    map: Heatmap
    owners: LiveTable

    def cluster(self) -> Cluster | None:
        """The one that is looked at."""
        raise NotImplementedError

    def selected(self) -> Address | None:
        cluster = self.cluster()
        owner = -1 if cluster is None else cluster.owners[self.map.slot]
        return None if cluster is None or owner < 0 else cluster.shards[owner].primary

    def select(self, node: Address) -> bool:
        """To the first slot of the shard that a node serves or copies."""
        cluster = self.cluster()
        for shard in () if cluster is None else cluster.shards:
            if node in (shard.primary, *shard.replicas) and shard.slots:
                self.map.go(shard.slots[0][0])
                return True
        return False

    def action_move(self, columns: int, rows: int) -> None:
        self.map.move(columns, rows)

    def action_page(self, step: int) -> None:
        self.map.move(0, PAGE * step)

    def action_slot(self, step: int) -> None:
        self.map.go(self.map.slot + step)

    def action_go(self, slot: int) -> None:
        self.map.go(slot)

    def action_zoom(self, steps: int) -> None:
        self.map.zoom_by(steps)

    def action_range(self, step: int) -> None:
        cluster = self.cluster()
        if cluster is not None:
            self.map.go(slots_walk.next_range(cluster, self.map.slot, step))

    def action_wrong(self, step: int) -> None:
        cluster = self.cluster()
        found = None if cluster is None else slots_walk.next_wrong(cluster, self.map.slot, step)
        if found is not None:
            self.map.go(found)

"""The screenshots of the README, drawn from a recorded fleet.

    python -m tests.screenshots record    makes the recording anew, on real servers, in about a minute
    python -m tests.screenshots           draws screenshots/*.svg from it

The recorded minute: a Sentinel group whose primary is killed and comes back as a replica, a cluster with one slot
half-way between two shards and a replica that hangs, and a replication group over two sites.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from redistui.demo.fleet import DemoFleet
from redistui.demo.servers import Server
from redistui.engine.engine import Engine
from redistui.engine.logins import Logins
from redistui.engine.playing import Player
from redistui.engine.recording import Recorder, open_recording
from redistui.model import Fleet
from redistui.model.canaries import CanaryPlan, CanaryState, Latencies, Trouble
from redistui.model.routes import NodeStats, RouteStats
from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from tests.fleets import survey
from tests.svg import placed
from tests.waiting import eventually

FOLDER = Path(__file__).parent.parent / "screenshots"
RECORDING = FOLDER / "fleet.recording"
SIZE = (120, 34)
SHOTS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("topology", ("1",), "dark"),
    ("sentinels", ("2",), "dark"),
    ("slots", ("tab", "3"), "dark"),
    ("slots-keys", ("tab", "3", "m", "greater_than_sign"), "dark"),
    ("sites", ("4",), "dark"),
    ("metrics", ("5",), "dark"),
    ("plot", ("5", "enter"), "dark"),
    ("events", ("6",), "dark"),
    ("routes", ("7",), "dark"),
    ("consensus", ("tab", "8"), "dark"),
    ("whatif", ("W",), "dark"),
    ("failover", ("F",), "dark"),
    ("topology-light", ("1",), "light"),
    ("slots-colour-blind-safe", ("tab", "3"), "colour-blind-safe"),
    ("topology-prod-red", ("1",), "prod-red"),
)
"""Name of the file, keys to press, theme."""


class Still:
    """An engine whose fleet has come to rest: what a recording looks like at its end."""

    def __init__(self, player: Player) -> None:
        fleet, self.history = player.fleet, player.history
        counted = survey(fleet.at - 3.0)
        groups = (group if group.cluster is None else replace(group, survey=counted) for group in fleet.groups)
        self.fleet = replace(fleet, groups=tuple(groups))
        """A recording holds no surveys: what the slots hold is made up."""
        self.logins = Logins()
        self.period = 1.0
        self.recorder = None

    def subscribe(self, callback: Callable[[Fleet], None]) -> None:
        """Nothing new will come."""

    def keep_surveying(self, group: str | None, *, moves: bool = False, sample: bool = False) -> None:
        """Nothing is counted."""

    def set_period(self, seconds: float) -> None:
        self.period = seconds

    def recount(self, deeds: object) -> None:
        """Nobody did anything but what is recorded."""

    def call(self, work: Any) -> Future[Any]:
        work.close()
        return Future()


def record() -> None:
    """Makes the recording: a calm start, a crash, a failover, and what is left of it."""
    RECORDING.unlink(missing_ok=True)
    with DemoFleet("all") as demo:
        targets = tuple(replace(target, environment="PROD") for target in demo.as_targets())
        recorder = Recorder(targets, demo.sites, RECORDING)
        engine = Engine(targets, sites=demo.sites, recorder=recorder)
        engine.start()
        try:
            orders, catalog = demo.groups["orders"], demo.groups["catalog"]
            began = time.time()
            engine.wait(lambda fleet: fleet.at > began + 30, 40)
            old = orders.primary
            old.kill()
            crashed = time.time()
            eventually(lambda: orders.primary is not old, 20)
            old.restart()
            giver, taker, *_ = sorted(catalog.nodes[:3], key=first_slot)
            slot = 4242
            taker.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", giver.ask("CLUSTER", "MYID"))
            giver.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", taker.ask("CLUSTER", "MYID"))
            eventually(lambda: old.ask("ROLE")[0] == "slave", 30)
            engine.wait(lambda fleet: fleet.at > crashed + 25, 30)  # a failover is refused so soon after another
            catalog.replicas[-1].hang()
            hung = time.time()
            engine.wait(lambda fleet: fleet.at > hung + 4, 10)
        finally:
            engine.stop()
            recorder.close()


def first_slot(node: Server) -> int:
    """The first slot of a cluster node's own range."""
    mine = next(line for line in str(node.ask("CLUSTER", "NODES")).splitlines() if "myself" in line)
    return int(mine.split()[8].partition("-")[0])


def canary(fleet: Fleet) -> CanaryState:
    """A recording holds no canary either: a minute of one on the Sentinel group is made up."""
    at = fleet.at
    group = next(one for one in fleet.groups if one.kind == "sentinel")
    replicas = [node.address for node in group.nodes if node.address != group.primary]
    lags = {address: 0.6 + 0.5 * number for number, address in enumerate(replicas)}
    nodes = tuple(
        NodeStats(address, "replica", 1.0, True, "", 0, 2, 480, 0, 0.7, 1 / len(replicas), 1 / len(replicas))
        for address in replicas
    )
    lead = NodeStats(group.primary or "", "primary", 1.0, True, "", 0, 2, 240, 2, 0.9, None, None)
    stats = RouteStats("sentinel", at - 60, at, "round-robin", acked=1196, refused=3, unknown=1, reads=960, writes=240,
                       retries=4, errors={"READONLY": 3, "timeout": 1}, nodes=(lead, *nodes))  # fmt: skip
    return CanaryState(
        CanaryPlan(group.name, "sentinel", strategy="round-robin", writes=0.2), at - 60, at, "running",
        strategies=("round-robin",), stats=stats, per_second=20.0,
        past=tuple(2.0 + (number * 7 % 5) + (60.0 if number == 40 else 0.0) for number in range(60)),
        reads=Latencies(480, 0.6, 1.4, 4.2, 6.1), writes=Latencies(120, 0.8, 2.0, 60.0, 66.0), lags=lags,
        troubles=(Trouble(at - 20, f"a write at {group.primary} was refused: READONLY", 3),),
    )  # fmt: skip


async def draw() -> None:
    """Draws every shot; the clock stands where the recording ends."""
    player = Player(open_recording(RECORDING))
    player.go(player.tape.last_at)
    while not player.recalled:
        player.recall(60.0)
    for name, keys, theme in SHOTS:
        still = Still(player)
        app = RedistuiApp(still, Settings(theme=theme, armed=True), clock=lambda: player.at)  # type: ignore[arg-type]
        app.canaries.state = canary(still.fleet)
        app.canaries.plan = app.canaries.state.plan
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause()
            await pilot.press(*keys)
            await pilot.pause(0.3)
            (FOLDER / f"{name}.svg").write_text(placed(app.export_screenshot(title="redistui")), encoding="utf-8")
        print(FOLDER / f"{name}.svg")


if __name__ == "__main__":
    if sys.argv[1:] == ["record"]:
        record()
    asyncio.run(draw())

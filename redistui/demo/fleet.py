"""DemoFleet: a whole demo, from its first server to the removal of its folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any

from redistui.demo.binaries import Binary, engine_path
from redistui.demo.groups import RunningGroup
from redistui.demo.keeper import Keeper
from redistui.demo.ports import Ports
from redistui.demo.problems import PortTaken
from redistui.demo.shapes import GroupShape, shape
from redistui.demo.traffic import Traffic
from redistui.model import Kind, Site, Target, Wanted

TRIES = 3
WANTED: Mapping[Kind, Wanted] = {"replication": "any", "sentinel": "sentinel", "cluster": "cluster"}


class DemoFleet:
    """Real servers in a given shape, up when `start()` (or `with`) returns and gone after `end()`.

    `shape` is a name of SHAPES or groups of your own; `engine` the program to run (None: the best that is installed).
    Any thread may start and end it: the servers belong to the keeper process.
    """

    def __init__(
        self,
        shape_: str | Sequence[GroupShape] = "all",
        engine: str | None = None,
        *,
        traffic: bool = True,
        seconds: float = 15.0,
    ) -> None:
        self.shape = shape(shape_) if isinstance(shape_, str) else tuple(shape_)
        self.binary = Binary.at(engine_path(engine))
        self.groups: dict[str, RunningGroup] = {}
        self.traffic: Traffic | None = None
        self._wants_traffic = traffic
        self._seconds = seconds
        self._keeper: Keeper | None = None
        self._ports = Ports()
        self._lock = threading.RLock()

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Brings everything up, or raises DemoError and leaves nothing behind."""
        for attempt in range(1, TRIES + 1):
            try:
                self._start()
                return
            except PortTaken:
                self.end()
                if attempt == TRIES:
                    raise
            except BaseException:
                self.end()
                raise

    def _start(self) -> None:
        self._keeper = keeper = Keeper()
        self._ports = Ports()
        self.groups = {group.name: RunningGroup(group, self.binary, keeper, self._ports) for group in self.shape}
        pool = ThreadPoolExecutor(len(self.groups) or 1)
        try:
            for started in [pool.submit(group.start, self._seconds) for group in self.groups.values()]:
                started.result()
        except BaseException:
            keeper.end()  # so that the groups still on their way up give up at once
            raise
        finally:
            pool.shutdown()
        if self._wants_traffic:
            self.traffic = Traffic(list(self.groups.values()))
            self.traffic.start()

    def end(self) -> None:
        """Ends traffic, servers and keeper, and removes the folder. Twice is fine."""
        with self._lock:
            if self.traffic is not None:
                self.traffic.stop()
                self.traffic = None
            for group in self.groups.values():
                if group.cuts is not None:
                    group.cuts.end()
            if self._keeper is not None:
                self._keeper.end()
                self._keeper = None
            self._ports.release()

    def __enter__(self) -> DemoFleet:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    # -- what there is ------------------------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        """The keeper still runs, and with it whatever of the fleet nobody stopped."""
        return self._keeper is not None and self._keeper.alive

    @property
    def targets(self) -> list[str]:
        """A URL for each group, as the command line takes it."""
        return [group.target for group in self.groups.values()]

    @property
    def titles(self) -> Mapping[str, str]:
        """URL -> the group's name."""
        return {group.target: group.name for group in self.groups.values()}

    @property
    def sites(self) -> tuple[Site, ...]:
        """Which servers stand where, told by their ports: on loopback all have one host."""
        members: dict[str, list[str]] = {}
        for group in self.groups.values():
            for site, addresses in group.sites().items():
                members.setdefault(site, []).extend(addresses)
        return tuple(Site(name, tuple(addresses)) for name, addresses in members.items())

    def as_targets(self) -> tuple[Target, ...]:
        """The groups as values for the engine, with their names, so that no URL has to be read back."""
        return tuple(
            Target(
                addresses=tuple(seed.address for seed in group.seeds),
                wanted=WANTED[group.kind],
                only=group.name if group.kind == "sentinel" else None,
                title=group.name,
                environment="DEMO",
                text=group.target,
            )
            for group in self.groups.values()
        )

    def document(self) -> dict[str, Any]:
        """What `demo --headless` prints."""
        return {
            "targets": self.targets,
            "groups": {
                group.name: {
                    "kind": group.kind,
                    "target": group.target,
                    "nodes": group.addresses,
                    "sentinels": [sentinel.address for sentinel in group.sentinels],
                }
                for group in self.groups.values()
            },
            "directory": str(self._keeper.directory) if self._keeper else None,
            "pid": os.getpid(),
        }

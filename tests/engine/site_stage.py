"""A Sentinel group, a cluster and a plain group over two sites, an engine that watches them, and writers into each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.demo.shapes import GroupShape, cluster, sentinel, two_sites
from redistui.engine.engine import Engine
from redistui.engine.journal import Journal
from redistui.engine.runner import Consent, Runner
from redistui.model import Fleet, Site
from redistui.ops.action import Aim, Plan, refusals
from redistui.ops.aiming import aim_at
from redistui.ops.run import Run
from redistui.ops.site_failover import SITE_FAILOVER
from tests.canary import Canary
from tests.cluster_canary import ClusterCanary
from tests.sentinels import look_often
from tests.waiting import eventually, planned_anew, unopposed

ORDERS = replace(sentinel("orders", 1), failover_timeout_ms=2000)
"""One replica, so that no Sentinel has to learn of a changed priority; and it may be failed over again after 4 s."""
SHAPES: tuple[GroupShape, ...] = (ORDERS, cluster("catalog", 2), two_sites("sessions"))


def with_hooks(sites: Sequence[Site], name: str, before: Path | None = None, after: Path | None = None) -> list[Site]:
    """The sites, one of them with hooks."""
    return [
        replace(site, hook_before=text(before), hook_after=text(after)) if site.name == name else site for site in sites
    ]


def text(path: Path | None) -> str | None:
    return None if path is None else str(path)


class SiteStage:
    """A runner on a fleet."""

    def __init__(self, fleet: DemoFleet, folder: Path, sites: Sequence[Site] | None = None) -> None:
        self.demo = fleet
        self.engine = Engine(fleet.as_targets(), period=0.25, sites=fleet.sites if sites is None else sites)
        self.engine.start()
        for group in fleet.groups.values():
            look_often(group)
        self.runner = Runner(self.engine, Journal(folder / "journal.jsonl"))
        eventually(lambda: len(self.fresh().groups) == len(fleet.groups) and self.engine.fleet.complete, 20)

    def fresh(self) -> Fleet:
        names = [group.name for group in self.engine.fleet.groups]
        return self.engine.call(self.engine.fresh(*names)).result(10)

    def aim(self, site: str, **options: str) -> Aim:
        return aim_at(SITE_FAILOVER, self.fresh(), (site,), options)

    def plan(self, site: str, **options: str) -> tuple[Plan, Aim]:
        """The plan, once nothing speaks against it."""
        aim = self.aim(site, **options)
        return SITE_FAILOVER.plan(unopposed(SITE_FAILOVER, self.fresh, aim, 40), aim), aim

    def against(self, site: str, **options: str) -> tuple[str, ...]:
        """Why it may not be done now."""
        found = refusals(SITE_FAILOVER, self.fresh(), self.aim(site, **options))
        return tuple(found)

    def run(self, site: str, report: Callable[[Run], None] | None = None, **options: str) -> Run:
        def ran() -> Run:
            plan, aim = self.plan(site, **options)
            work = self.runner.run(SITE_FAILOVER, aim, plan, armed=True, report=report, consent=Consent(plan.confirm))
            return self.engine.call(work).result(120)

        return planned_anew(ran)

    def primaries(self) -> dict[str, set[str | None]]:
        """Group -> the sites at which its primaries stand."""
        return {
            group.name: {node.site for node in group.nodes if node.role == "primary" and node.up}
            for group in self.fresh().groups
        }

    def stand_at(self, site: str) -> bool:
        return set(map(frozenset, self.primaries().values())) == {frozenset({site})}

    def close(self) -> None:
        self.engine.call(self.runner.stopped()).result(60)
        self.engine.stop()


@dataclass
class Writers:
    """Into every group."""

    orders: Canary
    catalog: ClusterCanary
    sessions: Canary

    def goes(self, count: int = 100) -> bool:
        return all(canary.goes(count) for canary in (self.orders, self.catalog, self.sessions))

    def goes_on(self) -> bool:
        return self.orders.goes_on() and self.sessions.goes_on() and self.catalog.goes_on()

    def stop(self) -> None:
        for canary in (self.orders, self.catalog, self.sessions):
            canary.stop()

    def lost(self) -> list[str]:
        return [*self.orders.lost(), *self.catalog.lost(), *self.sessions.lost()]

    @property
    def acked(self) -> int:
        plain = sum(len(writer.acked) for writer in (*self.orders.writers, *self.sessions.writers))
        return plain + sum(len(writer.acked) for writer in self.catalog.writers)


def writers(groups: dict[str, RunningGroup]) -> Writers:
    return Writers(Canary(groups["orders"]), ClusterCanary(groups["catalog"]), Canary(groups["sessions"]))


@pytest.fixture
def site_stage(demo_fleet: Callable[..., DemoFleet], tmp_path: Path) -> Iterator[Callable[..., SiteStage]]:
    stages: list[SiteStage] = []

    def make(west_before: Path | None = None, west_after: Path | None = None) -> SiteStage:
        fleet = demo_fleet(SHAPES)
        stages.append(SiteStage(fleet, tmp_path, with_hooks(fleet.sites, "west", west_before, west_after)))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()

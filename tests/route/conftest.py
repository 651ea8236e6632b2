"""A fleet for routed clients of every kind; each test leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.shapes import cluster, replication, sentinel


@pytest.fixture(scope="session")
def routed_fleet(engine: str) -> Iterator[DemoFleet]:
    """`catalog`: a cluster of three shards that go on while another one is down; `orders`: watched by Sentinels;
    `plain`: a primary and nobody else."""
    shapes = (
        cluster("catalog").with_settings({"cluster-require-full-coverage": "no"}),
        sentinel("orders", 1),
        replication("plain", 0),
    )
    with DemoFleet(shapes, engine, traffic=False, seconds=60.0) as fleet:
        yield fleet

"""Real servers for tests, of three versions, started by redistui.demo and gone when the test is.

A test that takes `version`, or any factory here, runs once on each version; `@pytest.mark.versions("valkey-9.1", ...)`
keeps it to some. Factories give a RunningGroup (redistui.demo.groups): `.nodes`, `.sentinels`, `.primary`, `.target`.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.demo.shapes import GroupShape, cluster, replication, sentinel, two_sites
from tests import versions

settings.register_profile("calm", deadline=None)  # that the machine is busy is nobody's failure
settings.load_profile("calm")

Start = Callable[[GroupShape], RunningGroup]
Settings = Mapping[str, str] | None


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "versions(*names): run on these server versions only")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a script began us in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)  # else what we start would not hear of ctrl+c either


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "version" in metafunc.fixturenames and not own_versions(metafunc):
        marker = metafunc.definition.get_closest_marker("versions")
        names = [name for name in versions.wanted() if marker is None or name in marker.args]
        metafunc.parametrize("version", names, indirect=True, scope="session")


def own_versions(metafunc: pytest.Metafunc) -> bool:
    """The test names its versions itself (`parametrize("version", ...)`), as those of recorded replies do."""
    return any("version" in str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize"))


@pytest.fixture(autouse=True)
def _own_journal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a test does is not in the next one's past, nor in that of whoever runs the tests."""
    monkeypatch.setenv("REDISTUI_JOURNAL", str(tmp_path / "journal.jsonl"))
    monkeypatch.setenv("REDISTUI_RECORDINGS", str(tmp_path / "recordings"))
    monkeypatch.setenv("REDISTUI_REMARKS", str(tmp_path / "alerts.json"))


@pytest.fixture(scope="session")
def server_paths() -> dict[str, str]:
    """Version -> server program, for those that are installed."""
    return versions.installed()


@pytest.fixture(scope="session")
def version(request: pytest.FixtureRequest) -> str:
    """The server version of this run, like `valkey-9.1`."""
    return str(request.param)


@pytest.fixture(scope="session")
def engine(version: str, server_paths: dict[str, str]) -> str:
    """The server program of this run's version; the test fails when it is not installed."""
    if version not in server_paths:
        pytest.fail(versions.missing(version), pytrace=False)
    return server_paths[version]


@pytest.fixture
def demo_fleet(engine: str) -> Iterator[Callable[..., DemoFleet]]:
    """Starts a DemoFleet: `demo_fleet("all")`, or groups of one's own; without traffic unless asked for."""
    fleets: list[DemoFleet] = []

    def start(shape: str | tuple[GroupShape, ...], *, traffic: bool = False, seconds: float = 30.0) -> DemoFleet:
        fleet = DemoFleet(shape, engine, traffic=traffic, seconds=seconds)
        fleets.append(fleet)
        fleet.start()
        return fleet

    yield start
    for fleet in fleets:
        fleet.end()


@pytest.fixture(scope="session")
def standing_fleet(engine: str) -> Iterator[DemoFleet]:
    """Shape `all`, one for all tests of a version: for tests that only look. Nothing may be changed in it."""
    with DemoFleet("all", engine, traffic=False, seconds=30.0) as fleet:
        yield fleet


@pytest.fixture
def running_group(demo_fleet: Callable[..., DemoFleet]) -> Start:
    """Starts one group of any shape."""

    def start(shape: GroupShape) -> RunningGroup:
        return demo_fleet((shape,)).groups[shape.name]

    return start


@pytest.fixture
def replication_group(running_group: Start) -> Callable[..., RunningGroup]:
    """`replication_group(replicas=2, chained=0, settings={})`: a primary and its replicas, nobody watching."""

    def start(name: str = "plain", *, replicas: int = 2, chained: int = 0, settings: Settings = None) -> RunningGroup:
        return running_group(replication(name, replicas, chained=chained).with_settings(settings))

    return start


@pytest.fixture
def sentinel_group(running_group: Start) -> Callable[..., RunningGroup]:
    """`sentinel_group(replicas=2, sentinels=3, quorum=2, chained=0, settings={}, sentinel_settings={})`."""

    def start(
        name: str = "orders",
        *,
        replicas: int = 2,
        sentinels: int = 3,
        quorum: int = 2,
        chained: int = 0,
        settings: Settings = None,
        sentinel_settings: Settings = None,
    ) -> RunningGroup:
        shape = sentinel(name, replicas, sentinels=sentinels, quorum=quorum, chained=chained)
        return running_group(shape.with_settings(settings, sentinel_settings))

    return start


@pytest.fixture
def cluster_group(running_group: Start) -> Callable[..., RunningGroup]:
    """`cluster_group(shards=3, replicas=1, settings={})`: formed, state ok, node timeout 2 s."""

    def start(name: str = "catalog", *, shards: int = 3, replicas: int = 1, settings: Settings = None) -> RunningGroup:
        return running_group(cluster(name, shards, replicas=replicas).with_settings(settings))

    return start


@pytest.fixture
def sites_group(running_group: Start) -> Callable[..., RunningGroup]:
    """`sites_group(settings={})`: two in the east, two chained in the west; `.sites()` tells who stands where."""

    def start(name: str = "sessions", *, settings: Settings = None) -> RunningGroup:
        return running_group(two_sites(name).with_settings(settings))

    return start

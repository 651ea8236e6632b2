"""A recorded incident, played: at every step what was said of it then, in the library and on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from redistui.cli.document import status, time
from redistui.cli.output import printed
from redistui.demo.fleet import DemoFleet
from redistui.demo.shapes import sentinel
from redistui.engine.engine import Engine
from redistui.engine.playing import Player
from redistui.engine.recording import Recorder, cadence, open_recording
from redistui.model import Fleet, Target
from tests.cli.running import redistui
from tests.engine.watching import PERIOD


@pytest.mark.versions("valkey-9.1", "redis-6.2")
def test_a_recorded_failover_is_played_as_it_was_told(
    demo_fleet: Callable[..., DemoFleet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kill -9 of a primary under load; a jump to any moment, and each step, shows what `status --json` said."""
    monkeypatch.setattr(cadence, "CHUNK", 1.5)  # so that jumps begin at key frames before, amid and after it
    path, live = tmp_path / "incident.rec", dict[float, Fleet]()
    record_incident(demo_fleet((sentinel("orders"),), traffic=True), path, live)
    player = Player(open_recording(path))
    seen = [player.go(player.tape.first_at)]
    while (following := player.step(1)) is not None:
        seen.append(following)
    assert [fleet.at for fleet in seen] == sorted(live)
    for fleet in seen:
        alike(fleet, live[fleet.at])
    for at in Random(6).sample(sorted(live), 8):
        alike(Player(open_recording(path)).go(at), live[at])
    assert {"+odown", "+switch-master", "alert", "role"} <= {mark.kind for mark in player.marks}
    say_the_same(path, live[sorted(live)[len(live) // 2]])


def record_incident(demo: DemoFleet, path: Path, live: dict[float, Fleet]) -> None:
    """What an engine saw of it, and every snapshot that it showed, by its time."""
    group = demo.groups["orders"]
    target = Target(tuple(seed.address for seed in group.seeds), "sentinel", None, group.name)
    writer = Recorder([target], path=path)
    engine = Engine([target], period=PERIOD, recorder=writer)
    engine.subscribe(lambda fleet: live.setdefault(fleet.at, fleet))
    engine.start()
    try:
        engine.wait(lambda fleet: fleet.complete and len(fleet.groups[0].members) == 6, 30)
        old = group.primary
        old.kill()
        found = engine.wait(lambda fleet: _led_by_another(fleet, old.address), 40)
        assert _led_by_another(found, old.address)
        engine.wait(lambda fleet: fleet.at > found.at + 1, 20)
    finally:
        engine.stop()
        writer.close()
    live.pop(0.0, None)


def _led_by_another(fleet: Fleet, old: str) -> bool:
    (group,) = fleet.groups
    leader = None if group.primary is None else group.node(group.primary)
    return leader is not None and leader.address != old and leader.role == "primary"


def alike(played: Fleet, shown: Fleet) -> None:
    """The whole snapshot, and what is printed of it, word by word."""
    assert printed(status(played)) == printed(status(shown))
    assert (played.events, played.alerts, played.findings) == (shown.events, shown.alerts, shown.findings)
    assert replace(played, replayed=shown.replayed) == shown


def say_the_same(path: Path, fleet: Fleet) -> None:
    """`replay --json --at` and `status --replay` of a moment, as it was said then."""
    said = printed(status(fleet))
    when = time(fleet.at + 0.001)
    assert when is not None
    assert redistui("replay", str(path), "--json", "--at", repr(fleet.at)).out.strip() == said
    asked = json.loads(redistui("status", "--replay", str(path), "--at", when, "--json").out)
    assert asked["groups"] == json.loads(said)["groups"]

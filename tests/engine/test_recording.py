"""Recordings: what was observed can be written, read and played back into the same fleet."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hiredis
import pytest

from redistui.demo.groups import RunningGroup
from redistui.engine.engine import Engine
from redistui.engine.observation import Observation
from redistui.engine.recording import BadRecording, Recording, play, read, write
from redistui.model import Event, Fault, Login, Site, Target
from redistui.model.targets import Access

ITEMS = (
    Observation("a:1", 10.0, 9.9, "data", {"role": [b"master", 7, []], "info": b"role:master\r\nexecutable:/x\r\n"}),
    Observation("b:2", 11.0, 10.9, "data", {"role": hiredis.ReplyError("NOPERM no")}, ping_ms=0.5),
    Observation("c:3", 12.0, 12.0, "unknown", {}, Fault("hung", "silent", 11.0)),
    Event(13.0, "s:1", "+odown", "orders", "primary a:1", ("s:1", "s:2")),
)


def test_what_is_written_is_read_back_without_secrets_and_paths(tmp_path: Path) -> None:
    target = Target(("a:1",), "any", None, "orders", "PROD", Access(Login("me", "hunter2")), "redis://a:1")
    path = tmp_path / "fleet.gz"
    write(path, Recording((target,), (Site("east", ("a:1",)),), ITEMS))
    plain = gzip.decompress(path.read_bytes())
    assert b"hunter2" not in plain
    assert b"executable" not in plain
    again = read(path)
    assert again.targets[0].title == "orders"
    assert again.sites == (Site("east", ("a:1",)),)
    assert again.items[2:] == ITEMS[2:]
    assert again.items[1].answers["role"].args == ITEMS[1].answers["role"].args
    assert again.ends_at == 13.0


@pytest.mark.parametrize(
    "content",
    [b"", b"not gzip", gzip.compress(b"{}"), gzip.compress(b'{"version":1}'), gzip.compress(b"[1]\nx")],
    ids=["empty", "plain", "no version", "no targets", "no object"],
)
def test_what_is_no_recording_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.gz"
    path.write_bytes(content)
    with pytest.raises(BadRecording, match=r"broken\.gz"):
        read(path)


def test_a_torn_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "torn.gz"
    write(path, Recording((), (), ITEMS))
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(BadRecording):
        read(path)


def test_a_recorded_fleet_is_played_back_as_it_was_seen(
    sentinel_group: Callable[..., RunningGroup], tmp_path: Path
) -> None:
    group = sentinel_group()
    items: list[Any] = []
    target = Target(tuple(seed.address for seed in group.seeds), "sentinel", None, group.name)
    engine = Engine([target], record=items.append)
    engine.start()
    engine.wait(lambda fleet: fleet.complete and len(fleet.groups) == 1 and len(fleet.groups[0].members) == 6, 10)
    engine.stop()
    path = tmp_path / "live.gz"
    write(path, Recording((target,), (), tuple(items)))
    played, _ = play(read(path))
    live = engine.fleet.groups[0]
    assert [(one.name, one.kind, one.primary) for one in played.groups] == [(live.name, live.kind, live.primary)]
    assert {(node.address, node.role) for node in played.groups[0].nodes} == {
        (node.address, node.role) for node in live.nodes
    }

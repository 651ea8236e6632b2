"""Recordings: what was seen can be written, read and begun anywhere; what is no recording is left as it is."""

from __future__ import annotations

import json
import lzma
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.demo.groups import RunningGroup
from redistui.engine.assemble import Assembler
from redistui.engine.engine import Engine
from redistui.engine.keyframes import keyframe
from redistui.engine.listener import EventLog
from redistui.engine.observation import Drawn, Item, Joined, Keyframe, Observation
from redistui.engine.recording import BadRecording, Recorder, cadence, open_recording, recorder
from redistui.engine.recording.changes import applied, changed
from redistui.engine.scenery import Scenery
from redistui.model import Access, Event, Fault, Fleet, Site, Target
from tests.engine.recordings import AT, ITEMS, PLAIN, SITES, alike, poll, recorded
from tests.engine.telling import told
from tests.waiting import eventually


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fleet.recording"


# -- written and read --------------------------------------------------------------------------------------------------


def test_what_is_written_is_read_back_in_its_order(file: Path) -> None:
    tape = open_recording(recorded(file, *ITEMS, thresholds={"memory": 80.0}))
    first, *rest = tape.items()
    assert isinstance(first, Keyframe)
    assert len(rest) == len(ITEMS)
    assert all(map(alike, ITEMS, rest)), rest
    assert (tape.first_at, tape.last_at) == (AT, AT + 5)
    assert tape.thresholds == {"memory": 80.0}
    assert [event.kind for event in tape.marks()] == ["+odown", "alert"]
    assert [event.kind for event in tape.marks(AT + 3)] == ["alert"]


def test_no_secret_is_in_it(file: Path) -> None:
    tape = open_recording(recorded(file))
    assert tape.targets == (replace(PLAIN, access=Access()),)
    assert tape.sites == (Site("east", ("a:1",)),)
    (chunk,) = sqlite3.connect(file).execute("SELECT body FROM chunks").fetchone()
    assert b"hunter2" not in file.read_bytes() + chunk
    assert b"secret-hook" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_a_recorder_that_goes_on_with_a_file_begins_anew_in_it(file: Path) -> None:
    recorded(file)
    recorded(file, poll("a:1", AT + 100, used=9), Drawn(AT + 101, 1.0))
    tape = open_recording(file)
    frames = [item.at for item in tape.items() if isinstance(item, Keyframe)]
    assert frames == [AT, AT + 100]
    assert [type(item) for item in tape.items(AT + 100)] == [Keyframe, Observation, Drawn]


def test_what_was_saved_of_the_last_minutes_is_a_recording(file: Path, tmp_path: Path) -> None:
    made = Recorder((PLAIN,), SITES, ring=900.0)
    with pytest.raises(BadRecording, match="nothing has been seen yet"):
        made.save(file)
    for item in ITEMS:
        made.take(item)
    made.save(file)
    made.take(Drawn(AT + 6, 1.0))
    with pytest.raises(BadRecording, match="is there already"):
        made.save(file)
    made.save(tmp_path / "other")
    made.close()
    assert len(list(open_recording(file).items())) == len(ITEMS) + 1
    assert open_recording(tmp_path / "other").last_at == AT + 6


# -- key frames --------------------------------------------------------------------------------------------------------


def minutes(seconds: int) -> Iterator[Item]:
    """A primary and its replica; the primary is silent for a while, then b leads."""
    yield Joined(AT, "a:1", PLAIN)
    yield Joined(AT, "b:2", PLAIN)
    for second in range(seconds):
        at = AT + second + 0.5
        used: dict[str, Any] = {"used_memory": 1000 * second, "total_net_input_bytes": 77 * second}
        if 20 <= second < 40:
            since = AT + 20.5
            yield Observation("a:1", at, at, "data", {}, Fault("refused", "nothing listens there", since))
        else:
            yield told("a:1", replicas=["b:2"], offset=10 * second, at=at, **used)
        if second < 30:
            yield told("b:2", "a:1", offset=10 * min(second, 20), at=at + 0.1, **used)
        else:
            yield told("b:2", replid="2", replid2="1", offset=10 * second, at=at + 0.1, **used)
        yield Drawn(AT + second + 0.75, 1.0)


def watched(items: Iterator[Item], take: Callable[[Item], None], every: float) -> dict[float, Fleet]:
    """What an engine shows of these, by time; it tells a recorder, with a key frame so many seconds apart."""
    made, log, framed, found = Assembler(), EventLog(), AT, dict[float, Fleet]()
    for item in items:
        take(item)
        if isinstance(item, Joined):
            made.expect(item.address, item.target)
        elif isinstance(item, Observation):
            made.take(item)
        elif isinstance(item, Drawn):
            fleet = made.fleet(item.at, item.period)
            for event in made.news:
                log.add(event)
            found[item.at] = replace(fleet, events=log.all())
            if item.at - framed >= every:
                framed = item.at
                take(keyframe(made, log, item.at))
    return found


def test_from_every_key_frame_on_all_snapshots_are_as_they_were(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "PART", 2.0)
    made = Recorder((PLAIN,), path=file)
    shown = watched(minutes(60), made.take, 4.0)
    made.close()
    frames = began(file, "SELECT first_at FROM chunks")
    assert len(frames) > 12
    for since in frames:
        played_as_shown(file, since, shown)


def test_from_every_still_on_all_snapshots_are_as_they_were(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PART", 2.0), ("STILL", 2.0), ("CHUNK", 20.0)):
        monkeypatch.setattr(recorder if name == "PART" else cadence, name, value)
    made = Recorder((PLAIN,), path=file)

    def take(item: Item) -> None:
        if isinstance(item, Keyframe):
            made.flush()
            assert made.due(item.at)
        made.take(item)

    shown = watched(minutes(75), take, 4.0)
    made.close()
    stills = began(file, "SELECT at FROM stills")
    assert len(stills) > 12
    assert len(began(file, "SELECT first_at FROM chunks")) in (2, 3)
    for since in stills:
        first = next(open_recording(file).items(since))
        assert isinstance(first, Keyframe)
        assert first.at == since
        played_as_shown(file, since, shown)


def began(file: Path, question: str) -> list[float]:
    with closing(sqlite3.connect(file)) as opened:
        return [at for (at,) in opened.execute(question)]


def played_as_shown(file: Path, since: float, shown: Mapping[float, Fleet]) -> None:
    tape = open_recording(file)
    scenery = Scenery(tape)
    for item in tape.items(since):
        if isinstance(item, Drawn):
            assert scenery.draw(item) == shown[item.at], (since, item.at)
        else:
            scenery.take(item)


def test_a_recording_of_the_first_version_is_read_and_gone_on_with(file: Path) -> None:
    """It knew no stills, and told what its key frames hold in another way."""
    made = Recorder((PLAIN,), path=file)
    shown = watched(minutes(10), made.take, 100.0)
    made.close()
    with closing(sqlite3.connect(file)) as opened:
        ((body,),) = opened.execute("SELECT body FROM chunks").fetchall()
        raw = lzma.decompress(body)
        length = int.from_bytes(raw[:4], "little")
        head = json.loads(raw[4 : 4 + length])
        assert head.pop("pasts") == []
        text = json.dumps(head | {"kept": []}).encode()
        old = lzma.compress(len(text).to_bytes(4, "little") + text + raw[4 + length :])
        opened.execute("UPDATE chunks SET body = ?", (old,))
        opened.executescript("DROP TABLE stills; PRAGMA user_version = 1")
    played_as_shown(file, AT, shown)
    recorded(file, poll("a:1", AT + 100, used=9), Drawn(AT + 101, 1.0))
    played = [item.at for item in open_recording(file).items() if isinstance(item, Drawn)]
    assert played == [*shown, AT + 101]
    with closing(sqlite3.connect(file)) as opened:
        assert opened.execute("PRAGMA user_version").fetchone() == (2,)


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["a", "b"])),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.sampled_from("abcd"), inner, max_size=4)),
    max_leaves=12,
)


@given(plain, plain)
def test_a_change_makes_the_later_value_of_the_earlier_one(before: Any, after: Any) -> None:
    change = json.loads(json.dumps(changed(before, after)))
    made = applied(before, change)
    assert made == after
    assert not isinstance(after, dict) or list(made) == list(after)


# -- incidents ---------------------------------------------------------------------------------------------------------


def alert(change: str, at: float, level: str = "bad", node: str = "a:1") -> Event:
    return Event(at, node, "alert", "orders", f"{change} node-down", about=(change, "node-down", "orders", node, level))


def test_an_incident_is_saved_by_itself_once(tmp_path: Path) -> None:
    said: list[str] = []
    made = Recorder((PLAIN,), folder=tmp_path, incidents=2)
    made.begin(said.append)
    for second in range(120):
        made.take(poll("a:1", AT + second))
        if second == 5:
            made.take(alert("raised", AT + second, "warn"))
        elif second in (20, 30):
            made.take(alert("raised", AT + second, node=f"a:{second}"))
        elif second in (40, 50):
            made.take(alert("over", AT + second, node=f"a:{second - 20}"))
        made.take(Drawn(AT + second, 1.0))
        if second % 5 == 0:
            made.flush()
    made.close()
    (path,) = tmp_path.iterdir()
    assert said == [f"the last minutes are saved in {path}: raised node-down"]
    assert AT + 75 <= open_recording(path).last_at <= AT + 85
    assert [event.about[0] for event in open_recording(path).marks()] == ["raised", "raised", "raised", "over", "over"]


def test_an_incident_is_saved_at_the_snapshot_that_shows_it(tmp_path: Path) -> None:
    made = Recorder((PLAIN,), folder=tmp_path, incidents=2)
    for item in (poll("a:1", AT), Drawn(AT, 1.0), alert("raised", AT + 1), Drawn(AT + 1, 1.0)):
        made.take(item)
    eventually(lambda: list(tmp_path.glob("incident-*.recording")), 20.0)
    made.close()


def test_of_incidents_only_the_last_are_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.recording").write_text("not to be touched")
    made = Recorder((PLAIN,), folder=tmp_path, incidents=2)
    for number in range(4):
        for item in (alert("raised", AT + 100 * number), alert("over", AT + 100 * number + 1)):
            made.take(item)
        for second in (2, 60, 61):
            made.take(Drawn(AT + 100 * number + second, 1.0))
            made.flush()
    made.close()
    assert sorted(one.name[:8] for one in tmp_path.iterdir()) == ["incident", "incident", "mine.rec"]


# -- real servers ------------------------------------------------------------------------------------------------------


def test_a_recorded_fleet_is_played_back_as_it_was_seen(
    sentinel_group: Callable[..., RunningGroup], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cadence, "CHUNK", 1.0)
    group = sentinel_group()
    target = Target(tuple(seed.address for seed in group.seeds), "sentinel", None, group.name)
    made = Recorder((target,), path=file)
    engine = Engine([target], period=0.2, recorder=made)
    shown: list[Fleet] = []
    engine.subscribe(shown.append)
    engine.start()
    engine.wait(lambda fleet: fleet.complete and len(fleet.groups) == 1 and len(fleet.groups[0].members) == 6, 20)
    primary = group.primary
    primary.kill()
    engine.wait(lambda fleet: any(event.kind == "+switch-master" for event in fleet.events), 20)
    engine.stop()
    made.close()
    live = {fleet.at: fleet for fleet in shown}
    tape = open_recording(file)
    scenery, played = Scenery(tape), 0
    for item in tape.items(tape.last_at - 2.0):
        if isinstance(item, Drawn):
            played += 1
            assert scenery.draw(item) == live[item.at]
        else:
            scenery.take(item)
    assert played > 2

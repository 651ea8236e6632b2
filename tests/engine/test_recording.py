"""Recordings: what was seen can be written, read and begun anywhere; what is no recording is left as it is."""

from __future__ import annotations

import json
import lzma
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import hiredis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.demo.groups import RunningGroup
from redistui.engine.assemble import Assembler
from redistui.engine.engine import Engine
from redistui.engine.keyframes import keyframe
from redistui.engine.listener import EventLog
from redistui.engine.observation import Drawn, Item, Joined, Keyframe, Left, Observation
from redistui.engine.recording import BadRecording, Recorder, open_recording, recorder
from redistui.engine.recording.changes import applied, changed
from redistui.engine.scenery import Scenery
from redistui.model import Access, Event, Fault, Fleet, Login, Site, Target
from tests.engine.telling import told
from tests.waiting import eventually

AT = 1_760_000_000.0
PLAIN = Target(("a:1",), "any", None, "orders", "PROD", Access(Login("me", "hunter2")), "redis://a:1")
SITES = (Site("east", ("a:1",), hook_before="/opt/secret-hook"),)


def poll(
    address: str, at: float, *, used: int = 5, offset: int = 7, more: Mapping[str, Any] | None = None
) -> Observation:
    """What a recording gives back as it was: replies that hold nothing but what is kept."""
    info = b"role:master\r\nused_memory:%d\r\nredis_version:7.0.15" % used
    answers: dict[str, Any] = {"ping": b"PONG", "role": [b"master", offset, []], "info": info}
    return Observation(address, at, at - 0.25, "data", {**answers, **(more or {})})


ITEMS: tuple[Item, ...] = (
    Joined(AT, "a:1", PLAIN),
    Joined(AT, "b:2", Target(("b:2",), text="b:2"), sentinel=True, only="orders"),
    poll("a:1", AT + 1),
    replace(poll("b:2", AT + 1.5, more={"role": hiredis.ReplyError("NOPERM no")}), ping_ms=0.125),
    Drawn(AT + 2, 1.0),
    Event(AT + 2, "s:1", "+odown", "orders", "primary a:1", ("s:1", "s:2"), heard=(AT + 1, AT + 2)),
    poll("a:1", AT + 2.3000000001, used=6, offset=9),
    Observation("b:2", AT + 3, AT + 3, "unknown", {}, Fault("hung", "silent", AT + 2.7)),
    Drawn(AT + 4, 1.0, stalled=True),
    Left(AT + 4, "b:2"),
    Event(AT + 4, "", "alert", "orders", "bad node-down: b:2", about=("raised", "node-down", "orders", "b:2", "bad")),
    Drawn(AT + 5, 0.5),
)


def alike(one: Item, other: Item) -> bool:
    """Errors are compared by their words, targets without what is needed to log in."""
    if isinstance(one, Joined) and isinstance(other, Joined):
        return replace(one, target=replace(one.target, access=Access())) == other
    if not isinstance(one, Observation) or not isinstance(other, Observation):
        return one == other
    said = {name: repr(reply) for name, reply in one.answers.items()}
    heard = {name: repr(reply) for name, reply in other.answers.items()}
    return said == heard and replace(one, answers={}) == replace(other, answers={})


def recorded(path: Path, *items: Item, **how: Any) -> Path:
    made = Recorder((PLAIN,), SITES, path, **how)
    for item in items or ITEMS:
        made.take(item)
    made.close()
    assert made.trouble is None
    return path


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
        monkeypatch.setattr(recorder, name, value)
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


# -- what is no recording of ours --------------------------------------------------------------------------------------


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()


def newer(path: Path) -> None:
    recorded(path)
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()


def written(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


NOT_OURS: tuple[tuple[str, Callable[[Path], Any], str], ...] = (
    ("text", written(b"hello, world\n" * 100), "no recording of redistui"),
    ("short", written(b"SQLite format 3\0"), "no recording of redistui"),
    ("another program's", foreign, "another program"),
    ("newer", newer, "newer redistui"),
    ("a folder", Path.mkdir, "directory"),
)


@pytest.mark.parametrize(("make", "why"), [row[1:] for row in NOT_OURS], ids=[row[0] for row in NOT_OURS])
def test_what_is_not_ours_is_told_in_a_sentence_and_left_as_it_is(
    make: Callable[[Path], Any], why: str, file: Path
) -> None:
    make(file)
    before = file.read_bytes() if file.is_file() else b""
    with pytest.raises(BadRecording, match=why):
        open_recording(file)
    with pytest.raises(BadRecording, match=why):
        Recorder((PLAIN,), path=file)
    assert not file.is_file() or file.read_bytes() == before


def test_no_file_and_an_empty_one_are_no_recording(file: Path) -> None:
    with pytest.raises(BadRecording, match="there is no file"):
        open_recording(file)
    file.touch()
    with pytest.raises(BadRecording, match="there is nothing in it"):
        open_recording(file)
    recorded(file)
    assert open_recording(file).first_at == AT


def test_a_recording_of_other_targets_is_not_gone_on_with(file: Path) -> None:
    recorded(file)
    with pytest.raises(BadRecording, match="other targets"):
        Recorder((Target(("x:1",)),), path=file)
    assert open_recording(file).targets[0].title == "orders"


def test_two_do_not_write_to_one_file(file: Path) -> None:
    made = Recorder((PLAIN,), path=file)
    with pytest.raises(BadRecording, match="being written by another"):
        Recorder((PLAIN,), path=file)
    made.close()
    assert len(list(open_recording(recorded(file)).items())) == len(ITEMS) + 1


def test_a_file_that_is_cut_short_is_told(file: Path) -> None:
    whole = recorded(file).read_bytes()
    for length in (200, 4096, len(whole) // 2, len(whole) - 4096):
        file.write_bytes(whole[:length])
        with pytest.raises(BadRecording, match=r"fleet\.recording"):
            list(open_recording(file).items())


@pytest.mark.parametrize("column", ["chunks", "parts"])
@pytest.mark.parametrize(
    "body", [b"", b"x" * 50, b"\x78\x9c\x03\x00\x00\x00\x00\x01"], ids=["empty", "noise", "nothing"]
)
def test_a_piece_that_is_damaged_is_told(file: Path, column: str, body: bytes) -> None:
    with sqlite3.connect(recorded(file)) as open_file:
        open_file.execute(f"UPDATE {column} SET body = ?", (body,))
    open_file.close()
    with pytest.raises(BadRecording, match="damaged"):
        list(open_recording(file).items())


def test_flipped_bits_are_told_or_do_no_harm(file: Path) -> None:
    whole = recorded(file).read_bytes()
    said: list[str] = []
    for place in range(100, len(whole), 997):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            list(open_recording(file).items())
        except BadRecording as told_so:
            said.append(str(told_so))
    assert [text for text in said if "fleet.recording" not in text] == []


# -- bounds and crashes ------------------------------------------------------------------------------------------------


def chunks_of(count: int) -> Iterator[Item]:
    for number in range(count):
        at = AT + 60 * number
        yield Keyframe(at)
        yield from (poll("a:1", at + second, more={"myid": os.urandom(2000)}) for second in range(20))
        yield Drawn(at + 30, 1.0)


def test_what_is_too_old_is_deleted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: AT + 600)
    recorded(file, *chunks_of(10), keep=125.0)
    assert open_recording(file).first_at == AT + 420
    assert open_recording(file).last_at == AT + 570


def test_what_is_too_much_is_deleted_and_its_room_given_back(file: Path) -> None:
    recorded(file, *chunks_of(30), at_most=400_000)
    assert file.stat().st_size < 500_000
    assert open_recording(file).last_at == AT + 29 * 60 + 30


def test_memory_holds_the_last_minutes_only(file: Path) -> None:
    made = Recorder((PLAIN,), ring=180.0)
    for item in chunks_of(20):
        made.take(item)
    made.save(file)
    made.close()
    tape = open_recording(file)
    assert 180 <= tape.last_at - tape.first_at <= 300
    assert isinstance(next(tape.items()), Keyframe)
    assert made.ring.size < 400_000


ENDLESS = """
import os, sys, time
from pathlib import Path
from redistui.engine.observation import Drawn, Observation
from redistui.engine.recording import Recorder, recorder
from redistui.model import Target
recorder.PART = 0.01
made = Recorder((Target(("a:1",)),), path=Path(sys.argv[1]))
while True:
    at = time.time()
    made.take(Observation("a:1", at, at, "data", {"myid": os.urandom(5000)}))
    made.take(Drawn(at, 1.0))
    made.flush()
"""


def test_a_crash_while_it_writes_breaks_nothing(file: Path) -> None:
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", ENDLESS, str(file)]) as writer:
            size = file.stat().st_size if file.exists() else 0
            eventually(lambda size=size: file.exists() and file.stat().st_size > size + 100_000, 40)  # type: ignore[misc]
            writer.send_signal(signal.SIGKILL)
        tape = open_recording(file)
        assert sum(isinstance(item, Drawn) for item in tape.items()) > 3
        tape.close()
    with sqlite3.connect(file) as whole:
        assert whole.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    whole.close()


def test_it_is_read_while_more_is_written(file: Path) -> None:
    made = Recorder((PLAIN,), path=file)
    for item in ITEMS:
        made.take(item)
    made.flush()
    tape = open_recording(file)
    assert len(list(tape.items())) == len(ITEMS) + 1
    made.take(Drawn(AT + 9, 1.0))
    made.flush()
    assert len(list(tape.items())) == len(ITEMS) + 2
    made.close()


def test_a_disk_that_is_full_is_told_once_and_the_memory_goes_on(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []
    made = Recorder((PLAIN,), path=file)
    made.begin(said.append)
    with monkeypatch.context() as full:
        full.setattr(made._file, "add", lambda things: (_ for _ in ()).throw(BadRecording("the disk is full")))
        for item in ITEMS:
            made.take(item)
            made.flush()
        assert said == [made.trouble] == ["nothing is recorded any more: the disk is full"]
    made.save(tmp_path / "saved")
    assert len(list(open_recording(tmp_path / "saved").items())) == len(ITEMS) + 1
    made.take(poll("a:1", AT + 6))
    made.flush()
    assert made.trouble is not None
    made.take(Keyframe(AT + 7))
    made.take(poll("a:1", AT + 8))
    made.close()
    assert said[1:] == [f"{file} is recorded again; what came meanwhile is missing"]
    assert [item.at for item in open_recording(file).items()] == [AT + 7, AT + 8]


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
    monkeypatch.setattr(recorder, "CHUNK", 1.0)
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

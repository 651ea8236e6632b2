"""What was said of alerts outlives the dashboard, is heard by the one beside it, and a broken file harms nobody."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from redistui.engine import remarks as module
from redistui.engine.engine import Engine
from redistui.engine.playing import Player
from redistui.engine.recording import Recorder, open_recording
from redistui.engine.remarks import Remarks, scope_of
from redistui.engine.remarks_file import UNWATCHED, BadRemarks, Remark, locked, read, remarks_path, said, write
from redistui.model import Alert, Fault, Finding, Fleet, Group, Node, Target
from tests.waiting import eventually

GONE = Target(("127.0.0.1:1",), text="redis://127.0.0.1:1")
ALSO = Target(("127.0.0.1:2",), text="redis://127.0.0.1:2")
NOW = 1_700_000_000.0
A, B = scope_of([GONE]), scope_of([ALSO])


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY", 0.02)


@contextmanager
def console(
    path: Path, *targets: Target, keep: bool = True, recorder: Recorder | None = None
) -> Iterator[Engine]:  # fmt: skip
    """One that looks at servers which are not there: its alert comes by itself."""
    remarks = Remarks(path, targets or (GONE,), keep=keep)
    engine = Engine(targets or (GONE,), period=0.1, remarks=remarks, recorder=recorder)
    engine.at_end(remarks.close)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


def down(fleet: Fleet) -> Alert | None:
    return next((one for one in fleet.alerts if one.rule == "node-down" and one.node == "127.0.0.1:1"), None)


def until(engine: Engine, holds: Callable[[Alert], bool]) -> Alert:
    alert = down(engine.wait(lambda fleet: (one := down(fleet)) is not None and holds(one), 20.0))
    assert alert is not None
    assert holds(alert), alert
    return alert


def lasts(alert: Alert) -> bool:
    return alert.ended_at is None


def acknowledged(alert: Alert) -> bool:
    return alert.acknowledged_at is not None


def silenced(alert: Alert) -> bool:
    return alert.silenced_until is not None


def test_the_next_dashboard_knows_what_was_acknowledged_and_silenced_in_the_last_one(tmp_path: Path) -> None:
    path, end = tmp_path / "state" / "alerts.json", time.time() + 3600
    with console(path) as engine:
        alert = until(engine, lasts)
        engine.acknowledge(alert.key)
        engine.silence("node-*", until=end)
        before = until(engine, lambda one: acknowledged(one) and silenced(one))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with console(path) as engine:
        after = until(engine, lambda one: acknowledged(one) and silenced(one))
        kinds = {event.kind for event in engine.fleet.events}
    assert after.acknowledged_at == pytest.approx(before.acknowledged_at, abs=0.001)
    assert after.silenced_until == pytest.approx(end, abs=0.001)
    assert not after.told
    assert {"acknowledged", "silenced"} <= kinds


def test_two_dashboards_beside_each_other_hear_what_is_said_in_either(tmp_path: Path) -> None:
    path, end = tmp_path / "alerts.json", time.time() + 3600
    with console(path) as one, console(path) as other:
        alert = until(one, lasts)
        until(other, lasts)
        one.silence("node-*", until=end)
        until(other, silenced)
        other.acknowledge(alert.key)
        until(one, acknowledged)
        other.silence(until=0.0)
        until(one, lambda alert: not silenced(alert))
        assert not silenced(until(other, acknowledged))
    (left,) = read(path)
    assert left.key == ("acknowledged", *alert.key[:2], alert.node)


def test_a_recording_shows_what_was_known_from_before_as_it_was_shown(tmp_path: Path) -> None:
    path, recorded = tmp_path / "alerts.json", tmp_path / "fleet.recording"
    with console(path) as engine:
        engine.acknowledge(until(engine, lasts).key)
        until(engine, acknowledged)
    recorder = Recorder((GONE,), path=recorded)
    shown: dict[float, Fleet] = {}
    with console(path, recorder=recorder) as engine:
        engine.subscribe(lambda fleet: shown.update({fleet.at: fleet}))
        until(engine, acknowledged)
        engine.silence("node-*", until=time.time() + 60)
        until(engine, silenced)
    recorder.close()
    player = Player(open_recording(recorded))
    player.go(player.tape.last_at)
    live = shown[player.fleet.at]
    assert (player.fleet.alerts, player.fleet.events) == (live.alerts, live.events)
    assert any(silenced(alert) and acknowledged(alert) for alert in live.alerts)


def test_what_is_over_is_acknowledged_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN", 0.5)
    path = tmp_path / "alerts.json"
    key = ("acknowledged", "memory", "orders", "a:1")
    write(path, [Remark(A, key, time.time(), seen_at=time.time())], time.time())
    with console(path):
        eventually(lambda: not read(path), 20.0)


def test_who_only_looks_once_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "alerts.json"
    with console(path, keep=False) as engine:
        engine.acknowledge(until(engine, lasts).key)
        until(engine, acknowledged)
    assert not path.exists()


@pytest.mark.parametrize(
    "text",
    ["dear diary", "[]", "{}", '{"version": 1, "remarks": [{}]}', '{"version": 1, "remarks": 7}', "[" * 100_000,
     '{"version": 99, "remarks": []}', '{"version": 1, "remarks": [{"kind": "silenced", "rule": "*", "group": "*", '
     '"node": "*", "targets": [], "at": "2026-01-01T00:00:00", "until": "2026-01-01T00:00:00+00:00"}]}'],
)  # fmt: skip
def test_a_file_that_is_none_of_ours_is_a_sentence_in_the_timeline_and_stays_as_it_is(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "alerts.json"
    path.write_text(text)
    with pytest.raises(BadRemarks, match="it was left as it is"):
        read(path)
    with console(path) as engine:
        engine.silence("node-*", until=time.time() + 60)
        until(engine, silenced)
        told = [event.text for event in engine.fleet.events if event.kind == "remarks"]
    assert len(told) == 1
    assert told[0].endswith("it was left as it is; acknowledgements and silences end with this run")
    assert path.read_text() == text


def test_a_folder_in_the_place_of_the_file_is_a_sentence_too(tmp_path: Path) -> None:
    with pytest.raises(BadRemarks, match="is a directory"):
        read(tmp_path)


def silence(targets: frozenset[str], until: float = NOW + 60, rule: str = "*") -> Remark:
    return Remark(targets, ("silenced", rule, "*", "*"), NOW, until=until)


def ack(targets: frozenset[str], seen_at: float = NOW) -> Remark:
    return Remark(targets, ("acknowledged", "tilt", "orders", "a:1"), NOW, level="bad", seen_at=seen_at)


@pytest.mark.parametrize(
    ("remark", "seen_by"),
    [
        (silence(A), ["A"]),
        (silence(A | B), ["A", "B", "AB"]),
        (ack(A), ["A", "AB"]),
        (ack(A | B), ["A", "B", "AB"]),
        (silence(A, NOW - 1), []),
        (ack(A, NOW - UNWATCHED - 1), []),
        (ack(A, NOW - UNWATCHED + 1), ["A", "AB"]),
    ],
)
def test_a_silence_is_for_its_targets_and_an_acknowledgement_for_its_alert(
    tmp_path: Path, remark: Remark, seen_by: list[str]
) -> None:
    path = tmp_path / "alerts.json"
    path.write_text(json.dumps({"version": 1, "remarks": []}))
    write(path, [remark], min(NOW, remark.until or remark.seen_at) - 1)
    looks = {"A": (GONE,), "B": (ALSO,), "AB": (GONE, ALSO)}
    assert [name for name, targets in looks.items() if Remarks(path, targets).current(NOW)] == seen_by


def test_what_is_said_again_of_some_targets_leaves_the_others() -> None:
    both, other = silence(A | B), silence(A | B, rule="tilt")
    assert said([both, other], A, both.key, None) == (silence(B), other)
    assert said([both], A, both.key, silence(A, NOW + 99)) == (silence(B), silence(A, NOW + 99))
    assert said([both], A | B, both.key, None) == ()


def test_what_was_written_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "alerts.json"
    remarks = (silence(A | B, NOW + 60.123), ack(B, NOW + 0.5))
    write(path, remarks, NOW)
    assert set(read(path)) == set(remarks)
    assert read(tmp_path / "none") == ()


def test_while_somebody_else_writes_it_waits(tmp_path: Path) -> None:
    path = tmp_path / "alerts.json"
    with console(path) as engine:
        with locked(path) as free:
            assert free
            engine.silence("node-*", until=time.time() + 60)
            until(engine, silenced)
            with locked(path) as twice:
                assert not twice
            assert not path.exists()
        eventually(path.exists, 20.0)


def test_the_place_of_the_file_can_be_named(tmp_path: Path) -> None:
    assert remarks_path({"REDISTUI_REMARKS": str(tmp_path / "x")}) == tmp_path / "x"
    assert remarks_path({}).name == "alerts.json"
    assert read(Path("/dev/null")) == ()


# -- who looks only once -----------------------------------------------------------------------------------------------

TILTED = Finding("tilt", "bad", "orders", "it only watches", "a:1")


def glance(path: Path, now: float, *found: Finding, up: bool = True) -> list[str]:
    """What a single look at these findings takes for acknowledged."""
    one = Node("a:1", now, None if up else Fault("refused", "connection refused", now))
    fleet = Fleet(at=now, period=1.0, groups=(Group("orders", "replication", (one,)),), findings=found)
    return sorted(said.key[1] for said in Remarks(path, (GONE,)).look(fleet, now))


def test_an_acknowledged_alert_that_was_over_at_a_single_look_is_new_when_it_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "alerts.json"
    write(path, [ack(A), silence(A, NOW + 9999)], NOW)
    assert glance(path, NOW + 60, TILTED) == ["*", "tilt"]
    assert glance(path, NOW + 120) == ["*", "tilt"], "it may be back at once: that is the same one"
    assert glance(path, NOW + 200) == ["*"]
    assert glance(path, NOW + 260, TILTED) == ["*"]


def test_single_looks_keep_an_acknowledgement_alive_which_ends_when_nobody_looks(tmp_path: Path) -> None:
    path, step = tmp_path / "alerts.json", UNWATCHED * 0.9
    write(path, [ack(A)], NOW)
    for look in range(1, 4):
        assert glance(path, NOW + look * step, TILTED) == ["tilt"]
    assert glance(path, NOW + 3 * step + UNWATCHED + 1, TILTED) == []


def test_a_single_look_at_a_silent_server_tells_nothing_of_what_it_would_say(tmp_path: Path) -> None:
    path = tmp_path / "alerts.json"
    write(path, [ack(A)], NOW)
    assert glance(path, NOW + 600, up=False) == ["tilt"]
    assert glance(path, NOW + 700) == []


def test_where_nothing_can_be_written_a_single_look_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "alerts.json"
    write(path, [ack(A)], NOW)
    with locked(path):
        assert glance(path, NOW + 600, TILTED) == ["tilt"]
    assert read(path) == (ack(A),)

"""`report --replay FILE --from T --to T`: from the snapshots of a recording to its document, text and Markdown."""

from __future__ import annotations

import argparse
import json
from bisect import bisect_right
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from redistui.cli import incident
from redistui.cli.exits import Quit
from redistui.history import History
from redistui.model import Event, Fleet
from tests.cli.test_status import TIME, assert_contract
from tests.judge.short import NOW, at, group, node, sentinel
from tests.judge.short import fleet as drawn
from tests.view.test_report import HEADINGS

A, B = node("a", acks={"b": 0}, ops_per_second=5.0), node("b", "a")
DEAD, TAKES = node("a", fault="refused"), node("b", ops_per_second=5.0)
DOWN = Event(NOW + 2, at("x"), "+sdown", "orders", "primary a:1 \x1b[2J", (at("x"), at("y")), (NOW + 2, NOW + 2.5))
OTHERS = Event(NOW + 3, at("q"), "+sdown", "else", "primary q:1", (at("q"),), (NOW + 3,))


@dataclass
class Reel:
    """Snapshots in the place of a recording that is played."""

    frames: list[Fleet]
    place: int = 0

    def __post_init__(self) -> None:
        self.history = History()
        self.tape = SimpleNamespace(first_at=self.frames[0].at, last_at=self.frames[-1].at, thresholds={})

    @property
    def fleet(self) -> Fleet:
        return self.frames[self.place]

    def go(self, at: float) -> Fleet:
        self.place = max(0, bisect_right([frame.at for frame in self.frames], at) - 1)
        return self._shown()

    def step(self, by: int) -> Fleet | None:
        if self.place + by >= len(self.frames):
            return None
        self.place += by
        return self._shown()

    def _shown(self) -> Fleet:
        for one in self.fleet.groups[0].nodes:
            self.history.add(one.address, self.fleet.at, {**one.metrics, "up": float(one.up)})
        return self.fleet


def reel() -> Reel:
    """The primary is lost after a second, another takes over after four; and a group that has nothing to do with it."""
    other = group(node("q"), name="else")
    frames = []
    for second in range(8):
        pair = (A, B) if second < 2 else (DEAD, B) if second < 5 else (DEAD, TAKES)
        members = [one if one.fault else replace(one, seen_at=NOW + second) for one in pair]
        rest = replace(other, nodes=tuple(replace(one, seen_at=NOW + second) for one in other.nodes))
        events = tuple(event for event in (DOWN, OTHERS) if event.at <= NOW + second)
        orders = group(*members, *(sentinel(name, "b" if second > 4 else "a") for name in "xyz"))
        frames.append(replace(drawn(orders, rest, now=NOW + second), events=events))
    return Reel(frames)


def run(monkeypatch: pytest.MonkeyPatch, **wanted: object) -> int:
    monkeypatch.setattr(incident, "player_of", lambda _: reel())
    none = {"targets": [], "replay": "x", "since": None, "until": None, "trend": None, "group": None}
    return incident.replayed(argparse.Namespace(**{**none, "json": False, "markdown": False, **wanted}))


def test_the_document_of_an_incident_has_all_that_was_seen(monkeypatch, capsys):
    assert run(monkeypatch, since="start", until="end", json=True) == 0
    found = json.loads(capsys.readouterr().out)
    (outage,) = found["outages"]
    assert (outage["group"], outage["before"], outage["after"]) == ("orders", at("a"), at("b"))
    assert (outage["shortest"], outage["longest"]) == (2.0, 4.0)
    assert TIME.fullmatch(outage["heard_at"])
    assert [event["kind"] for event in found["events"]] == ["+sdown", "+sdown"]
    assert [one["source"] for one in found["events"][0]["witnesses"]] == [at("x"), at("y")]
    assert (at("b"), "is primary, was replica") in {(one["source"], one["text"]) for one in found["said"]}
    assert_contract(found["first"])
    assert_contract(found["last"])


def test_only_what_lies_between_the_times_counts(monkeypatch, capsys):
    run(monkeypatch, since="+2.2s", until="+3.5s", json=True)
    found = json.loads(capsys.readouterr().out)
    assert [event["group"] for event in found["events"]] == ["else"]
    assert found["outages"][0]["back_at"] is None
    assert found["said"] == []


def test_one_group_can_be_looked_at_alone(monkeypatch, capsys):
    run(monkeypatch, since="start", until="end", json=True, group="else")
    found = json.loads(capsys.readouterr().out)
    assert [event["group"] for event in found["events"]] == ["else"]
    assert (found["outages"], found["said"]) == ([], [])
    with pytest.raises(Quit, match="orders"):
        run(monkeypatch, since="start", until="end", group="order")


@pytest.mark.parametrize("markdown", [False, True])
def test_as_text_it_has_every_part_and_no_control_character(monkeypatch, capsys, markdown):
    assert run(monkeypatch, since="start", until="end", markdown=markdown) == 0
    out = capsys.readouterr().out.upper()
    assert all(title in out for title in ("OUTAGES", "TIMELINE", "WHAT WAS DONE", "WHAT EACH SERVER SAID", "COURSE"))
    assert "2.0 S TO 4.0 S" in out
    assert "\x1b" not in out
    assert "OPS/S" in out


def test_without_times_it_is_the_health_report_of_the_end(monkeypatch, capsys):
    assert run(monkeypatch) == 0
    out = capsys.readouterr().out
    assert all(title.upper() in out for title in HEADINGS)
    assert "1970-01-01 00:16:47 UTC" in out


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"since": "end", "until": "start"}, "is not before"),
        ({"since": "yesterday", "until": None}, "--from: 'yesterday' is no time"),
        ({"since": None, "until": "soon"}, "--to: 'soon' is no time"),
        ({"since": "+1h", "until": None}, "is not in the recording"),
        ({"targets": ["orders"]}, "no target"),
    ],
)
def test_a_time_that_will_not_do_is_a_sentence_and_code_2(monkeypatch, wanted, words):
    with pytest.raises(Quit, match=words) as raised:
        run(monkeypatch, **wanted)
    assert raised.value.code == 2

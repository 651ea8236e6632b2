"""A recording in an engine's place: orders are followed in turn, time goes by at any speed, and nothing is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from redistui.engine.late import LateEngine
from redistui.engine.playback import Playback
from redistui.engine.playing import Player
from redistui.model import Event, Fleet
from tests.engine.tapes import BEGAN, FELL, ROSE, SECONDS, incident
from tests.waiting import eventually

END = BEGAN + SECONDS - 0.5


class Seen:
    """A playback, and what it showed."""

    def __init__(self, at: float) -> None:
        player = Player(incident())
        player.go(at)
        self.playback = Playback(player)
        self.fleets: list[Fleet] = []
        self.playback.subscribe(self.fleets.append)

    def at(self, moment: float) -> bool:
        return self.playback.fleet.at == moment and not self.playback.seeking


@pytest.fixture
def seen() -> Iterator[Seen]:
    one = Seen(BEGAN + 10)
    yield one
    one.playback.stop()


def test_it_offers_whatever_the_dashboard_asks_of_an_engine() -> None:
    asked = {name for name in vars(LateEngine) if not name.startswith("_")}
    assert asked - set(dir(Playback(player_at(BEGAN)))) == set()


def player_at(at: float) -> Player:
    player = Player(incident())
    player.go(at)
    return player


def test_it_begins_where_the_player_stands_and_says_that_it_is_a_recording(seen: Seen) -> None:
    assert seen.playback.fleet.at == BEGAN + 9.5
    assert seen.playback.fleet.replayed
    assert (seen.playback.first_at, seen.playback.period) == (BEGAN, 1.0)


def test_orders_are_followed_in_turn(seen: Seen) -> None:
    moved: list[bool] = []
    seen.playback.go(BEGAN + 100, moved.append)
    seen.playback.step(-1, moved.append)
    seen.playback.step(1, moved.append)
    seen.playback.go(BEGAN + 100, moved.append)
    eventually(lambda: len(moved) == 4, 20)
    assert moved == [True, True, True, False]
    assert seen.at(BEGAN + 99.5)
    assert all(fleet.replayed for fleet in seen.fleets)


def test_there_is_nothing_after_the_end_nor_before_the_beginning(seen: Seen) -> None:
    moved: list[bool] = []
    for at, by in ((END, 1), (BEGAN, -1)):
        seen.playback.go(at)
        seen.playback.step(by, moved.append)
    eventually(lambda: len(moved) == 2, 20)
    assert moved == [False, False]


def test_it_goes_from_event_to_event(seen: Seen) -> None:
    marks: list[Event | None] = []
    for by in (1, 1, 1, -1, -1):
        seen.playback.skip(seen.playback.marks, by, marks.append)
    eventually(lambda: len(marks) == 5, 20)
    assert marks == [FELL, ROSE, None, FELL, None]
    assert seen.at(FELL.at + 0.5)


def test_played_to_the_end_it_stops_there(seen: Seen) -> None:
    seen.playback.play(100.0)
    eventually(lambda: seen.at(END) and not seen.playback.playing, 30)
    times = [fleet.at for fleet in seen.fleets]
    assert times == sorted(times)


def test_standing_still_it_shows_nothing_new(seen: Seen) -> None:
    seen.playback.play(1.0)
    assert seen.playback.playing
    seen.playback.pause()
    told = threading.Event()
    seen.playback.go(BEGAN + 20, lambda moved: told.set())
    assert told.wait(20)
    assert not seen.playback.playing
    assert seen.at(BEGAN + 19.5)


def test_two_times_are_compared_without_going_there(seen: Seen) -> None:
    pairs: list[tuple[float, float]] = []
    seen.playback.compare(BEGAN + 30, BEGAN + 100, lambda one, other: pairs.append((one.at, other.at)))
    eventually(lambda: pairs, 20)
    assert pairs == [(BEGAN + 29.5, BEGAN + 99.5)]
    assert seen.at(BEGAN + 9.5)


def test_the_past_before_a_place_comes_by_itself(seen: Seen) -> None:
    seen.playback.go(BEGAN + 119)
    eventually(lambda: len(seen.playback.history.last("c:1", "up", 900)) > 115, 20)


def test_what_would_be_done_to_servers_is_not_done(seen: Seen) -> None:
    ran: list[int] = []

    async def work() -> None:
        ran.append(1)

    assert seen.playback.call(work()).cancelled()
    seen.playback.poke("a:1")
    seen.playback.watch("d:1", "a:1")
    seen.playback.set_period(0.1)
    assert ran == []
    assert seen.playback.period == 1.0

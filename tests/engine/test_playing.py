"""The player: at any time of a recording it shows what was shown then, wherever it came from."""

from __future__ import annotations

import json
from bisect import bisect_right
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redistui.cli.document import status
from redistui.engine.observation import Drawn, Joined
from redistui.engine.playing import NothingDrawn, Player, told_once
from redistui.engine.recording import open_recording
from redistui.model import Fleet
from tests.engine import tapes
from tests.engine.tapes import BEGAN, DIED, FELL, ROSE, SECONDS, SEEN_TOO, Tape, incident
from tests.engine.telling import PLAIN, told
from tests.engine.watching import node

LIVE = {at: json.dumps(status(fleet)) for at, fleet in tapes.live(incident()).items()}
TIMES = sorted(LIVE)
END = TIMES[-1]


def shown(fleet: Fleet) -> str:
    return json.dumps(status(fleet))


def test_every_snapshot_is_played_as_it_was_shown() -> None:
    player = Player(incident())
    seen = [player.go(BEGAN)]
    while (following := player.step(1)) is not None:
        seen.append(following)
    assert [fleet.at for fleet in seen] == TIMES
    assert [shown(fleet) for fleet in seen] == [LIVE[at] for at in TIMES]


@pytest.mark.parametrize(
    ("at", "found"),
    [(BEGAN - 100, BEGAN + 0.5), (BEGAN + 0.6, BEGAN + 0.5), (BEGAN + 7.49, BEGAN + 6.5), (BEGAN + 7.5, BEGAN + 7.5),
     (END + 100, END)],
)  # fmt: skip
def test_a_time_is_shown_by_the_last_snapshot_before_it(at: float, found: float) -> None:
    assert Player(incident()).go(at).at == found


_ORDERS = st.lists(
    st.one_of(
        st.tuples(st.just("go"), st.floats(BEGAN - 5, BEGAN + SECONDS + 5)),
        st.tuples(st.just("step"), st.sampled_from((1.0, -1.0))),
    ),
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(_ORDERS)
def test_what_is_shown_depends_on_nothing_but_the_time(orders: list[tuple[str, float]]) -> None:
    """However one goes about: jumps back and forth, and steps."""
    player = Player(incident())
    where = TIMES.index(player.go(BEGAN).at)
    for order, value in orders:
        if order == "go":
            where = max(0, bisect_right(TIMES, value) - 1)
            player.go(value)
        else:
            moved = 0 <= where + value < len(TIMES)
            where += int(value) if moved else 0
            assert (player.step(int(value)) is not None) == moved
        assert player.at == TIMES[where]
        assert _without_rates(shown(player.fleet)) == _without_rates(LIVE[player.at])


def _without_rates(document: str) -> str:
    """The tape of these tests forgets counters at a key frame."""
    found = json.loads(document)
    for group in found["groups"]:
        for one in group["nodes"]:
            one["ops_per_second"] = one["cpu_percent"] = None
    return json.dumps(found)


def test_a_step_back_reads_nothing_again() -> None:
    tape = incident()
    player = Player(tape)
    player.go(BEGAN + 50)
    read = len(tape.asked)
    while player.at > BEGAN + 41:
        player.step(-1)
    assert len(tape.asked) == read


def test_a_long_jump_begins_at_a_key_frame_near_by() -> None:
    tape = incident()
    player = Player(tape)
    player.go(BEGAN + 100)
    player.go(BEGAN + 10)
    player.go(BEGAN + 119)
    assert max(tape.asked) > BEGAN + 60


def test_an_event_is_shown_by_the_first_snapshot_that_has_it() -> None:
    player = Player(incident())
    fleet = player.show(ROSE)
    assert fleet.at == DIED + 5.5
    assert node(fleet, "b:1").role == "primary"
    assert player.show(FELL).events[-1].witnesses == ("s:1", "s:2")


def test_what_several_announced_is_one_mark() -> None:
    assert Player(incident()).marks == (FELL, ROSE)
    assert told_once([SEEN_TOO, FELL, ROSE]) == (FELL, ROSE)


def test_the_past_ends_where_one_has_stepped_back_to() -> None:
    player = Player(incident())
    player.go(BEGAN + 30)
    newest = player.history.last("b:1", "memory_used", 1)
    for _ in range(5):
        player.step(-1)
    assert newest == [30_000.0] or newest == [29_000.0]
    assert player.history.last("b:1", "memory_used", 2) == [newest[0] - 6000, newest[0] - 5000]  # type: ignore[operator]
    steps = player.history.span("b:1", "memory_used", BEGAN + 20, BEGAN + 30, 10)
    assert steps[0] is not None
    assert steps[-1] is None


def test_the_past_before_a_jump_is_read_while_there_is_time() -> None:
    player = Player(incident())
    player.go(BEGAN + 110)
    player.go(BEGAN + 5)
    player.go(BEGAN + 119)
    assert len(player.history.last("c:1", "up", 900)) < 60
    while not player.recalled:
        player.recall(0.001)
    assert len(player.history.last("c:1", "up", 900)) >= 119
    player.step(-1)
    assert shown(player.fleet) == LIVE[player.at]


def test_a_recording_without_a_snapshot_says_so() -> None:
    with pytest.raises(NothingDrawn):
        Player(Tape([told("a:1", at=BEGAN)])).go(BEGAN)


def test_of_a_gap_the_last_snapshot_before_it_is_shown() -> None:
    late = BEGAN + 7200
    seen = (Joined(BEGAN, "a:1", PLAIN), told("a:1", at=BEGAN), Drawn(BEGAN + 0.5, 1.0))
    tape = Tape([*seen, told("a:1", at=late), Drawn(late + 0.5, 1.0)])
    player = Player(tape)
    assert [player.go(at).at for at in (late, BEGAN + 3600, late + 1)] == [BEGAN + 0.5, BEGAN + 0.5, late + 0.5]
    assert player.step(-1) is not None
    assert player.at == BEGAN + 0.5


def test_a_file_is_played_as_it_was_shown_wherever_one_begins(tmp_path: Path) -> None:
    """Rates too, for a key frame of a file knows the counters before it."""
    tapes.written(tmp_path / "incident.rec")
    player = Player(open_recording(tmp_path / "incident.rec"))
    order = [*TIMES[::-7], *TIMES[::11]]
    assert [shown(player.go(at)) for at in order] == [LIVE[at] for at in order]
    assert player.marks[:1] == (FELL,)
    assert {mark.kind for mark in player.marks} == {"+odown", "role"}

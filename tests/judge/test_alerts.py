"""AlertBook: what lasts is told once, what is over once, and what comes and goes is one alert that says so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.judge.alerts import CALM, FLIPS, GONE, RESTLESS, SHOWN, AlertBook, Known
from redistui.model import Finding, Fleet, Silence
from tests.judge.short import group, node

MEMORY = Finding("memory", "warn", "orders", "a:1 uses 85 % of its memory limit", "a:1", 85.0, 80.0)
LINK = Finding("link-down", "bad", "orders", "b:1 has no link", "b:1")
WORSE = replace(MEMORY, level="bad", value=95.0, threshold=90.0)


def seen(at: float, *found: Finding, period: float = 1.0, stalled: bool = False, silent: bool = False) -> Fleet:
    members = group(node("a", fault="hung" if silent else None, read=at), node("b", "a", read=at))
    return Fleet(at=at, period=period, groups=(members,), findings=found, stalled=stalled, complete=True)


def told(book: AlertBook, *snapshots: Fleet) -> list[str]:
    """What is announced, in the first two words of each."""
    found: list[str] = []
    for snapshot in snapshots:
        book.judge(snapshot)
        found += [event.text.partition(":")[0] for event in book.news]
    return found


def run(*levels: str, period: float = 1.0) -> list[str]:
    """One finding, poll after poll: `w` warn, `b` bad, `.` not there."""
    found = {"w": (MEMORY,), "b": (WORSE,), ".": ()}
    return told(AlertBook(), *(seen(1000.0 + n * period, *found[one], period=period) for n, one in enumerate(levels)))


@pytest.mark.parametrize(
    ("polls", "announced"),
    [
        ("w", []),
        ("w.w.", []),
        ("ww", ["warn memory"]),
        ("bb", ["bad memory"]),
        ("wwwwww", ["warn memory"]),
        ("ww.w.ww", ["warn memory"]),
        ("ww..", ["warn memory", "over memory"]),
        ("wwbbbb", ["warn memory", "worse memory"]),
        ("wwbww", ["warn memory"]),
        ("bbwwwb", ["bad memory", "better memory"]),
        ("bbwbwb", ["bad memory"]),
        ("ww..ww..", ["warn memory", "over memory", "warn memory", "over memory"]),
    ],
)
@pytest.mark.parametrize("period", [0.2, 1.0, 5.0])
def test_an_alert_is_told_at_its_second_poll_and_over_at_the_second_without_it(
    polls: str, announced: list[str], period: float
) -> None:
    assert run(*polls, period=period) == announced


def test_what_comes_and_goes_is_told_a_few_times_and_then_once_for_all() -> None:
    polls = "ww.." * 25
    announced = run(*polls)
    assert announced.count("flaps memory") == 1
    assert len(announced) == 2 * (FLIPS - 1) + 1


def test_even_what_is_never_there_for_two_polls_is_told_when_it_keeps_coming() -> None:
    assert run(*("w." * 30)) == ["flaps memory"]


def test_an_open_slot_is_told_when_it_is_the_same_one_at_two_polls_and_not_when_a_move_opens_one_after_the_other() -> (
    None
):
    def opened(*slots: int) -> tuple[Finding, ...]:
        return (Finding("open-slot", "warn", "orders", f"slots {slots} are open", slots=slots),) if slots else ()

    def polled(*each: tuple[int, ...]) -> list[str]:
        return told(AlertBook(), *(seen(1000.0 + n, *opened(*slots)) for n, slots in enumerate(each)))

    assert polled(*((n,) for n in range(30))) == []
    assert polled(*((n,) if n % 2 else () for n in range(30))) == []
    assert polled((5,), (5,)) == ["warn open-slot"]
    assert polled((1, 5), (2, 5), (3, 5), (4,)) == ["warn open-slot"]
    assert polled((5,), (), (), (5,), (), (), (5,), (), (), (5,), (), ()) == ["flaps open-slot"]


def test_what_came_and_went_is_over_after_a_calm_while() -> None:
    book, polls = AlertBook(), [seen(1000.0 + n, *((MEMORY,) if n % 2 == 0 else ())) for n in range(20)]
    assert told(book, *polls) == ["flaps memory"]
    (alert,) = book.judge(seen(1020.0))
    assert alert.flips >= FLIPS
    assert alert.ended_at is None
    assert told(book, *(seen(1020.0 + n) for n in range(int(CALM) + 2))) == ["over memory"]


def test_the_alert_carries_the_newest_words_and_every_time() -> None:
    book = AlertBook()
    newer = replace(MEMORY, message="newer", value=86.0)
    told(book, seen(1000.0, MEMORY), seen(1001.0, newer))
    (alert,) = book.judge(seen(1002.0, newer))
    assert (alert.message, alert.value, alert.threshold, alert.level) == ("newer", 86.0, 80.0, "warn")
    assert (alert.since, alert.raised_at, alert.level_since, alert.ended_at) == (1000.0, 1001.0, 1001.0, None)
    assert alert.key == ("memory", "orders", "a:1")


def test_news_say_it_for_machines_too() -> None:
    book = AlertBook()
    told(book, seen(1000.0, LINK), seen(1001.0, LINK))
    (event,) = book.news
    assert (event.kind, event.group, event.source, event.at) == ("alert", "orders", "b:1", 1001.0)
    assert event.about == ("raised", "link-down", "orders", "b:1", "bad")
    assert event.text == "bad link-down: b:1 has no link"


def test_news_of_a_number_have_it_and_its_threshold_as_they_were_then() -> None:
    book = AlertBook()
    told(book, seen(1000.0, MEMORY), seen(1001.0, replace(MEMORY, value=86.5)))
    assert book.news[0].about == ("raised", "memory", "orders", "a:1", "warn", "86.5", "80.0")


def test_what_is_over_stays_in_sight_for_a_while_behind_what_lasts() -> None:
    book = AlertBook()
    told(book, seen(1000.0, MEMORY, LINK), seen(1001.0, MEMORY, LINK), seen(1002.0, MEMORY), seen(1003.0, MEMORY))
    alerts = book.judge(seen(1004.0, MEMORY))
    assert [(one.rule, one.ended_at) for one in alerts] == [("memory", None), ("link-down", 1001.0)]
    assert [one.rule for one in book.judge(seen(1002.0 + SHOWN + 1, MEMORY))] == ["memory"]


def test_bad_ones_come_first() -> None:
    book = AlertBook()
    told(book, seen(1000.0, MEMORY), seen(1001.0, MEMORY, LINK))
    assert [one.rule for one in book.judge(seen(1002.0, MEMORY, LINK))] == ["link-down", "memory"]


def test_several_of_a_kind_about_the_same_are_one_alert_of_the_worst_level() -> None:
    book = AlertBook()
    many = (MEMORY, WORSE, MEMORY)
    told(book, seen(1000.0, *many), seen(1001.0, *many))
    (alert,) = book.judge(seen(1002.0, *many))
    assert alert.level == "bad"
    assert alert.message.endswith("(and 2 more of the kind)")


def test_while_a_server_is_silent_nobody_knows_whether_its_memory_is_well_again() -> None:
    book = AlertBook()
    told(book, seen(1000.0, MEMORY), seen(1001.0, MEMORY))
    assert told(book, *(seen(1002.0 + n, silent=True) for n in range(20))) == []
    assert told(book, seen(1030.0), seen(1031.0), seen(1032.0)) == ["over memory"]


def test_what_others_say_of_a_silent_server_is_over_when_they_say_it_no_more() -> None:
    book = AlertBook()
    orphan = replace(MEMORY, rule="two-primaries")
    told(book, seen(1000.0, orphan), seen(1001.0, orphan))
    assert told(book, *(seen(1002.0 + n, silent=True) for n in range(4))) == ["over two-primaries"]


def test_while_we_stand_still_ourselves_nothing_begins_and_nothing_ends() -> None:
    book = AlertBook()
    told(book, seen(1000.0, MEMORY), seen(1001.0, MEMORY))
    assert told(book, seen(1010.0, LINK, stalled=True), seen(1020.0, LINK, stalled=True)) == []
    assert [one.rule for one in book.judge(seen(1021.0, stalled=True))] == ["memory"]


def test_an_acknowledged_alert_stays_so_until_it_gets_worse() -> None:
    book = AlertBook()
    told(book, seen(1000.0, MEMORY), seen(1001.0, MEMORY))
    assert book.acknowledge(("memory", "orders", "a:1"), 1001.5)
    (alert,) = book.judge(seen(1002.0, MEMORY))
    assert (alert.acknowledged_at, alert.told) == (1001.5, False)
    assert told(book, seen(1003.0, WORSE), seen(1004.0, WORSE)) == ["worse memory"]
    (alert,) = book.judge(seen(1005.0, WORSE))
    assert (alert.acknowledged_at, alert.told) == (None, True)


def test_one_that_comes_back_soon_is_still_known_and_a_later_one_is_not() -> None:
    for pause, known in ((10.0, 1001.5), (2 * RESTLESS, None)):
        book = AlertBook()
        told(book, seen(1000.0, MEMORY), seen(1001.0, MEMORY))
        book.acknowledge(MEMORY_KEY, 1001.5)
        told(book, *(seen(1002.0 + n) for n in range(int(pause))))
        told(book, seen(1002.0 + pause, MEMORY), seen(1003.0 + pause, MEMORY))
        assert [one.acknowledged_at for one in book.judge(seen(1003.5 + pause, MEMORY))] == [known]


MEMORY_KEY = ("memory", "orders", "a:1")


def test_what_is_not_there_cannot_be_acknowledged() -> None:
    book = AlertBook()
    assert not book.acknowledge(MEMORY_KEY, 1.0)
    told(book, seen(1000.0, MEMORY))
    assert not book.acknowledge(MEMORY_KEY, 1000.5)


@pytest.mark.parametrize(
    ("patterns", "fits"),
    [
        (("*", "*", "*"), True),
        (("memory", "*", "*"), True),
        (("mem*", "orders", "a:?"), True),
        (("link-down", "*", "*"), False),
        (("*", "orders-2", "*"), False),
        (("*", "*", "b:*"), False),
    ],
)
def test_a_silence_fits_by_rule_group_and_node_until_its_end(patterns: tuple[str, str, str], fits: bool) -> None:
    book = AlertBook()
    book.silence(Silence(*patterns, 1010.0), 1000.0)
    told(book, seen(1000.0, MEMORY), seen(1001.0, MEMORY))
    assert [one.silenced_until for one in book.judge(seen(1002.0, MEMORY))] == [1010.0 if fits else None]
    assert [one.silenced_until for one in book.judge(seen(1010.5, MEMORY))] == [None]
    assert book.silences == ()


def test_a_silence_is_moved_or_lifted_by_the_same_patterns() -> None:
    book = AlertBook()
    for until in (1010.0, 1100.0):
        book.silence(Silence("*", "orders", "*", until), 1000.0)
    assert [one.until for one in book.silences] == [1100.0]
    book.silence(Silence("*", "orders", "*", 0.0), 1000.0)
    assert book.silences == ()


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        (("*", "*", "*"), []),
        (("lag-*", "*", "*"), ["tilt"]),
        (("lag-bytes", "*", "*"), ["lag-*", "tilt"]),
        (("lag-*", "orders", "*"), ["lag-*", "tilt"]),
    ],
)
def test_every_silence_that_the_patterns_cover_is_lifted(pattern: tuple[str, str, str], left: list[str]) -> None:
    book = AlertBook()
    for rule in ("lag-*", "lag-bytes", "tilt"):
        book.silence(Silence(rule, "*", "*", 1100.0), 1000.0)
    book.silence(Silence(*pattern, 0.0), 1001.0)
    assert [one.rule for one in book.silences if one.rule != "lag-bytes"] == left


def test_a_bracket_in_an_address_stands_for_itself() -> None:
    book = AlertBook()
    six = replace(MEMORY, node="[::1]:6379")
    book.silence(Silence("memory", "orders", "[::1]:6379", 1100.0), 1000.0)
    told(book, seen(1000.0, six), seen(1001.0, six))
    assert [one.silenced_until for one in book.judge(seen(1002.0, six))] == [1100.0]


@pytest.mark.parametrize(
    ("known", "finding", "acknowledged_at"),
    [
        (Known(900.0, "warn", 1100.0), MEMORY, 900.0),
        (Known(900.0, "bad", 1100.0), MEMORY, 900.0),
        (Known(900.0, "warn", 1100.0), WORSE, None),
        (Known(900.0, "warn", 1000.5), MEMORY, None),
    ],
)
def test_what_was_acknowledged_before_is_so_when_it_is_raised_unless_it_is_worse_or_late(
    known: Known, finding: Finding, acknowledged_at: float | None
) -> None:
    book = AlertBook()
    book.know(MEMORY_KEY, known)
    assert book.acknowledged == {MEMORY_KEY: (900.0, known.level)}
    other = AlertBook()
    other.recollect(json.loads(json.dumps(book.memory())))
    for one in (book, other):
        told(one, seen(1000.0, finding), seen(1001.0, finding))
        (alert,) = one.judge(seen(1002.0, finding))
        assert alert.acknowledged_at == acknowledged_at
        assert bool(one.acknowledged) is (acknowledged_at is not None)


def test_what_lasts_is_acknowledged_by_what_is_said_elsewhere() -> None:
    book = AlertBook()
    told(book, seen(1000.0, WORSE), seen(1001.0, WORSE))
    book.know(MEMORY_KEY, Known(900.0, "warn", 2000.0))
    assert book.acknowledged == {}
    book.know(MEMORY_KEY, Known(900.0, "bad", 2000.0))
    assert book.acknowledged == {MEMORY_KEY: (900.0, "bad")}


SCRIPT = st.lists(
    st.tuples(st.sampled_from([(), (MEMORY,), (WORSE,), (LINK,), (LINK, WORSE)]), st.booleans()), max_size=60
)


@given(SCRIPT, st.integers(0, 60))
def test_a_book_put_back_from_its_memory_goes_on_as_the_other_does(
    script: Sequence[tuple[tuple[Finding, ...], bool]], cut: int
) -> None:
    book, other = AlertBook(), AlertBook()
    for n, (found, silent) in enumerate(script):
        if n == cut:
            other = AlertBook()
            other.recollect(json.loads(json.dumps(book.memory())))
        snapshot = seen(1000.0 + n, *found, silent=silent)
        left = book.judge(snapshot)
        if n >= cut:
            assert (other.judge(snapshot), other.news) == (left, book.news)


@given(SCRIPT)
def test_every_alert_begins_once_and_ends_once(script: Sequence[tuple[tuple[Finding, ...], bool]]) -> None:
    open_: dict[tuple[str, ...], str]
    book, open_ = AlertBook(), {}
    for n, (found, silent) in enumerate(script):
        alerts = book.judge(seen(1000.0 + n, *found, silent=silent))
        for event in book.news:
            change, *key, level = event.about[:5]
            if change == "over":
                assert open_.pop(tuple(key))
            elif change == "raised":
                assert tuple(key) not in open_
                open_[tuple(key)] = level
            else:
                open_[tuple(key)] = level
        lasting = {(one.rule, one.group, one.node or ""): one.level for one in alerts if one.ended_at is None}
        assert lasting == open_


def test_the_gate_is_measured_in_time_and_not_in_snapshots() -> None:
    """Up to ten snapshots are drawn in a second, and all may show one and the same answer."""
    book = AlertBook()
    assert told(book, *(seen(1000.0 + n / 10, MEMORY) for n in range(7))) == []
    assert told(book, *(seen(1000.7 + n / 10, MEMORY) for n in range(3))) == ["warn memory"]
    assert told(book, *(seen(1001.0 + n / 10) for n in range(int(10 * GONE) - 1))) == []

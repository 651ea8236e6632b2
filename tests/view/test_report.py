"""The report as a person reads it: blocks, their Markdown, and pictures of a few lines of text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.history import History, Sample
from redistui.judge.capacity import Capacity
from redistui.judge.incident import Incident, Outage
from redistui.judge.report import report
from redistui.judge.said import Said
from redistui.judge.trend import DAY
from redistui.model import Event, Fleet
from redistui.view import incident as incident_view
from redistui.view.blocks import Block, Heading, Items, Picture, Table, Words, markdown, plain, words
from redistui.view.capacity import sentence
from redistui.view.cells import Cell, Column
from redistui.view.report import blocks
from redistui.view.textplot import HEIGHT, plot, sparkline
from tests.fleets import history, quiet, troubled
from tests.judge.short import NOW, at, fleet, group, node

HEADINGS = ["Alerts", "Recommendations", "Groups", "Capacity", "Drift"]


def texts(found: list[Block]) -> str:
    return "\n".join(markdown(found))


@pytest.mark.parametrize("shown", [quiet(), troubled(), Fleet(NOW, 1.0, ())], ids=["quiet", "troubled", "empty"])
def test_a_report_has_all_its_parts_whatever_is_known(shown: Fleet) -> None:
    found = list(blocks(report(shown, history(shown) if shown.groups else History(), 300.0)))
    titles = [block.text for block in found if isinstance(block, Heading)]
    assert [title for title in titles[1:] if not title.startswith("Trends")] == HEADINGS
    assert "score" in texts(found)


def test_every_alert_and_recommendation_is_told_with_its_reason() -> None:
    one = report(troubled(), history(troubled()), 300.0)
    assert one.alerts
    assert one.recommendations
    text = texts(list(blocks(one)))
    assert all(plain(finding.message) in text for finding, _ in one.alerts)
    assert all(plain(advice.text) in text and plain(advice.reason) in text for advice in one.recommendations)


def test_the_same_advice_for_several_groups_is_given_once() -> None:
    alone = fleet(group(node("a"), name="one"), group(node("a"), name="two"))
    text = texts(list(blocks(report(alone, History(), 60.0))))
    assert text.count("give a:1 a replica") == 1
    assert plain("one and two:") in text


def test_what_a_server_says_becomes_no_markup() -> None:
    hostile = "[click](http://x) <script> a|b `c` **d** \x1b[31m \u202e # e"
    found = texts([
        Heading(hostile), words(hostile), Items((((Cell(hostile),), (Cell(hostile),)),)),
        Table((Column(hostile, 9), Column("n", 1)), ((Cell(hostile), Cell("1")), (Cell(hostile), Cell("2")))),
        Picture((f"```\n{hostile}",)),
    ])  # fmt: skip
    outside, inside, _ = found.split("```text")[0], *found.split("```text")[1].rsplit("```", 1)
    assert not any(sign in outside for sign in ("<script>", "[click]", "\x1b", "\u202e", "a|b"))
    assert "`" not in inside
    rows = [line for line in outside.splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {3}


@given(st.text())
def test_a_text_stays_one_line_of_markdown(text: str) -> None:
    assert len(plain(text).splitlines()) <= 1


def course(*values: float | None) -> list[Sample | None]:
    return [None if v is None else Sample(NOW + n, v, v, v) for n, v in enumerate(values)]


def test_a_picture_has_its_scale_its_times_and_its_gaps() -> None:
    drawn = plot(course(0.0, 10.0, None, 5.0), "count", 50, 3600.0, 3604.0)
    assert len(drawn) == HEIGHT + 2
    assert drawn[0].split(" │")[0].strip() == "10"
    assert drawn[HEIGHT - 1].split(" │")[0].strip() == "0"
    assert drawn[-1].split() == ["01:00:00", "01:00:04", "UTC"]
    columns = [line.split("│")[1].ljust(40) for line in drawn[:HEIGHT]]
    assert all(line[20:30] == " " * 10 for line in columns), "the gap stays blank"
    assert all(line[10:20] == "█" * 10 for line in columns), "the most fills it"


def test_marks_stand_below_their_times_and_those_outside_nowhere() -> None:
    drawn = plot(course(1.0, 2.0), "count", 50, 100.0, 200.0, [(100.0, "x"), (150.0, "F"), (300.0, "!")])
    axis = drawn[HEIGHT].split("└")[1]
    assert (axis[0], axis[20]) == ("x", "F")
    assert "!" not in axis


def test_nothing_known_is_no_picture_and_a_flat_course_no_mountain() -> None:
    assert plot(course(None, None), "count", 50, 0.0, 1.0) == []
    assert set(sparkline(course(100.0, 100.1, 100.2), 3)) == {"▁"}
    assert sparkline([], 10) == ""


@given(st.lists(st.none() | st.floats(0, 1e15), max_size=200), st.integers(40, 160))
def test_a_picture_is_never_wider_than_asked_for(values: list[float | None], width: int) -> None:
    assert all(len(line) <= width for line in plot(course(*values), "bytes", width, NOW, NOW + 60))


GROWS = Capacity("orders", "a:1", "memory_used", 5e8, 1e9, "grows", 7200.0, 1e8, 2e7, 5 * DAY, 4 * DAY, 6 * DAY)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (GROWS, "full in 4d to 6d; far beyond what was watched"),
        (replace(GROWS, latest=None), "full in 4d to ten years and more"),
        (replace(GROWS, sure="unsure", full_in=None), "no growth beyond its scatter"),
        (replace(GROWS, sure="unsure", full_in=None), "full no sooner than in 4d"),
        (replace(GROWS, sure="unsure", full_in=None, per_day=0.0, margin=0.0), "no growth at all in 2h"),
        (replace(GROWS, sure="too short", per_day=None, margin=None), "10m are needed"),
        (replace(GROWS, sure="shrinks", full_in=None, per_day=-1e8), "-114M to -76.3M a day in 95 of 100 cases"),
    ],
)
def test_how_sure_a_growth_is_stands_in_a_sentence(one: Capacity, said: str) -> None:
    assert said in sentence(one)


def an_incident() -> Incident:
    shown = fleet(group(node("a"), node("b", "a")))
    outage = Outage("orders", (), False, at("a"), at("b"), NOW, NOW + 1, NOW + 3, NOW + 2)
    events = (
        Event(NOW + 1, "x:1", "+sdown", "orders", "primary a:1", ("x:1", "y:1"), (NOW + 1, NOW + 1.5)),
        Event(NOW + 2, "", "action", "orders", "failover begun by <b>root</b>"),
    )
    return Incident(NOW, NOW + 9, shown, shown, (outage,), (Said(NOW + 1, at("a"), "orders", "hung: \x1b"),), events)


def test_an_incident_tells_outages_timeline_deeds_and_who_said_what() -> None:
    past = History()
    for second in range(9):
        past.add(at("a"), NOW + second, {"ops_per_second": float(second), "up": 1.0})
    found = list(incident_view.blocks(an_incident(), past))
    text = texts(found)
    assert "1.0 s to 3.0 s" in text
    assert plain("failover begun by <b>root</b>") in text
    assert [block.text for block in found if isinstance(block, Heading) and block.level == 3] == ["a:1", "x:1", "y:1"]
    assert "\x1b" not in text
    assert sum(isinstance(block, Picture) for block in found) == 2


def test_a_time_without_outage_says_so() -> None:
    calm = replace(an_incident(), outages=(), events=(), said=())
    found = list(incident_view.blocks(calm, History()))
    said = [cell.text for block in found if isinstance(block, Words) for cell in block.cells]
    assert any("had a primary that answered" in text for text in said)
    assert "Nobody announced anything." in said

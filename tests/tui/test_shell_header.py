"""The header line and the banner: what gives way when it is narrow, and what never does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.model import Event, Fault, Fleet
from redistui.ops.deed_words import begun
from redistui.ops.pause.memory import PAUSE, hold_title
from redistui.view.glyphs import ASCII, UNICODE
from redistui.view.header import BannerFacts, HeaderFacts, age_tone, badge_text, banner, fit, parts
from redistui.view.standing import Standing
from tests import fleets

FACTS = HeaderFacts("PROD", "checkout", "2/5", "sentinel", "warn", ("1 Topology", "2 Slots"), 0, False, 1.0)


def texts(facts: HeaderFacts, width: int) -> list[str]:
    return [part.cell.text.strip() for part in fit(parts(facts, UNICODE, False), width, "…")]


def test_a_wide_line_says_everything() -> None:
    assert texts(FACTS, 140) == [
        "redistui", "PROD", "checkout", "2/5", "sentinel", "▲ WARN", "1 Topology", "2 Slots", "READ-ONLY", "every 1s",
    ]  # fmt: skip


def test_parts_go_from_the_least_important_on() -> None:
    before = set(texts(FACTS, 140))
    gone = []
    for width in range(139, 8, -1):
        now = set(texts(FACTS, width))
        gone += sorted(before - now) if len(now) < len(before) else []
        before = now
    assert gone == ["redistui", "2 Slots", "every 1s", "sentinel", "2/5", "1 Topology", "▲ WARN", "READ-ONLY"]


def test_alerts_are_counted_beside_the_health_and_outlive_the_screens_names() -> None:
    alarmed = FACTS._replace(alerts=Standing(bad=2, warn=1, new=3))
    assert texts(alarmed, 140)[5:9] == ["▲ WARN", "■2 bad", "▲1 warn", "3 new"]
    assert texts(alarmed, 60) == ["PROD", "checkout", "▲ WARN", "■2 bad", "▲1 warn", "3 new", "READ-ONLY"]
    assert "new" not in "".join(texts(FACTS._replace(alerts=Standing(bad=2)), 140))


@pytest.mark.parametrize("width", [10, 20, 49, 69])
def test_badge_and_group_are_never_dropped(width: int) -> None:
    found = texts(FACTS._replace(group="a-group-with-a-name-as-long-as-a-whole-line-of-it"), width)
    assert found[0] == "PROD"
    assert found[1].startswith("a")


@pytest.mark.parametrize("width", range(12, 120))
def test_the_line_never_grows_beyond_its_width(width: int) -> None:
    line = fit(parts(FACTS, UNICODE, False), width, "…")
    assert sum(len(part.cell.text) for part in line) + 2 * (len(line) - 1) <= width


def test_a_hostile_group_name_is_spelled_out() -> None:
    found = texts(FACTS._replace(group="a\x1b[31mb\u202ec"), 140)
    assert "a\\x1b[31mb\\u202ec" in found


def test_without_colours_the_badge_has_brackets() -> None:
    assert badge_text("prod", True) == "[PROD]"
    assert badge_text(None, True) == ""


@pytest.mark.parametrize(("seconds", "tone"), [(0.5, "dim"), (2.5, "warn"), (9.0, "bad"), (None, "bad")])
def test_an_old_picture_looks_old(seconds: float | None, tone: str) -> None:
    assert age_tone(seconds, 1.0) == tone


def said(fleet: Fleet, facts: BannerFacts) -> tuple[str, bool]:
    found = banner(fleet, None, facts, ASCII)
    return ("", False) if found is None else ("".join(cell.text for cell in found.cells), found.alarm)


def test_nothing_pressing_takes_no_line() -> None:
    assert said(fleets.quiet(), BannerFacts()) == ("", False)


def test_a_pause_says_since_when_and_how_to_end_it() -> None:
    text, alarm = said(fleets.quiet(), BannerFacts(paused_since="12:03:44 UTC", paused_key="p"))
    assert "12:03:44 UTC" in text
    assert "p resumes" in text
    assert not alarm


def test_writes_that_are_held_are_counted_down() -> None:
    fleet = fleets.quiet()
    deed = Event(fleet.at - 3.0, "", "action", "cart", begun(PAUSE, hold_title("cart", "20")))
    assert said(replace(fleet, events=(deed,)), BannerFacts()) == ("writes of cart are held for 17 s more", False)
    assert said(replace(fleet, events=(deed,), at=fleet.at + 17.5), BannerFacts()) == ("", False)


def test_an_unfinished_operation_is_loud_and_first() -> None:
    fleet = replace(fleets.quiet(), stalled=True)
    text, alarm = said(fleet, BannerFacts(unfinished=("failover of orders",)))
    assert text.index("failover of orders") < text.index("stalled")
    assert alarm


def test_a_recording_says_so() -> None:
    assert "REPLAY" in said(replace(fleets.quiet(), replayed=True), BannerFacts())[0]


def test_a_node_that_wants_a_password_is_named() -> None:
    fleet = fleets.quiet()
    group = fleet.groups[0]
    shut = replace(group.nodes[0], fault=Fault("noauth", "wants a password", fleet.at))
    fleet = replace(fleet, groups=(replace(group, nodes=(shut, *group.nodes[1:])), *fleet.groups[1:]))
    text = said(fleet, BannerFacts())[0]
    assert shut.address in text
    assert "REDISTUI_PASSWORD" in text

"""Sites, metrics, events and findings as lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.history import History
from redistui.metrics import BY_NAME, SPARKS
from redistui.model import Event, Fault, Fleet, Node, Site
from redistui.view import metrics, sites
from redistui.view.cells import Cell
from redistui.view.events import EventList, tone_of
from redistui.view.findings import FindingList
from redistui.view.glyphs import UNICODE
from redistui.view.source import Source
from redistui.view.spark import headroom, low, newest, peak, spark
from tests import fleets


def said(lines: Source) -> list[str]:
    return ["".join(cell.text for cell in lines.line(index).cells).rstrip() for index in range(len(lines))]


def site_row(lines: Source, key: str) -> dict[str, Cell]:
    index = next(index for index in range(len(lines)) if lines.key(index) == key)
    return dict(zip((column.title for column in lines.columns), lines.line(index).cells, strict=True))


def test_a_site_says_whose_writes_it_takes() -> None:
    lines = sites.listing(fleets.two_sites(), UNICODE, 80)
    assert said(lines)[0] == "▲ ams  WARN  10/11 up · ping 0.6ms · leads 1 of 3 groups · if lost, writes STOP"
    assert site_row(lines, "group orders fra")["HERE"] == Cell("P leads", "primary")
    assert site_row(lines, "group orders ams")["HERE"] == Cell("R copy", "replica")
    assert site_row(lines, "group cart fra")["HERE"].text == "P 3 of 3"
    assert site_row(lines, "group orders ams")["WRITES GO TO"].text == "fra 10.1.0.11:6379"


def test_a_site_says_what_its_loss_does_to_each_group() -> None:
    fleet = fleets.two_sites()
    lines = sites.listing(fleet, UNICODE, 160)
    row = site_row(lines, "group orders fra")
    assert (row["IF LOST"], row["LOSES"].text, row["TAKES"].text) == (Cell("by hand", "warn"), "182B", "–")
    assert site_row(lines, "group orders ams")["IF LOST"] == Cell("goes on", "dim")
    assert site_row(lines, "group sessions ams")["IF LOST"] == Cell("STOPS", "bad")
    assert site_row(lines, "group orders ams")["LAG"].text == "182B"
    away = next(node.address for node in fleet.groups[0].nodes if node.site == "ams")
    named = replace(fleet, sites=(Site("fra", ("*",), primary=True),))
    lines = sites.listing(named, UNICODE, 160, lags_ms={away: 3.2, "10.1.0.11:6379": 1.0})
    assert site_row(lines, "group orders ams")["IN TIME"].text == "3.2ms"
    assert site_row(lines, "group orders fra")["IN TIME"].text == ""
    assert "primary site" in said(lines)[4]
    assert "led elsewhere" not in said(lines)[4]
    lines = sites.listing(replace(fleet, sites=(Site("ams", ("*",), primary=True),)), UNICODE, 160)
    assert "led elsewhere: orders, cart" in said(lines)[0]


def silent(fleet: Fleet, site: str) -> Fleet:
    """All data nodes of a site, gone silent just now."""

    def gone(one: Node) -> Node:
        return (
            replace(one, role=None, last_role=one.role, fault=Fault("hung", "silent", fleets.AT))
            if one.site == site
            else one
        )

    return replace(fleet, groups=tuple(replace(g, nodes=tuple(map(gone, g.nodes))) for g in fleet.groups))


def test_a_site_that_went_silent_is_said_to_have_led_what_nobody_leads_now() -> None:
    lines = sites.listing(silent(fleets.two_sites(), "fra"), UNICODE, 160)
    assert "led 2 of 2 groups, which nobody leads now" in next(text for text in said(lines) if " fra " in text)
    assert site_row(lines, "group orders fra")["HERE"] == Cell("was P", "bad")
    assert site_row(lines, "group cart fra")["HERE"] == Cell("was P 3", "bad")
    assert site_row(lines, "group cart ams")["HERE"].text == "P 0 of 3"
    assert site_row(lines, "group orders ams")["HERE"] == Cell("R copy", "replica")


def test_an_old_primary_whose_place_is_taken_is_none_any_more() -> None:
    fleet = silent(fleets.two_sites(), "fra")
    orders = fleet.groups[0]
    heir = next(node for node in orders.nodes if node.site == "ams")
    nodes = tuple(replace(node, role="primary") if node is heir else node for node in orders.nodes)
    lines = sites.listing(replace(fleet, groups=(replace(orders, nodes=nodes), *fleet.groups[1:])), UNICODE, 160)
    assert site_row(lines, "group orders ams")["HERE"] == Cell("P leads", "primary")
    assert site_row(lines, "group orders fra")["HERE"] == Cell("R copy", "replica")


def test_a_sum_with_a_silent_node_in_it_is_a_lower_bound() -> None:
    lines = sites.listing(fleets.two_sites(), UNICODE, 80)
    assert site_row(lines, "group sessions ams")["CLIENTS"] == Cell("≥430", "unknown")
    assert site_row(lines, "group orders fra")["CLIENTS"].tone == "text"


def test_without_sites_it_says_how_to_name_them_and_shows_the_one_place() -> None:
    text = said(sites.listing(fleets.quiet(), UNICODE, 80))
    assert text[0].startswith(" No sites are named")
    assert any("(no site)" in line for line in text)


@pytest.mark.parametrize(("width", "count"), [(80, 2), (100, 3), (130, 4), (160, 5), (300, 5)])
def test_as_many_metrics_as_fit_beginning_with_the_chosen_one(width: int, count: int) -> None:
    form = metrics.shape(width, "cpu_percent")
    assert len(form.metrics) == count
    assert form.metrics[0] == "cpu_percent"
    used = sum(column.width + 1 for column in metrics.columns(*form))
    assert width - 12 <= used <= width


def test_a_primary_has_no_lag_and_a_silent_node_only_dashes() -> None:
    fleet = fleets.troubled()
    lines = metrics.Sparks(fleet, fleet.groups, History(), UNICODE, metrics.Shape(("lag_bytes", "clients"), 8))
    rows = {lines.node(index)[1].address: lines.line(index).cells for index in range(len(lines))}
    assert rows["10.20.0.11:6379"][3:5] == (Cell(""), Cell(""))
    assert rows["10.20.0.13:6379"][3].text == "182B"
    assert rows["10.20.0.14:6379"][5] == Cell("–", "dim")


def test_the_filter_leaves_only_matching_nodes() -> None:
    fleet = fleets.quiet()
    lines = metrics.Sparks(fleet, fleet.groups, History(), UNICODE, metrics.shape(80, SPARKS[0]), "30.0.2")
    assert [lines.node(index)[1].address for index in range(len(lines))] == ["10.30.0.2:7000"]


def test_the_chosen_metric_stands_between_brackets() -> None:
    def text(name: str) -> str:
        return "".join(cell.text for cell in metrics.tabs(name, 80))

    assert text("clients").startswith("  ops/s   memory  [clients]  cpu %   lag  ")
    for name in metrics.CHOICES:
        assert f"[{BY_NAME[name].title}]" in text(name)[:80]


def test_nodes_stand_by_their_figure_the_unknown_last_in_either_order() -> None:
    fleet = fleets.troubled()
    form = metrics.Shape(("lag_bytes",), 8)

    def lags(order: metrics.Order) -> list[float | None]:
        lines = metrics.Sparks(fleet, fleet.groups, History(), UNICODE, form, order=order)
        fresh = [lines.node(index)[1] for index in range(len(lines))]
        return [node.metric("lag_bytes") if fleet.freshness(node.seen_at) != "unknown" else None for node in fresh]

    orders: tuple[tuple[metrics.Order, bool], ...] = (("most", True), ("least", False))
    for order, reverse in orders:
        values = lags(order)
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=reverse)
        assert values[len(known) :] == [None] * (len(values) - len(known))
    assert metrics.columns(("clients",), 8, "v")[3].title == "CLIENTv"


def test_a_metric_whose_past_is_not_kept_has_a_figure_and_no_line() -> None:
    fleet = fleets.quiet()
    node = replace(fleet.groups[0].nodes[0], metrics={"fork_ms": 12.0})
    group = replace(fleet.groups[0], nodes=(node,))
    lines = metrics.Sparks(fleet, (group,), History(), UNICODE, metrics.Shape(("fork_ms",), 8))
    assert lines.line(0).cells[3:] == (Cell("12ms"), Cell(""))


def test_events_are_told_in_order_with_their_time_and_who_said_so() -> None:
    lines = EventList(fleets.events(), fleets.AT, 80)
    row = [cell.text for cell in lines.line(8).cells]
    assert row == [
        "08:52:24.750", "55s", "orders", "+switch-master", "orders 10.20.0.12 6379 10.20.0.11 6379",
        "10.20.0.11:26379", "3",
    ]  # fmt: skip
    assert len({lines.key(index) for index in range(len(lines))}) == len(lines)


def test_events_are_filtered_by_kind_text_and_source() -> None:
    assert [len(EventList(fleets.events(), fleets.AT, 80, text)) for text in ("tilt", "sdown", "nothing at all")] == [
        1,
        2,
        0,
    ]


@pytest.mark.parametrize(
    ("kind", "tone"), [("-failover-abort-not-elected", "bad"), ("+switch-master", "accent"), ("+new-epoch", "text")]
)
def test_loud_events_are_loud(kind: str, tone: str) -> None:
    assert tone_of(kind) == tone


def test_an_event_of_no_group_is_shown_too() -> None:
    lines = EventList((Event(fleets.AT, "here", "action", None, "paused"),), fleets.AT, 80)
    assert lines.line(0).cells[2].text == ""


def test_findings_are_counted_and_the_grave_ones_come_first() -> None:
    fleet = fleets.troubled()
    lines = FindingList(fleet.findings, UNICODE, several=True)
    assert said(lines)[0] == "wrong now  ■ 6 bad  ▲ 4 warnings"
    marks = [lines.line(index).cells[0].text for index in range(1, len(lines))]
    assert marks == ["■"] * 6 + ["▲"] * 4
    assert said(lines)[4] == "■ cart   10.30.0.3:7000 hung, was primary: no answer for 1.0 s"


def test_one_group_alone_is_not_named_on_every_line() -> None:
    fleet = fleets.faulty()
    assert said(FindingList(fleet.findings, UNICODE, several=False))[1].startswith("■ 10.50.0.10:6379")


def test_a_sparkline_is_as_wide_as_its_column_with_gaps_where_samples_are_missing() -> None:
    assert spark([], 4, UNICODE) == "    "
    assert spark([None, None], 4, UNICODE) == "  ··"
    assert spark([5.0] * 9, 4, UNICODE) == "████"
    assert spark([0.0, 0.0], 2, UNICODE) == "▁▁"
    assert headroom([5.0, 5.0], 2, UNICODE) == "▇▇"
    assert (peak([1.0, None, 3.0]), low([None]), newest([1.0, None])) == (3.0, None, None)


def test_an_empty_fleet_has_empty_screens() -> None:
    fleet = Fleet(at=fleets.AT, period=1.0, groups=())
    assert len(EventList(fleet.events, fleet.at, 80)) == 0
    assert len(metrics.Sparks(fleet, (), History(), UNICODE, metrics.shape(80, SPARKS[0]))) == 0
    assert len(said(sites.listing(replace(fleet, complete=True), UNICODE, 80))) >= 1

"""The timeline's filter, its detail, and the list of alerts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from redistui.judge.rules.table import KINDS
from redistui.model import Event
from redistui.ops.logged import Entry, LoggedOperation
from redistui.view import happening
from redistui.view.alerts import AlertList
from redistui.view.events import EventList, alert_words, loudness, told
from redistui.view.glyphs import ASCII, UNICODE
from redistui.view.source import Source
from redistui.view.standing import Standing, standing
from redistui.view.votes import voters
from tests.alerts import AT, DOWN, alarmed, alert
from tests.alerts import told as tell


def said(lines: Source) -> list[str]:
    return ["".join(cell.text for cell in lines.line(index).cells).rstrip() for index in range(len(lines))]


def found(wanted: str) -> list[str]:
    lines = EventList(alarmed().events, AT, 160, wanted)
    return [lines.event(index).kind for index in range(len(lines))]


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        ("kind=alert", ["alert", "alert", "alert"]),
        ("kind=alert group=cart", ["alert"]),
        ("rule=link-down", ["alert"]),
        ("kind=alert over", ["alert"]),
        ("node=10.20.0.12:6379 restarted", ["restart"]),
        ("by=10.20.0.13:26379 kind=+switch", ["+switch-master"]),
        ("Failover BEGUN", ["action"]),
        ("alert bad", ["alert"]),
        ("kind=nothing", []),
    ],
)
def test_the_timeline_is_filtered_by_fields_and_by_words(wanted: str, kinds: list[str]) -> None:
    assert found(wanted) == kinds


def test_a_word_with_an_equals_sign_that_is_no_field_is_looked_for_as_it_is() -> None:
    event = Event(AT, "", "action", "orders", "set-parameter begun: maxmemory=1gb")
    assert len(EventList((event,), AT, 80, "maxmemory=1gb")) == 1


@pytest.mark.parametrize(
    ("change", "tone", "kind"),
    [
        ("raised", "bad", "alert bad"),
        ("worse", "bad", "alert worse"),
        ("better", "warn", "alert better"),
        ("flaps", "warn", "alert flaps"),
        ("over", "ok", "alert over"),
    ],
)
def test_an_alert_is_as_loud_as_what_came_of_it(change: str, tone: str, kind: str) -> None:
    event = tell(change, alert(), AT, "no answer: refused")
    assert (loudness(event), told(event)) == (tone, (kind, "node-down: no answer: refused"))


@pytest.mark.parametrize(
    ("until", "text"),
    [
        (AT + 3600, "lag-* of orders, until 09:53:20 UTC"),
        (0.0, "lag-* of orders, no longer"),
        ("soon", "lag-* of orders, nobody knows until when"),
    ],
)
def test_a_silence_tells_what_it_is_about_and_until_when(until: object, text: str) -> None:
    event = Event(AT, "", "silenced", None, "rule lag-*", about=("lag-*", "orders", "*", str(until)))
    assert told(event) == ("silenced", text)


@pytest.mark.parametrize(("at", "text"), [(str(AT - 3600), "tilt: a:1, at 07:53:20 UTC"), ("noon", "tilt: a:1")])
def test_an_acknowledgement_of_before_tells_when_it_was_said(at: str, text: str) -> None:
    event = Event(AT, "", "acknowledged", "orders", "tilt: a:1", about=("tilt", "orders", "a:1", "bad", at, str(AT)))
    assert told(event) == ("acknowledged", text)


def test_an_alert_in_words_of_another_version_is_told_as_it_came() -> None:
    event = Event(AT, "", "alert", "cart", "something else")
    assert alert_words(event) is None
    assert told(event) == ("alert", "something else")


def test_a_key_stays_with_its_event_when_a_witness_joins() -> None:
    one = Event(AT + 0.2, "a:1", "+sdown", "orders", "x", ("a:1",))
    more = replace(one, at=AT + 0.1, witnesses=("a:1", "b:1"), heard=(AT + 0.2, AT + 0.1))
    assert EventList((one,), AT, 80).key(0) == EventList((more,), AT, 80).key(0)


# One event in full


def page(event: Event, operation: LoggedOperation | None = None) -> str:
    return "\n".join(said(happening.portrait(alarmed(), event, UNICODE, 100, operation)))


def test_an_announcement_tells_each_witness_with_its_time_and_what_it_means() -> None:
    witnesses = ("10.20.0.11:26379", "10.20.0.12:26379")
    event = Event(
        AT - 50, witnesses[1], "+sdown", "orders", "primary orders p 6379", witnesses, heard=(AT - 49.9, AT - 50)
    )
    text = page(event)
    assert "one Sentinel had no valid answer" in text
    assert text.index("10.20.0.12:26379") < text.index("10.20.0.11:26379  100 ms after the first")
    assert "in its words  +sdown primary orders p 6379" in text


def test_the_words_of_a_stranger_are_shown_escaped_and_never_drawn() -> None:
    event = Event(AT, "\x1b[2J:1", "+odd", "or\x1bders", "a\x1b[31mb\u202e", ("\x1b[2J:1",))
    text = page(event)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[31mb\\u202e" in text


def test_what_happened_around_it_in_its_group_stands_beside_it() -> None:
    switch = next(one for one in alarmed().events if one.kind == "+switch-master")
    text = page(switch)
    assert "-0.600 s  role" in text
    assert "failover begun" in text
    assert "alert bad" not in text, "that was in another group"


def test_an_alert_tells_where_it_stands_and_what_to_do() -> None:
    event = next(one for one in alarmed().events if one.kind == "alert" and one.group == "cart")
    text = page(event)
    assert f"{DOWN} hung" in text
    assert "3, bad from 2 on" in text
    assert "by nobody yet" in text
    assert KINDS["node-down"].advice.split()[0] in text


def test_an_alert_that_is_long_over_still_tells_what_its_event_said() -> None:
    event = tell("over", alert("lag-bytes", "warn", "cart", "10.30.0.9:7000"), AT - 600, "caught up (lasted 12 s)")
    text = page(event)
    assert "lag-bytes: caught up (lasted 12 s)" in text
    assert KINDS["lag-bytes"].doc.split()[0] in text
    assert "value then" not in text


@pytest.mark.parametrize(
    ("numbers", "value"), [(("86.5", "80.0"), "86.5, warn from 80 on"), (("86.5", ""), "86.5"), (("?", ""), None)]
)
def test_the_event_of_an_alert_keeps_its_value(numbers: tuple[str, ...], value: str | None) -> None:
    event = tell("raised", alert("memory", "warn", "cart", "10.30.0.9:7000"), AT - 600)
    about = ("raised", "memory", "cart", "10.30.0.9:7000", "warn", *numbers)
    found = re.search(r"value then +(.*\S)", page(replace(event, about=about)))
    assert (found and found[1]) == value


def test_a_deed_tells_every_command_that_was_sent() -> None:
    event = next(one for one in alarmed().events if one.kind == "action")
    entry = Entry(
        "2026-01-01T00:00:00.000Z", 1, "done", "10.20.0.11:26379", ("SENTINEL", "FAILOVER", "orders"), "OK", 3
    )
    operation = LoggedOperation(
        "ab12", "failover", "orders", "2026-01-01T00:00:00.000Z", "ops", "", (entry,), outcome="verified"
    )
    assert "SENTINEL FAILOVER orders" in page(event, operation)
    assert "SENTINEL FAILOVER" not in page(event)


# Alerts that last


def test_alerts_are_listed_with_who_knows_of_them() -> None:
    lines = AlertList(alarmed(alert("memory", "warn", silenced_until=AT + 3000)), ASCII)
    states = [lines.line(index).cells[-1].text for index in range(len(lines))]
    assert states == ["new", "acknowledged", "silent 50m", "over 30s"]
    assert [lines.line(index).cells[0].tone for index in range(len(lines))] == ["bad", "warn", "warn", "ok"]


def test_the_filter_leaves_only_matching_alerts() -> None:
    assert len(AlertList(alarmed(), UNICODE, "tilt")) == 1
    assert len(AlertList(alarmed(), UNICODE, "nothing")) == 0


def test_how_many_last_and_how_many_of_them_are_new() -> None:
    assert standing(alarmed()) == Standing(bad=1, warn=1, new=1)
    silent = alert("memory", "warn", silenced_until=AT + 3000)
    assert standing(alarmed(silent)) == Standing(bad=1, warn=2, new=1)


def test_an_alert_page_tells_how_long_a_silence_lasts_and_that_it_flaps() -> None:
    one = alert("memory", "warn", silenced_until=AT + 3000, flips=5)
    text = "\n".join(said(happening.alert_page(alarmed(one), one, UNICODE, 100)))
    assert "50m more" in text
    assert "5 times" in text


def test_a_vote_names_the_sentinel_it_went_to() -> None:
    sentinel = next(one for group in alarmed().groups for one in group.sentinels)
    vote = Event(AT, "10.20.0.13:26379", "+vote-for-leader", "orders", f"{sentinel.run_id} 7", ("10.20.0.13:26379",))
    strange = replace(vote, text="f" * 40 + " 7")
    assert f"for {sentinel.address}, epoch 7" in page(vote)
    assert "for Sentinel ffffffff, epoch 7" in page(strange)
    lines = EventList((vote, strange), AT, 80, voters=voters(alarmed()))
    assert [lines.line(index).cells[4].text for index in (0, 1)] == [
        f"for {sentinel.address}, epoch 7",
        "for Sentinel ffffffff, epoch 7",
    ]
    assert [len(EventList((vote,), AT, 80, text, voters(alarmed()))) for text in (sentinel.address, "f" * 9)] == [1, 0]

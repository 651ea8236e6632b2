"""What a node said on demand, as lines, and its cost before and after."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.model import Node
from redistui.model.asked import Asked, Subject
from redistui.replies.client_list import ClientLine, read
from redistui.view import asked as told
from redistui.view.cells import Row
from redistui.view.glyphs import UNICODE
from redistui.view.questions import BY_SUBJECT, QUESTIONS, command_for, has_commandlog, questions_for
from redistui.view.source import Lines
from tests import fleets

VALKEY = Node("10.0.0.1:6379", server="valkey", version="9.1.2", metrics={"clients": 12_000.0, "slowlog_length": 9.0})
REDIS = Node("10.0.0.1:6379", server="redis", version="7.0.15")


def text(row: Row) -> str:
    return "".join(cell.text for cell in row)


def said(lines: Lines) -> list[str]:
    return [" ".join(cell.text for cell in lines.line(index).cells) for index in range(len(lines))]


def client(number: int, **more: int | str) -> ClientLine:
    fields = {"id": number, "addr": f"10.0.0.9:{number}", "name": f"app{number}", **more}
    return read(" ".join(f"{name}={value}" for name, value in fields.items()).encode())[0]


def test_only_a_server_with_a_commandlog_is_asked_for_large_ones() -> None:
    assert has_commandlog(VALKEY)
    assert not has_commandlog(replace(VALKEY, version="8.0.3"))
    assert not has_commandlog(REDIS)
    assert len(questions_for(VALKEY)) == len(QUESTIONS)
    assert [row.subject for row in questions_for(REDIS)] == ["slow", "latency", "buffers", "clients"]
    assert command_for(BY_SUBJECT["slow"], VALKEY) == ("COMMANDLOG", "GET", "128", "slow")
    assert command_for(BY_SUBJECT["slow"], REDIS) == ("SLOWLOG", "GET", "128")


def test_the_cost_is_told_before_anything_is_asked() -> None:
    slow = [text(row) for row in told.before(BY_SUBJECT["slow"], VALKEY)]
    assert slow[0] == "would send  COMMANDLOG GET 128 slow  once, on a connection of its own"
    assert slow[1] == "costs       9 entries, about 1.93K, well under 1 ms"
    assert "kept nowhere" in slow[2]
    assert text(told.before(BY_SUBJECT["slow"], REDIS)[1]).startswith("costs       at most 128 entries")
    many = text(told.before(BY_SUBJECT["clients"], VALKEY)[1])
    assert many == "costs       12.0k connections, about 4.12M, about 48 ms in which it serves nobody else"
    assert len(told.before(BY_SUBJECT["latency"], REDIS)) == 2


def test_the_cost_is_told_again_as_it_was_measured() -> None:
    answer = Asked("clients", "a:1", ("CLIENT", "LIST"), fleets.AT, 3.14, 2048, (client(1),))
    assert text(told.after(answer)) == " CLIENT LIST: 1 connection, 2.00K in 3.1ms, at 08:53:20 UTC"
    refused = replace(answer, ms=None, bytes=None, rows=(), refusal="no")
    assert text(told.after(refused)) == " CLIENT LIST: no answer, at 08:53:20 UTC"
    assert [line.strip() for line in said(told.listing(refused, 0, 80, UNICODE))] == ["a:1 no"]


@pytest.mark.parametrize("sort", range(len(told.SORTS)))
def test_clients_stand_by_one_figure_the_unknown_last(sort: int) -> None:
    rows = tuple(
        client(number, omem=number % 3 * 100, idle=number % 4, age=10 - number, qbuf=number) for number in range(9)
    )
    rows = (*rows, client(99))
    lines = told.listing(Asked("buffers", "a:1", (), 0.0, 1.0, 1, rows), sort, 160, UNICODE)
    by_id = {str(row.id): told.SORTS[sort].of(row) for row in rows}
    values = [by_id[lines.key(index)] for index in range(len(lines))]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=True)
    assert values[len(known) :] == [None] * (len(values) - len(known))
    assert [column.title for column in lines.columns if column.title.endswith(UNICODE.sorted_down)]


def test_a_long_client_list_ends_in_how_many_more_there_are() -> None:
    rows = tuple(client(number, omem=1) for number in range(told.MOST + 5))
    lines = told.listing(Asked("clients", "a:1", (), 0.0, 1.0, 1, rows), 0, 80, UNICODE)
    assert len(lines) == told.MOST + 1
    assert said(lines)[-1].strip() == "5 more"


def test_an_empty_log_says_what_that_means() -> None:
    subjects: tuple[Subject, ...] = ("slow", "latency", "large replies")
    for subject in subjects:
        lines = told.listing(Asked(subject, "a:1", (), 0.0, 1.0, 4), 0, 60, UNICODE)
        assert len(lines) >= 2
        assert all(len(line) <= 60 for line in said(lines))

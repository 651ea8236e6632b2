"""The views of a cluster side by side: dissenters first, many of one mind in one row, and what one of them says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from redistui.model import Fleet, Group
from redistui.view import consensus as view
from redistui.view.glyphs import ASCII, UNICODE, Glyphs
from redistui.view.source import Lines
from tests.judge.short import at, fleet, group, node

MOST = "a 0-8191 e1, b 8192-16383 e2, r<a e1, s<b e2"
ODD = "a 0-8190 e1, b 8191-16383 e2, r<a e1 fail?, s<b e2"


def many(count: int, odd: int = 1) -> Fleet:
    """Nodes n0, n1 and so on, the last ones of another mind, and one that is silent."""
    nodes = [node(f"n{number}", view=MOST if number < count - odd else ODD) for number in range(count)]
    return fleet(group(*nodes, node("gone", fault="hung", view=MOST)))


def texts(lines: Lines) -> Iterator[str]:
    for index in range(len(lines)):
        yield " ".join(cell.text for cell in lines.line(index).cells if cell.text.strip())


def matrix(seen: Fleet, wanted: str = "", opened: frozenset[str] = frozenset(), glyphs: Glyphs = UNICODE) -> list[str]:
    return list(texts(view.matrix(seen, seen.groups[0], glyphs, wanted, opened)))


def told(seen: Fleet, key: str, glyphs: Glyphs = UNICODE) -> str:
    return " ".join(" ".join(texts(view.details(seen, seen.groups[0], key, 78, glyphs))).split())


def headline(found: Group, glyphs: Glyphs = UNICODE) -> str:
    return "".join(cell.text for cell in view.headline(found, glyphs))


@pytest.mark.parametrize(("count", "rows"), [(7, 8), (100, 3), (1000, 3)])
def test_dissenters_come_first_and_many_of_one_mind_are_one_row(count: int, rows: int) -> None:
    lines = matrix(many(count))
    assert len(lines) == rows
    assert lines[0] == f"{UNICODE.bad} n{count - 1}:1 1 other 2 ok 3 1 - - - 0s - –"
    assert lines[1].startswith("? gone:1 silent")
    if count > 7:
        assert lines[2] == f"{count - 1} nodes agree agrees 2 ok 4 - - - - 0s - –"


def test_the_many_can_be_opened_and_a_filter_looks_at_each() -> None:
    seen = many(100)
    key = view.matrix(seen, seen.groups[0], UNICODE).key(2)
    assert len(matrix(seen, opened=frozenset({key}))) == 102
    assert [line.split()[0] for line in matrix(seen, "n1:")] == ["n1:1"]
    assert [line.split()[1] for line in matrix(seen, "other")] == ["n99:1"]
    assert matrix(seen, "nobody is called so") == []


def test_many_of_another_mind_are_one_row_too() -> None:
    lines = matrix(many(40, odd=15))
    assert lines[0].startswith(f"{UNICODE.bad} 15 nodes say the same 1 other")
    assert len(lines) == 3


def test_the_headline_says_who_differs_from_how_many() -> None:
    assert headline(many(7).groups[0]).startswith("▲ n6:1 sees another slot map than 6 of 7 nodes")
    assert headline(many(7, odd=2).groups[0]).startswith("▲ n5:1 and n6:1 see another slot map than 5 of 7 nodes")
    assert headline(many(7, odd=0).groups[0]).startswith("✔ 7 of 8 nodes agree on the slot map · 1 is silent")
    unasked = group(node("a", read=None), kind="cluster")
    assert headline(replace(unasked, kind="cluster")) == "no node has shown its view yet"


def test_under_the_cursor_stands_what_that_node_says_and_then_what_is_wrong() -> None:
    seen = many(7)
    said = told(seen, "node n6:1")
    assert said.startswith("n6:1: gives slots 8191 to b:1 instead of a:1; fail?: r:1.")
    assert "n6:1 sees another slot map than 6 of 7 nodes" in said, "the finding"
    assert told(seen, "node n0:1").startswith("n0:1: says what most say.")
    assert told(seen, "node gone:1").startswith("gone:1: silent, hung 3s; what it believes is not known.")
    assert told(many(100), "fold n0:1").startswith("Each of them: says what most say.")


def test_in_ascii_every_sign_is_ascii() -> None:
    seen = many(20)
    lines = matrix(seen, glyphs=ASCII)
    assert lines[0].startswith("# n19:1")
    assert "".join(lines).replace("–", "").isascii(), "the dash of what is not known is put down by the screen"
    assert told(seen, "node n19:1", ASCII).isascii()
    assert headline(seen.groups[0], ASCII).isascii()
    assert at("a") == "a:1"

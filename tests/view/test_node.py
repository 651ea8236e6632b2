"""A node's own page."""

from __future__ import annotations

from redistui.history import History
from redistui.model import Fleet
from redistui.view.glyphs import UNICODE
from redistui.view.node import portrait
from tests import fleets


def page(fleet: Fleet, address: str, width: int = 78, past: History | None = None) -> list[str]:
    group = next(group for group in fleet.groups if group.node(address) is not None)
    node = group.node(address)
    assert node is not None
    lines = portrait(fleet, group, node, past or History(), UNICODE, width)
    return ["".join(cell.text for cell in lines.line(index).cells) for index in range(len(lines))]


def test_a_replica_says_whom_it_follows_and_how_its_link_is() -> None:
    said = page(fleets.troubled(), "10.20.0.13:6379")
    assert said[0] == "R 10.20.0.13:6379  replica · orders"
    assert "  follows       10.20.0.11:6379" in said
    assert "  link          down, connect, down for 12s, last heard 0s ago" in said
    assert said[1] == "■ link down 12s: cannot reach 10.20.0.11:6379"


def test_others_are_heard_beside_what_it_says_itself() -> None:
    said = "\n".join(page(fleets.troubled(), "10.20.0.12:6379"))
    assert "10.20.0.11:6379       replica online, offset 48,213,377,104, last ack 0s ago" in said
    assert "10.20.0.12:26379      the primary, s_down, epoch 6" in said


def test_cluster_nodes_that_say_the_same_are_counted_together() -> None:
    said = "\n".join(page(fleets.troubled(), "10.30.0.3:7000"))
    assert "5 nodes               a primary, fail?, 5,461 slots, epoch 3" in said
    assert said.startswith("? 10.30.0.3:7000  silent, was primary · cart")


def test_a_page_is_wrapped_to_its_width() -> None:
    for address in ("10.20.0.13:6379", "10.20.0.12:6379"):
        assert max(len(line) for line in page(fleets.troubled(), address, 60, fleets.history(fleets.quiet()))) <= 60


def test_a_node_that_never_answered_has_a_page_too() -> None:
    said = "\n".join(page(fleets.faulty(), "10.50.0.19:6379"))
    assert "no auth 42s: the server wants a password" in said
    assert "Figures" not in said

"""Half-done slots on real servers of every version: each state is made by raw commands, and ended by `fix`.

One cluster of three primaries a version, for all states; each state has slots of its own. Every key that was ever
written is read back from the owner of its slot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.servers import Server
from redistui.replies.slot import slot_of
from tests.engine.half_done_lab import SHAPE, STATES, Lab, moving, moving_nothing_moved, tag_of
from tests.waiting import eventually


@pytest.fixture(scope="module")
def lab(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with DemoFleet((SHAPE,), engine, traffic=False, seconds=30.0) as fleet:
        made = Lab(fleet, tmp_path_factory.mktemp("fix"))
        yield made
        made.close()


def test_each_state_is_ended_and_no_key_is_lost(lab: Lab) -> None:
    """All that go forward at once, then all that go back, as an operator would: a slot each."""
    for back in (False, True):
        ends: dict[int, str] = {}
        for slot, (make, its_way, owner) in enumerate(STATES, 100 + 100 * back):
            if its_way == back:
                lab.write(slot)
                make(lab, slot)
                ends[slot] = owner
        lab.fixed(**({"back": "yes"} if back else {}))
        lab.is_whole()
        for slot, owner in ends.items():
            assert lab.owner(slot) is getattr(lab, owner), (slot, STATES[slot % 100])
    assert "nothing is half-done" in lab.refused()


def keys_in(lab: Lab, slot: int) -> list[str]:
    return [key for key in lab.written if slot_of(key.encode()) == slot]


def test_a_key_with_two_values_stops_it_and_both_are_shown(lab: Lab) -> None:
    """An orphan and its namesake; then the operator says whose is kept."""
    slot = 300
    lab.write(slot)
    moving(lab, slot)
    key = keys_in(lab, slot)[0]  # it is at b
    lab.setslot(lab.a, slot, "STABLE")
    lab.setslot(lab.b, slot, "STABLE")
    lab.a.ask("SET", key, "written since", "EX", 1000)
    run = lab.run()
    assert run.outcome == "failed"
    assert (
        f"6 keys moved, but 1 key of slot {slot} has one value at {lab.b.address} and another at {lab.a.address}"
        in run.message
    )
    assert f'"{key}" is a string, ' in run.message
    assert "no TTL, digest " in run.message
    assert re.search(r"TTL (1000|99\d) s, digest ", run.message)
    assert [lab.flags(node) for node in lab.nodes] == [""] * 3
    assert lab.a.ask("GET", key) == "written since"
    assert lab.b.ask("CLUSTER", "COUNTKEYSINSLOT", slot) == 1
    _, plan = lab.plan(keep=lab.a.address)
    assert (plan.danger, plan.confirm) == ("lossy", f"keep the values of {lab.a.address}")
    lab.fixed(keep=lab.a.address)
    lab.written[key] = "written since"
    lab.is_whole()


@pytest.mark.parametrize("kept", ["a", "b"])
def test_two_values_stop_a_move_before_it_is_gone_on_with(lab: Lab, kept: str) -> None:
    slot = 301 if kept == "a" else 302
    lab.write(slot)
    moving(lab, slot)
    key = keys_in(lab, slot)[10]  # it is at a
    lab.put(lab.b, key, "another")
    run = lab.run()
    assert run.outcome == "refused", run.message
    assert "has one value at" in run.message
    node = getattr(lab, kept)
    lab.fixed(keep=node.address)
    lab.written[key] = "another" if kept == "b" else key[::-1]
    lab.is_whole()


def test_values_that_nobody_has_are_not_lost_by_keeping_an_orphans(lab: Lab) -> None:
    slot = 303
    lab.write(slot)
    moving(lab, slot)
    lab.setslot(lab.a, slot, "STABLE")
    lab.setslot(lab.b, slot, "STABLE")
    key = keys_in(lab, slot)[0]
    lab.a.ask("SET", key, "written since")
    lab.fixed(keep=lab.b.address)
    lab.is_whole()  # the orphan's value is the first one


def test_equal_copies_are_deleted_only_when_that_is_said(lab: Lab) -> None:
    """Also of a hash that each server keeps in an order of its own."""
    slot = 304
    lab.write(slot, 5)
    big = f"{{{tag_of(slot)}}}:hash"
    pairs = [word for n in range(700) for word in (f"field-{n}", "x" * 70)]
    lab.a.ask("HSET", big, *pairs)
    moving_nothing_moved(lab, slot)
    lab.hand_over(lab.a, lab.b, [big, *keys_in(lab, slot)[:2]], "COPY")
    lab.setslot(lab.a, slot, "STABLE")
    lab.setslot(lab.b, slot, "STABLE")
    run = lab.run()
    assert run.outcome == "failed"
    assert "3 keys of slot 304 have equal copies" in run.message
    _, plan = lab.plan(delete_copies="yes")
    assert (plan.danger, plan.confirm) == ("lossy", "delete the copies")
    lab.fixed(delete_copies="yes")
    assert lab.a.ask("HLEN", big) == 700
    lab.a.ask("DEL", big)
    lab.is_whole()


def test_slots_without_owner_go_to_whom_the_operator_says(lab: Lab) -> None:
    """Keys of one lie at a, of the other at a and b; of the third nowhere."""
    for slot in (310, 311):
        lab.write(slot, 10)
    moving(lab, 311)
    lab.setslot(lab.a, 311, "STABLE")
    lab.setslot(lab.b, 311, "STABLE")
    for node in (*lab.nodes, lab.d):
        node.ask("CLUSTER", "DELSLOTS", 310, 311, 312)
    said = lab.refused()
    assert f"`--cover {lab.a.address}` gives them to it" in said
    assert f"3 keys) and {lab.b.address} (7 keys)" in said or f"(7 keys) and {lab.a.address} (3 keys)" in said
    assert "what it held is lost" in said
    _, plan = lab.plan(cover=lab.c.address)
    assert plan.danger == "lossy"
    assert plan.confirm == f"cover 1 slot at {lab.c.address}, lost is what they held"
    assert "serves no key as long as 1 slot has no owner" in lab.refused(slot="310-311", cover=lab.c.address)
    lab.fixed(cover=lab.c.address)
    assert [lab.owner(slot) for slot in (310, 311, 312)] == [lab.c] * 3
    lab.is_whole()


def test_a_slot_that_only_its_owner_gave_up_is_covered_as_well(lab: Lab) -> None:
    lab.write(320, 5)
    lab.a.ask("CLUSTER", "DELSLOTS", 320)
    lab.fixed(cover=lab.b.address)
    assert lab.owner(320) is lab.b
    lab.is_whole()


def test_a_taker_that_failed_over_is_followed_to_its_replica(lab: Lab) -> None:
    """Redis forgets the mark in the failover; Valkey's replica has it."""
    lab.write(330)
    moving(lab, 330)
    assert lab.d.ask("CLUSTER", "FAILOVER") == "OK"
    eventually(lambda: lab.d.ask("ROLE")[0] == "master" and lab.b.ask("ROLE")[0] == "slave")
    lab.nodes = [lab.a, lab.d, lab.c]
    eventually(lambda: all(sees(node, lab.ids[lab.d.address], "master") for node in (lab.a, lab.b, lab.c)))
    lab.fixed()
    assert lab.owner(330) is lab.d
    lab.is_whole()


def test_a_slot_that_all_but_its_heir_give_to_a_dead_node_is_covered(lab: Lab) -> None:
    """So Valkey leaves a slot whose new owner dies in the moment it takes it over."""
    primary = lab.nodes[1]
    heir = lab.b if primary is lab.d else lab.d
    eventually(lambda: heir.ask("ROLE")[3] == "connected" and heir.ask("DBSIZE") == primary.ask("DBSIZE"))
    primary.kill()
    eventually(lambda: heir.ask("ROLE")[0] == "master", 30)
    lab.nodes[1] = heir
    eventually(lambda: all(sees(node, lab.ids[heir.address], "master") for node in lab.nodes))
    for node in (lab.a, lab.c):
        lab.setslot(node, 350, "NODE", primary)
    dead = f"slot 350 has no owner, since {primary.address} is dead and has no replica"
    assert "is lost, unless the node that owned it comes back first" in eventually(
        lambda: found_in(dead, lab.refused())
    )
    lab.fixed(cover=heir.address)
    assert lab.owner(350) is heir
    primary.restart()
    eventually(lambda: primary.ask("ROLE")[0] == "slave", 30)
    lab.is_whole()


@pytest.mark.versions("redis-6.2")
def test_a_mark_that_leads_to_a_replica_is_cleared(lab: Lab) -> None:
    """Newer servers refuse to make one."""
    lab.write(340)
    lab.setslot(lab.c, 340, "MIGRATING", lab.b) if lab.owner(340) is lab.c else lab.setslot(
        lab.a, 340, "MIGRATING", lab.b
    )
    lab.fixed()
    lab.is_whole()


def test_a_shard_that_is_lost_for_good_is_covered(lab: Lab) -> None:
    """Without a replica, and nobody waits for its primary any more. Comes that back, it has nothing to say."""
    lost = lab.nodes.pop(0)
    slots = [slot for first, last in lab.owned(lost) for slot in range(first, last + 1)]
    lab.written = {key: value for key, value in lab.written.items() if slot_of(key.encode()) not in slots}
    lost.kill()
    said = eventually(
        lambda: found_in(f"have no owner, since {lost.address} is dead and has no replica", lab.refused())
    )
    assert "what they held is lost, unless the node that owned them comes back first" in said
    _, plan = lab.plan(cover=lab.c.address)
    assert (plan.danger, plan.confirm) == (
        "lossy",
        f"cover {len(slots):,} slots at {lab.c.address}, lost is what they held",
    )
    lab.fixed(cover=lab.c.address)
    assert lab.owner(slots[0]) is lab.owner(slots[-1]) is lab.c
    lost.restart()
    eventually(lambda: lab.owned(lost) == [] and lost.ask("ROLE")[0] == "slave", 30)
    assert lab.c.ask("SET", f"{{{tag_of(5)}}}:new", "value") == "OK"


def found_in(what: str, said: str) -> str:
    """All that is said, if this is in it."""
    return said if what in said else ""


def sees(node: Server, id_: str, role: str) -> bool:
    line = next(line for line in node.ask("CLUSTER", "NODES").splitlines() if line.startswith(id_))
    return role in line.split(" ")[2]

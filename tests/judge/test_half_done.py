"""Half-done slots, each state as the nodes' own words and a survey show it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.judge.half_done import HalfDone, half_done
from redistui.judge.half_done_words import told
from redistui.model import SLOTS, Group, Node, Stray, Survey
from tests.judge.short import NOW, at, fleet, group, id_of, node, said

A, B, C = "a 0-99 e1", "b 100-199 e2", "c 200-16383 e3"
ALL = f"{A}, {B}, {C}"


def cluster(a: str = ALL, b: str = ALL, c: str = ALL, *more: Node) -> Group:
    return group(node("a", view=a), node("b", view=b), node("c", view=c), *more, name="catalog")


def surveyed(one: Group, owned: int = 5, strays: tuple[str, ...] = (), arriving: tuple[str, ...] = ()) -> Group:
    """`"b 7 3"`: at b lie 3 keys of slot 7."""

    def row(text: str) -> Stray:
        name, slot, keys = text.split()
        return Stray(at(name), int(slot), int(keys))

    survey = Survey(
        NOW, NOW, (float(owned),) * SLOTS, strays=tuple(map(row, strays)), arriving=tuple(map(row, arriving))
    )
    return replace(one, survey=survey)


def only(one: Group) -> HalfDone:
    (found,) = half_done(one)
    return found


def test_a_cluster_that_is_whole_has_nothing_half_done() -> None:
    assert half_done(surveyed(cluster())) == ()
    assert half_done(group(node("a"))) == ()


STATES = [
    ("announced", cluster(b=f"{ALL}, [5<a]"), "a", "b"),
    ("leaving", cluster(a=f"{ALL}, [5>b]"), "a", "b"),
    ("moving", cluster(a=f"{ALL}, [5>b]", b=f"{ALL}, [5<a]"), "a", "b"),
    ("several", cluster(a=f"{ALL}, [5>c]", b=f"{ALL}, [5<a]", c=f"{ALL}, [5<a]"), "a", "c"),
    ("several", cluster(a=f"{ALL}, [5>c]", b=f"{ALL}, [5<a]"), "a", "c"),
    ("several", cluster(b=f"{ALL}, [5<a]", c=f"{ALL}, [5<a]"), "a", ""),
    ("stale", cluster(a=f"{ALL}, [5>x]"), "a", ""),
    ("stale", cluster(b=f"{ALL}, [5<c]"), "a", ""),
    ("stale", cluster(c=f"{ALL}, [5>b]"), "a", ""),
]


@pytest.mark.parametrize(("kind", "one", "owner", "taker"), STATES)
def test_each_way_to_be_open_is_told_from_the_others(kind: str, one: Group, owner: str, taker: str) -> None:
    found = only(one)
    assert (found.kind, found.owner, found.taker) == (kind, id_of(owner), id_of(taker) if taker else "")
    assert found.slots == ((5, 5),)
    assert found.stuck == ""
    assert "keys were not counted" in told(found)


def test_keys_tell_who_holds_what_and_zero_is_not_unknown() -> None:
    moving = cluster(a=f"{ALL}, [5>b]", b=f"{ALL}, [5<a]")
    assert only(moving).elsewhere == ((id_of("b"), None),)
    assert only(surveyed(moving)).elsewhere == ((id_of("b"), 0),)
    found = only(surveyed(moving, arriving=("b 5 3",)))
    assert (found.kept, found.keys_at(id_of("b")), found.keys_at(id_of("c"))) == (5, 3, 0)
    assert "5 keys at a:1 and 3 keys at b:1" in told(found)


def test_a_third_node_with_keys_makes_it_more_than_one_way() -> None:
    moving = cluster(a=f"{ALL}, [5>b]", b=f"{ALL}, [5<a]")
    assert only(surveyed(moving, strays=("c 5 2",))).kind == "several"


def test_slots_in_one_state_are_one_diagnosis_and_those_with_keys_another() -> None:
    marks = ", ".join(f"[{slot}<a]" for slot in (5, 6, 7, 9))
    found = half_done(surveyed(cluster(b=f"{ALL}, {marks}"), arriving=("b 6 2",)))
    assert [(one.slots, one.keys_at(id_of("b"))) for one in found] == [(((5, 5), (7, 7), (9, 9)), 0), (((6, 6),), 2)]


def test_a_taker_that_failed_over_is_followed_to_its_new_primary() -> None:
    """Redis loses the mark then; the keys are at the new primary."""
    view = f"{A}, d 100-199 e4, {C}, b<d e4"
    one = cluster(f"{view}, [5>b]", view, view, node("d", view=view))
    found = only(surveyed(one, strays=("d 5 3",)))
    assert (found.kind, found.taker, found.keys_at(id_of("d"))) == ("leaving", id_of("d"), 3)


def test_a_source_that_failed_over_is_followed_as_well() -> None:
    view = f"d 0-99 e4, {B}, {C}, a<d e4"
    found = only(surveyed(cluster(view, f"{view}, [5<a]", view, node("d", view=view)), arriving=("b 5 3",)))
    assert (found.kind, found.owner, found.taker) == ("announced", id_of("d"), id_of("b"))


def test_a_mark_that_names_a_silent_node_leads_nowhere() -> None:
    one = group(
        node("a", view=f"{ALL}, d e4, [5>d]"), node("b", view=ALL), node("c", view=ALL), node("d", fault="refused")
    )
    found = only(one)
    assert found.kind == "stale"
    assert "which does not answer" in found.why


def test_what_a_silent_owner_has_marked_is_not_known() -> None:
    one = group(node("a", fault="hung"), node("b", view=f"{ALL}, [5<a]"), node("c", view=ALL))
    found = only(one)
    assert "which owns it, does not answer" in found.stuck
    assert "does not answer" in told(found)


DEAD = "a 0-99 e1 fail, b 100-199 e2, c 200-16383 e3"
SUSPECTED = "a 0-99 e1 fail?, b 100-199 e2, c 200-16383 e3"
HEIR = f"{DEAD}, d<a e1"


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (group(node("a", fault="refused"), node("b", view=DEAD), node("c", view=DEAD)), "a:1 is dead"),
        (group(node("a", fault="refused"), node("b", view=DEAD), node("c", view=SUSPECTED)), None),
        (group(node("a", view=ALL), node("b", view=DEAD), node("c", view=DEAD)), None),
        (
            group(node("a", fault="refused"), node("b", view=HEIR), node("c", view=HEIR), node("d", "a", view=HEIR)),
            None,
        ),
        (group(node("a", fault="refused"), node("b", view=HEIR), node("c", view=HEIR), node("d", fault="hung")), None),
    ],
)
def test_what_a_dead_node_without_heir_owned_has_no_owner(one: Group, why: str | None) -> None:
    found = half_done(one)
    assert [(each.kind, each.slots, each.why) for each in found] == ([("uncovered", ((0, 99),), why)] if why else [])


@pytest.mark.parametrize("newest", ["a", "b", "c"])
def test_a_slot_that_only_its_heir_does_not_give_to_a_dead_node_has_no_owner(newest: str) -> None:
    """As Valkey leaves it when a target dies in the moment it takes a slot over; whose view is the newest is chance."""
    most = "a 0-4 6-99 e1, b 100-199 e5, c 200-16383 e3, d 5 e4 fail"
    heir = "a 0-99 e1, b 100-199 e5, c 200-16383 e3, d e4 fail"
    views = {"a": most, "b": heir, "c": most}
    nodes = [node(name, view=f"{view}, ~{6 if name == newest else 5}") for name, view in views.items()]
    found = only(group(*nodes, node("d", fault="refused")))
    assert (found.kind, found.slots, found.why) == ("uncovered", ((5, 5),), "d:1 is dead")
    assert told(found).startswith("slot 5 has no owner, since d:1 is dead and has no replica: no client")


def test_a_source_that_gave_up_before_the_target_took_leaves_it_without_owner() -> None:
    gave = f"a 0-4 6-99 e1, b 5 100-199 e2, {C}"
    found = only(cluster(gave, f"{ALL}, [5<a]", ALL))
    assert (found.kind, found.owner, found.taker) == ("given-up", "", id_of("b"))
    assert found.astray == (id_of("a"), id_of("c"))


def test_slots_that_nobody_owns_and_who_has_keys_of_them() -> None:
    view = f"a 0-89 e1, {B}, {C}"
    found = half_done(surveyed(cluster(view, view, view), strays=("a 95 3", "b 95 1", "c 96 2")))
    assert [(one.kind, one.slots, dict(one.elsewhere)) for one in found] == [
        ("uncovered", ((90, 94), (97, 99)), {}),
        ("uncovered", ((95, 95),), {id_of("a"): 3, id_of("b"): 1}),
        ("uncovered", ((96, 96),), {id_of("c"): 2}),
    ]
    assert "nobody who answers holds a key there" in told(found[0])
    assert "3 keys at a:1 and 1 key at b:1" in told(found[1])


def test_a_slot_that_only_its_owner_gave_up_has_no_owner() -> None:
    found = only(cluster(f"a 0-4 6-99 e1, {B}, {C}"))
    assert (found.kind, found.slots) == ("uncovered", ((5, 5),))


def test_keys_that_were_counted_as_an_owners_are_still_there_when_it_gives_the_slot_up() -> None:
    """The survey came first; the others name it still."""
    found = only(surveyed(cluster(f"a 0-4 6-99 e1, {B}, {C}"), owned=4))
    assert (found.kind, found.elsewhere) == ("uncovered", ((id_of("a"), 4),))


def test_who_was_told_of_another_owner_is_named() -> None:
    found = only(cluster(c=f"a 0-4 6-99 e1, b 5 100-199 e2, {C}"))
    assert (found.kind, found.owner, found.astray) == ("told-some", id_of("a"), (id_of("c"),))
    assert "c:1 names another owner" in told(found)


def test_when_most_are_wrong_the_owner_is_still_who_says_so_itself() -> None:
    wrong = f"a 0-4 6-99 e1, b 5 100-199 e2, {C}"
    view = f"{ALL}, d e0"
    one = group(
        node("a", view=view), node("b", view=view), node("c", view=f"{wrong}, d e0"), node("d", view=f"{wrong}, d e0"),
        node("e", view=f"{wrong}, d e0, e e0"),
    )  # fmt: skip
    found = only(one)
    assert (found.owner, found.astray) == (id_of("a"), (id_of("c"), id_of("d"), id_of("e")))


def test_two_that_claim_a_slot_are_told_by_their_epochs() -> None:
    found = only(cluster(b=f"a 0-4 6-99 e1, b 5 100-199 e7, {C}"))
    assert (found.kind, found.owner, found.elsewhere) == ("claimed-twice", id_of("b"), ((id_of("a"), None),))
    assert "as soon as they hear each other b:1, with the newer epoch, keeps it" in told(found)


def test_keys_without_a_mark_are_orphans() -> None:
    found = only(surveyed(cluster(), strays=("b 5 3", "c 5 1")))
    assert (found.kind, found.owner) == ("orphans", id_of("a"))
    assert dict(found.elsewhere) == {id_of("b"): 3, id_of("c"): 1}


def test_a_replica_learns_of_owners_by_gossip() -> None:
    """Nobody tells it: what it has not heard yet is not half-done."""
    behind = f"a 0-4 6-99 e1, b 5 100-199 e2, {C}, r<a e1"
    one = cluster(f"{ALL}, r<a e1", f"{ALL}, r<a e1", f"{ALL}, r<a e1", node("r", "a", view=behind))
    assert half_done(one) == ()


def test_an_open_slot_is_one_finding_that_says_what_ends_it() -> None:
    one = cluster(a=f"{ALL}, [5>b], [6>b]", b=f"{ALL}, [5<a], [6<a]")
    (found,) = [f.message for f in fleet(one).findings if f.rule == "open-slot"]
    assert (
        found == "slots 5-6 are open, on the way from a:1 to b:1: unless somebody moves them just now, `fix` ends that"
    )
    assert said(*cluster(a=f"{ALL}, [5>x]").nodes).count("(open-slot)") == 1


WITH_REPLICA = f"{ALL}, b2<b"


def test_a_mark_at_a_replica_alone_is_an_order_that_was_cut_off() -> None:
    """Valkey tells its replicas first; whoever ordered it was gone before the primary did it."""
    replica = node("b2", "b", view=f"{WITH_REPLICA}, [5<a]")
    one = cluster(WITH_REPLICA, WITH_REPLICA, WITH_REPLICA, replica)
    found = only(one)
    assert (found.kind, found.owner, found.taker) == ("echoed", id_of("a"), "")
    assert told(found).startswith("slot 5 is open at b2:1 alone, and not at the primary there")
    assert one.cluster is not None
    assert [(each.slot, each.node) for each in one.cluster.open_slots] == [(5, id_of("b2"))]
    assert [each.rule for each in fleet(one).findings if each.rule == "open-slot"] == ["open-slot"]


def test_what_a_replica_repeats_of_its_primary_is_told_once() -> None:
    replica = node("b2", "b", view=f"{WITH_REPLICA}, [5<a]")
    one = cluster(WITH_REPLICA, f"{WITH_REPLICA}, [5<a]", WITH_REPLICA, replica)
    assert only(one).kind == "announced"
    silent = node("b", view=WITH_REPLICA, fault="refused")
    assert half_done(group(node("a", view=WITH_REPLICA), silent, node("c", view=WITH_REPLICA), replica)) == ()

"""Who believes what: dissenters and what they say instead, ghosts, cut links, claims, epochs, hosts, spare replicas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.judge.beliefs import belief_of, count_votes, differences, views
from redistui.judge.consensus import MEETING, SETTLE, SWOLLEN, claims, consensus, cuts, ghosts
from redistui.judge.rules.table import findings
from redistui.model import SLOTS, BusLinks, ClusterView, Group, Node, Peer, Stray, Survey
from tests.judge.short import NOW, at, group, id_of, node, view_of

ALL = "a 0-8191 e1, b 8192-16383 e2, r<a e1, s<b e2"
ABOVE = {"a": None, "b": None, "r": "a", "s": "b"}


def four(**changed: ClusterView | str) -> Group:
    """Primaries a and b, replicas r and s; a name's word or view is what it sees, the others see it all."""
    return regrouped(group(*(node(name, above, view=ALL) for name, above in ABOVE.items())), changed)


def regrouped(before: Group, changed: Mapping[str, ClusterView | str]) -> Group:
    nodes = []
    for one in before.nodes:
        said = changed.get(one.address[:-2])
        view = view_of(one.address[:-2], said) if isinstance(said, str) else said
        nodes.append(one if view is None else replace(one, cluster=view))
    return group(*nodes)


def seen(name: str, text: str = ALL, **more: object) -> ClusterView:
    return replace(view_of(name, text), **more)  # type: ignore[arg-type]


def linked(view: ClusterView, *cut: str) -> ClusterView:
    """The view with its links to some members down."""
    peers = tuple(replace(peer, link_up=peer.id not in map(id_of, cut)) for peer in view.peers)
    return replace(view, peers=peers)


def told(found: Group, *rules: str) -> list[str]:
    return [finding.message for finding in findings(found, {}) if not rules or finding.rule in rules]


def test_those_who_agree_share_one_belief_and_nothing_is_found() -> None:
    found = four()
    said = consensus(found)
    assert (said.agree, said.asked, said.dissenters, said.epoch, said.state, said.members) == (4, 4, (), 2, "ok", 4)
    assert len({belief_of(view) for _, view in views(found.nodes)}) == 1
    assert [one.odd for one in said.opinions] == [None] * 4
    assert told(found) == []
    assert consensus(found) is said, "worked out once for one snapshot"


def test_a_dissenter_comes_first_with_the_slots_it_gives_to_others() -> None:
    found = four(s="a 0-8190 e1, b 8191-16383 e2, r<a e1, s<b e2")
    (first, *_) = consensus(found).opinions
    assert (first.node, first.agrees, first.odd) == (at("s"), False, "bad")
    assert [(run.first, run.last, run.to, run.instead_of) for run in first.differs] == [
        (8191, 8191, id_of("b"), id_of("a"))
    ]
    (message,) = told(found, "views-differ")
    assert message.startswith("s:1 sees another slot map than 3 of 4 nodes: slots 8191 to b:1 instead of a:1;")


def test_many_of_one_other_mind_are_one_finding() -> None:
    other = "a 0-99 e1, b 8192-16383 e2, r<a e1, s<b e2"
    nodes = [*four().nodes, *(node(f"x{n}", "a", view=ALL) for n in range(3))]
    changed = [replace(one, cluster=view_of(one.address[:-2], other)) if n < 3 else one for n, one in enumerate(nodes)]
    (finding,) = [one for one in findings(group(*changed), {}) if one.rule == "views-differ"]
    assert finding.message.startswith(
        "a:1, b:1 and r:1 see another slot map than 4 of 7 nodes: slots 100-8191 to nobody"
    )
    assert finding.node is None


def test_a_view_older_than_the_majoritys_map_is_no_dissent() -> None:
    """In a large cluster not everybody is asked at every poll: what it thinks now is not known."""
    moved = "a 0-8190 e1, b 8191-16383 e3, r<a e1, s<b e3"
    new = {name: seen(name, moved, at=NOW, map_since=NOW - 1) for name in "abr"}
    behind = consensus(four(**new, s=seen("s", at=NOW - 5)))
    assert [(one.node, one.agrees) for one in behind.opinions if not one.agrees] == [(at("s"), None)]
    assert behind.dissenters == ()
    asked_since = consensus(four(**new, s=seen("s", at=NOW - 0.5)))
    assert [one.node for one in asked_since.dissenters] == [at("s")]


def test_a_silent_node_has_no_opinion() -> None:
    nodes = [*four().nodes[:3], node("s", "b", fault="hung", view=ALL)]
    said = consensus(group(*nodes))
    assert [(one.node, one.agrees, one.tally) for one in said.opinions if not one.agrees] == [(at("s"), None, None)]
    assert (said.agree, said.asked) == (3, 3)


def test_state_epoch_and_flags_that_others_have_not_make_a_view_odd() -> None:
    found = four(r=f"{ALL}, ~fail", s="a 0-8191 e1 fail?, b 8192-16383 e2, r<a e1 fail, s<b e2", b=f"{ALL}, ~9")
    odd = {one.node: (one.odd, one.sees) for one in consensus(found).opinions if one.odd}
    assert odd == {
        at("r"): ("bad", (4, 0, 0, 0, 0)),
        at("s"): ("warn", (2, 1, 1, 0, 0)),
        at("b"): ("warn", (4, 0, 0, 0, 0)),
    }


# -- members ----------------------------------------------------------------------------------------------------------


def test_a_member_that_one_node_does_not_know_is_told_once_gossip_had_its_time() -> None:
    less = "a 0-8191 e1, b 8192-16383 e2, s<b e2"
    found = four(s=seen("s", less, since=NOW - SETTLE))
    (ghost,) = ghosts(found)
    assert (ghost.id, ghost.unknown_to, len(ghost.known_to)) == (id_of("r"), (at("s"),), 3)
    assert told(found, "ghost-member") == [
        "s:1 does not know r:1, 3 others do: CLUSTER MEET there, `forget r:1` takes it out everywhere"
    ]
    assert list(ghosts(four(s=seen("s", less, since=NOW - SETTLE + 0.1)))) == []


def test_a_member_that_only_one_node_still_knows_is_forgotten_by_our_action_or_met() -> None:
    found = four(s=f"{ALL}, z e0")
    (message,) = told(found, "ghost-member")
    assert message == (
        "z:1 is known to s:1 only: CLUSTER MEET makes it known to all, `forget z:1` takes it out everywhere"
    )


def test_a_member_that_nobody_else_knows_any_more_cannot_forget_itself() -> None:
    found = four(**dict.fromkeys("abr", "a 0-8191 e1, b 8192-16383 e2, r<a e1"))
    (message,) = told(found)
    assert message == (
        "nobody else knows s:1, which takes itself for a member: CLUSTER MEET takes it in, "
        "`forget s:1` takes it out everywhere"
    )


def test_of_two_members_at_one_address_the_ghost_is_named_by_its_id() -> None:
    ghost = Peer(id_of("z"), at("r"), frozenset(), None, 0, True, ())
    view = seen("s")
    (message,) = told(four(s=replace(view, peers=(*view.peers, ghost))), "ghost-member")
    assert f"`forget {id_of('z')}` takes it out everywhere" in message


def test_a_handshake_and_a_lost_address_have_sentences_of_their_own() -> None:
    view = replace(seen("s", f"{ALL}, y handshake"), handshakes=(("y:1", NOW - MEETING),))
    found = four(s=view)
    assert list(ghosts(found)) == [], "in a handshake a member has a passing name"
    (message,) = told(found)
    assert message.startswith("s:1 cannot finish the handshake with y:1 for 5 s")
    assert told(four(s=replace(view, handshakes=(("y:1", NOW - MEETING + 0.1),)))) == []
    (lost,) = told(four(**dict.fromkeys("abrs", f"{ALL}, z fail+noaddr")), "no-address")
    assert lost.startswith(f"member {id_of('z')[:8]} has no address for 4 of 4 nodes")


# -- links ------------------------------------------------------------------------------------------------------------


def test_a_link_that_only_the_other_side_has_is_told_and_one_that_neither_has() -> None:
    (cut,) = cuts(four(s=linked(seen("s"), "a")))
    assert (cut.node, cut.one_sided, cut.severed) == (at("s"), (at("a"),), ())
    both = list(cuts(four(s=linked(seen("s"), "a"), a=linked(seen("a"), "s"))))
    assert [(one.node, one.one_sided, one.severed) for one in both] == [
        (at("a"), (), (at("s"),)),
        (at("s"), (), (at("a"),)),
    ]
    (message,) = told(four(s=linked(seen("s"), "a")), "bus-link")
    assert message.startswith("s:1 has no bus link to a:1, which has one to it: its votes and its news do not arrive;")


def test_a_node_that_none_of_the_others_gets_through_to_is_told_once() -> None:
    alone = four(**{name: linked(seen(name), "s") for name in "abr"})
    (message,) = told(alone)
    assert message == (
        "a:1, b:1 and r:1 have no bus link to s:1, though it has one to each: their votes and their news do not arrive "
        "there; see which bus port s:1 announces (cluster-announce-bus-port), and open it to the others"
    )
    (cut,) = cuts(regrouped(alone, {"s": linked(seen("s"), "a", "b", "r")}))
    assert (cut.node, cut.one_sided, cut.severed, cut.unreached_by) == (at("s"), (), (at("a"), at("b"), at("r")), ())


def test_of_a_member_that_not_all_know_no_link_is_missed() -> None:
    less = "a 0-8191 e1, b 8192-16383 e2, r<a e1"
    assert list(cuts(four(a=less, s=linked(seen("s"), "a")))) == []


def test_a_link_that_just_broke_or_leads_to_a_dead_node_is_no_finding() -> None:
    assert list(cuts(four(s=replace(linked(seen("s"), "a"), since=NOW - SETTLE + 0.1)))) == []
    silent = [*four(s=linked(seen("s"), "a")).nodes[1:], node("a", fault="hung", view=ALL)]
    assert list(cuts(group(*silent))) == []


def test_one_direction_and_a_buffer_that_grows_are_told_by_cluster_links() -> None:
    one_way = BusLinks(NOW, 5, ((id_of("a"), "to"),))
    (cut,) = cuts(four(s=seen("s", links=one_way)))
    assert (cut.node, cut.one_sided) == (at("s"), (at("a"),))
    swollen = BusLinks(NOW, 6, (), ((id_of("b"), SWOLLEN),))
    (message,) = told(four(s=seen("s", links=swollen)))
    assert message.startswith("s:1 has 1,048,576 bytes waiting for b:1 on the bus")
    assert told(four(s=seen("s", links=BusLinks(NOW, 6, (), ((id_of("b"), SWOLLEN - 1),))))) == []
    failing = seen("s", "a 0-8191 e1 fail, b 8192-16383 e2, r<a e1, s<b e2", links=one_way)
    assert list(cuts(four(s=failing))) == [], "to a failing node there is none"


# -- claims and epochs ------------------------------------------------------------------------------------------------


def test_two_nodes_that_claim_the_same_slots_at_one_time_are_told_the_newer_epoch_first() -> None:
    new = "a e1 fail, b 8192-16383 e2, r 0-8191 e7, s<b e2"
    found = regrouped(four(), {"b": new, "s": new, "r": new})
    (claim,) = claims(found)
    assert (claim.winner, claim.loser, claim.first, claim.last) == (at("r"), at("a"), 0, 8191)
    (finding,) = [one for one in findings(found, {}) if one.rule == "slots-claimed-twice"]
    assert (finding.level, finding.node) == ("bad", at("a"))
    assert finding.message.startswith("a:1 and r:1 both say that 8192 slots are their own, r:1 by the newer epoch")
    assert "writes at a:1 are lost once it hears of it; cut its clients off" in finding.message
    refusing = regrouped(found, {"a": f"{ALL}, ~fail"})
    (finding,) = [one for one in findings(refusing, {}) if one.rule == "slots-claimed-twice"]
    assert "a:1 refuses commands by now (its cluster_state is fail)" in finding.message


def test_a_claim_read_before_the_other_one_was_made_is_a_move_and_no_quarrel() -> None:
    new = "a 0-8190 e1, b 8191-16383 e3, r<a e1, s<b e3"
    assert list(claims(four(b=seen("b", new, map_since=NOW, at=NOW)))) == []
    assert len(list(claims(four(b=seen("b", new, map_since=NOW - 1, at=NOW))))) == 1


@pytest.mark.parametrize(
    ("view", "rule", "begins"),
    [
        ("a 0-8191 e1, b 8192-16383 e1, r<a e1, s<b e1", "epoch-conflict", "a:1 and b:1 share config epoch 1"),
        ("a 0-8191, b 8192-16383 e2, r<a, s<b e2", "epoch-zero", "a:1 owns slots at config epoch 0"),
    ],
)
def test_primaries_need_epochs_of_their_own(view: str, rule: str, begins: str) -> None:
    (message,) = told(four(**dict.fromkeys("abrs", view)))
    assert message.startswith(begins)
    assert "CLUSTER BUMPEPOCH" in message
    assert told(four(**dict.fromkeys("abrs", view)), rule) == [message]


# -- hosts and replicas -----------------------------------------------------------------------------------------------


def at_hosts(*hosts: str) -> Group:
    """Three shards, primaries at the first three hosts, their replicas at the last three."""
    places = [f"{host}:{7000 + number}" for number, host in enumerate(hosts)]
    ids = [f"{number:040x}" for number in range(6)]
    peers = tuple(
        Peer(
            ids[number], places[number], frozenset({"replica" if number > 2 else "primary"}),
            ids[number - 3] if number > 2 else None, number % 3 + 1, True,
            ((number * 5000, number * 5000 + 4999 if number < 2 else SLOTS - 1),) if number < 3 else (),
        )
        for number in range(6)
    )  # fmt: skip
    base = view_of("a", "a")
    made = [
        replace(
            node("a", "b" if number > 2 else None),
            address=place,
            cluster=replace(base, myself=ids[number], peers=peers, epoch=3),
        )
        for number, place in enumerate(places)
    ]
    return group(*made)


@pytest.mark.parametrize(
    ("hosts", "rules"),
    [
        (["127.0.0.1"] * 6, []),
        (["127.0.0.1", "localhost", "127.0.0.2", "::1", "127.0.0.1", "127.0.0.1"], []),
        (["h1", "h2", "h3", "h2", "h3", "h1"], []),
        (["h1", "h1", "h1", "h2", "h2", "h2"], []),
        (["h1", "h2", "h3", "h1", "h3", "h1"], ["one-host"]),
        (["h1", "h1", "h3", "h2", "h2", "h1"], ["majority-on-one-host"]),
    ],
)
def test_what_falls_with_one_machine_is_told_where_it_could_be_otherwise(hosts: list[str], rules: list[str]) -> None:
    assert [finding.rule for finding in findings(at_hosts(*hosts), {})] == rules


def test_a_shard_with_fewer_replicas_than_most_is_told_and_an_orphan_is_shown_who_could_help() -> None:
    view = "a 0-99 e1, b 100-199 e2, c 200-16383 e3, r<a e1, s<b e2, t<c e3, u<a e1, v<b e2"
    names = {"a": None, "b": None, "c": None, "r": "a", "s": "b", "t": "c", "u": "a", "v": "b"}
    nodes = [node(name, above, view=view) for name, above in names.items()]
    (message,) = told(group(*nodes))
    assert message.startswith("shard c:1 has 1 live replica, most shards have 2")
    dead = [
        replace(one, fault=node("t", fault="refused").fault, role=None) if one.address == at("t") else one
        for one in nodes
    ]
    (orphan,) = told(group(*dead), "shard-without-replica")
    assert orphan == (
        "shard c:1 has no live replica: its 16184 slots go with it; a:1 has 2: `replicate` can give it one of them"
    )


def test_orphan_keys_are_told_as_the_survey_found_them() -> None:
    survey = Survey(NOW, NOW, (None,) * SLOTS, strays=(Stray(at("a"), 9000, 12), Stray(at("a"), 9001, 1)))
    assert told(replace(four(), survey=survey)) == [
        "a:1 holds 13 keys in 2 slots that it does not own: no client can reach them; `fix` moves them to the owners"
    ]


# -- properties -------------------------------------------------------------------------------------------------------

owned = some.lists(some.sampled_from(["", "a", "b", "c"]), min_size=8, max_size=8)


def owners_of(table: Sequence[str]) -> tuple[tuple[str, tuple[tuple[int, int], ...]], ...]:
    return tuple(
        (name, tuple((slot, slot) for slot, one in enumerate(table) if one == name))
        for name in sorted(set(table) - {""})
    )


@given(owned, owned)
def test_differences_turn_one_map_into_the_other(mine: list[str], others: list[str]) -> None:
    again = list(others)
    for run in differences(owners_of(mine), owners_of(others)):
        assert others[run.first : run.last + 1] == [run.instead_of] * (run.last - run.first + 1)
        again[run.first : run.last + 1] = [run.to] * (run.last - run.first + 1)
    assert again == mine


@given(some.lists(some.integers(0, 3), min_size=1, max_size=12))
def test_whoever_is_outvoted_dissents_and_nobody_else(minds: list[int]) -> None:
    maps = [f"a 0-{100 + mind} e1, b {101 + mind}-16383 e1" for mind in range(4)]
    nodes: list[Node] = [node(f"n{index}", view=maps[mind]) for index, mind in enumerate(minds)]
    votes = count_votes(views(nodes))
    most = max(minds.count(mind) for mind in minds)
    assert (votes.held, len(votes.dissenters), votes.behind) == (most, len(minds) - most, ())
    kept = {minds[nodes.index(one)] for one in nodes if one not in votes.dissenters}
    assert len(kept) == 1

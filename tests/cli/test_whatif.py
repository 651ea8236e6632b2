"""`whatif`: the document that scripts read, the words, and what is no server and no site."""

from __future__ import annotations

import json

import pytest

from redistui.demo.fleet import DemoFleet
from tests.cli.running import redistui

USAGE = [
    ([], "say what is lost: either --kill ADDRESS,... or --site SITE"),
    (["--kill", "h:1", "--site", "east"], "say what is lost"),
    (["--kill", "nonsense"], "--kill: nonsense: the port is missing"),
    (["--kill", "h:0"], "port '0' is not from 1 to 65535"),
    (["--kill", "h:1,"], "an empty word"),
    (["--kill", "h:1\x1b[2J"], "h:1\\x1b[2J"),
    (["--kill", "h:1", "--node-timeout", "soon"], "'soon' is no number of seconds"),
    (["--kill", "h:1", "--validity-factor", "-1"], "factor"),
    (["--kill", "h:1", "--validity-factor", "1.5"], "'1.5' is no factor"),
]


@pytest.mark.parametrize(("words", "said"), USAGE)
def test_wrong_words_are_answered_with_a_sentence(words, said):
    ended = redistui("whatif", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "\x1b" not in ended.err


@pytest.mark.versions("redis-6.2")
def test_a_server_and_a_site_that_are_not_there_are_named(standing_fleet: DemoFleet):
    target = standing_fleet.groups["orders"].target
    ended = redistui("whatif", target, "--kill", "127.0.0.1:1")
    assert (ended.code, ended.out) == (2, "")
    assert "no server 127.0.0.1:1 is known behind this target" in ended.err
    ended = redistui("whatif", target, "--site", "nowhere")
    assert (ended.code, ended.out) == (2, "")
    assert "nothing stands at 'nowhere'" in ended.err


@pytest.mark.versions("valkey-9.1")
def test_the_document_holds_every_group_that_somebody_is_lost_of(standing_fleet: DemoFleet):
    groups = standing_fleet.groups
    lost = [groups[name].nodes[0].address for name in ("orders", "catalog", "sessions")]
    targets = [groups[name].target for name in ("orders", "catalog", "sessions")]
    ended = redistui("whatif", *targets, "--kill", ",".join(lost), "--node-timeout", "2s", "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert (found["killed"], found["smallest_stop"]) == (lost, [])
    orders, catalog, sessions = found["groups"]
    assert (orders["group"], orders["writes"], orders["quorum"], orders["majority"]) == ("orders", "pause", True, True)
    assert orders["promoted"] in groups["orders"].addresses[1:]
    assert set(orders["why_not"]) == set(groups["orders"].addresses[1:]) - {orders["promoted"]}
    assert (catalog["writes"], catalog["promoted"]) == ("pause", groups["catalog"].nodes[3].address)
    first = next(shard for shard in catalog["shards"] if shard["primary"] == lost[1])
    assert (first["promoted"], first["dark_slots"]) == (catalog["promoted"], [])
    assert catalog["outage_seconds"] < 5
    assert (sessions["writes"], sessions["promoted"], sessions["quorum"]) == ("stop", None, None)


@pytest.mark.versions("valkey-9.1")
def test_a_data_node_alone_leads_to_its_sentinels_before_anything_is_foreseen(standing_fleet: DemoFleet):
    group = standing_fleet.groups["orders"]
    ended = redistui("whatif", "--kill", group.nodes[0].address)
    assert ended.code == 0, ended.err
    assert "orders  writes pause" in ended.out
    assert "3 of the 3 Sentinels that are known are left" in ended.out
    assert "Fewest further losses that stop writes: 2" in ended.out

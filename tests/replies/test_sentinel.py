"""SENTINEL MASTERS, REPLICAS, SENTINELS, CKQUORUM, events and greetings: real ones, and what a stranger may send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.replies import sentinel
from redistui.replies.words import BadReply
from tests.replies import recorded, replies, reply
from tests.replies.strategies import bent, nested, outcome
from tests.versions import VERSIONS

LISTS = (
    ("masters", sentinel.read_masters),
    ("replicas", sentinel.read_replicas),
    ("sentinels", sentinel.read_sentinels),
)
RECORDED = [
    (version, f"{who}-{command}")
    for who in ("sentinel", "sdown", "tilt", "switched")
    for command, _ in LISTS
    for version in recorded(f"{who}-{command}")
]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_watch_tells_primary_quorum_epoch_and_timeouts(version: str) -> None:
    (watch,) = sentinel.read_masters(reply(version, "sentinel-masters"))
    assert (watch.name, watch.flags, watch.epoch, watch.quorum) == ("orders", {"primary"}, 0, 2)
    assert (watch.other_sentinels, watch.known_replicas) == (2, 2)
    assert (watch.down_after_ms, watch.failover_timeout_ms, watch.parallel_syncs) == (2000, 10000, 1)
    assert watch.primary.startswith("127.0.0.1:")
    assert len(watch.run_id or "") == 40
    assert watch.failover_state is None
    assert watch.ckquorum is None


@pytest.mark.parametrize("version", VERSIONS)
def test_replicas_tell_their_link_priority_and_offset(version: str) -> None:
    (watch,) = sentinel.read_masters(reply(version, "sentinel-masters"))
    found = sentinel.read_replicas(reply(version, "sentinel-replicas"))
    assert len(found) == 2
    for replica in found:
        assert (replica.flags, replica.link_up, replica.priority) == ({"replica"}, True, 100)
        assert replica.primary == watch.primary != replica.address
        assert replica.offset is not None
        assert replica.link_down_ms == 0
        assert (replica.last_ok_ping_ms or 0) < 2000
        assert (replica.info_refresh_ms or 0) < 11000


@pytest.mark.parametrize("version", VERSIONS)
def test_the_other_sentinels_are_told_the_dead_ones_too(version: str) -> None:
    calm, down = (sentinel.read_sentinels(reply(version, f"{who}-sentinels")) for who in ("sentinel", "sdown"))
    assert len(calm) == len(down) == 2
    assert {flag for peer in calm for flag in peer.flags} == {"sentinel"}
    assert any("s_down" in peer.flags for peer in down)
    assert all(peer.voted_leader is None for peer in calm)
    assert len({peer.run_id for peer in calm}) == 2


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_down_is_flagged_so(version: str) -> None:
    (watch,) = sentinel.read_masters(reply(version, "sdown-masters"))
    assert "s_down" in watch.flags
    assert any("s_down" in replica.flags for replica in sentinel.read_replicas(reply(version, "sdown-replicas")))


@pytest.mark.parametrize("version", VERSIONS)
def test_after_a_failover_primary_and_epoch_are_the_new_ones(version: str) -> None:
    (before,) = sentinel.read_masters(reply(version, "sentinel-masters"))
    (after,) = sentinel.read_masters(reply(version, "switched-masters"))
    assert (after.epoch or 0) > (before.epoch or 0)
    assert after.primary not in {
        replica.address for replica in sentinel.read_replicas(reply(version, "switched-replicas"))
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_ckquorum_is_ok_or_the_servers_own_words(version: str) -> None:
    assert sentinel.read_ckquorum(reply(version, "sentinel-ckquorum")) == "ok"
    assert (sentinel.read_ckquorum(reply(version, "sdown-ckquorum")) or "").startswith("NOQUORUM 1 usable Sentinels")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_ckquorum_that_we_may_not_ask_is_not_known(version: str) -> None:
    assert sentinel.read_ckquorum(reply(version, "error-noperm-info")) is None
    assert sentinel.read_ckquorum(reply(version, "error-unknown-command")) is None
    assert sentinel.read_ckquorum(None) is None


def test_fields_from_the_future_are_no_trouble_and_missing_ones_are_unknown() -> None:
    (watch,) = sentinel.read_masters([[b"name", b"x", b"new", b"1", b"ip", b"10.0.0.1", b"port", b"6379"]])
    assert (watch.name, watch.primary, watch.flags, watch.epoch, watch.quorum) == (
        "x",
        "10.0.0.1:6379",
        set(),
        None,
        None,
    )
    (peer,) = sentinel.read_sentinels([[b"ip", b"::1", b"port", b"26379"]])
    assert (peer.address, peer.run_id, peer.voted_leader, peer.voted_epoch) == ("::1:26379", None, None, None)
    (replica,) = sentinel.read_replicas([[b"ip", b"host.local", b"port", b"6379", b"master-link-status", b"err"]])
    assert (replica.address, replica.link_up, replica.primary, replica.priority) == (
        "host.local:6379",
        False,
        None,
        None,
    )


@pytest.mark.parametrize(
    "said",
    [
        None, 7, b"orders", {}, [b"name"], [[b"name"]], [[b"name", b"x", b"ip"]], [[b"name", b"x"]],
        [[b"name", b"x", b"ip", b"10.0.0.1", b"port", b"0"]], [[b"name", b"x", b"ip", b"", b"port", b"6379"]],
        [[b"ip", b"10.0.0.1", b"port", b"6379"]], [[]], [None],
    ],
)  # fmt: skip
def test_a_broken_list_of_watches_is_a_bad_reply(said: object) -> None:
    with pytest.raises(BadReply, match="SENTINEL MASTERS"):
        sentinel.read_masters(said)


@pytest.mark.parametrize(("command", "read"), LISTS[1:])
def test_a_member_without_an_address_is_left_out_and_an_odd_list_is_bad(command: str, read: object) -> None:
    assert callable(read)
    assert read([[b"name", b"x", b"ip", b"?", b"port", b"0"], [b"ip", b"", b"port", b"1"]]) == ()
    with pytest.raises(BadReply, match=f"SENTINEL {command.upper()}"):
        read([[b"ip", b"10.0.0.1", b"port", b"6379", b"flags"]])


@given(some.one_of(nested, some.sampled_from(RECORDED).flatmap(lambda which: bent(reply(*which)))))
def test_any_list_is_read_or_refused(said: object) -> None:
    for _, read in LISTS:
        found = outcome(read, said)
        assert found.command.startswith("SENTINEL ") if isinstance(found, BadReply) else isinstance(found, tuple)
    assert isinstance(sentinel.read_ckquorum(said), str | None)


# -- events -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_all_that_three_sentinels_announce_in_a_failover_can_be_read(version: str) -> None:
    heard = [said for number in (1, 2, 3) for said in replies(version, f"events-{number}") if said[0] == b"pmessage"]
    read = [sentinel.read_event(channel, words) for _, _, channel, words in heard]
    kinds = {said.kind for said in read}
    assert {"+sdown", "+odown", "+switch-master", "+new-epoch", "+promoted-slave", "+failover-end"} <= kinds
    for said in read:
        about_all = said.kind in ("+new-epoch", "+vote-for-leader")
        assert said.group == (None if about_all else "orders"), said
        assert "slave " not in said.text
        assert not said.text.startswith("master")
    (switch,) = {said.text for said in read if said.kind == "+switch-master"}
    old, arrow, new = switch.split(" ")
    assert arrow == "->"
    assert old != new


@pytest.mark.parametrize(
    ("kind", "words", "group", "text"),
    [
        ("+odown", "master orders 10.0.0.1 6379 #quorum 3/2", "orders", "primary 10.0.0.1:6379 #quorum 3/2"),
        ("+sdown", "sentinel 6f8a ::1 26379 @ orders ::1 6379", "orders", "sentinel ::1:26379"),
        ("-role-change", "slave a:1 a 1 @ orders b 1 new role is master", "orders", "replica a:1 new role is master"),
        ("+tilt", "#tilt mode entered", None, "#tilt mode entered"),
        ("+new-epoch", "7", None, "7"),
        ("+sdown", "", None, ""),
        ("+sdown", "slave a:1 a 1", None, "replica a:1"),
        ("+sdown", "slave a:1 a 1 @", None, "replica a:1"),
        ("+switch-master", "orders 10.0.0.1 6379", None, "orders 10.0.0.1 6379"),
    ],
)  # fmt: skip
def test_an_event_tells_its_group_and_whom_it_is_about(kind: str, words: str, group: str | None, text: str) -> None:
    assert sentinel.read_event(kind.encode(), words.encode()) == (kind, group, text)


@given(
    some.binary(max_size=30), some.lists(some.sampled_from([b"master", b"slave", b"@", b"x", b"", b"1"]), max_size=12)
)
def test_any_event_is_read(channel: bytes, words: list[bytes]) -> None:
    said = sentinel.read_event(channel, b" ".join(words))
    assert isinstance(said.text, str)


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"a,b", b"10.0.0.9,26379,id,3,orders,10.0.0.1,6379", b"10.0.0.9,0,id,3,orders,10.0.0.1,6379,3",
        b"10.0.0.9,26379,id,3,orders,,6379,3", b"?,26379,id,3,orders,10.0.0.1,6379,3", b"," * 7, b"," * 8,
    ],
)  # fmt: skip
def test_a_broken_greeting_is_refused(payload: bytes) -> None:
    with pytest.raises(BadReply):
        sentinel.read_hello(payload)


@given(some.binary(max_size=80) | some.lists(some.sampled_from([b"::1", b"1", b"x", b""])).map(b",".join))
def test_any_greeting_is_read_or_refused(payload: bytes) -> None:
    found = outcome(sentinel.read_hello, payload)
    assert found.command == "__sentinel__:hello" if isinstance(found, BadReply) else found.sentinel

"""INFO: what is read of it, that a forged line is noticed, and that reading only what changed equals reading it all."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from redistui.metrics import FIELDS, STILL
from redistui.model import ReplicaSeen
from redistui.replies.info import SERVER, InfoReader, InfoText
from redistui.replies.words import BadReply
from tests.replies import UNSAID, names, recorded, reply
from tests.replies.strategies import nested, outcome, torn
from tests.versions import VERSIONS

EVERY = [(version, name) for name in ("primary-info", "primary-info-sections") for version in recorded(name)]


def read(raw: object, reader: InfoReader | None = None) -> InfoText:
    info = InfoText(reader or InfoReader(FIELDS, still=STILL))
    info.take(raw)
    return info


def state(info: InfoText) -> tuple[object, ...]:
    return info.values, info.replicas, info.keys, list(info.twice)


def lines(*said: str) -> bytes:
    return "\r\n".join(said).encode("utf-8", "surrogateescape") + b"\r\n"


@pytest.mark.parametrize(("version", "name"), EVERY)
def test_a_primary_tells_version_role_history_replicas_and_keys(version: str, name: str) -> None:
    info = read(reply(version, name))
    assert info.text("role") == "master"
    assert len(info.text("run_id") or "") == len(info.text("master_replid") or "") == 40
    assert info.text("master_failover_state") == "no-failover"
    assert info.integer("second_repl_offset") == -1
    assert info.values["maxmemory"] == 100 * 1024 * 1024
    assert info.keys == 5
    assert [seen.state for seen in info.replicas] == ["online", "online"]
    assert all(seen.lag_seconds in (0, 1) and seen.offset is not None for seen in info.replicas)
    assert not info.twice
    assert {field for field in FIELDS if info.values.get(field) is None} == UNSAID[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_each_product_is_told_by_its_own_words(version: str) -> None:
    info = read(reply(version, "lonely-info"))
    product, _, number = version.partition("-")
    assert (info.text("valkey_version") is not None) == (product == "valkey")
    assert (info.text("valkey_version") or info.text("redis_version") or "").startswith(number)
    assert info.text("server_mode") or info.text("redis_mode") == "standalone"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_replica_tells_whom_it_follows_and_how(version: str) -> None:
    up, down = read(reply(version, "replica-info")), read(reply(version, "link-down-info"))
    for info, link in ((up, "up"), (down, "down")):
        assert info.text("role") == "slave"
        assert info.text("master_link_status") == link
        assert info.text("master_host") == "127.0.0.1"
        assert info.integer("master_port")
        assert info.integer("slave_priority") == 100
        assert info.integer("slave_read_only") == 1
    assert up.integer("master_last_io_seconds_ago") in range(3)
    assert down.integer("master_last_io_seconds_ago") == -1
    assert down.integer("master_link_down_since_seconds") in range(5)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_promoted_replica_tells_its_former_history(version: str) -> None:
    before, after = read(reply(version, "replica-info")), read(reply(version, "promoted-info"))
    assert after.text("role") == "master"
    assert after.text("master_replid2") == before.text("master_replid")
    assert (after.integer("second_repl_offset") or 0) > 0


@pytest.mark.parametrize("version", VERSIONS)
def test_a_loading_server_tells_how_far_it_is(version: str) -> None:
    info = read(reply(version, "loading-info"))
    assert info.integer("loading") == 1
    assert 0 <= float(info.values["loading_loaded_perc"] or 0) <= 100
    assert info.integer("loading_eta_seconds") is not None


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sentinel_tells_of_tilt_and_scripts(version: str) -> None:
    calm, tilted = read(reply(version, "sentinel-info")), read(reply(version, "tilt-info"))
    assert (calm.integer("sentinel_tilt"), tilted.integer("sentinel_tilt")) == (0, 1)
    assert calm.integer("sentinel_running_scripts") == calm.integer("sentinel_scripts_queue_length") == 0
    assert (calm.text("server_mode") or calm.text("redis_mode")) == "sentinel"


# -- what a stranger may make of it -----------------------------------------------------------------------------------

FORGED_IP = "9.9.9.9,port=1,state=online,offset=999999999,lag=0\r\nrole:slave\r\nmaster_host:6.6.6.6\r\nx:"
HISTORY = ("master_replid:" + "a" * 40, "master_repl_offset:100")


def test_a_line_smuggled_in_with_a_replicas_address_is_noticed() -> None:
    """Seen on all servers: REPLCONF ip-address takes line breaks, and the primary's INFO prints them."""
    said = ("role:master", "connected_slaves:1", f"slave0:ip={FORGED_IP},port=6380,state=online,offset=14,lag=0")
    info = read(lines(*said, *HISTORY))
    assert info.text("role") == "master"
    assert info.twice == ["role"]
    assert [seen.address for seen in info.replicas] == ["9.9.9.9:1"]


def test_a_value_that_may_be_the_smuggled_one_is_unknown() -> None:
    forged = "slave0:ip=9.9.9.9,port=1,state=online,offset=9,lag=0\r\nmaster_replid:" + "b" * 40
    info = read(lines("run_id:" + "c" * 40, "role:master", forged, *HISTORY))
    assert info.twice == ["master_replid"]
    assert info.text("master_replid") is None
    assert info.text("run_id") == "c" * 40
    assert info.integer("master_repl_offset") == 100


def test_a_smuggled_replica_does_not_hide_the_real_one_in_silence() -> None:
    forged = (
        "slave0:ip=9.9.9.9,port=1,state=online,offset=9,lag=0\r\nslave1:ip=6.6.6.6,port=6,state=online,offset=9,lag=0"
    )
    info = read(lines("role:master", forged, "slave1:ip=10.0.0.2,port=6379,state=online,offset=9,lag=0"))
    assert info.twice == ["slave1"]


@pytest.mark.parametrize(
    "line",
    [
        "slave0:ip=10.0.0.2,port=6379,state=online,offset=14",
        "slave0:ip=10.0.0.2,port=6379,state=online,offset=-1,lag=0",
        "slave0:ip=10.0.0.2,port=6379,state=online,offset=14,lag=0,",
        "slave0:ip=10.0.0.2,port=6379,state=online,offset=14,lag=0,type=rep\x1blica",
        "slave0:ip=10.0.0.2\x1b[2J,port=6379,state=online,offset=14,lag=0",
        "slave0:ip=10.0.0.2,port=99999,state=online,offset=14,lag=0",
        "slave0:ip=10.0.0.2,port=0,state=online,offset=14,lag=0",
        "slave0:ip=,port=6379,state=online,offset=14,lag=0",
        "slave0:port=6379,ip=10.0.0.2,state=online,offset=14,lag=0",
        f"slave0:ip={'h' * 256},port=6379,state=online,offset=14,lag=0",
        "slave:ip=10.0.0.2,port=6379,state=online,offset=14,lag=0",
    ],
)
def test_a_replica_line_counts_only_in_its_exact_form(line: str) -> None:
    assert read(lines("role:master", line)).replicas == ()


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("ip=10.0.0.2,port=6379", "10.0.0.2:6379"),
        ("ip=fe80::1%eth0,port=1", "fe80::1%eth0:1"),
        ("ip=redis-0.redis_svc,port=65535", "redis-0.redis_svc:65535"),
    ],
)
def test_replicas_stand_at_any_kind_of_address(address: str, seen: str) -> None:
    info = read(lines(f"slave0:{address},state=wait_bgsave,offset=0,lag=3,type=main-channel"))
    assert info.replicas == (ReplicaSeen(seen, "wait_bgsave", 0, None),)


def test_a_replica_has_acknowledged_nothing_until_it_is_online() -> None:
    """Until then a server prints lag=0 for it all the time."""
    states = ("wait_bgsave", "send_bulk", "bg_transfer", "online")
    info = read(lines(*(f"slave{n}:ip=10.0.0.{n},port=1,state={one},offset=0,lag=0" for n, one in enumerate(states))))
    assert [(seen.state, seen.lag_seconds) for seen in info.replicas] == [
        *((one, None) for one in states[:3]),
        ("online", 0),
    ]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("used_memory:" + "9" * 20, int("9" * 20)),
        ("used_memory:" + "9" * 60, None),
        ("used_memory:nan", None),
        ("used_memory:-nan", None),
        ("used_memory:1,5", None),
        ("used_memory:", None),
        ("used_memory:12 ", None),
        ("used_memory:\udcff", None),
    ],
)
def test_a_number_that_is_none_is_unknown(line: str, value: object) -> None:
    assert read(lines(line)).values["used_memory"] == value


def test_an_info_with_other_line_ends_tells_nothing_rather_than_something_wrong() -> None:
    raw = reply("redis-7.0", "primary-info")
    for ends in (b"\r", b"\n"):
        info = read(raw.replace(b"\r\n", ends))
        assert info.values == {}
        assert info.replicas == ()


def test_an_info_without_section_titles_is_as_good() -> None:
    raw: bytes = reply("redis-7.0", "primary-info")
    bare = b"\r\n".join(line for line in raw.split(b"\r\n") if line and not line.startswith(b"#"))
    assert state(read(bare)) == state(read(raw))


@given(nested)
def test_anything_is_read_or_refused(raw: object) -> None:
    info = outcome(read, raw)
    assert not isinstance(info, BadReply) or info.command == "INFO"


@given(some.sampled_from(EVERY).flatmap(lambda which: torn(reply(*which))))
def test_a_torn_reply_never_raises(raw: bytes) -> None:
    read(raw)


def test_a_reply_of_a_million_lines_is_refused_and_layouts_do_not_pile_up() -> None:
    reader = InfoReader(FIELDS)
    with pytest.raises(BadReply):
        read(b"db1:keys=1\r\n" * 1_000_000, reader)
    for count in range(600):
        read(b"x:1\r\n" * count, reader)
    assert reader.size < 1000


# -- only what changed ------------------------------------------------------------------------------------------------

FIELD_LINES = (
    ("redis_version", "run_id", "redis_mode", "uptime_in_seconds", "executable"),
    ("connected_clients", "blocked_clients", "odd"),
    ("used_memory", "maxmemory", "used_memory_human"),
    ("loading", "async_loading", "loading_loaded_perc"),
    ("total_net_input_bytes", "keyspace_hits", "instantaneous_ops_per_sec", "unknown_new_field"),
)
UNWANTED = ("executable", "odd", "used_memory_human", "unknown_new_field")
FOLLOWING = (
    "master_host", "master_port", "master_link_status", "master_last_io_seconds_ago", "slave_repl_offset",
    "slave_priority",
)  # fmt: skip
HISTORY_FIELDS = ("master_failover_state", "master_replid", "master_replid2", "master_repl_offset", "mem_backlog")
values = some.sampled_from(("0", "1", "-1", "42", "4242424242", "0.25", "nan", "up", "ok", "a" * 40, "b" * 40, ""))
hosts = some.sampled_from(("10.0.0.2", "::1", "10.0.0.3", "bad host", "9.9.9.9,port=1,state=online,offset=9,lag=0"))
SMUGGLED = (
    "role:slave", "role:master", "master_replid:" + "c" * 40, "slave1:ip=6.6.6.6,port=6,state=online,offset=9,lag=0",
    "db0:keys=99", "used_memory:1", "nothing", "slave0:", "",
)  # fmt: skip
smuggled = some.lists(some.sampled_from(SMUGGLED), max_size=2)


@some.composite
def info_texts(draw: some.DrawFn) -> bytes:
    """INFO as servers print it: fields come and go with versions and states; a replica's address may smuggle lines.

    One thing servers do not do is left out: a wanted field never comes in the very place of an unwanted one that goes.
    """
    said: list[str] = []
    for section in FIELD_LINES:
        said.append("# Section")
        said += [f"{field}:{draw(values)}" for field in section if field in UNWANTED or draw(some.integers(0, 19))]
    follower = draw(some.integers(0, 3)) == 0
    said += ["# Replication", f"role:{'slave' if follower else 'master'}"]
    if follower:
        said += [f"{field}:{draw(values)}" for field in FOLLOWING if draw(some.integers(0, 9))]
    replicas = draw(some.integers(0, 3))
    said.append(f"connected_slaves:{replicas}")
    said += ["min_slaves_good_slaves:0"] * draw(some.integers(0, 1))
    for number in range(replicas):
        ends = draw(smuggled)
        host = "\r\n".join([draw(hosts), *ends])
        said.append(f"slave{number}:ip={host},port=6379,state=online,offset={draw(some.integers(0, 99))},lag=0")
    said += [f"{field}:{draw(values)}" for field in HISTORY_FIELDS]
    said += [f"db{number}:keys={draw(some.integers(0, 9))},expires=0" for number in range(draw(some.integers(0, 2)))]
    return lines(*said)


@settings(max_examples=300)
@given(some.lists(info_texts(), min_size=2, max_size=6), some.booleans())
def test_reading_only_what_changed_equals_reading_it_all(texts: list[bytes], shared: bool) -> None:
    reader = InfoReader(FIELDS)
    held = [InfoText(reader) for _ in range(2)] if shared else [InfoText(reader)]
    for number, raw in enumerate(texts):
        info = held[number % len(held)]
        info.take(raw)
        assert state(info) == state(read(raw)), texts[: number + 1]


@pytest.mark.parametrize("version", VERSIONS)
def test_reading_on_from_any_recorded_reply_to_any_other_equals_reading_it_afresh(version: str) -> None:
    names = ["primary", "replica", "chained", "link-down", "promoted", "lonely", "loading", "sentinel", "tilt"]
    raws = [reply(version, f"{name}-info") for name in names]
    order = [raw for one in raws for other in raws for raw in (one, other)]
    info = InfoText(InfoReader(FIELDS))
    for before, raw in pairwise(order):
        info.take(raw)
        assert state(info) == state(read(raw)), (before[:40], raw[:40])


INFOS = [
    (version, name)
    for version in VERSIONS
    for name in names(version)
    if name.endswith(("-info", "-info-sections")) and "cluster-info" not in name and not name.startswith("error-")
]


@pytest.mark.parametrize(("version", "name"), INFOS)
def test_no_honest_server_prints_what_must_be_read_from_scratch_each_time(version: str, name: str) -> None:
    reader = InfoReader(FIELDS)
    read(reply(version, name), reader)
    assert reader.size == 1


@pytest.mark.parametrize("name", SERVER)
def test_a_line_of_a_section_that_was_not_asked_for_is_forged(name: str) -> None:
    """A replica's address may smuggle it in; no other line of that name would give it away."""
    slave = "slave0:ip=9.9.9.9,port=1,state=online,offset=9,lag=0"
    info = InfoText(InfoReader(FIELDS).state)
    for said in (f"{name}:7", "harmless:1", f"{name}:7"):
        info.take(lines("role:master", slave, said, *HISTORY))
        assert info.twice == ([name] if name in said else [])
        assert name not in info.values
        assert info.text("role") == "master"


def test_a_server_that_answers_with_all_sections_whatever_is_asked_forges_nothing() -> None:
    slave = "slave0:ip=9.9.9.9,port=1,state=online,offset=9,lag=0"
    info = InfoText(InfoReader(FIELDS).state)
    info.take(lines("run_id:" + "c" * 40, "uptime_in_seconds:7", "role:master", slave, *HISTORY))
    assert not info.twice
    assert info.text("role") == "master"
    assert info.text("run_id") is None


def test_a_forged_line_that_is_gone_is_forgotten() -> None:
    slave = "slave0:ip=9.9.9.9,port=1,state=online,offset=9,lag=0"
    info = read(lines("role:master", slave, "role:slave", *HISTORY))
    assert info.twice == ["role"]
    info.take(lines("role:master", slave, "harmless:1", *HISTORY))
    assert not info.twice


def test_a_forged_line_in_the_place_of_a_harmless_one_is_noticed() -> None:
    slave = "slave0:ip=9.9.9.9,port=1,state=online,offset=9,lag=0"
    info = read(lines("role:master", slave, "harmless:1", *HISTORY))
    info.take(lines("role:master", slave, "role:slave", *HISTORY))
    assert info.twice == ["role"]


def test_a_replica_in_the_place_of_another_line_is_seen() -> None:
    info = read(lines("role:master", "connected_slaves:0", "min_slaves_good_slaves:0", *HISTORY))
    info.take(lines("role:master", "connected_slaves:1", "slave0:ip=a,port=1,state=online,offset=9,lag=0", *HISTORY))
    assert [seen.address for seen in info.replicas] == ["a:1"]


def test_a_server_that_says_more_than_another_in_as_many_lines_is_read_for_itself() -> None:
    reader = InfoReader(FIELDS, still=STILL)
    assert "total_net_input_bytes" not in read(lines("role:master", "unheard_of:1"), reader).values
    assert read(lines("role:master", "total_net_input_bytes:5"), reader).values["total_net_input_bytes"] == 5
    assert read(lines("role:master", "db0:keys=7"), reader).keys == 7

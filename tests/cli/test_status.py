"""`status` and `check`: the documents as the contract has them, and the verdicts on real servers."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from redistui.cli import check, document
from redistui.cli.output import printed
from redistui.cli.paint import line, painted, table
from redistui.cli.status import only, text
from redistui.config.targets import parse_url
from redistui.engine.remarks import scope_of
from redistui.engine.remarks_file import Remark, write
from redistui.model import Fault, Finding, Fleet, Group, Node, Sentinel, Target
from redistui.view.cells import Cell, Column
from tests import fleets
from tests.cli.running import environment, redistui
from tests.view.test_consensus import many

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
STATUS = {"at", "groups", "findings", "score", "status", "sites"}
SITE = {"name", "primary", "health", "nodes", "nodes_up", "latency_ms", "if_lost", "groups"}
PART = {"group", "health", "leads", "nodes", "nodes_up", "lag_bytes", "if_lost"}
IF_LOST = {"fate", "to", "promoted", "loss_bytes", "outage_seconds", "reason"}
FATES = ("continue", "itself", "by hand", "stop", "unknown")
GROUP = {"name", "kind", "site", "health", "primary", "nodes", "sentinels", "cluster"}
NODE = {
    *("address", "role", "up", "fault", "seen_at", "site", "version", "server", "primary", "link", "replid", "offset"),
    *("lag_bytes", "lag_seconds", "memory_used", "memory_limit", "memory_percent", "clients", "ops_per_second"),
    *("cpu_percent", "ping_ms", "uptime_seconds", "replicas", "last_io_seconds", "sync_in_progress", "priority"),
    *("read_only", "backlog_active", "backlog_size"),
}
SENTINEL = {
    *("address", "up", "fault", "primary", "epoch", "quorum", "known_sentinels", "known_replicas", "odown", "tilt"),
    *("ckquorum", "majority", "votes_needed", "votes_usable", "sdown", "failover_state"),
    *("running_scripts", "queued_scripts"),
}
CLUSTER = {
    *("state", "epoch", "slots_assigned", "slots_ok", "slots_pfail", "slots_fail", "open_slots", "agree", "shards"),
    "views",
}
VIEW = {"node", "agrees", "epoch", "state", "differs", "gives", "members", "no_link_to", "at"}
SHARD = {"id", "primary", "replicas", "slots", "slot_count", "keys"}
FINDING = {"rule", "level", "group", "node", "message", "value", "threshold"}


def assert_contract(found: dict) -> None:
    """Every key of the contract is there, whatever is known."""
    assert set(found) >= STATUS
    assert TIME.fullmatch(found["at"])
    assert found["status"] in ("excellent", "good", "fair", "poor", "critical")
    for site in found["sites"]:
        assert set(site) >= SITE
        assert site["if_lost"] in (None, *FATES)
        for part in site["groups"]:
            assert set(part) >= PART
            assert set(part["if_lost"]) >= IF_LOST
            assert part["if_lost"]["fate"] in FATES
    for group in found["groups"]:
        assert set(group) >= GROUP
        assert group["kind"] in ("replication", "sentinel", "cluster")
        assert group["health"] in ("ok", "warn", "bad", "unknown")
        for node in group["nodes"]:
            assert set(node) >= NODE
            assert node["role"] in ("primary", "replica", "unknown")
            assert node["seen_at"] is None or TIME.fullmatch(node["seen_at"])
        assert all(set(sentinel) >= SENTINEL for sentinel in group["sentinels"])
        if group["cluster"] is not None:
            assert set(group["cluster"]) >= CLUSTER
            assert all(set(shard) >= SHARD for shard in group["cluster"]["shards"])
            assert all(set(one) >= {"slot", "kind", "node", "peer"} for one in group["cluster"]["open_slots"])
            assert all(set(one) >= VIEW for one in group["cluster"]["views"])
    assert all(set(finding) >= FINDING for finding in found["findings"])


@pytest.mark.parametrize("fleet", [fleets.quiet(), fleets.troubled()], ids=["quiet", "troubled"])
def test_the_document_has_every_key_of_the_contract(fleet):
    found = json.loads(printed(document.status(fleet)))
    assert_contract(found)
    assert [group["name"] for group in found["groups"]] == [group.name for group in fleet.groups]


def test_what_is_unknown_is_null_and_never_zero():
    nobody = Node("10.0.0.9:6379", fault=Fault("refused", "nothing listens there", 1.0))
    watcher = Sentinel("10.0.0.9:26379")
    fleet = Fleet(at=10.0, period=1.0, groups=(Group("x", "sentinel", (nobody,), (watcher,), watched_as="x"),))
    (group,) = document.status(fleet)["groups"]
    (node,), (sentinel,) = group["nodes"], group["sentinels"]
    kept = {"address", "role", "up", "fault"}
    assert (node["role"], node["up"], node["fault"]) == ("unknown", False, "nothing listens there")
    assert {node[name] for name in NODE - kept} == {None}
    assert {sentinel[name] for name in SENTINEL - {"address", "up"}} == {None}


def test_a_node_tells_its_part_in_replication():
    (primary, replica) = fleets.quiet().groups[0].nodes[:2]
    said = document.node_document(primary)
    assert [one["address"] for one in said["replicas"]] == ["10.20.0.12:6379", "10.20.0.13:6379"]
    assert (said["backlog_active"], said["backlog_size"]) == (True, primary.replication.backlog_size)
    said = document.node_document(replace(replica, replication=replace(replica.replication, last_io_seconds=-1)))
    assert (said["priority"], said["read_only"], said["sync_in_progress"]) == (100, True, False)
    assert said["last_io_seconds"] is None, "a server says -1 where it never heard anything"


def test_a_sentinel_tells_how_it_counts_and_of_its_scripts():
    group = fleets.quiet().groups[0]
    busy = replace(group.sentinels[0], running_scripts=1, queued_scripts=3)
    said = document.sentinel_document(busy, busy.watches["orders"])
    assert (said["quorum"], said["majority"], said["votes_needed"], said["votes_usable"]) == (2, 2, 2, 3)
    assert (said["running_scripts"], said["queued_scripts"]) == (1, 3)


def test_the_text_says_what_is_unusual_about_replication_and_only_that():
    fleet = fleets.quiet()
    group = fleet.groups[0]
    usual = "\n".join(text(fleet, {}))
    assert not any(word in usual for word in ("PRIO", "READ-ONLY", "BACKLOG", "SCRIPTS"))
    top, below, *others = group.nodes
    top = replace(top, replication=replace(top.replication, backlog_active=False))
    changes = {"priority": 0, "read_only": False, "sync_in_progress": True, "link": "down"}
    below = replace(below, replication=replace(below.replication, **changes))
    busy = replace(group.sentinels[0], running_scripts=1, queued_scripts=3)
    odd = replace(group, nodes=(top, below, *others), sentinels=(busy, *group.sentinels[1:]))
    said = "\n".join(text(replace(fleet, groups=(odd,)), {}))
    (line,) = [one for one in said.splitlines() if one.split()[1:2] == [below.address]]
    assert {"sync", "0", "NO"} <= set(line.split())
    assert all(word in said for word in ("PRIO", "READ-ONLY", "BACKLOG", "1 run, 3 wait"))


def test_each_site_tells_what_its_loss_would_do():
    found = {site["name"]: site for site in document.status(fleets.two_sites())["sites"]}
    assert sorted(found) == ["ams", "fra"]
    assert (found["ams"]["if_lost"], found["fra"]["if_lost"]) == ("stop", "by hand")
    (orders,) = [part for part in found["fra"]["groups"] if part["group"] == "orders"]
    assert (orders["leads"], orders["lag_bytes"]) == (True, None)
    assert (orders["if_lost"]["to"], orders["if_lost"]["loss_bytes"]) == (["ams"], 182)
    assert orders["if_lost"]["outage_seconds"] is None
    assert document.status(fleets.quiet())["sites"] == []


def test_open_slots_name_addresses_where_they_are_known():
    (group,) = [group for group in fleets.troubled().groups if group.cluster and group.cluster.open_slots]
    known = {node.address for node in group.nodes}
    found = document.cluster_document(group, group.cluster)["open_slots"]
    assert found
    assert all(one["node"] in known for one in found)


def test_numbers_that_json_lacks_are_null():
    node = replace(fleets.quiet().groups[0].nodes[0], metrics={"clients": float("nan"), "memory_used": float("inf")})
    found = document.node_document(node)
    assert (found["clients"], found["memory_used"]) == (None, None)


def test_a_text_of_a_server_that_is_no_unicode_is_escaped():
    assert printed({"name": "a\udcff\x1b"}) == '{"name": "a\\udcff\\u001b"}'
    assert json.loads(printed({"name": "caf\u00e9"})) == {"name": "caf\u00e9"}


def test_the_text_form_names_every_group_node_and_finding():
    fleet = fleets.troubled()
    said = "\n".join(text(fleet, {}))
    for group in fleet.groups:
        assert group.name in said
        assert all(member.address in said for member in (*group.nodes, *group.sentinels))
    assert all(finding.message in said for finding in fleet.findings)
    assert "\x1b" not in said


def test_no_control_character_of_a_server_reaches_the_terminal():
    evil = "\x1b]0;x\x07\u202e\x9b31m"
    node = replace(fleets.quiet().groups[0].nodes[0], address=evil, version=evil, fault=Fault("error", evil, 1.0))
    finding = Finding("node-fault", "warn", evil, evil)
    fleet = Fleet(at=10.0, period=1.0, groups=(Group(evil, "replication", (node,)),), findings=(finding,))
    assert all(said.isprintable() for said in text(fleet, {}))


def test_one_group_can_be_shown_alone():
    fleet = fleets.troubled()
    name = fleet.groups[-1].name
    found = only(fleet, name)
    assert [group.name for group in found.groups] == [name]
    assert {finding.group for finding in found.findings} <= {name}


def test_a_table_is_aligned_and_leaves_out_empty_columns():
    columns = (Column("A", 1), Column("NONE", 4), Column("B", 1, "right"))
    rows = [(Cell("x"), Cell(""), Cell("1")), (Cell("\u65e5\u672c"), Cell(""), Cell("22"))]
    assert list(table(columns, rows, colour=False, indent="")) == ["A      B", "x      1", "\u65e5\u672c  22"]


def test_colour_is_left_out_unless_asked_for():
    row = (Cell("BAD", "bad"), Cell("x"))
    assert line(row, colour=False) == "BAD x"
    assert line(row, colour=True) == "\x1b[1;31mBAD\x1b[0m x"
    assert painted("  ", "bad", colour=True) == "  "


def test_a_dissenter_is_in_the_document_with_what_it_says_and_in_the_text():
    fleet = many(5)
    (cluster,) = [group["cluster"] for group in json.loads(printed(document.status(fleet)))["groups"]]
    dissent, silent, *others = cluster["views"]
    assert (dissent["node"], dissent["agrees"], dissent["differs"]) == ("n4:1", False, [[8191, 8191]])
    assert dissent["gives"] == [{"slots": [8191, 8191], "to": "b:1", "instead_of": "a:1"}]
    assert dissent["members"] == {"ok": 3, "suspected": 1, "failed": 0, "handshake": 0, "noaddr": 0}
    assert (silent["node"], silent["agrees"], silent["members"], silent["at"]) == ("gone:1", None, None, None)
    assert [one["agrees"] for one in others] == [True] * 4
    assert not cluster["agree"]
    told = [one for one in text(fleet, {}) if "views-differ" in one]
    assert len(told) == 1
    assert "n4:1 sees another slot map than 4 of 5 nodes: slots 8191 to b:1 instead of a:1" in told[0]


@pytest.mark.parametrize(
    ("levels", "verdict"), [([], "OK"), (["warn"], "WARN"), (["warn", "bad"], "BAD"), (["bad"], "BAD")]
)
def test_the_verdict_is_the_worst_finding(levels, verdict):
    findings = tuple(Finding("r", level, "g", "m") for level in levels)
    assert check.verdict(findings) == verdict


class TestOnServers:
    def test_status_tells_of_everything_behind_the_targets(self, standing_fleet):
        ended = redistui("status", "--json", *standing_fleet.targets)
        assert ended.code == 0, ended.err
        found = json.loads(ended.out)
        assert_contract(found)
        groups = {group["kind"]: group for group in found["groups"]}
        assert {kind: len(group["nodes"]) for kind, group in groups.items()} == {
            "sentinel": 3,
            "cluster": 6,
            "replication": 4,
        }
        orders = standing_fleet.groups["orders"]
        assert groups["sentinel"]["name"] == "orders"
        assert groups["sentinel"]["primary"] == orders.primary.address
        assert {one["address"] for one in groups["sentinel"]["sentinels"]} == {one.address for one in orders.sentinels}
        assert groups["cluster"]["cluster"]["slots_assigned"] == 16384
        views = groups["cluster"]["cluster"]["views"]
        assert [one["agrees"] for one in views] == [True] * 6
        assert {one["node"] for one in views} == {node["address"] for node in groups["cluster"]["nodes"]}
        for group in groups.values():
            assert all(node["up"] and node["cpu_percent"] is not None for node in group["nodes"])

    @pytest.mark.versions("redis-6.2")
    def test_status_from_a_single_replica_finds_the_whole_group(self, standing_fleet):
        sessions = standing_fleet.groups["sessions"]
        last = sessions.nodes[-1]
        found = json.loads(redistui("status", "--json", f"redis://{last.address}").out)
        assert {node["address"] for node in found["groups"][0]["nodes"]} == set(sessions.addresses)

    @pytest.mark.versions("redis-7.0")
    def test_a_fleet_of_the_config_has_its_name_and_badge(self, standing_fleet, tmp_path):
        file = tmp_path / "c.toml"
        target = standing_fleet.groups["catalog"].target
        file.write_text(f'default = "shop"\n[fleets.shop]\ntargets = ["{target}"]\nenvironment = "STAGE"\n')
        (group,) = json.loads(redistui("status", "--json", "--config", str(file)).out)["groups"]
        assert (group["name"], group["environment"]) == ("shop", "STAGE")
        assert "shop cluster OK STAGE" in redistui("status", "--config", str(file)).out

    @pytest.mark.versions("redis-6.2")
    def test_one_dead_target_does_not_hide_the_others(self, standing_fleet):
        ended = redistui("status", "--json", standing_fleet.groups["sessions"].target, "redis://127.0.0.1:1")
        assert ended.code == 0
        assert sorted(group["health"] for group in json.loads(ended.out)["groups"]) == ["bad", "ok"]

    @pytest.mark.versions("valkey-9.1")
    def test_an_unknown_group_is_code_2_with_the_nearest_name(self, standing_fleet):
        ended = redistui("status", "--group", "order", standing_fleet.groups["orders"].target)
        assert ended.code == 2
        assert "did you mean 'orders'?" in ended.err

    @pytest.mark.versions("valkey-9.1")
    def test_check_is_fine_on_a_fleet_that_is(self, standing_fleet):
        ended = redistui("check", *standing_fleet.targets)
        assert (ended.code, ended.out.split(" ")[0]) == (0, "OK")

    @pytest.mark.versions("redis-7.0")
    def test_check_is_bad_when_something_is_down(self, standing_fleet):
        ended = redistui("check", "--json", standing_fleet.groups["orders"].target, "redis://127.0.0.1:1")
        assert ended.code == 4
        assert json.loads(ended.out)["verdict"] == "BAD"

    @pytest.mark.versions("valkey-9.1")
    def test_watch_prints_a_document_a_line_until_interrupted(self, standing_fleet):
        words = ["status", "--json", "--watch", "--period", "0.2", standing_fleet.groups["orders"].target]
        with subprocess.Popen(
            [sys.executable, "-m", "redistui", *words], stdout=subprocess.PIPE, text=True, env=environment()
        ) as process:
            lines = [process.stdout.readline() for _ in range(3)]
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            code = process.wait(10)
        times = [json.loads(said)["at"] for said in lines]
        assert code == 130
        assert times == sorted(set(times))

    @pytest.mark.versions("redis-6.2")
    def test_a_fleet_without_a_primary_is_bad_unless_silenced_and_one_without_anybody_is_code_3(
        self, replication_group, tmp_path
    ):
        now = time.time()
        group = replication_group(replicas=1)
        replica = f"redis://{group.nodes[1].address}"
        assert redistui("check", replica).code == 0
        group.nodes[0].kill()
        ended = redistui("check", replica)
        assert ended.code == 4
        assert "BAD" in ended.out
        url = parse_url(replica)
        here = scope_of([Target(url.addresses, url.wanted, url.only)])
        write(tmp_path / "alerts.json", [Remark(here, ("silenced", "*", "*", "*"), now, until=now + 600)], now)
        assert redistui("check", "--new", replica).code == 0
        group.nodes[1].kill()
        assert redistui("check", replica).code == 3


class TestPasswords:
    @pytest.mark.versions("redis-6.2")
    def test_without_the_password_it_is_code_3_and_says_what_is_missing(self, replication_group):
        group = replication_group(replicas=0, settings={"requirepass": "hunter2"})
        ended = redistui("status", group.target)
        assert ended.code == 3
        assert "password" in ended.err

    @pytest.mark.versions("valkey-9.1")
    def test_a_wrong_password_is_code_3_and_not_repeated(self, replication_group):
        group = replication_group(replicas=0, settings={"requirepass": "hunter2"})
        ended = redistui("status", group.target, env={"REDISTUI_PASSWORD": "hunter3"})
        assert ended.code == 3
        assert "password" in ended.err
        assert "hunter" not in ended.out + ended.err

    @pytest.mark.versions("redis-7.0")
    def test_the_password_may_come_from_the_environment_or_a_file(self, replication_group, tmp_path):
        group = replication_group(replicas=0, settings={"requirepass": "hunter2"})
        assert redistui("status", group.target, env={"REDISTUI_PASSWORD": "hunter2"}).code == 0
        (tmp_path / "pw").write_text("hunter2\n")
        (tmp_path / "pw").chmod(0o600)
        (tmp_path / "c.toml").write_text(f'[fleets.x]\ntargets = ["{group.target}"]\npassword_file = "pw"\n')
        ended = redistui("check", "--config", str(tmp_path / "c.toml"), "x")
        assert ended.code == 0, ended.err

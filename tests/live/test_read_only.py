"""Read-only sends only questions: the servers themselves are the witnesses, for the dashboard and for the verbs.

redistui logs in as a user who may run the list below and nothing else, and ACL LOG tells of every command that this
user was refused: there must be none. At data nodes MONITOR is a second witness (Sentinels have none, and it is blind
for commands that administer): whoever connects after the spies took their places is redistui, unless it says that it is
a Sentinel, so each of its commands is held against the list, whatever its connection called itself.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.servers import Server
from redistui.demo.wire import ErrorReply, Wire
from redistui.model import Access, Login, Target
from tests.cli.running import redistui
from tests.live.screen import dashboard
from tests.spy import Spy, connections
from tests.waiting import eventually_async

Group = Callable[..., RunningGroup]
QUESTIONS = frozenset(
    {
        "auth", "hello", "ping", "client setname", "info", "role", "cluster info", "cluster nodes",
        "cluster countkeysinslot", "subscribe", "psubscribe", "sentinel masters", "sentinel myid",
        "sentinel replicas", "sentinel sentinels", "sentinel ckquorum", "slowlog len",
    }
)  # fmt: skip
"""All that may leave redistui while it is read-only. None of them changes anything at a server."""
SINCE_7 = frozenset({"cluster links", "latency histogram"})
OF_VALKEY = frozenset({"cluster slot-stats", "cluster getslotmigrations"})
"""Questions that not every version knows."""
SCREENS = ("1", "2", "3", "4", "5", "6")
PASSWORD = "for-looking"


@pytest.fixture(params=["sentinel", "cluster"])
def group(request: pytest.FixtureRequest, sentinel_group: Group, cluster_group: Group, version: str) -> RunningGroup:
    found = sentinel_group() if request.param == "sentinel" else cluster_group()
    asked = QUESTIONS | {"redis-6.2": frozenset(), "redis-7.0": SINCE_7}.get(version, SINCE_7 | OF_VALKEY)
    for server in found.servers:
        other = ("cluster", "slowlog", "latency") if server.kind == "sentinel" else ("sentinel",)
        rights = [f"+{words.replace(' ', '|')}" for words in sorted(asked) if not words.startswith(other)]
        server.ask("ACL", "SETUSER", "looks", "reset", "on", f">{PASSWORD}", "resetkeys", "allchannels", *rights)
    return found


def users(server: Server) -> set[str]:
    """As whom redistui's connections to a server are logged in."""
    return {row["user"] for row in connections(server) if row["name"].startswith("redistui")}


@contextmanager
def witnessed(group: RunningGroup) -> Iterator[None]:
    """At the end every data node was asked something, and nobody anything but questions."""
    spies = [Spy(server) for server in group.nodes]
    try:
        yield
    finally:
        for spy in spies:
            spy.stop()
    for spy in spies:
        strangers = spy.said_by_strangers()
        assert {"info", "role"} <= set().union(*strangers.values()), "nobody asked this server anything"
        for sender, words in strangers.items():
            assert words - {"echo"} <= QUESTIONS | SINCE_7 | OF_VALKEY, (spy.names.get(sender), words)
    assert [server.ask("ACL", "LOG") for server in group.servers] == [[]] * len(group.servers)


async def test_the_dashboard_asks_and_nothing_else_on_every_screen_and_with_a_plan_open(group: RunningGroup) -> None:
    login = Login("looks", PASSWORD)
    wanted = "sentinel" if group.sentinels else "cluster"
    seeds = tuple(seed.address for seed in group.seeds)
    target = Target(seeds, wanted=wanted, title=group.name, access=Access(login, login))  # type: ignore[arg-type]
    primary = group.primary
    is_valkey = "valkey_version" in str(primary.ask("INFO", "server"))
    uncounted = "slot-stats off" if is_valkey else "No node of this cluster counts CPU"
    with witnessed(group):
        async with dashboard([target], nodes=len(group.servers)) as screen:
            await screen.until_line(primary.address, "P ")
            for key in SCREENS:
                screen.press(key)
                await eventually_async(lambda key=key: key == screen.app.house.panel.KEY)  # type: ignore[misc]
            if not group.sentinels:
                screen.press("3")
                await eventually_async(lambda: screen.app.house.panel.KEY == "3")
                for mode, said in (("keys", "counted"), ("cpu", uncounted), ("net", uncounted), ("memory", "counted")):
                    screen.press("m")
                    await screen.until_line(f" {mode} ")
                    await screen.until_line(said)
                screen.press("m")
                await screen.until_line("orphan keys")
            screen.press("F")
            await screen.until_line("read-only" if group.sentinels else "refused", seconds=15.0)
            screen.press(*group.name, "y", "enter")
            await eventually_async(lambda: screen.app.screen is screen.app.house)
            for line in ("log", "unfinished"):
                screen.app.house.run_line(line)
                await eventually_async(lambda: screen.app.screen is not screen.app.house)
                screen.press("escape")
                await eventually_async(lambda: screen.app.screen is screen.app.house)
            seen = screen.engine.fleet.at
            await eventually_async(lambda: screen.engine.fleet.at > seen + 3)
            await asyncio.to_thread(screen.engine.call(screen.engine.fresh(group.name)).result, 5)
            assert [users(server) for server in group.servers] == [{"looks"}] * len(group.servers)
    assert role_of(primary) == "master"


@pytest.mark.versions("valkey-9.1", "redis-6.2")
def test_the_verbs_that_only_look_ask_and_nothing_else(group: RunningGroup, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'[fleets.mine]\ntargets = ["{group.target}"]\nuser = "looks"\npassword_env = "LOOKS"\n'
        'sentinel_user = "looks"\nsentinel_password_env = "LOOKS"\n'
    )
    env = {"REDISTUI_JOURNAL": os.devnull, "REDISTUI_CONFIG": str(config), "LOOKS": PASSWORD}
    for verb in ("status", "check", "plan failover", "acl"):
        with witnessed(group):
            done = redistui(*verb.split(), "mine", *(() if verb == "check" else ("--json",)), env=env)
        assert done.code == (5 if verb == "plan failover" and not group.sentinels else 0), (verb, done.err)
        if verb != "check":
            assert json.loads(done.out), verb


@pytest.mark.versions("redis-7.0")
def test_the_witnesses_see_what_is_no_question(group: RunningGroup) -> None:
    """That the proof above could fail: somebody else does what redistui must not."""
    victim = group.nodes[0]

    def meddle(*words: str) -> None:
        with Wire(victim.address) as wire:
            wire.ask("AUTH", "looks", PASSWORD)
            with suppress(ErrorReply):
                wire.ask(*words)

    with pytest.raises(AssertionError), witnessed(group):
        meddle("CONFIG", "SET", "save", "")
    victim.ask("ACL", "LOG", "RESET")
    victim.ask("ACL", "SETUSER", "looks", "+dbsize")
    with pytest.raises(AssertionError), witnessed(group):
        meddle("DBSIZE")

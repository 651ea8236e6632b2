"""Several sites, each imagined: what counts as written, what is read, and what does not fit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.model.routes import Answer, NodeStats, RouteStats
from redistui.route.commands import CommandTable
from redistui.route.failures import BadRoute, Refused, RouteFailed, Unknown
from redistui.route.sites.consistency import LEVELS, WriteIncomplete, needed
from redistui.route.sites.route import SitesRoute
from redistui.route.sites.site import Site, site
from redistui.route.sites.versions import Versions, read_stamp, stamped
from tests.waiting import eventually_async

DOWN = Refused("connect", "cannot connect: connection refused")
LOST = Unknown("timeout", "no answer within 1 s")
WRONG = Refused("WRONGTYPE", "WRONGTYPE Operation against a key holding the wrong kind of value")


TABLE = CommandTable(reads=frozenset({"get"}), known=frozenset({"get"}))


class FakeRoute:
    """Says `value`, or raises it; `gate`: it does so once this is set."""

    kind = "split"
    strategies = ("round-robin",)

    def __init__(self, name: str, value: Any = b"OK", *, well: bool = True, ms: float = 1.0) -> None:
        self.name, self.value, self.well, self.ms = name, value, well, ms
        self.sent: list[tuple[str, ...]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.opens: Any = None
        self.closed = False

    async def open(self) -> None:
        if self.opens is not None:
            raise self.opens

    async def execute(self, *argv: str) -> Answer:
        self.sent.append(argv)
        await self.gate.wait()
        if isinstance(self.value, RouteFailed):
            raise self.value
        return Answer(self.value, f"{self.name}:1", self.ms)

    read = write = execute

    def use(self, strategy: str, weights: Mapping[str, float] | None = None) -> None: ...

    def stats(self) -> RouteStats:
        why = "" if self.well else "no answer within 1 s"
        rows = [
            NodeStats(f"{self.name}:{port}", role, 1.0, self.well, why, 0, 1, 5, 0, self.ms, None, None)
            for port, role in ((1, "primary"), (2, "replica"))
        ]
        return RouteStats("split", 0.0, 1.0, "round-robin", nodes=tuple(rows))  # type: ignore[arg-type]

    def reset(self) -> None:
        self.sent.clear()

    async def close(self) -> None:
        self.closed = True


def sites_of(**values: Any) -> tuple[list[Site], dict[str, FakeRoute]]:
    """The first is primary."""
    routes = {name: value if isinstance(value, FakeRoute) else FakeRoute(name, value) for name, value in values.items()}
    first = next(iter(routes))
    return [Site(name, (f"{name}:1",), route, name == first) for name, route in routes.items()], routes


async def opened(sites: list[Site], **words: Any) -> SitesRoute:
    route = SitesRoute(sites, **({"every": 0.01} | words))
    await route.open()
    return route


@pytest.mark.parametrize(
    ("values", "reached", "primary_took_it"),
    [
        ({"east": b"OK", "west": b"OK", "north": b"OK"}, {"eventual", "majority", "strong"}, True),
        ({"east": b"OK", "west": b"OK", "north": DOWN}, {"eventual", "majority"}, True),
        ({"east": DOWN, "west": b"OK", "north": b"OK"}, {"eventual", "majority"}, False),
        ({"east": LOST, "west": b"OK", "north": b"OK"}, {"eventual", "majority"}, False),
        ({"east": b"OK", "west": LOST, "north": DOWN}, {"eventual"}, True),
        ({"east": DOWN, "west": DOWN, "north": b"OK"}, {"eventual"}, False),
        ({"east": DOWN, "west": LOST, "north": DOWN}, set(), False),
        ({"east": DOWN, "west": DOWN, "north": DOWN}, set(), False),
        ({"east": b"OK", "west": DOWN}, {"eventual"}, True),
        ({"east": b"OK"}, {"eventual", "majority", "strong"}, True),
    ],
)
async def test_a_write_counts_by_the_sites_that_are_configured_and_tells_of_each(
    values: dict[str, Any], reached: set[str], primary_took_it: bool
) -> None:
    sites, routes = sites_of(**values)
    route = await opened(sites)
    outcomes = {name: value.outcome if isinstance(value, RouteFailed) else "acked" for name, value in values.items()}
    for level in LEVELS:
        route.use(level)
        if level in reached:
            answer = await route.write("SET", "k", "v")
            assert {each.site: each.outcome for each in answer.outcomes} == outcomes
            assert (answer.site == "east") == primary_took_it
            assert ("without the primary site: east" in answer.fallback) != primary_took_it
        else:
            with pytest.raises(WriteIncomplete) as raised:
                await route.write("SET", "k", "v")
            incomplete = raised.value
            told = dict.fromkeys(incomplete.acked, "acked") | dict.fromkeys(incomplete.refused, "refused")
            assert told | dict.fromkeys(incomplete.unknown, "unknown") == outcomes
            nothing = set(outcomes.values()) == {"refused"}
            assert isinstance(incomplete, Refused) == nothing
            assert isinstance(incomplete, Unknown) != nothing
    assert all(len(each.sent) == len(LEVELS) for each in routes.values())
    assert route.stats().acked == len(reached)
    await route.close()


@given(some.integers(1, 9))
def test_two_majorities_always_share_a_site(sites: int) -> None:
    assert 2 * needed("majority", sites) > sites
    assert needed("eventual", sites) <= needed("majority", sites) <= needed("strong", sites) == sites


async def test_a_site_that_does_not_answer_in_time_is_of_unknown_outcome() -> None:
    sites, routes = sites_of(east=b"OK", west=b"OK", north=b"OK")
    routes["west"].gate.clear()
    route = await opened(sites, patience=0.05, consistency="majority")
    answer = await route.write("SET", "k", "v")
    assert answer.of("unknown") == ("west",)
    assert answer.of("acked") == ("east", "north")
    await route.close()


@pytest.mark.parametrize(
    ("values", "local", "site_", "value", "instead"),
    [
        ({"east": b"1", "west": b"2"}, None, "east", b"1", ""),
        ({"east": b"1", "west": b"2"}, "west", "west", b"2", ""),
        ({"east": b"1", "west": DOWN}, "west", "east", b"1", "instead of west refused"),
        ({"east": LOST, "west": DOWN, "north": b"3"}, "west", "north", b"3", "instead of west refused"),
    ],
)
async def test_a_read_asks_the_local_site_first_and_says_whom_another_stands_in_for(
    values: dict[str, Any], local: str | None, site_: str, value: bytes, instead: str
) -> None:
    sites, _ = sites_of(**values)
    route = await opened(sites, local=local)
    answer = await route.read("GET", "k")
    assert (answer.site, answer.value) == (site_, value)
    assert answer.fallback.startswith(instead)
    assert bool(answer.fallback) == bool(instead)
    assert answer.ms > 0
    await route.close()


async def test_a_site_that_is_not_well_is_read_last_and_that_is_said() -> None:
    sites, routes = sites_of(east=FakeRoute("east", b"1", well=False), west=b"2")
    route = await opened(sites)
    answer = await route.read("GET", "k")
    assert (answer.site, answer.value) == ("west", b"2")
    assert answer.fallback == "east is not well: east:1: no answer within 1 s"
    assert routes["east"].sent == []
    await route.close()


async def test_an_error_that_is_the_same_everywhere_ends_a_read_at_the_first_site() -> None:
    sites, routes = sites_of(east=WRONG, west=b"2")
    route = await opened(sites)
    with pytest.raises(Refused, match="WRONGTYPE"):
        await route.read("GET", "k")
    assert routes["west"].sent == []
    await route.close()


OLD, NEW = (stamped(word, version, "east").encode() for word, version in (("old", 5), ("new", 7)))


@pytest.mark.parametrize(
    ("values", "level", "value", "behind"),
    [
        ({"east": OLD, "west": NEW, "north": NEW}, "strong", b"new", ("east",)),
        ({"east": NEW, "west": OLD, "north": None}, "strong", b"new", ("west", "north")),
        ({"east": NEW, "west": NEW, "north": NEW}, "strong", b"new", ()),
        ({"east": b"plain", "west": b"other", "north": b"other"}, "strong", b"plain", ("west", "north")),
        ({"east": DOWN, "west": OLD, "north": NEW}, "majority", b"new", ("west",)),
        ({"one": DOWN, "two": b"late", "three": b"kept", "four": b"kept"}, "majority", b"kept", ("two",)),
    ],
)
async def test_of_several_sites_the_newest_value_counts_and_who_is_behind_is_said(
    values: dict[str, Any], level: str, value: bytes, behind: tuple[str, ...]
) -> None:
    sites, _ = sites_of(**values)
    route = await opened(sites, consistency=level)
    found = await route.get("k")
    assert found.value == value
    assert set(found.answer.behind) == set(behind)
    assert route.stats().stale_reads == bool(behind)
    await route.close()


class LateReplicas(FakeRoute):
    """Its replicas have not got the last write yet."""

    async def read(self, *argv: str) -> Answer:  # type: ignore[override]
        return Answer(b"late", f"{self.name}:2", 1.0)


@pytest.mark.parametrize(("level", "value"), [("eventual", b"late"), ("majority", b"new"), ("strong", b"new")])
async def test_a_read_that_is_compared_asks_primaries_as_replicas_may_be_late(level: str, value: bytes) -> None:
    sites, _ = sites_of(east=LateReplicas("east", b"new"), west=LateReplicas("west", b"new"))
    route = await opened(sites, consistency=level)
    route._sites["east"].route.commands = TABLE  # type: ignore[attr-defined]
    assert (await route.execute("GET", "k")).value == value
    assert route.stats().stale_reads == 0
    await route.close()


async def test_a_read_at_majority_fails_where_fewer_sites_answer_and_does_not_wait_for_more() -> None:
    sites, routes = sites_of(east=b"1", west=DOWN, north=LOST)
    route = await opened(sites, consistency="majority")
    with pytest.raises(Refused, match="1 of 3 sites answered and 2 must: "):
        await route.read("GET", "k")
    routes["west"].value = b"1"
    routes["north"].gate.clear()
    assert (await route.read("GET", "k")).value == b"1"
    await route.close()


async def test_where_the_first_to_answer_do_not_agree_the_primary_site_is_waited_for() -> None:
    """One of two sites that answer first may hold a write that timed out and came too late to count."""
    sites, routes = sites_of(east=b"acknowledged", west=b"too late", north=b"acknowledged")
    routes["east"].gate.clear()
    route = await opened(sites, consistency="majority")
    reading = asyncio.ensure_future(route.read("GET", "k"))
    await eventually_async(lambda: all(one.sent for one in routes.values()))
    routes["east"].gate.set()
    found = await reading
    assert (found.value, found.site, found.behind) == (b"acknowledged", "east", ("west",))
    await route.close()


async def test_what_is_put_carries_a_version_that_only_grows() -> None:
    sites, routes = sites_of(east=b"OK", west=b"OK")
    route = await opened(sites, local="west")
    for word in ("one", "two"):
        await route.put("k", word, expiry=60)
    first, second = (read_stamp(argv[2].encode()) for argv in routes["east"].sent)
    assert first is not None
    assert second is not None
    assert (first.value, second.value, second.origin) == (b"one", b"two", "west")
    assert first < second
    assert routes["east"].sent[0][3:] == ("EX", "60")
    await route.close()


@given(some.lists(some.tuples(some.booleans(), some.integers(0, 2**40)), max_size=20), some.floats(0, 2e9))
def test_a_version_is_higher_than_all_before_whatever_the_clock_does(seen: list[tuple[bool, int]], now: float) -> None:
    versions = Versions(clock=lambda: now)
    highest = -1
    for ours, version in seen:
        if ours:
            given_ = versions.next()
            assert given_ > highest
            highest = given_
        else:
            versions.seen(version)
            highest = max(highest, version)


@given(some.text(some.characters(codec="utf-8")), some.integers(0), some.text(some.characters(codec="utf-8")))
def test_a_stamp_can_be_read_again(value: str, version: int, origin: str) -> None:
    version %= 10**18
    assert read_stamp(stamped(value, version, origin).encode()) == (version, origin, value.encode())


@given(some.binary())
def test_no_stored_bytes_whatever_break_the_reader_of_stamps(stored: bytes) -> None:
    stamp = read_stamp(stored)
    assert stamp is None or stored.startswith(b"redistui/1 ")


async def test_a_site_that_could_not_be_opened_is_written_as_refused_until_it_comes() -> None:
    sites, routes = sites_of(east=b"OK", west=b"OK")
    routes["west"].opens = DOWN
    route = await opened(sites, consistency="strong")
    with pytest.raises(WriteIncomplete) as raised:
        await route.write("SET", "k", "v")
    assert raised.value.refused == ("west",)
    assert [(state.name, state.healthy) for state in route.sites()] == [("east", True), ("west", False)]
    assert not route.highly_available
    routes["west"].opens = None
    await eventually_async(lambda: route.sites()[1].healthy)
    assert (await route.write("SET", "k", "v")).of("acked") == ("east", "west")
    await route.close()
    assert all(each.closed for each in routes.values())


async def test_a_route_over_sites_none_of_which_can_be_reached_does_not_open() -> None:
    sites, routes = sites_of(east=b"OK", west=b"OK")
    for each in routes.values():
        each.opens = DOWN
    with pytest.raises(Refused, match="no site can be reached"):
        await opened(sites)


@pytest.mark.parametrize(
    ("level", "well", "available"),
    [
        ("eventual", 2, True),
        ("eventual", 1, False),
        ("majority", 3, True),
        ("majority", 2, False),
        ("strong", 3, False),
    ],
)
async def test_sites_are_highly_available_while_any_one_may_be_lost(level: str, well: int, available: bool) -> None:
    names = ("east", "west", "north")
    sites, _ = sites_of(**{name: FakeRoute(name, well=number < well) for number, name in enumerate(names)})
    route = await opened(sites, consistency=level)
    assert route.highly_available == available
    await route.close()


def fake(name: str, *, primary: bool = False, nodes: tuple[str, ...] = ("a:1",)) -> Site:
    return Site(name, nodes, FakeRoute(name), primary)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sites", "words", "sentence"),
    [
        ([], {}, "there are no sites"),
        ([fake("east"), fake("west")], {}, "no site is primary: say which one of east, west"),
        ([fake("east", primary=True), fake("west", primary=True)], {}, "east and west are both primary: only one"),
        ([fake("east", primary=True), fake("west", nodes=())], {}, "site west has no nodes"),
        ([fake("east", primary=True), fake("east")], {}, "two sites have one name"),
        ([fake("east", primary=True)], {"consistency": "quorum"}, "there is no consistency 'quorum': use one of even"),
        ([fake("east", primary=True)], {"consistency": ""}, "there is no consistency ''"),
        ([fake("east", primary=True)], {"local": "west"}, "there is no site 'west' to read first: there are east"),
    ],
)
async def test_sites_that_do_not_fit_are_named(sites: list[Site], words: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadRoute, match=sentence):
        SitesRoute(sites, **words)


@pytest.mark.parametrize(
    ("kind", "nodes", "sentence"),
    [
        ("cluster", (), "site east has no nodes: give at least one address"),
        ("balancer", ("a:1",), "site east is to be reached by 'balancer': use one of split, sentinel, cluster"),
    ],
)
def test_a_site_that_cannot_be_reached_by_its_kind_is_named(kind: str, nodes: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(BadRoute, match=sentence):
        site("east", kind, nodes)


async def test_another_consistency_that_is_none_changes_nothing() -> None:
    sites, _ = sites_of(east=b"OK", west=DOWN)
    route = await opened(sites)
    with pytest.raises(BadRoute, match="there is no consistency"):
        route.use("round-robin")
    with pytest.raises(BadRoute, match="sites have no weights"):
        route.use("strong", {"east:1": 2.0})
    assert (await route.write("SET", "k", "v")).of("acked") == ("east",)
    await route.close()

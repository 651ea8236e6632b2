"""TLS through the same engine, against Redis 7.0: what is trusted, and every way in which it is not, by its name."""

from __future__ import annotations

import asyncio
import gc
import re
import selectors
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from redistui.model import Tls
from redistui.net.tls import tls_context
from redistui.net.watch import Wire, dial
from tests.engine.watching import fault, member, node, only_group, target, until, watching
from tests.net.owner import Owner
from tests.papers import Guarded, Papers, Start

pytestmark = pytest.mark.versions("redis-7.0")


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Papers, Papers]:
    """Ours, and those of somebody else."""
    folder = tmp_path_factory.mktemp("papers")
    return Papers(folder, "ours"), Papers(folder, "theirs")


@pytest.fixture
def guarded(demo_fleet: Start, papers: tuple[Papers, Papers]) -> Iterator[Guarded]:
    pair = Guarded(demo_fleet, papers[0])
    yield pair
    pair.ports.release()


def test_a_group_is_found_and_watched_over_tls(guarded: Guarded, papers: tuple[Papers, Papers]) -> None:
    tls = Tls(papers[0].ca, *guarded.client)
    with watching(target(guarded.second, tls=tls)) as engine:
        fleet = until(engine, lambda fleet: len(only_group(fleet).nodes) == 2 and not fleet.findings and fleet.complete)
        assert only_group(fleet).primary == guarded.first
        assert node(fleet, guarded.second).role == "replica"
        guarded.servers[0].hang()
        until(engine, lambda fleet: fault(fleet, guarded.first) == "hung")
        guarded.servers[0].resume()
        until(engine, lambda fleet: not fleet.findings)
        guarded.servers[1].kill()
        until(engine, lambda fleet: fault(fleet, guarded.second) == "refused")
        guarded.servers[1].start()
        guarded.servers[1].wait()
        guarded.servers[1].ask("REPLICAOF", *guarded.first.split(":"))
        until(engine, lambda fleet: not fleet.findings and node(fleet, guarded.second).role == "replica")
    with watching(target(f"localhost:{guarded.first.rpartition(':')[2]}", tls=tls)) as engine:
        until(engine, lambda fleet: len(only_group(fleet).nodes) == 2 and fleet.complete)


def test_whatever_is_wrong_with_tls_has_its_name(
    guarded: Guarded, demo_fleet: Start, papers: tuple[Papers, Papers], tmp_path: Path
) -> None:
    ours, theirs = papers
    client = guarded.client
    plain = guarded.servers[0].address
    port = guarded.first.rpartition(":")[2]
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("not a certificate")
    wrong = [
        (guarded.first, Tls(theirs.ca, *client), "tls", "certificate not trusted"),
        (guarded.first, Tls(None, *client), "tls", "certificate not trusted"),
        (f"127.0.0.2:{port}", Tls(ours.ca, *client), "tls", "IP address mismatch"),
        (guarded.first, Tls(ours.ca), "tls", "certificate required|want a client certificate"),
        (guarded.first, Tls(ours.ca, *theirs.sign("stranger")), "tls", "unknown ca|client certificate"),
        (guarded.first, Tls(str(tmp_path / "missing.pem")), "tls", "certificate files cannot be used: No such file"),
        (guarded.first, Tls(str(nonsense)), "tls", "certificate files cannot be used"),
        (guarded.first, None, ("garbage", "closed"), "TLS"),
        (plain, Tls(ours.ca, *client), "tls", r"does the port speak TLS\?"),
    ]
    guarded.servers[0].ask("CONFIG", "SET", "bind", "127.0.0.1 127.0.0.2")
    for address, tls, kind, words in wrong:
        with watching(target(address, tls=tls)) as engine:
            fleet = until(engine, lambda fleet, at=address: member(fleet, at).fault)  # type: ignore[misc]
            found = member(fleet, address).fault
            assert found is not None
            assert found.kind in kind
            assert re.search(words, found.text), (address, tls, found)
            assert found.down


def test_a_certificate_may_be_left_unchecked_only_on_purpose(guarded: Guarded, papers: tuple[Papers, Papers]) -> None:
    with watching(target(guarded.first, tls=Tls(None, *guarded.client, verify=False))) as engine:
        until(engine, lambda fleet: len(only_group(fleet).nodes) == 2 and fleet.complete and not fleet.findings)


def test_too_many_clients_over_tls_are_named_too(guarded: Guarded, papers: tuple[Papers, Papers]) -> None:
    first = guarded.servers[0]
    first.ask("CONFIG", "SET", "maxclients", 1)
    with first.connect(), watching(target(guarded.first, tls=Tls(papers[0].ca, *guarded.client))) as engine:
        found = member(until(engine, lambda fleet: member(fleet, guarded.first).fault), guarded.first).fault
        assert found is not None
        assert found.kind in ("maxclients", "closed", "tls")


class Turns(selectors.DefaultSelector):
    """Counts the turns of an event loop, and does something at one of them."""

    def __init__(self, turn: int) -> None:
        super().__init__()
        self._left = turn
        self.then: Callable[[], object] = lambda: None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(timeout)
        self._left -= 1
        if self._left == 0:
            self.then()
        return found


def given_up(address: str, context: ssl.SSLContext, turn: int) -> bool:
    """A connection whose opening is cancelled at that turn of the loop, which then ends as an engine's does. False: it
    was open before."""
    turns = Turns(turn)
    loop = asyncio.SelectorEventLoop(turns)
    try:
        opening = loop.create_task(dial(address, context, lambda: Wire(Owner()), 10.0))
        turns.then = opening.cancel
        (end,) = loop.run_until_complete(asyncio.gather(opening, return_exceptions=True))
        if isinstance(end, Wire):
            end.close()
        else:
            assert isinstance(end, asyncio.CancelledError)
        loop.run_until_complete(asyncio.sleep(0))
        return not isinstance(end, Wire)
    finally:
        loop.close()


def test_a_connection_that_is_given_up_at_any_moment_of_its_opening_is_closed(
    guarded: Guarded, papers: tuple[Papers, Papers]
) -> None:
    """Whatever is left open is told by a ResourceWarning, which fails the test. At which turn the handshake is just
    over is not always the same: so it is done a few times."""
    context = tls_context(Tls(papers[0].ca, *guarded.client))
    for _ in range(5):
        turn = 1
        while given_up(guarded.first, context, turn):
            turn += 1
        gc.collect()
        assert turn > 5

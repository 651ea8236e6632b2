"""Routes over TLS, as a user who may do nothing but what a canary does; and what is wrong with TLS, by its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from redistui.model import Access, Login, Tls
from redistui.net.tls import context_of
from redistui.ops.rights import BY_NAME
from redistui.route import Refused, SplitRoute
from tests.papers import Guarded, Papers, Start
from tests.route.opened import opened
from tests.waiting import eventually_async

KEY = "redistui:canary:a"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return Papers(tmp_path_factory.mktemp("papers"), "ours")


@pytest.fixture
def guarded(demo_fleet: Start, papers: Papers) -> Iterator[Guarded]:
    pair = Guarded(demo_fleet, papers)
    yield pair
    pair.ports.release()


@pytest.mark.versions("redis-7.0")  # the only one of ours that was built with TLS
async def test_a_route_works_over_tls_and_says_what_is_wrong_where_it_cannot(
    guarded: Guarded, papers: Papers, tmp_path: Path
) -> None:
    rights = BY_NAME["canary"].rights
    for server in guarded.servers:
        words = (f"+{right.command}" for right in rights)
        server.ask("ACL", "SETUSER", "canary", "reset", "on", ">sesame", "~redistui:canary:*", *words)
    nodes, login = [guarded.first, guarded.second], Login("canary", "sesame")
    async with opened(SplitRoute(nodes, Access(login, tls=Tls(papers.ca, *guarded.client)), seconds=10.0)) as route:
        await eventually_async(lambda: all(node.healthy for node in route.stats().nodes), 30)
        assert (await route.write("SET", KEY, "1")).node == guarded.first
        assert (await route.read("GET", KEY)).node == guarded.second
    for tls, said in (
        (None, r"does the port speak TLS \(rediss://\)\?"),
        (Tls(papers.ca), "certificate required|does it want a client certificate"),
        (Tls(None, *guarded.client), "certificate not trusted"),
        (Tls(str(tmp_path / "missing.pem")), "certificate files cannot be used: no such file or directory"),
    ):
        with pytest.raises(Refused, match=said):
            await SplitRoute(nodes, Access(login, tls=tls)).open()


def test_connections_share_a_context_until_its_files_change(papers: Papers) -> None:
    pem, key = papers.sign("operator")
    tls = Tls(papers.ca, pem, key)
    first = context_of(tls)
    assert context_of(Tls(papers.ca, pem, key)) is first
    assert context_of(Tls(papers.ca, pem, key, verify=False)) is not first
    renewed = os.stat(pem).st_mtime_ns + 1_000_000_000
    os.utime(pem, ns=(renewed, renewed))
    assert context_of(tls) is not first
    assert context_of(None) is None

"""`export`: what Prometheus reads over HTTP or on stdout, of real servers; and what stops it from listening."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from redis import Redis

from redistui.cli.exits import Quit
from redistui.cli.export import opened
from redistui.cli.scrape import Server
from redistui.demo.groups import RunningGroup
from tests.cli.running import environment, redistui


def up(text: str) -> dict[str, float]:
    (family,) = (one for one in text_string_to_metric_families(text) if one.name == "redistui_up")
    return {sample.labels["node"]: sample.value for sample in family.samples}


def fetched(port: int, path: str, accept: str = "application/openmetrics-text") -> tuple[int, str, str]:
    asking = HTTPConnection("127.0.0.1", port, timeout=20)
    asking.request("GET", path, headers={"Accept": accept})
    answer = asking.getresponse()
    body = answer.read().decode()
    asking.close()
    return answer.status, answer.headers["Content-Type"], body


def test_prometheus_reads_the_fleet_and_a_signal_ends_it(replication_group: Callable[..., RunningGroup]) -> None:
    group = replication_group(replicas=1)
    once = redistui("export", group.target, "--once")
    assert (once.code, once.err) == (0, "")
    assert up(once.out) == dict.fromkeys(group.addresses, 1.0)
    assert "redistui_cpu_seconds_total{" in once.out
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ("-W", "error", "-m", "redistui", "export", group.target, "--listen", f"127.0.0.1:{port}")
    with subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE, text=True, env=environment()) as running:
        assert running.stderr is not None
        try:
            assert f"http://127.0.0.1:{port}/metrics" in running.stderr.readline()
            status, kind, text = fetched(port, "/metrics")
            assert (status, kind.partition(";")[0]) == (200, "application/openmetrics-text")
            assert set(up(text)) == set(group.addresses)
            assert fetched(port, "/", "text/plain")[1].startswith("text/plain")
            assert fetched(port, "/metrics", "application/openmetrics-text; version=x.y")[1].startswith("text/plain")
            assert fetched(port, "/secret")[0] == 404
        finally:
            running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
        assert running.stderr.read() == ""


@pytest.mark.versions("valkey-9.1")
def test_our_own_pause_is_no_alert_and_a_look_calls_nobody(
    replication_group: Callable[..., RunningGroup], tmp_path: Path
) -> None:
    group, called = replication_group(replicas=0), tmp_path / "called"
    (tmp_path / "page").write_text(f"#!/bin/sh\ntouch {called}\n")
    (tmp_path / "page").chmod(0o700)
    (tmp_path / "c.toml").write_text(f'[alerts]\ncommand = "{tmp_path}/page"\nlevels = ["warn"]\n')
    config = {"REDISTUI_CONFIG": str(tmp_path / "c.toml")}
    assert redistui("do", "pause-writes", "60", group.target, "--yes").code == 0
    assert "clients-paused" not in redistui("export", group.target, "--once", env=config).out
    with Redis.from_url(group.target) as other:
        other.client_unpause()
        other.client_pause(60_000, all=False)
    ours = {"REDISTUI_JOURNAL": str(tmp_path / "another")}
    assert 'rule="clients-paused"' in redistui("export", group.target, "--once", env={**config, **ours}).out
    assert not called.exists()


def test_what_is_done_meanwhile_is_heard_of_while_nobody_asks() -> None:
    heard = threading.Event()
    with Server("127.0.0.1", 0) as server:
        server.now_and_then = heard.set
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        assert heard.wait(20)
        server.shutdown()
        serving.join()


@pytest.mark.parametrize(
    ("listen", "why"),
    [
        ("9121", "a host and its port"),
        ("127.0.0.1:99999", "port"),
        ("no such host:1", "host"),
        ("nowhere.invalid:9", "no such host"),
    ],
)
def test_an_address_that_cannot_be_listened_at_is_a_sentence(listen: str, why: str) -> None:
    with pytest.raises(Quit) as quitted:
        opened(listen).server_close()
    assert quitted.value.code == 2
    (sentence,) = quitted.value.sentences
    assert sentence.startswith(f"--listen {listen}: ")
    assert why in sentence


def test_a_port_in_use_is_a_sentence_and_exit_code_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = redistui("export", "redis://127.0.0.1:1", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert (ended.code, ended.out) == (2, "")
    (sentence,) = ended.sentences
    assert sentence.endswith("cannot listen there: address already in use")


def test_nothing_that_answers_is_exit_code_3_when_printed_once() -> None:
    ended = redistui("export", "redis://127.0.0.1:1", "--once", "--timeout", "1")
    assert (ended.code, ended.out) == (3, "")

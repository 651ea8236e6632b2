"""Who is told of alerts: a command and a webhook, bounded, with nothing secret, and their failure once."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from redistui.engine.alert_hooks import WAITING, AlertHooks, document, told_in_words
from redistui.model import Alert, Event, Fleet, Level
from tests.waiting import eventually, eventually_async

LINK = Alert("link-down", "bad", "orders", "b:1", "b:1 has no link\x1b[2J", 1000.0, 1001.0, 1001.0)


def event(change: str, alert: Alert) -> Event:
    about = (change, alert.rule, alert.group, alert.node or "", alert.level)
    return Event(1001.0, "", "alert", alert.group, "x", about=about)


def told(hooks: AlertHooks, changes: Sequence[tuple[str, Alert]], until: Callable[[], bool]) -> list[str]:
    """Tells of these, and waits; what failed."""
    failures: list[str] = []

    async def work() -> None:
        hooks.begin(failures.append)
        for change, alert in changes:
            hooks.take((event(change, alert),), Fleet(1002.0, 1.0, (), alerts=(alert,)))
        await eventually_async(until, 20.0)
        hooks.close()

    asyncio.run(work())
    return failures


def test_what_is_told_is_one_document_with_every_part(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = tmp_path / "page"
    command.write_text(f"#!/bin/sh\nenv > {out}.new\nmv {out}.new {out}\n")
    command.chmod(0o755)
    assert told(AlertHooks(str(command), None), [("raised", LINK)], out.exists) == []
    environ = dict(line.partition("=")[::2] for line in out.read_text().splitlines())
    assert json.loads(environ["REDISTUI_ALERT"]) == document("raised", LINK, 1002.0) | {"left_out": 0}
    assert environ["REDISTUI_ALERT_RULE"] == "link-down"
    assert environ["REDISTUI_ALERT_SINCE"] == "1970-01-01T00:16:40.000Z"
    assert environ["REDISTUI_ALERT_MESSAGE"] == "b:1 has no link?[2J"
    assert environ["REDISTUI_ALERT_VALUE"] == ""
    assert "REDISTUI_PASSWORD" not in environ


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_command_that_still_runs_at_the_end_ends_with_us_and_leaves_nothing_open(tmp_path: Path) -> None:
    out = tmp_path / "pid"
    command = tmp_path / "page"
    command.write_text(f"#!/bin/sh\necho $$ > {out}.new\nmv {out}.new {out}\nexec sleep 600\n")
    command.chmod(0o755)
    assert told(AlertHooks(str(command), None), [("raised", LINK)], out.exists) == []
    eventually(lambda: not exists(int(out.read_text())))  # asyncio's own thread buries it, a moment after its death
    gc.collect()  # what was left open would be warned of here


def test_no_control_character_of_a_server_comes_into_the_environment() -> None:
    assert all(value.isprintable() for _, value in told_in_words(document("raised", LINK, 1.0)))


@contextmanager
def listening(status: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook that answers with this status, and what it was told."""
    heard: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/secret-token", heard
        finally:
            server.shutdown()
            thread.join()


def alert(level: Level = "bad", node: str = "b:1", **more: Any) -> Alert:
    return Alert("link-down", level, "orders", node, "x", 1000.0, 1001.0, 1001.0, **more)


@pytest.mark.parametrize(
    ("changes", "heard"),
    [
        ([("raised", alert()), ("over", alert())], ["raised b:1", "over b:1"]),
        ([("raised", alert("warn")), ("over", alert("warn")), ("raised", alert())], ["raised b:1"]),
        ([("raised", alert(silenced_until=9.0)), ("raised", alert(node="c:1"))], ["raised c:1"]),
        ([("worse", alert(acknowledged_at=9.0)), ("raised", alert(node="c:1"))], ["raised c:1"]),
        ([("raised", alert()), ("better", alert("warn")), ("worse", alert())], ["raised b:1", "worse b:1"]),
    ],
)
def test_a_webhook_hears_what_an_operator_is_told_and_that_it_is_over(
    changes: list[tuple[str, Alert]], heard: list[str]
) -> None:
    with listening(200) as (url, bodies):
        assert told(AlertHooks(None, url), changes, lambda: len(bodies) >= len(heard)) == []
    assert [f"{one['change']} {one['node']}" for one in bodies] == heard


def test_what_is_too_much_for_a_minute_is_counted() -> None:
    with listening(200) as (url, bodies):
        changes = [("raised", alert(node=f"n:{n}")) for n in range(20)]
        told(AlertHooks(None, url, at_most=3), changes, lambda: len(bodies) >= 3)
    assert [one["node"] for one in bodies] == ["n:0", "n:1", "n:2"]


@pytest.mark.parametrize(
    ("status", "why"), [(500, "it answered with HTTP status 500"), (302, "it answered with HTTP status 302")]
)
def test_a_webhook_that_fails_is_told_of_once_and_without_its_secret(status: int, why: str) -> None:
    with listening(status) as (url, bodies):
        changes = [("raised", alert(node=f"n:{n}")) for n in range(3)]
        (failure,) = told(AlertHooks(None, url), changes, lambda: len(bodies) >= 3)
    assert failure == f"the alert webhook failed: {why}; further failures are not told until it succeeds"


def test_a_webhook_that_is_not_there_is_told_of_too() -> None:
    hooks, failures = AlertHooks(None, "http://127.0.0.1:1/secret-token"), []

    async def work() -> None:
        hooks.begin(failures.append)
        hooks.take((event("raised", LINK),), Fleet(1002.0, 1.0, (), alerts=(LINK,)))
        await eventually_async(lambda: failures, 20.0)
        hooks.close()

    asyncio.run(work())
    assert failures == ["the alert webhook failed: Connection refused; further failures are not told until it succeeds"]


def test_a_command_that_fails_is_told_of_once_with_how_it_ended(tmp_path: Path) -> None:
    count, command = tmp_path / "count", tmp_path / "page"
    command.write_text(f"#!/bin/sh\necho x >> {count}\nexit 3\n")
    command.chmod(0o755)
    changes = [("raised", alert(node=f"n:{n}")) for n in range(3)]
    failures = told(AlertHooks(str(command), None), changes, lambda: count.exists() and len(count.read_text()) >= 6)
    (failure,) = failures
    assert (
        failure == f"the alert command {command} failed: exit code 3; further failures are not told until it succeeds"
    )


def test_a_command_that_hangs_is_killed_and_the_next_one_is_run(tmp_path: Path) -> None:
    first, second, command = tmp_path / "first", tmp_path / "second", tmp_path / "page"
    command.write_text(f"#!/bin/sh\nif mkdir {first} 2> /dev/null; then exec sleep 1000; fi\nmkdir {second}\n")
    command.chmod(0o755)
    changes = [("raised", alert(node=f"n:{n}")) for n in range(2)]
    (failure,) = told(AlertHooks(str(command), None, timeout=1.0), changes, second.exists)
    assert failure.startswith(f"the alert command {command} failed: it was not done within 1 s, and was killed;")


def test_a_webhook_that_never_answers_is_left_and_what_comes_next_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/secret-token"
        hooks, failures = AlertHooks(None, url, timeout=0.3), []

        async def work() -> None:
            hooks.begin(failures.append)
            hooks.take((event("raised", LINK),), Fleet(1002.0, 1.0, (), alerts=(LINK,)))
            await eventually_async(lambda: failures, 20.0)
            hooks.close()

        asyncio.run(work())
    assert failures == [
        "the alert webhook failed: no answer within 0.3 s; further failures are not told until it succeeds"
    ]


def test_of_a_storm_as_many_as_may_wait_are_told_and_the_next_one_says_how_many_were_not() -> None:
    with listening(200) as (url, bodies):
        hooks, storm = AlertHooks(None, url, at_most=600), [alert(node=f"n:{n}") for n in range(200)]

        async def work() -> None:
            hooks.begin(lambda _: None)
            for one in storm:
                hooks.take((event("raised", one),), Fleet(1002.0, 1.0, (), alerts=(one,)))
            await eventually_async(lambda: len(bodies) == WAITING, 30.0)
            hooks.take((event("raised", LINK),), Fleet(1002.0, 1.0, (), alerts=(LINK,)))
            await eventually_async(lambda: len(bodies) == WAITING + 1, 30.0)
            hooks.close()

        asyncio.run(work())
    assert [one["left_out"] for one in bodies] == [0] * WAITING + [200 - WAITING]

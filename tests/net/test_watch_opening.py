"""Opening a connection: every way in which it fails has its name."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from redistui.model import Tls
from redistui.net.faults import WireFault
from redistui.net.tls import tls_context
from redistui.net.watch import Wire, dial
from tests.net import strangers
from tests.net.owner import Owner
from tests.net.strangers import Behaviour, Stranger, saying


def unused_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


async def fault_at(address: str, tls: ssl.SSLContext | None = None, seconds: float = 0.5) -> tuple[str, str]:
    with pytest.raises(WireFault) as caught:
        await dial(address, tls, lambda: Wire(Owner()), seconds)
    return caught.value.kind, caught.value.text


@pytest.mark.parametrize(
    ("address", "kind", "words"),
    [
        ("127.0.0.1:{unused}", "refused", "nothing listens there"),
        ("localhost:{unused}", "refused", "nothing listens there"),
        ("no-such-host.invalid:6379", "unreachable", "name not known"),
        ("a..b:6379", "unreachable", ""),
        ("host\x00name:6379", "unreachable", ""),
        ("x" * 300 + ":6379", "unreachable", ""),
        ("127.0.0.1:0", None, ""),
        ("127.0.0.1:65536", "unreachable", "no such port"),
        ("127.0.0.1:99999999999999999999", "unreachable", "no such port"),
        ("127.0.0.1", None, ""),
        ("unix:/nowhere/socket", "refused", "no such socket"),
        ("unix:", None, ""),
        ("unix:/\x00x", None, ""),
        ("unix:/" + "x" * 200, None, ""),
    ],
)
async def test_an_address_where_nobody_stands_is_named(address: str, kind: str | None, words: str) -> None:
    found, text = await fault_at(address.replace("{unused}", str(unused_port())))
    assert found == kind or (kind is None and found in ("refused", "unreachable"))
    assert words in text
    assert text


async def test_two_addresses_of_one_name_that_both_refuse_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """localhost is ::1 and 127.0.0.1 on most machines; asyncio then wraps the two errors into one of no number."""
    loop, port = asyncio.get_running_loop(), unused_port()

    async def both(host: str, port_: int, **_: object) -> list[tuple[Any, ...]]:
        kinds = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(socket.AF_INET, *kinds, ("127.0.0.1", port_)), (socket.AF_INET, *kinds, ("127.0.0.2", port_))]

    monkeypatch.setattr(loop, "getaddrinfo", both)
    assert await fault_at(f"two-faced:{port}") == ("refused", "connection refused: nothing listens there")


async def test_a_socket_that_is_not_ours_to_open_is_named(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    path.write_text("no socket at all")
    kind, _ = await fault_at(f"unix:{path}")
    assert kind == "refused"


async def test_a_host_that_never_answers_is_given_up_in_time() -> None:
    with strangers.full_port() as port:
        kind, text = await fault_at(f"127.0.0.1:{port}", seconds=0.3)
    assert (kind, text) == ("unreachable", "no answer to the connection")


async def test_tls_to_a_port_that_stays_silent_is_named_after_tls() -> None:
    with Stranger(strangers.silent) as stranger:
        kind, text = await fault_at(stranger.address, tls_context(Tls()), seconds=0.3)
    assert kind == "tls"
    assert "does the port speak TLS?" in text


@pytest.mark.parametrize("behave", [strangers.early_close, strangers.http, saying(b"-ERR unknown command\r\n")])
async def test_tls_to_a_port_that_speaks_plain_text_is_named_after_tls(behave: Behaviour) -> None:
    with Stranger(behave) as stranger:
        kind, text = await fault_at(stranger.address, tls_context(Tls()))
    assert kind == "tls"
    assert text


def test_a_tls_context_trusts_nobody_without_reason() -> None:
    strict, lax = tls_context(Tls()), tls_context(Tls(verify=False))
    assert (strict.verify_mode, strict.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert strict.minimum_version == lax.minimum_version == ssl.TLSVersion.TLSv1_2
    assert (lax.verify_mode, lax.check_hostname) == (ssl.CERT_NONE, False)
    with pytest.raises(OSError, match=r".+"):
        tls_context(Tls(ca="/nowhere/ca.pem"))

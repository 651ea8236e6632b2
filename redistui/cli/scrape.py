"""What a scrape gets: the latest snapshot as OpenMetrics, made once however many ask for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from typing import TYPE_CHECKING, Any

from redistui.model import Fleet

if TYPE_CHECKING:
    from prometheus_client import Metric

PATHS = ("/metrics", "/")
SLOW = 10.0
"""Seconds after which somebody who does not say what he wants, or takes no answer, is left."""


class Collector:
    """A snapshot as the library wants it."""

    def __init__(self, fleet: Callable[[], Fleet]) -> None:
        self._fleet = fleet

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        from redistui.view.openmetrics import families

        for family in families(self._fleet()):
            kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
            made = kind(family.name, family.doc, labels=family.labels, unit=family.unit)
            for labels, value in family.samples:
                made.add_metric(labels, value)
            yield made


class Page:
    """What is served: made once for each snapshot and format, however many ask for it."""

    def __init__(self, fleet: Callable[[], Fleet]) -> None:
        self._fleet = fleet
        self._lock = threading.Lock()
        self._made: dict[str, tuple[Fleet, bytes]] = {}

    def text(self, accept: str) -> tuple[bytes, str]:
        """The bytes and their content type, in a format that the asker takes; in the oldest, where it asks for nothing
        that there is."""
        from prometheus_client.exposition import choose_encoder

        try:
            encode, kind = choose_encoder(accept)
        except Exception:  # the library reads whatever a stranger has put there
            encode, kind = choose_encoder("")
        with self._lock:
            fleet, known = self._fleet(), self._made.get(kind)
            if known is None or known[0] is not fleet:
                if len(self._made) > 8:
                    self._made.clear()
                known = self._made[kind] = (fleet, encode(Collector(lambda: fleet)))
            return known[1], kind


class Server(ThreadingHTTPServer):
    """One thread for each who asks."""

    daemon_threads = True
    page: Page | None = None
    now_and_then: Callable[[], None] | None = None
    """Called twice a second, whether anybody asks or not."""

    def __init__(self, host: str, port: int) -> None:
        self.address_family = AF_INET6 if ":" in host else AF_INET
        super().__init__((host, port), Handler)
        self._address = f"{host}:{self.server_address[1]}"

    @property
    def url(self) -> str:
        from redistui.config.targets import bracketed

        return f"http://{bracketed(self._address)}/metrics"

    def service_actions(self) -> None:
        if self.now_and_then is not None:
            self.now_and_then()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked has gone: nothing to be told."""


class Handler(BaseHTTPRequestHandler):
    timeout = SLOW
    server_version = "redistui"
    sys_version = ""
    server: Server

    def do_GET(self) -> None:
        if self.path.partition("?")[0] not in PATHS:
            self.send_error(404)
            return
        assert self.server.page is not None
        body, kind = self.server.page.text(self.headers.get("Accept", ""))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """A scrape every few seconds is no news."""

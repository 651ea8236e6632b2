"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

from redistui.demo.binaries import Binary, engine_path

BUSY = 0.5
"""Load average over a minute from which on figures are noise."""


def facts() -> list[str]:
    """A line for the machine, one for what runs on it, and one of warning where it has other things to do."""
    server = Binary.at(engine_path())
    packages = ", ".join(f"{name} {version(name)}" for name in ("textual", "redis", "hiredis"))
    lines = [
        f"{os.cpu_count()} cores ({processor()}), {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, {packages}; "
        f"servers: {server.product} {'.'.join(map(str, server.version))}",
    ]
    load = os.getloadavg()[0]
    if load > BUSY:
        lines.append(f"the machine is busy (load {load:.1f} before we began): take the figures for noise")
    return lines


def processor() -> str:
    """The CPU's name, as Linux tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as about:
            names = [line.partition(":")[2].strip() for line in about if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()

"""CPU time and memory of processes, as Linux counts them."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")


class Cpu(NamedTuple):
    """Seconds of CPU time. The sum is exact; how it splits into the two the kernel only samples."""

    user: float
    system: float

    @property
    def total(self) -> float:
        return self.user + self.system

    def since(self, before: Cpu) -> Cpu:
        return Cpu(self.user - before.user, self.system - before.system)


def own() -> Cpu:
    """Of this process, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Cpu(used.ru_utime, used.ru_stime)


def of(pid: int) -> Cpu:
    """Of another process, all threads, to a hundredth of a second."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return Cpu(int(words[11]) / TICKS, int(words[12]) / TICKS)


def peak_mb(pid: int) -> float:
    """The most memory a process ever had resident, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6

"""Who acts, from where, and in which process: what the journal says of every operation."""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redistui import __version__


def process_start(pid: int) -> str | None:
    """When a process started, in the kernel's ticks: with it, a pid that was used again is another process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return fields[19]
    except (OSError, IndexError):
        return None


def os_user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def identity(environ: Mapping[str, str]) -> dict[str, Any]:
    """Who acts, and from where."""
    ssh = environ.get("SSH_CLIENT", "") or environ.get("SSH_CONNECTION", "")
    return {"user": os_user(), "from": ssh.split(" ")[0] or None, "version": __version__}


def process() -> dict[str, Any]:
    """Which process acts, so that a later one can tell whether it is gone."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "started": process_start(os.getpid())}

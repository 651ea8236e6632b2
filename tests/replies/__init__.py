"""Replies as real servers sent them: one file a reply, in a folder a version, written by tests.replies.record.

`reply("valkey-9.1", "primary-role")` gives what hiredis makes of it, undecoded; `raw()` the bytes as they came.
Names are `who-command`, as the scenes name them: primary, replica, chained, link-down, promoted, lonely, loading;
cluster-primary, cluster-replica, migrating, importing, bystander, suspecting, failed, stuck, fresh;
sentinel, sdown, tilt, switched; events-1 to -3; and `error-...`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hiredis

from tests.versions import VERSIONS

FOLDER = Path(__file__).parent
_NO_AOF = frozenset(("aof_current_size", "aof_delayed_fsync"))
_NEWER = frozenset(("client_output_buffer_limit_disconnections", "paused_timeout_milliseconds"))
UNSAID = {
    "valkey-9.1": _NO_AOF,
    "redis-7.0": _NO_AOF | _NEWER,
    "redis-6.2": _NO_AOF | _NEWER | {"mem_cluster_links"},
}
"""Fields of METRICS that a version does not say, or not where there is no append-only file."""


def raw(version: str, name: str) -> bytes:
    """The bytes as they came over the wire."""
    return (FOLDER / version / f"{name}.resp").read_bytes()


def replies(version: str, name: str) -> list[Any]:
    """All replies of a file: bytes, int, None, lists of these, or hiredis.ReplyError."""
    reader = hiredis.Reader()
    reader.feed(raw(version, name))
    found = []
    while (reply := reader.gets()) is not False:
        found.append(reply)
    return found


def reply(version: str, name: str) -> Any:
    """The one reply of a file."""
    (only,) = replies(version, name)
    return only


def names(version: str) -> list[str]:
    """Every reply recorded of that version."""
    return sorted(path.stem for path in (FOLDER / version).glob("*.resp"))


def recorded(name: str) -> list[str]:
    """The versions of which there is such a reply: not every version knows every command."""
    return [version for version in VERSIONS if (FOLDER / version / f"{name}.resp").exists()]

"""What INFO replication says, for scripts: offsets, histories, how far a sync is."""

from __future__ import annotations

from redistui.model import Address, Role
from redistui.ops.steps import Ask, Reply
from redistui.replies.info import InfoReader, InfoText
from redistui.replies.words import BadReply

SYNC = ("master_sync_total_bytes", "master_sync_left_bytes", "master_sync_read_bytes", "sync_full")


def ask_info(node: Address, section: str = "replication", seconds: float = 0.5) -> Ask:
    return Ask(node, ("INFO", section), seconds=seconds)


def info_of(reply: Reply) -> InfoText:
    """Its fields; without any for no reply, or one that is not understood."""
    info = InfoText(InfoReader(SYNC))
    try:
        info.take(reply)
    except BadReply:
        return InfoText(InfoReader())
    return info


def role_in(info: InfoText) -> Role | None:
    """Of the same instant as its other fields; None where it is not told, or forged (told twice)."""
    return {"master": "primary", "slave": "replica"}.get(info.text("role") or "")  # type: ignore[return-value]


def primary_in(info: InfoText) -> Address | None:
    """Whom a replica follows."""
    host, port = info.text("master_host"), info.integer("master_port")
    return f"{host}:{port}" if host and port else None


def sync_progress(info: InfoText) -> str:
    """How far a full sync is, or the loading of what was sent; empty where none is under way.

    >>> sync_progress(info_of(b"master_sync_in_progress:1\\r\\nmaster_sync_read_bytes:3145728"))
    'a full sync is under way, 3.0 MiB so far'
    """
    if info.integer("loading"):
        return f"it loads what it was sent, {info.values.get('loading_loaded_perc', '?')} % so far"
    if not info.integer("master_sync_in_progress"):
        return ""
    total, read = info.integer("master_sync_total_bytes"), info.integer("master_sync_read_bytes")
    of = f" of {total / (1 << 20):.1f}" if total and total > 0 else ""
    return f"a full sync is under way, {(read or 0) / (1 << 20):.1f}{of} MiB so far"

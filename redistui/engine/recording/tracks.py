"""Tracks: the last replies of every server as rows, for what is different in the next ones. On the engine's thread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from redistui.engine.ledger import Ledger
from redistui.engine.observation import Observation
from redistui.engine.recording.answers import kept
from redistui.engine.recording.chunk import Seen
from redistui.engine.recording.info_rows import InfoTrack
from redistui.engine.recording.rows import LONGEST, Row, row_of
from redistui.model import Address
from redistui.replies.info import InfoText

INFOS = frozenset(("info", "state", "server"))


class ReplyTracks:
    """The last replies of one server as rows, by name. A reply like the last one is the same row."""

    __slots__ = ("_infos", "_replies", "_rows", "names")

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        """Of the last replies, which came together; the same value as long as they are the same."""
        self._infos: dict[str, InfoTrack] = {}
        self._replies: dict[str, Any] = {}
        self._rows: dict[str, Row] = {}

    def see(self, seen: Observation, ledger: Ledger | None) -> Seen:
        """`ledger`: that has taken it, so that INFO need not be read again."""
        answers, take = seen.answers, self.take
        names = tuple(answers)
        if names != self.names:
            self.names = names
        if ledger is None:
            rows = [take(name, reply) for name, reply in answers.items()]
        else:
            infos = {"state": ledger.info, "info": ledger.info, "server": ledger.server}
            rows = [take(name, reply, infos.get(name)) for name, reply in answers.items()]
        return Seen(seen, self.names, rows)

    def take(self, name: str, reply: Any, info: InfoText | None = None) -> Row:
        """`info`: that has read the same reply, of INFO."""
        if name in INFOS and isinstance(reply, bytes):
            track = self._infos.get(name)
            if track is None:
                track = self._infos[name] = InfoTrack()
            return track.take(reply, info)
        row, before = self._rows.get(name), self._replies.get(name)
        if row is not None and _alike(reply, before):  # what was kept of it; most replies are kept whole
            return row
        short = kept(name, reply)
        if row is None or not _alike(short, before):
            row = _last_changed(short, before, row) if row is not None else row_of(short)
            self._rows[name], self._replies[name] = row, short
        return row


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, Exception):
        return type(one) is type(other) and str(one) == str(other)
    return bool(one == other)


def _last_changed(reply: Any, before: Any, row: Row) -> Row:
    """A replica's ROLE is the last one but for the offset at its end."""
    if isinstance(reply, list) and isinstance(before, list) and reply[:-1] == before[:-1] and reply and before:
        one, other = reply[-1], before[-1]
        if type(one) is int and type(other) is int and max(abs(one), abs(other)) < 10**LONGEST:
            return Row(row.shape, [*row.numbers[:-1], one], row.texts)
    return row_of(reply)


class Tracks:
    """Of all servers."""

    def __init__(self) -> None:
        self._tracks: dict[Address, ReplyTracks] = {}

    def take(self, seen: Observation, ledger: Ledger | None = None) -> Seen:
        track = self._tracks.get(seen.address)
        if track is None:
            track = self._tracks[seen.address] = ReplyTracks()
        return track.see(seen, ledger)

    def forget(self, address: Address) -> None:
        """Whoever answers there from now on is somebody else."""
        self._tracks.pop(address, None)

    def keep_only(self, addresses: Iterable[Address]) -> None:
        """The others are watched no more."""
        known = self._tracks
        self._tracks = {address: known[address] for address in addresses if address in known}

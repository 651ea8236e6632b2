"""Tracks: the last replies of every server, for what is different in the next ones, and for key frames."""

from __future__ import annotations

from redistui.engine.ledger import Ledger
from redistui.engine.observation import Keyframe, Observation
from redistui.engine.recording.chunk import Seen
from redistui.engine.recording.rows import ReplyTracks, Row
from redistui.model import Address


class Track:
    """Of one server: its last replies, and of each reply the last two that could be read and the last one that could
    not."""

    __slots__ = ("_before", "_fault", "_last", "_names", "_replies")

    def __init__(self) -> None:
        self._replies = ReplyTracks()
        self._last: dict[str, tuple[Seen, Row]] = {}
        self._before: dict[str, tuple[Seen, Row]] = {}
        self._fault: Seen | None = None
        self._names: tuple[str, ...] = ()

    def take(self, seen: Observation, ledger: Ledger | None) -> Seen:
        answers = seen.answers
        if len(answers) != len(self._names) or tuple(answers) != self._names:
            self._names = tuple(answers)
        take = self._replies.take
        if ledger is None:
            rows = [take(name, reply) for name, reply in answers.items()]
        else:
            infos = {"state": ledger.info, "info": ledger.info, "server": ledger.server}
            rows = [take(name, reply, infos.get(name)) for name, reply in answers.items()]
        one = Seen(seen, self._names, rows)
        if seen.fault is not None:
            self._fault = one
            return one
        last, before = self._last, self._before
        for name, row in zip(self._names, rows, strict=True):
            known = last.get(name)
            if known is not None and known[1].shape[0] != "e":
                before[name] = known
            last[name] = (one, row)
        return one

    def past(self) -> list[Seen]:
        """In the order of their times, each with the answers that count."""
        counting: dict[int, tuple[Seen, list[str]]] = {}
        for group in (self._before, self._last):
            for name, (seen, _) in group.items():
                counting.setdefault(id(seen), (seen, []))[1].append(name)
        found = [seen.only(names) for seen, names in counting.values()]
        if self._fault is not None:
            found.append(self._fault)
        return sorted(found, key=lambda seen: seen.at)


class Tracks:
    """Of all servers."""

    def __init__(self) -> None:
        self._tracks: dict[Address, Track] = {}

    def take(self, seen: Observation, ledger: Ledger | None = None) -> Seen:
        """`ledger`: that has taken it, so that it need not be read again."""
        track = self._tracks.get(seen.address)
        if track is None:
            track = self._tracks[seen.address] = Track()
        return track.take(seen, ledger)

    def forget(self, address: Address) -> None:
        """Whoever answers there from now on is somebody else."""
        self._tracks.pop(address, None)

    def pasts(self, frame: Keyframe) -> list[list[Seen]]:
        """What the servers in a frame said last; the others are forgotten."""
        known = self._tracks
        self._tracks = {one.joined.address: known.get(one.joined.address) or Track() for one in frame.kept}
        return [track.past() for track in self._tracks.values()]

"""Writing a chunk: items become what is different from the ones before."""

from __future__ import annotations

import json
import lzma
import zlib
from collections.abc import Iterable, Sequence
from operator import sub
from typing import Any

from redistui.engine.observation import Drawn, Joined, Keyframe, Left
from redistui.engine.recording.chunk import NEW, OTHER, SAME, Seen, Tables, in_order, ticks
from redistui.engine.recording.columns import differences, packed
from redistui.engine.recording.pasts import Pasts
from redistui.engine.recording.plain import Targets, drawn_out, event_out, fault_out, frame_out, left_out
from redistui.engine.recording.rows import Row
from redistui.engine.recording.stills import short, still_out
from redistui.model import Event

Mark = Drawn | Event | Joined | Left
LEVEL = 6
KEY_LEVEL = 1
"""Of lzma, which finds the same word again however far apart: the ids of a fleet stand in several places."""
LONG = 400
"""Bytes of a piece that pays for its own code."""


class Writer:
    """Of one chunk: its key frame first, then its parts in order."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._tables = Tables()
        self._told: dict[str, Any] = {}
        """What the last key frame or still said."""

    def key(self, frame: Keyframe, pasts: Sequence[Sequence[Seen]]) -> bytes:
        """`pasts`: of each server in the frame what it said last."""
        seen = [one for past in pasts for one in past]
        self._told = frame_out(frame, self._targets)
        head = {"at": frame.at, **self._told, "pasts": [len(past) for past in pasts]}
        return lzma.compress(b"".join(self._pieces(head, seen)), preset=KEY_LEVEL)

    def still(self, frame: Keyframe, pasts: Pasts) -> bytes:
        """A key frame amid the chunk; `pasts`: what the servers said up to it."""
        before, self._told = self._told, short(frame_out(frame, self._targets), pasts)
        return still_out(frame.at, before, self._told)

    def part(self, items: Iterable[Seen | Mark]) -> bytes:
        """What came between two marks is told in the order of the servers."""
        seen: list[Seen] = []
        between: list[Seen] = []
        marks: list[list[Any]] = []
        for item in items:
            if isinstance(item, Seen):
                between.append(item)
                continue
            marks.append([len(between), *self._mark(item)])
            seen += in_order(between, self._tables)
            between = []
        seen += in_order(between, self._tables)
        return compressed(self._pieces({"marks": marks}, seen))

    def _mark(self, item: Mark) -> list[Any]:
        match item:
            case Drawn():
                return ["d", drawn_out(item)]
            case Event():
                return ["e", event_out(item)]
            case Joined():
                return ["j", self._targets.joined_out(item)]
        return ["l", left_out(item)]

    def _pieces(self, head: dict[str, Any], seen: Sequence[Seen]) -> list[bytes]:
        columns = Columns(self._tables, seen)
        head |= columns.head
        head["tables"] = self._tables.told()
        text = json.dumps(head, separators=(",", ":")).encode()
        return [len(text).to_bytes(4, "little") + text, *columns.columns()]


class Columns:
    """What was seen, in columns; `head` is what is no number of a reply."""

    def __init__(self, tables: Tables, seen: Sequence[Seen]) -> None:
        self._tables = tables
        self._news: list[list[Any]] = []
        """Rows of another shape or with other texts than before: place, shape, texts."""
        self._same: list[int] = []
        """Of each reply SAME, OTHER or NEW."""
        self._changes: dict[int, tuple[list[Sequence[int]], list[Sequence[int]]]] = {}
        """By shape, numbers, and from which these differ."""
        self._whats = [(tables.addresses.number(one.address), tables.rounds.number(one.names)) for one in seen]
        self._times = [(ticks(one.at), ticks(one.asked_at)) for one in seen]
        self._pings = [(n, one.ping_ms) for n, one in enumerate(seen) if one.ping_ms is not None]
        for one, (who, _) in zip(seen, self._whats, strict=True):
            known = tables.last[who]
            for name, row in zip(one.names, one.rows, strict=True):
                self._take(known, name, row)
        self.head: dict[str, Any] = {
            "count": len(seen),
            "replies": len(self._same),
            "exact": {
                str(place): [seen[place].at, seen[place].asked_at]
                for place, pair in enumerate(self._times)
                if None in pair
            },
            "kinds": _runs([one.kind for one in seen]),
            "faults": {str(n): fault_out(one.fault) for n, one in enumerate(seen) if one.fault is not None},
            "pings": len(self._pings),
            "odd_pings": {str(n): ms for n, ms in self._pings if round(ms * 1000) / 1000 != ms},
            "news": self._news,
            "changes": [[shape, len(rows), len(rows[0])] for shape, (rows, _) in self._changes.items()],
        }

    def _take(self, known: dict[str, tuple[Row, int]], name: str, row: Row) -> None:
        """`known`: what the same server said last."""
        last, shape = known.get(name) or (None, 0)
        if last is not None and (last is row or last == row):
            self._same.append(SAME)
            return
        tables = self._tables
        before: Sequence[int] | None
        if last is None or last.shape != row.shape or last.texts != row.texts:
            alike = last is not None and last.shape == row.shape
            shape = tables.shapes.number(row.shape)
            before = last.numbers if last is not None and alike else tables.typical.get(shape)
            self._news.append([shape, tables.texts.number(row.texts)])
            self._same.append(NEW)
        else:
            before = last.numbers
            self._same.append(OTHER)
        known[name] = (row, shape)
        tables.typical[shape] = row.numbers
        if row.numbers:
            changes = self._changes.get(shape)
            if changes is None:
                changes = self._changes[shape] = ([], [])
            changes[0].append(row.numbers)
            changes[1].append([0] * len(row.numbers) if before is None else before)

    def columns(self) -> list[bytes]:
        at = [0 if pair[0] is None else pair[0] for pair in self._times]
        asked = [0 if pair[1] is None else pair[1] for pair in self._times]
        found = [
            packed(differences(who for who, _ in self._whats)),
            packed([names for _, names in self._whats]),
            packed(differences(asked)),
            packed(list(map(sub, at, asked))),
            packed(self._same),
            packed(differences(n for n, _ in self._pings)),
            packed([round(ms * 1000) for _, ms in self._pings]),
        ]
        for rows, befores in self._changes.values():
            pairs = enumerate(zip(zip(*rows, strict=True), zip(*befores, strict=True), strict=True))
            columns = [(number, list(map(sub, *pair))) for number, pair in pairs if pair[0] != pair[1]]
            found.append(packed([len(columns)]))
            found.append(packed([number for number, _ in columns]))
            found += (packed(column) for _, column in columns)
        return found


def compressed(pieces: Sequence[bytes]) -> bytes:
    """One stream, in which each longer piece begins a code of its own: columns have little in common."""
    packer = zlib.compressobj(LEVEL)
    found = []
    for piece in pieces:
        if len(piece) >= LONG:
            found.append(packer.flush(zlib.Z_PARTIAL_FLUSH))
        found.append(packer.compress(piece))
    return b"".join((*found, packer.flush()))


def _runs(words: Sequence[str]) -> list[list[Any]]:
    """Words with how often each follows itself."""
    found: list[list[Any]] = []
    for word in words:
        if found and found[-1][0] == word:
            found[-1][1] += 1
        else:
            found.append([word, 1])
    return found

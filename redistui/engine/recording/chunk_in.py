"""Reading a chunk: the opposite of redistui.engine.recording.chunk_out."""

from __future__ import annotations

import json
import lzma
import zlib
from collections.abc import Iterator, Sequence
from itertools import repeat
from operator import add
from typing import Any

from redistui.engine.observation import TICKS, Item, Kept, Keyframe, Observation
from redistui.engine.recording.chunk import NEW, SAME, Tables
from redistui.engine.recording.columns import Unpacker, sums
from redistui.engine.recording.plain import Targets, drawn_in, event_in, fault_in, left_in
from redistui.engine.recording.rows import Row, numbers_in, reply_of

MOST = 256 * 1024 * 1024
"""Bytes of one piece, unpacked: more than any that we write."""


class Reader:
    """Of one chunk: its key frame first, then its parts in order. Raises ValueError, zlib.error, LZMAError, KeyError,
    TypeError, IndexError for what was not written by a Writer."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._tables = Tables()
        self._replies: dict[tuple[int, str], Any] = {}
        """The last rows as replies."""
        self._counts: dict[int, int] = {}
        """Numbers in a row of a shape."""

    def key(self, body: bytes) -> Keyframe:
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        raw = unpacker.decompress(body, MOST)
        head, seen = self._whole(raw, unpacker.eof)
        kept: list[Kept] = []
        for joined, count, memory in head["kept"]:
            kept.append(Kept(self._targets.joined_in(joined), tuple(next(seen) for _ in range(count)), memory))
        return Keyframe(
            at=head["at"],
            kept=tuple(kept),
            known_as=head["known_as"],
            events=tuple(map(event_in, head["events"])),
            memory=head["memory"],
            views_since=head["views_since"],
        )

    def part(self, body: bytes) -> Iterator[Item]:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(body, MOST)
        head, seen = self._whole(raw, unpacker.eof)
        for count, kind, told in head["marks"]:
            for _ in range(count):
                yield next(seen)
            yield self._mark(kind, told)
        yield from seen

    def _mark(self, kind: str, told: Any) -> Item:
        match kind:
            case "d":
                return drawn_in(told)
            case "e":
                return event_in(told)
            case "j":
                return self._targets.joined_in(told)
            case "l":
                return left_in(told)
        raise ValueError(kind)

    def _whole(self, raw: bytes, ended: bool) -> tuple[dict[str, Any], Iterator[Observation]]:
        if not ended:
            raise ValueError("a piece is not whole")
        length = int.from_bytes(raw[:4], "little")
        head = json.loads(raw[4 : 4 + length])
        self._tables.learn(head["tables"])
        return head, self._seen(head, Unpacker(raw[4 + length :]))

    def _seen(self, head: dict[str, Any], unpacker: Unpacker) -> Iterator[Observation]:
        count = head["count"]
        who = sums(unpacker.column(count))
        rounds = unpacker.column(count)
        asked = sums(unpacker.column(count))
        took = unpacker.column(count)
        same = iter(unpacker.column(head["replies"]))
        pinged = sums(unpacker.column(head["pings"]))
        pings = dict(zip(pinged, (us / 1000 for us in unpacker.column(head["pings"])), strict=True))
        pings |= {int(place): ms for place, ms in head["odd_pings"].items()}
        news = iter(head["news"])
        changes = {shape: _rows(unpacker, *size) for shape, *size in head["changes"]}
        kinds = (kind for kind, times in head["kinds"] for _ in range(times))
        exact, faults = head["exact"], head["faults"]
        for place, kind in zip(range(count), kinds, strict=True):
            key = str(place)
            names = self._tables.rounds.values[rounds[place]]
            answers = {name: self._reply(who[place], name, next(same), news, changes) for name in names}
            at, asked_at = exact.get(key) or ((asked[place] + took[place]) / TICKS, asked[place] / TICKS)
            yield Observation(
                self._tables.addresses.values[who[place]], at, asked_at, kind, answers, fault_in(faults.get(key)),
                pings.get(place),
            )  # fmt: skip

    def _reply(
        self, who: int, name: str, change: int, news: Iterator[Any], changes: dict[int, Iterator[Sequence[int]]]
    ) -> Any:
        tables, key = self._tables, (who, name)
        last, shape = tables.last[who].get(name) or (None, 0)
        if change == NEW:
            shape, texts = next(news)
            row = Row(tables.shapes.values[shape], [], tables.texts.values[texts])
            before = last.numbers if last is not None and last.shape == row.shape else tables.typical.get(shape)
        elif last is None:
            raise ValueError("a difference from nothing")
        elif change == SAME:
            return self._replies[key]
        else:
            row, before = last, last.numbers
        count = self._counts.get(shape)
        if count is None:
            count = self._counts[shape] = numbers_in(row.shape)
        numbers = _sum(next(changes[shape]), before) if count else []
        if len(numbers) != count:
            raise ValueError("numbers are missing")
        tables.typical[shape] = numbers
        row = Row(row.shape, numbers, row.texts)
        tables.last[who][name] = (row, shape)
        reply = self._replies[key] = reply_of(row)
        return reply


def _rows(unpacker: Unpacker, count: int, width: int) -> Iterator[Sequence[int]]:
    """Differences of numbers, row by row; a column that is not told is all zeros."""
    (told,) = unpacker.column(1)
    places = unpacker.column(told)
    columns = {place: unpacker.column(count) for place in places}
    return zip(*(columns.get(place) or repeat(0, count) for place in range(width)), strict=True)


def _sum(change: Sequence[int], before: Sequence[int] | None) -> list[int]:
    return list(change) if before is None else list(map(add, change, before))

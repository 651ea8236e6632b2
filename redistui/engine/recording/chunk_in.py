"""Reading a chunk: the opposite of redistui.engine.recording.chunk_out."""

from __future__ import annotations

import json
import lzma
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice, repeat
from operator import add
from typing import Any

from redistui.engine.observation import TICKS, Item, Kept, Keyframe, Observation
from redistui.engine.recording.chunk import NEW, SAME, Seen, Tables
from redistui.engine.recording.columns import Unpacker, sums
from redistui.engine.recording.pasts import Pasts
from redistui.engine.recording.plain import FRAME, Targets, drawn_in, event_in, fault_in, left_in
from redistui.engine.recording.rows import Row, numbers_in, reply_of
from redistui.engine.recording.stills import still_in, whole
from redistui.model import Address

MOST = 256 * 1024 * 1024
"""Bytes of one piece, unpacked: more than any that we write."""


class Reader:
    """Of one chunk: its key frame first, then its parts in order. Raises ValueError, zlib.error, LZMAError, KeyError,
    TypeError, IndexError for what was not written by a Writer."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._tables = Tables()
        self._replies: dict[tuple[Address, str], tuple[Row, Any]] = {}
        """The last rows that were made replies."""
        self._counts: dict[int, int] = {}
        """Numbers in a row of a shape."""
        self._told: dict[str, Any] = {}
        """What the last key frame or still said."""
        self._pasts = Pasts()
        """As long as nothing is read but in passing."""

    def key(self, body: bytes) -> Keyframe:
        at, pasts = self.begin(body)
        return self._frame(at, self._told, pasts)

    def begin(self, body: bytes) -> tuple[float, list[list[Seen]]]:
        """A key frame that is passed by: its time, and what the servers said last."""
        early = body[:1] == b"\x78"  # files of version 1 that were written first
        unpacker = zlib.decompressobj() if early else lzma.LZMADecompressor(lzma.FORMAT_XZ)
        raw = unpacker.decompress(body, MOST)
        head, seen = self._whole(raw, unpacker.eof)
        counts = head.get("pasts")
        if counts is None:  # as version 1 told it
            counts = [count for _, count, _ in head["kept"]]
            head["kept"] = {joined[1]: [joined[2:], memory] for joined, _, memory in head["kept"]}
        self._told = {name: head[name] for name in FRAME}
        pasts = [[next(seen) for _ in range(count)] for count in counts]
        for past in pasts:
            self._pasts.note(past)
        return head["at"], pasts

    def still(self, body: bytes) -> Keyframe:
        """What is known at it, once all parts before it were skimmed."""
        at = self.look(body)
        told = whole(self._told, self._pasts)
        return self._frame(at, told, self._pasts.told(told["kept"]))

    def look(self, body: bytes) -> float:
        """A still that is passed by; its time."""
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(body, MOST)
        if not unpacker.eof:
            raise ValueError("a piece is not whole")
        at, self._told = still_in(raw, self._told)
        return at

    def _frame(self, at: float, told: dict[str, Any], pasts: Sequence[Sequence[Seen]]) -> Keyframe:
        kept = tuple(
            Kept(self._targets.joined_in([at, address, *joined]), tuple(map(self._observation, past)), memory)
            for (address, (joined, memory)), past in zip(told["kept"].items(), pasts, strict=True)
        )
        return Keyframe(
            at=at,
            kept=kept,
            known_as=told["known_as"],
            events=tuple(map(event_in, told["events"])),
            memory=told["memory"],
            views_since=told["views_since"],
        )

    def part(self, body: bytes) -> Iterator[Item]:
        head, seen = self._part(body)
        for count, kind, told in head["marks"]:
            for _ in range(count):
                yield self._observation(next(seen))
            yield self._mark(kind, told)
        yield from map(self._observation, seen)

    def skim(self, body: bytes) -> None:
        """Only what the servers said last counts."""
        head, seen = self._part(body)
        between: list[Seen] = []
        for count, kind, told in head["marks"]:
            between += islice(seen, count)
            if kind in "jl":
                self._pasts.note(between)
                self._pasts.forget(told[1])
                between = []
        self._pasts.note([*between, *seen])

    def _part(self, body: bytes) -> tuple[dict[str, Any], Iterator[Seen]]:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(body, MOST)
        return self._whole(raw, unpacker.eof)

    def _observation(self, one: Seen) -> Observation:
        who, known = one.address, self._replies
        answers: dict[str, Any] = {}
        for name, row in zip(one.names, one.rows, strict=True):
            last = known.get((who, name))
            if last is None or last[0] is not row:
                last = known[who, name] = (row, reply_of(row))
            answers[name] = last[1]
        return Observation(one.address, one.at, one.asked_at, one.kind, answers, one.fault, one.ping_ms)

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

    def _whole(self, raw: bytes, ended: bool) -> tuple[dict[str, Any], Iterator[Seen]]:
        if not ended:
            raise ValueError("a piece is not whole")
        length = int.from_bytes(raw[:4], "little")
        head = json.loads(raw[4 : 4 + length])
        self._tables.learn(head["tables"])
        return head, self._seen(head, Unpacker(raw[4 + length :]))

    def _seen(self, head: dict[str, Any], unpacker: Unpacker) -> Iterator[Seen]:
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
            rows = [self._row(who[place], name, next(same), news, changes) for name in names]
            at, asked_at = exact.get(key) or ((asked[place] + took[place]) / TICKS, asked[place] / TICKS)
            yield Seen.of(
                self._tables.addresses.values[who[place]], at, asked_at, kind, fault_in(faults.get(key)),
                pings.get(place), names, rows,
            )  # fmt: skip

    def _row(
        self, who: int, name: str, change: int, news: Iterator[Any], changes: dict[int, Iterator[Sequence[int]]]
    ) -> Row:
        tables, known = self._tables, self._tables.last[who]
        last, shape = known.get(name) or (None, 0)
        if change == SAME and last is not None:
            return last
        if change == NEW:
            shape, texts = next(news)
            row = Row(tables.shapes.values[shape], [], tables.texts.values[texts])
            before = last.numbers if last is not None and last.shape == row.shape else tables.typical.get(shape)
        elif last is None:
            raise ValueError("a difference from nothing")
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
        known[name] = (row, shape)
        return row


def _rows(unpacker: Unpacker, count: int, width: int) -> Iterator[Sequence[int]]:
    """Differences of numbers, row by row; a column that is not told is all zeros."""
    (told,) = unpacker.column(1)
    places = unpacker.column(told)
    columns = {place: unpacker.column(count) for place in places}
    return zip(*(columns.get(place) or repeat(0, count) for place in range(width)), strict=True)


def _sum(change: Sequence[int], before: Sequence[int] | None) -> list[int]:
    return list(change) if before is None else list(map(add, change, before))

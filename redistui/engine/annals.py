"""Annals: the past of a fleet in a file, so that a restart does not lose it: SQLite, of each slot of time a row with
all its nodes.

Written a minute at a time, each in one transaction, so that a crash loses a minute at most and breaks nothing. Two
programs may write to one file. What is older than a History keeps is deleted.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import time
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from redistui.engine.annals_head import APPLICATION, LEFT, VERSION, BadHistory, check_head
from redistui.history import STEPS, History, Packed
from redistui.history.packing import NONE
from redistui.model import Address

EVERY = 60.0
"""Seconds between two writings."""
SCHEMA = (
    "CREATE TABLE layouts (id INTEGER PRIMARY KEY, metrics TEXT NOT NULL UNIQUE)",
    "CREATE TABLE nodes (id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE)",
    "CREATE TABLE slots (id INTEGER PRIMARY KEY, step INTEGER NOT NULL, slot INTEGER NOT NULL, "
    "layout INTEGER NOT NULL, nodes BLOB NOT NULL, samples BLOB NOT NULL)",
    "CREATE INDEX slots_by_time ON slots (step, slot)",
)
NEVER = 1 << 62
"""A slot that is newer than any."""
MOST = 64 * 1024 * 1024
"""Bytes of one row, unpacked: more than the slot of any fleet we watch."""


class Annals:
    """One file. `open` it, `load` it into a History, then `keep` that one until `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._told: dict[int, dict[Address, int]] = {step: {} for step, _ in STEPS}
        """By the slots' length the newest slot of each node that is in the file."""
        self._mine: Callable[[Address], bool] | None = None
        """Which servers' past is kept here; None: everybody's."""
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._given_up: str | None = None
        self.trouble: str | None = None
        """Why the last minute could not be written."""

    def load(self, history: History, now: float) -> None:
        """Makes the file if there is none, and puts back what it holds. Raises BadHistory."""
        try:
            if not check_head(self.path):
                self._make()
            with closing(self._connect()) as file:
                for step, length in STEPS:
                    self._load(file, history, step, int(now // step) - length, int(now // step))
        except (sqlite3.Error, zlib.error, ValueError, KeyError, TypeError, OSError) as error:
            raise BadHistory(f"{self.path}: cannot be read as a history: {_why(error)}; {LEFT}") from None

    def _make(self) -> None:
        """Readable by its owner only."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(self._connect()) as file, file:
            file.execute("BEGIN IMMEDIATE")
            if file.execute("PRAGMA user_version").fetchone() == (0,):
                for line in (*SCHEMA, f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {VERSION}"):
                    file.execute(line)

    def _connect(self) -> sqlite3.Connection:
        """Another program that writes to it is waited for. Makes no file."""
        name = f"{self.path.absolute().as_uri()}?mode=rw"
        return sqlite3.connect(name, uri=True, timeout=10.0, isolation_level=None)

    def _load(self, file: sqlite3.Connection, history: History, step: int, after: int, newest: int) -> None:
        addresses = dict(file.execute("SELECT id, address FROM nodes"))
        layouts = dict(file.execute("SELECT id, metrics FROM layouts"))
        found: defaultdict[Address, dict[int, Packed]] = defaultdict(dict)
        rows = file.execute(
            "SELECT slot, layout, nodes, samples FROM slots WHERE step = ? AND slot > ? AND slot < ? ORDER BY slot, id",
            (step, after, newest),
        )
        for slot, layout, nodes, samples in rows:
            for node, packed in _unpacked(nodes, samples, layouts[layout], history, step):
                found[addresses[node]][slot] = packed
        for address, slots in found.items():
            history.restore(address, step, list(slots), list(slots.values()))
            self._told[step][address] = next(reversed(slots))

    def give_up(self, why: str) -> None:
        """Nothing is written: it would be lost, or would harm what is there. Told when it is closed, since the screens
        have the terminal until then."""
        self._given_up = why

    def loaded(self, node: Address) -> bool:
        """Whether something of a server is in the file."""
        return any(node in told for told in self._told.values())

    def keep(self, history: History, mine: Callable[[Address], bool] | None = None) -> None:
        """Writes what is new every minute, on a thread of its own, until `close`. `mine`: of which servers, None: of
        all."""
        if self._given_up is not None:
            return
        self._mine = mine
        self._thread = threading.Thread(target=self._run, args=(history,), name="redistui-history", daemon=True)
        self._thread.start()

    def _run(self, history: History) -> None:
        while not self._over.wait(EVERY):
            self.write(history, time.time())
        self.write(history, time.time())

    def close(self) -> None:
        """Writes the rest. Whoever looks at stderr is told if the last writing failed."""
        self._over.set()
        if self._given_up is not None:
            print(f"redistui: {self._given_up}; the past of this run was not kept", file=sys.stderr)
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            if self.trouble is not None:
                print(f"redistui: {self.path}: the past could not be written: {self.trouble}", file=sys.stderr)

    def write(self, history: History, now: float) -> None:
        """Adds the slots that are over since the last writing; a failure is kept in `trouble` and tried again."""
        told: dict[int, dict[Address, int]] = {}
        others = {} if self._mine is None else {node: NEVER for node in history.nodes if not self._mine(node)}
        try:
            with closing(self._connect()) as file, file:
                file.execute("BEGIN IMMEDIATE")
                layout = _number(file, "layouts", "metrics", _layout(history))
                for step, length in STEPS:
                    told[step] = self._add(file, history, step, layout, {**self._told[step], **others})
                    file.execute("DELETE FROM slots WHERE step = ? AND slot <= ?", (step, int(now // step) - length))
                file.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            self.trouble = _why(error)
            return
        self.trouble = None
        for step, newest in told.items():
            self._told[step].update(newest)

    def _add(
        self, file: sqlite3.Connection, history: History, step: int, layout: int, told: Mapping[Address, int]
    ) -> dict[Address, int]:
        """The newest slot of each node that was added; `told`: of each the newest that is not to be."""
        by_slot: defaultdict[int, list[tuple[Address, Packed]]] = defaultdict(list)
        newest: dict[Address, int] = {}
        for address, slot, packed in history.slots_after(step, told):
            by_slot[slot].append((address, packed))
            newest[address] = slot
        numbers = {address: _number(file, "nodes", "address", address) for address in newest}
        for slot, nodes in sorted(by_slot.items()):
            samples = b"".join(_bytes(packed.upper) + _bytes(packed.lower) for _, packed in nodes)
            ids = array("I", [numbers[address] for address, _ in nodes])
            file.execute(
                "INSERT INTO slots (step, slot, layout, nodes, samples) VALUES (?, ?, ?, ?, ?)",
                (step, slot, layout, zlib.compress(_bytes(ids), 1), zlib.compress(samples, 1)),
            )
        return newest


def _number(file: sqlite3.Connection, table: str, column: str, text: str) -> int:
    """The id of a text in a table of texts; it is put there if it is new."""
    file.execute(f"INSERT OR IGNORE INTO {table} ({column}) VALUES (?)", (text,))
    (found,) = file.execute(f"SELECT id FROM {table} WHERE {column} = ?", (text,)).fetchone()
    return int(found)


def _unpacked(nodes: bytes, samples: bytes, layout: str, history: History, step: int) -> Iterator[tuple[int, Packed]]:
    """The nodes of a row with their samples, by the metrics that are kept now. Raises ValueError, zlib.error."""
    ids, words = _words("I", _inflated(nodes)), _words("H", _inflated(samples))
    if not ids:
        return
    names = [name.removesuffix("*") for name in layout.split(" ")]
    wide, each = 3 * len(names), len(words) // len(ids)
    if each * len(ids) != len(words) or each != wide + (layout.count("*") if step == STEPS[-1][0] else 0):
        raise ValueError("a row is cut short")
    same = layout == _layout(history)
    for index, node in enumerate(ids):
        row = words[index * each : (index + 1) * each]
        packed = Packed(row[:wide], row[wide:])
        yield node, packed if same else _moved(packed, names, history, step)


def _layout(history: History) -> str:
    """The metrics in the order of a row; a star behind those whose means are kept in full."""
    return " ".join(f"{name}*" if name in history.exact else name for name in history.kept)


def _moved(packed: Packed, names: list[str], history: History, step: int) -> Packed:
    """A slot that was kept of other metrics, or in another order: those of now, unknown where there were none."""
    places = {name: place for place, name in enumerate(names)}
    upper = array(
        "H",
        [
            packed.upper[part * len(names) + places[name]] if name in places else NONE
            for part in range(3)
            for name in history.kept
        ],
    )
    return Packed(upper, array("H", bytes(2 * len(history.exact) if step == STEPS[-1][0] else 0)))


def _bytes(words: array[int]) -> bytes:
    """In little-endian order."""
    if sys.byteorder == "big":
        words = words[:]
        words.byteswap()
    return words.tobytes()


def _words(code: str, raw: bytes) -> array[int]:
    words = array(code)
    words.frombytes(raw)
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _inflated(raw: bytes) -> bytes:
    """Raises ValueError for what swells beyond all measure."""
    inflater = zlib.decompressobj()
    found = inflater.decompress(raw, MOST)
    if not inflater.eof:
        raise ValueError("a row is cut short")
    return found


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)) or type(error).__name__

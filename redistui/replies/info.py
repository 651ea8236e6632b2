"""INFO: only the wanted lines, and of these only the ones that changed since the last reply.

A reply is split once; a Layout, shared by all nodes that print the same lines, tells at which index each wanted field
stands. A line that equals the last one costs one comparison. Measured: parsing all of INFO into a dictionary costs
three times as much as the whole rest of a poll.

INFO can be forged (a replica may announce an address with line breaks in it), so the first line of a name wins, a
second one is reported in `twice`, and `slaveN:` lines count only in their exact form. A doubled field that stands only
after a `slaveN:` line may be the forged one both times: it is unknown. So is one of a section that was not asked for:
what stands still while the process lives is a reply of its own, which no replica has a word in. ROLE is the truth on
roles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from itertools import compress
from operator import itemgetter, ne
from typing import Any

from redistui.model import ReplicaSeen
from redistui.replies.words import BadReply, integer, join, number, text

Value = int | float | str | None
_REPLICA = re.compile(
    rb"ip=([0-9a-fA-F:.%A-Za-z_-]{1,255}),port=(\d{1,5}),state=(\w+),offset=(\d+),lag=(\d+)(?:,type=[a-z-]+)?"
)
_NUMBERED = re.compile(rb"(slave|db)\d{1,6}:")
MAX_LINES = 20_000
"""Of one reply; a server prints a few hundred, and one for each replica and database."""
MAX_SHAPES = 256
"""Line counts whose layouts are kept."""

SERVER = (
    "redis_version", "valkey_version", "server_name", "redis_mode", "server_mode", "run_id", "availability_zone",
    "tcp_port", "uptime_in_seconds", "server_time_usec", "process_supervised",
)  # fmt: skip
"""Fields of the section `server`, which is asked for by itself where INFO takes several."""
FACTS = (
    "maxmemory_policy", "rdb_last_bgsave_status", "aof_enabled", "aof_last_write_status", "aof_last_bgrewrite_status",
    "process_supervised", "mem_allocator", "paused_reason", "paused_actions",
)  # fmt: skip
"""Words that say how a server is set up and whether its files are well: `ok` and `err`, `noeviction`, `0` and `1`."""
TEXTS = (
    "redis_version", "valkey_version", "server_name", "redis_mode", "server_mode", "run_id", "availability_zone",
    "role",
    "master_replid", "master_replid2", "master_host", "master_link_status", "master_failover_state", *FACTS,
)  # fmt: skip
NUMBERS = (
    "tcp_port", "master_port", "master_repl_offset", "slave_repl_offset", "second_repl_offset", "slave_priority",
    "slave_read_only", "master_last_io_seconds_ago", "master_link_down_since_seconds", "master_sync_in_progress",
    "repl_backlog_active", "repl_backlog_size", "loading", "async_loading", "loading_loaded_perc",
    "loading_eta_seconds", "connected_slaves", "min_slaves_good_slaves", "replicas_waiting_psync",
    "rdb_last_save_time", "server_time_usec",
    "sentinel_tilt", "sentinel_tilt_since_seconds", "sentinel_running_scripts", "sentinel_scripts_queue_length",
)  # fmt: skip
MOVING = frozenset(
    (
        "master_repl_offset", "slave_repl_offset", "master_last_io_seconds_ago", "master_link_down_since_seconds",
        "server_time_usec",
    )
)  # fmt: skip
"""Fields that change all the time, as the sources of metrics do: compared line by line, the others as one text."""
DECIMALS = ("loading_loaded_perc",)
"""Those of NUMBERS that need not be whole."""


def _picker(indices: Sequence[int]) -> Callable[[Sequence[bytes]], tuple[bytes, ...]]:
    """Takes the lines at these places, all at once."""
    if len(indices) < 2:  # itemgetter gives a tuple from two on
        return lambda lines: tuple(lines[index] for index in indices)
    return itemgetter(*indices)


class Layout:
    """Where the wanted fields stand in replies of one shape: (line, prefix, length of prefix, field, converter).

    `plain`: nothing stands twice, and `slaveN:` lines are followed only by lines we know. Any other reply is read from
    scratch each time, so that a line smuggled in between the replicas cannot take the place of a harmless one unseen.
    """

    __slots__ = (
        "_pick_still", "_rest", "_wanted", "count", "moving", "names", "numbered", "pick", "plain", "rows", "twice",
    )  # fmt: skip

    def __init__(
        self,
        lines: Sequence[bytes],
        wanted: dict[bytes, Callable[[bytes], Value]],
        moving: frozenset[str],
        foreign: frozenset[bytes] = frozenset(),
    ) -> None:
        """`foreign`: names that the sections asked for do not hold: smuggled in, where they follow a `slaveN:` line."""
        self.count = len(lines)
        self.rows: list[tuple[int, bytes, int, str, Callable[[bytes], Value]]] = []
        self.numbered: list[int] = []
        self.names: list[bytes] = []
        """`slave0:`, `db0:` ... , of the numbered lines."""
        self.twice: list[str] = []
        self._find(lines, wanted, foreign)
        known = {*self.numbered, *(row[0] for row in self.rows)}
        followed = all(index + 1 in known for index in self.numbered if lines[index].startswith(b"slave"))
        self.plain = followed and not self.twice
        if self.twice:
            sure = self.numbered[0] if self.numbered else self.count
            self.rows = [row for row in self.rows if row[0] < sure or row[3] not in self.twice]
        self.moving = [row for row in self.rows if row[3] in moving]
        self.pick = _picker([row[0] for row in self.moving])
        self._pick_still = _picker([row[0] for row in self.rows if row[3] not in moving])
        self._wanted = wanted.keys() - foreign
        self._rest = [index for index in range(self.count) if index not in known]

    def _find(
        self, lines: Sequence[bytes], wanted: dict[bytes, Callable[[bytes], Value]], foreign: frozenset[bytes]
    ) -> None:
        """Where the wanted and the numbered lines stand, and what stands twice."""
        seen: set[bytes] = set()
        for index, line in enumerate(lines):
            name = line[: line.find(b":") + 1]
            convert = wanted.get(name)
            if convert is None and not _NUMBERED.match(name):
                continue
            if name in foreign:  # at the head of a reply it tells of a server that takes no choice of sections
                self.twice += [text(name[:-1])] * bool(self.numbered)
                continue
            if name in seen:
                self.twice.append(text(name[:-1]))
            elif convert is None:
                self.numbered.append(index)
                self.names.append(name)
            else:
                self.rows.append((index, name, len(name), text(name[:-1]), convert))
            seen.add(name)

    def still_text(self, lines: Sequence[bytes]) -> bytes:
        return b"\r\n".join(self._pick_still(lines))

    def fits(self, lines: Sequence[bytes]) -> bool:
        return (
            len(lines) == self.count
            and self.plain
            and all(lines[row[0]].startswith(row[1]) for row in self.rows)
            and all(map(bytes.startswith, [lines[index] for index in self.numbered], self.names))
            and not any(self._counts(lines[index]) for index in self._rest)
        )

    def _counts(self, line: bytes) -> bool:
        """It would have a place in a layout of its own."""
        name = line[: line.find(b":") + 1]
        return name in self._wanted or _NUMBERED.match(name) is not None


class InfoReader:
    """Knows which fields are wanted, and the layouts met so far. One for the whole fleet."""

    def __init__(self, numbers: Sequence[str] = (), foreign: Sequence[str] = (), still: Collection[str] = ()) -> None:
        """`numbers`: numeric fields wanted besides NUMBERS, such as the sources of metrics; `foreign`: fields whose
        section is not asked for, so that whoever says one forges it; `still`: those of `numbers` that seldom change."""
        self._numbers, self._stills = tuple(numbers), still
        self._foreign = frozenset(name.encode() + b":" for name in foreign)
        self._wanted: dict[bytes, Callable[[bytes], Value]] = {name.encode() + b":": number for name in numbers}
        self._wanted |= {name.encode() + b":": integer for name in NUMBERS if name not in DECIMALS}
        self._wanted |= {name.encode() + b":": number for name in DECIMALS}
        self._wanted |= {name.encode() + b":": text for name in TEXTS}
        self._moving = MOVING.union(name for name in numbers if name not in still)
        self._layouts: dict[int, list[Layout]] = {}

    @cached_property
    def state(self) -> InfoReader:
        """The same for replies without the section `server`: what belongs in there does not count in them."""
        return InfoReader(self._numbers, SERVER, self._stills)

    @property
    def size(self) -> int:
        """Layouts kept."""
        return sum(map(len, self._layouts.values()))

    def layout(self, lines: Sequence[bytes]) -> Layout:
        if len(self._layouts) > MAX_SHAPES:
            self._layouts.clear()
        known = self._layouts.setdefault(len(lines), [])
        for layout in known:
            if layout.fits(lines):
                return layout
        made = Layout(lines, self._wanted, self._moving, self._foreign)
        if made.plain:
            known[:] = [*known[-7:], made]
        return made


class InfoText:
    """The last INFO of one node, as far as it is wanted: `values` by field, `replicas`, `keys`.

    Of the text itself only the wanted lines are kept: with a thousand nodes the memory that is walked costs more than
    the comparing.
    """

    __slots__ = ("_kept", "_layout", "_still", "keys", "news", "numbered", "polls", "reader", "replicas", "values")

    def __init__(self, reader: InfoReader) -> None:
        self.reader = reader
        self._kept: tuple[bytes, ...] = ()
        self._still = b""
        self.numbered: list[bytes] = []
        """The lines of replicas and databases; the same list as long as they are the same."""
        self.polls = 0
        """Replies read so far."""
        self.news: list[tuple[str, Value]] | None = None
        """What other lines of the last reply were others than in the one before; None: it was read from scratch."""
        self._layout: Layout | None = None
        self.values: dict[str, Any] = {}
        self.replicas: tuple[ReplicaSeen, ...] = ()
        self.keys: int = 0
        """Keys in all databases."""

    @property
    def twice(self) -> Sequence[str]:
        """Wanted fields that stood in the reply more than once: somebody forges, or the server is broken."""
        return self._layout.twice if self._layout else ()

    def take(self, raw: Any) -> None:
        """Reads a reply. Raises BadReply for what is no INFO text."""
        self.polls, self.news = self.polls + 1, None
        if not isinstance(raw, bytes):
            raise BadReply("INFO", raw)
        lines = raw.split(b"\r\n")
        if len(lines) > MAX_LINES:
            raise BadReply("INFO", f"{len(lines)} lines")
        layout = self._layout
        if layout is None or len(lines) != layout.count or not layout.plain or not self._take_changed(lines, layout):
            self._take_all(lines)

    def _take_changed(self, lines: list[bytes], layout: Layout) -> bool:
        """Converts the lines that differ; False where the layout does not fit any more."""
        if self._still != layout.still_text(lines):
            return False
        picked, values = layout.pick(lines), self.values
        news: list[tuple[str, Value]] = []
        changed = compress(zip(layout.moving, picked, strict=True), map(ne, picked, self._kept))
        for (_, prefix, skip, field, convert), line in changed:
            if not line.startswith(prefix):
                return False
            told = line[skip:]
            values[field] = value = int(told) if told.isdigit() and len(told) < 20 else convert(told)
            news.append((field, value))
        self._kept = picked
        numbered = [lines[index] for index in layout.numbered]
        if numbered != self.numbered:
            if not all(map(bytes.startswith, numbered, layout.names)):
                return False
            self._take_numbered(numbered)
        self.news = news
        return True

    def _take_all(self, lines: list[bytes]) -> None:
        layout = self._layout = self.reader.layout(lines)
        self._kept, self._still = layout.pick(lines), layout.still_text(lines)
        self.values = {field: convert(lines[index][skip:]) for index, _, skip, field, convert in layout.rows}
        self._take_numbered([lines[index] for index in layout.numbered])

    def _take_numbered(self, lines: list[bytes]) -> None:
        """`slave0:ip=...` and `db0:keys=...`: as many as there are."""
        replicas: dict[bytes, ReplicaSeen] = {}
        keys: dict[bytes, int] = {}
        for line in lines:
            name, _, rest = line.partition(b":")
            if name.startswith(b"db"):
                keys.setdefault(name, integer(rest.partition(b",")[0].removeprefix(b"keys=")) or 0)
            elif (match := _REPLICA.fullmatch(rest)) and (address := join(match[1], match[2])):
                state = text(match[3])
                lag = integer(match[5]) if state == "online" else None  # until then a server always prints 0
                replicas.setdefault(name, ReplicaSeen(address, state, integer(match[4]), lag))
        self.replicas, self.keys, self.numbered = tuple(replicas.values()), sum(keys.values()), lines

    def integer(self, field: str) -> int | None:
        value = self.values.get(field)
        return value if isinstance(value, int) else None

    def text(self, field: str) -> str | None:
        value = self.values.get(field)
        return value if isinstance(value, str) else None

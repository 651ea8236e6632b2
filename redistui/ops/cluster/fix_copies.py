"""Keys of a slot that two nodes hold: are their values the same, and which one is to stay.

A node that does not own a slot answers for its keys only when it takes the slot in (IMPORTING), and only to a command
right behind ASKING; an owner takes no notice of ASKING, so it is always sent.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from redistui.model import Address
from redistui.ops.cluster.slot_states import ask_all
from redistui.ops.steps import Argv, Refused, Reply, StepFailed, Wish
from redistui.ops.templates import word_of
from redistui.replies.dump import digest, same, sort_of

ASKING: Argv = ("ASKING",)
AT_ONCE = 50
"""Values that are fetched at once; of each key two."""
TOO_BIG = 256 << 20
"""Bytes from which on a value is not fetched: the server would stand still for seconds."""
TTL_SLACK = 2000
"""Milliseconds by which equal expiries may differ, since they are read one after the other."""
SHOWN = 3
NO_TTL, NO_KEY = -1, -2


@dataclass(frozen=True, slots=True)
class Value:
    """A key at one node."""

    dump: bytes | None
    """None: too big to be fetched."""
    size: int
    ttl: int
    """Milliseconds; NO_TTL."""

    def __str__(self) -> str:
        lives = "no TTL" if self.ttl == NO_TTL else f"TTL {self.ttl / 1000:.0f} s"
        if self.dump is None:
            return f"a value of {self.size >> 20} MiB, {lives}"
        return f"a {sort_of(self.dump)}, {self.size:,} bytes, {lives}, digest {digest(self.dump)}"


@dataclass(frozen=True, slots=True)
class Conflict:
    """One key, two values."""

    key: bytes
    here: Value
    there: Value


@dataclass(slots=True)
class Copies:
    """Keys that two nodes hold."""

    equal: list[bytes] = field(default_factory=list)
    differing: list[Conflict] = field(default_factory=list)

    def add(self, other: Copies) -> None:
        self.equal += other.equal
        self.differing += other.differing


def shown_key(key: bytes) -> str:
    r"""A key's name for a sentence: nothing in it reaches the terminal, and it is short.

    >>> print(shown_key(b"user:1"), shown_key(b"\x1b[2J"))
    "user:1" "\x1b[2J"
    """
    text = key.decode("utf-8", "backslashreplace")
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:49])
    return f'"{safe[:48]}{"..." if len(safe) > 48 or len(text) > 48 else ""}"'


def told(conflicts: Sequence[Conflict], here: Address, there: Address) -> str:
    """Both values of the first few."""
    rows = [f"{shown_key(one.key)} is {one.here} at {here}, and {one.there} at {there}" for one in conflicts[:SHOWN]]
    more = f"; and {len(conflicts) - SHOWN} more" if len(conflicts) > SHOWN else ""
    return f"{'; '.join(rows)}{more}"


def on_both(there: Address, keys: Sequence[bytes]) -> Generator[Wish, Reply, list[bool]]:
    """Which of these keys another node holds as well."""
    argvs = [argv for key in keys for argv in (ASKING, ("EXISTS", word_of(key)))]
    replies = (yield from ask_all(there, argvs))[1::2]
    wrong = next((reply for reply in replies if not isinstance(reply, int) and not sent_on(reply)), None)
    if wrong is not None:
        raise StepFailed(f"{there} does not say which keys it holds: {wrong}")
    return [reply == 1 for reply in replies]


def sent_on(reply: Reply) -> bool:
    """What an owner says of a key that it has not, of a slot that is on its way from it."""
    return isinstance(reply, Refused) and str(reply).startswith("ASK ")


def compare(here: Address, there: Address, keys: Sequence[bytes]) -> Generator[Wish, Reply, Copies]:
    """Both values of each key. One that is gone at either side meanwhile is left out: it is no copy any more."""
    found = Copies()
    for at in range(0, len(keys), AT_ONCE):
        part = keys[at : at + AT_ONCE]
        ours = yield from _values(here, part)
        theirs = yield from _values(there, part)
        for key, one, other in zip(part, ours, theirs, strict=True):
            if one is None or other is None:
                continue
            if _equal(one, other):
                found.equal.append(key)
            else:
                found.differing.append(Conflict(key, one, other))
    return found


def _equal(one: Value, other: Value) -> bool:
    if one.dump is None or other.dump is None or not same(one.dump, other.dump):
        return False
    if NO_TTL in (one.ttl, other.ttl):
        return one.ttl == other.ttl
    return abs(one.ttl - other.ttl) <= TTL_SLACK


def _values(node: Address, keys: Sequence[bytes]) -> Generator[Wish, Reply, list[Value | None]]:
    """None: it does not hold the key."""
    words = [word_of(key) for key in keys]
    asks = [argv for word in words for argv in (ASKING, ("MEMORY", "USAGE", word), ASKING, ("PTTL", word))]
    said = yield from ask_all(node, asks)
    sizes = [reply if isinstance(reply, int) else 0 for reply in said[1::4]]
    fetched = [word for word, size in zip(words, sizes, strict=True) if size < TOO_BIG]
    dumps = (yield from ask_all(node, [a for w in fetched for a in (ASKING, ("DUMP", w))], seconds=30.0))[1::2]
    by_word = dict(zip(fetched, dumps, strict=True))
    found: list[Value | None] = []
    for word, size, ttl in zip(words, sizes, said[3::4], strict=True):
        dump = by_word.get(word, b"")
        if sent_on(ttl) or sent_on(dump):
            found.append(None)
            continue
        if not isinstance(ttl, int) or not isinstance(dump, bytes | None):
            raise StepFailed(f"{node} does not show the value of {shown_key(word.encode('utf-8', 'surrogateescape'))}")
        gone = dump is None or ttl == NO_KEY
        found.append(None if gone else Value(dump or None, len(dump or b"") or size, ttl))
    return found


def keys_of(node: Address, slot: int, count: int) -> Generator[Wish, Reply, list[bytes]]:
    """Up to so many keys of a slot."""
    (reply,) = yield from ask_all(node, [("CLUSTER", "GETKEYSINSLOT", str(slot), str(count))])
    if not isinstance(reply, list):
        raise StepFailed(f"{node} does not give the keys of slot {slot}: {reply}")
    return reply

"""A recording: observations and events, one JSON document a line, gzip-compressed; and the fleet they make when played.

Snapshot tests, screenshots and bug reports go through this door. Of INFO only the lines the poll reads are kept, so a
recording holds no path, no configuration and no user data; passwords never come in a reply.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hiredis

from redistui.engine.assemble import Assembler
from redistui.engine.grouping import mentions
from redistui.engine.listener import EventLog
from redistui.engine.observation import Observation
from redistui.history import History
from redistui.metrics import FIELDS
from redistui.model import Address, Event, Fault, Fleet, Site, Target, Wanted
from redistui.replies import READS
from redistui.replies.info import wanted_lines

VERSION = 1
INFOS = frozenset(read.name for read in READS if read.argv[0] == "INFO")
Item = Observation | Event


class BadRecording(Exception):
    """The file is no recording, or one of another version; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What was seen, where the watching began, and which sites were known."""

    targets: tuple[Target, ...]
    """Without what is needed to log in."""
    sites: tuple[Site, ...]
    items: tuple[Item, ...]
    """In the order in which they were seen."""

    @property
    def ends_at(self) -> float:
        return max((item.at for item in self.items), default=0.0)


def write(path: Path, recording: Recording) -> None:
    """Writes a whole recording."""
    head = {
        "redistui": "recording", "version": VERSION,
        "targets": [
            [one.addresses, one.wanted, one.only, one.title, one.environment, one.text] for one in recording.targets
        ],
        "sites": [[site.name, site.members] for site in recording.sites],
    }  # fmt: skip
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for document in (head, *map(_document, recording.items)):
            file.write(json.dumps(document, separators=(",", ":")) + "\n")


def read(path: Path) -> Recording:
    """Reads a whole recording. Raises BadRecording, OSError."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        try:
            head = json.loads(file.readline())
            if not isinstance(head, dict) or head.get("version") != VERSION:
                raise BadRecording(f"{path} is no recording of version {VERSION}")
            return Recording(
                targets=tuple(_target(*row) for row in head["targets"]),
                sites=tuple(Site(name, tuple(members)) for name, members in head["sites"]),
                items=tuple(_item(json.loads(line)) for line in file),
            )
        except (ValueError, KeyError, TypeError, EOFError, gzip.BadGzipFile) as error:
            raise BadRecording(f"{path} cannot be read as a recording: {error}") from None


def play(recording: Recording, until: float | None = None, period: float = 1.0) -> tuple[Fleet, History]:
    """The fleet as it stood at a time (unix seconds; None: the end), and the past that led there."""
    assembler, history, log = Assembler(recording.sites), History(), EventLog()
    for target in recording.targets:
        for address in target.addresses:
            assembler.expect(address, target, target.wanted == "sentinel")
    at = drawn = 0.0
    for item in recording.items:
        if until is not None and item.at > until:
            continue
        at = max(at, item.at)
        if isinstance(item, Event):
            log.add(item)
            continue
        ledger = assembler.take(item)
        if ledger is None:
            continue
        for address, sentinel in mentions(ledger):
            assembler.expect(address, ledger.target, sentinel)
        ledger.remember(history, answered=item.fault is None)
        if at - drawn >= period:  # lag is known only once two nodes stand side by side in a snapshot
            assembler.fleet(at, period)
            drawn = at
    return assembler.fleet(at, period, log.all()), history


def _target(
    addresses: list[Address], wanted: Wanted, only: str | None, title: str | None, environment: str | None, text: str
) -> Target:
    return Target(tuple(addresses), wanted, only, title, environment, text=text)


def _document(item: Item) -> dict[str, Any]:
    if isinstance(item, Event):
        return {
            "event": item.kind, "at": item.at, "source": item.source, "group": item.group, "text": item.text,
            "witnesses": item.witnesses,
        }  # fmt: skip
    fault = item.fault
    return {
        "address": item.address, "at": item.at, "asked_at": item.asked_at, "kind": item.kind, "ping_ms": item.ping_ms,
        "answers": {name: _plain(_kept(name, reply)) for name, reply in item.answers.items()},
        "fault": None if fault is None else [fault.kind, fault.text, fault.since],
    }  # fmt: skip


def _item(document: dict[str, Any]) -> Item:
    if "event" in document:
        return Event(
            document["at"], document["source"], document["event"], document["group"], document["text"],
            tuple(document["witnesses"]),
        )  # fmt: skip
    fault = document["fault"]
    answers = {name: _reply(value) for name, value in document["answers"].items()}
    return Observation(
        document["address"], document["at"], document["asked_at"], document["kind"], answers,
        None if fault is None else Fault(*fault), document["ping_ms"],
    )  # fmt: skip


def _kept(name: str, reply: Any) -> Any:
    return wanted_lines(reply, FIELDS) if name in INFOS else reply


def _plain(reply: Any) -> Any:
    """A reply as JSON: bytes as text of the same code points, an error as an object."""
    if isinstance(reply, bytes):
        return reply.decode("latin-1")
    if isinstance(reply, list):
        return [_plain(one) for one in reply]
    return {"error": str(reply)} if isinstance(reply, Exception) else reply


def _reply(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("latin-1")
    if isinstance(value, list):
        return [_reply(one) for one in value]
    return hiredis.ReplyError(value["error"]) if isinstance(value, dict) else value

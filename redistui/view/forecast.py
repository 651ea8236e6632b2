"""What-if as rows: what the loss of some nodes would do, group by group, and what it would take to stop one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from redistui.judge.forecast import Forecast, GroupForecast, ShardForecast, Writes, members_at
from redistui.judge.loss import amount
from redistui.judge.site_loss import of_forecast
from redistui.model import Address, Fleet
from redistui.ops.site_failover import as_typed
from redistui.view.cells import Cell, Row, Tone, show
from redistui.view.figures import plural
from redistui.view.glyphs import Glyphs
from redistui.view.words import NOTHING, paragraph
from redistui.view.words import address as address_words

TONES: Mapping[Writes, Tone] = {"continue": "ok", "pause": "warn", "stop": "bad", "unknown": "unknown"}
WORDS: Mapping[Writes, str] = {
    "continue": "writes go on",
    "pause": "writes pause",
    "stop": "WRITES STOP",
    "unknown": "not known",
}
ROLES: Mapping[str, Tone] = {"primary": "primary", "replica": "replica", "sentinel": "sentinel"}
RANGES = 4
"""Slot ranges that are listed of one shard."""
NAMES = 12
"""Killed servers that are named in the head."""
UNHURT = "Nothing is lost: how the groups stand as they are"
LONGEST = 4_000
"""Of one sentence, in characters."""
INDENT = Cell("  ")


Places = Mapping[str, Sequence[Address]]
NOWHERE: Places = {}


def places(fleet: Fleet) -> Places:
    """Every server of each site, by the site's name."""
    names = sorted({one.site for group in fleet.groups for one in group.members if one.site is not None})
    return {name: members_at(fleet, name) for name in names}


def whole_rows(fleet: Fleet, told: Forecast, width: int) -> Iterator[Row]:
    """All of it; sites that are lost as a whole by their names, and what an operator can do where they are."""
    sites = places(fleet)
    yield from rows(told, width, sites)
    if out := way_out(fleet, told, sites):
        yield ()
        yield from _told(out, width, "accent")


def way_out(fleet: Fleet, told: Forecast, sites: Places) -> str:
    """The site failovers that would get writes going again after the loss of whole sites; empty: there are none."""
    if not told.killed or {one for those in _whole(told, sites).values() for one in those} != set(told.killed):
        return ""
    by_hand = {name: one for name, one in of_forecast(fleet, told).items() if one.fate == "by hand"}
    each = [
        f"{as_typed(site, '--unplanned --fenced TEXT')} takes over {', '.join(groups)}"
        for site in sorted({site for one in by_hand.values() for site in one.to})
        if (groups := [name for name, one in by_hand.items() if one.to == (site,)])
    ]
    return f"By hand, when it is fenced: {'; '.join(each)}" if each else ""


def rows(told: Forecast, width: int, sites: Places = NOWHERE) -> Iterator[Row]:
    """All that is foreseen, in lines of at most `width` cells. `sites`: as `places` has them."""
    yield from _told(heading(told, sites), width, "title")
    for group in told.groups:
        yield ()
        yield from group_rows(group, width)
    if not told.groups:
        yield from _told("none of these servers is in any group", width, "dim")
    if told.smallest_stop:
        yield ()
        yield from _told(stop_sentence(told), width)


def _told(text: str, width: int, tone: Tone = "text", lead: Cell = NOTHING) -> list[Row]:
    """A sentence, which may hold what servers say of themselves."""
    return paragraph(show(text, LONGEST), width, tone, lead)


def heading(told: Forecast, sites: Places = NOWHERE) -> str:
    """A site that is lost as a whole goes by its name.

    >>> heading(Forecast(("a:1", "b:1"), ()))
    'If a:1, b:1 were lost now'
    >>> heading(Forecast(("a:1", "b:1", "c:1"), ()), {"east": ("a:1", "b:1"), "west": ("c:1", "d:1")})
    'If east (2 servers), c:1 were lost now'
    """
    if not told.killed:
        return UNHURT
    whole = _whole(told, sites)
    within = {address for those in whole.values() for address in those}
    named = [f"{name} ({plural(len(those), 'server')})" for name, those in whole.items()]
    return f"If {_names([*named, *(one for one in told.killed if one not in within)], NAMES)} were lost now"


def _whole(told: Forecast, sites: Places) -> Places:
    """Those of which nothing would be left. A site of one server goes by that."""
    return {name: those for name, those in sites.items() if len(those) > 1 and set(those) <= set(told.killed)}


def stop_sentence(told: Forecast) -> str:
    """The smallest set whose loss (on top) stops writes.

    >>> stop_sentence(Forecast(("a:1",), (), ("b:1",)))
    'Fewest further losses that stop writes: 1 (b:1)'
    """
    count, names = len(told.smallest_stop), _names(told.smallest_stop, NAMES)
    if not told.exact:
        return f"Further losses that stop writes: {count} ({names}); there may be fewer, not all sets were tried"
    return f"Fewest {'further losses' if told.killed else 'losses'} that stop writes: {count} ({names})"


def group_rows(group: GroupForecast, width: int) -> Iterator[Row]:
    """One group: what becomes of its writes, why, who takes over, who does not."""
    figures = [f"about {group.outage_seconds:g} s"] if group.outage_seconds is not None else []
    if group.promoted is not None or group.loss_bytes is not None:
        figures.append(loss_words(group.loss_bytes))
    tail = f": {', '.join(figures)}" if figures else ""
    name = Cell(f"{show(group.group, min(48, width // 2))}  ", "title")
    yield from _told(f"{WORDS[group.writes]}{tail}", width, TONES[group.writes], name)
    yield from _told(group.reason, width, "text", INDENT)
    for shard in (shard for shard in group.shards if shard.promoted is not None or shard.dark_slots):
        yield from _shard_rows(shard, width)
    if not group.shards:
        if group.promoted is not None:
            yield from _told(group.promoted, width, "primary", Cell("  takes over  ", "dim"))
        yield from _why_not(group.why_not, width)
    for note in group.notes:
        yield from _told(note, width, "dim", Cell("  - ", "dim"))


def _shard_rows(shard: ShardForecast, width: int) -> Iterator[Row]:
    head = f"shard of {shard.primary}: "
    if shard.promoted is None:
        yield from _told(f"{head}slots {ranges(shard.dark_slots)} go dark", width, "bad", INDENT)
    else:
        either = " or ".join((shard.promoted, *shard.equals))
        said = f"{either} takes over after about {shard.outage_seconds or 0:g} s, {loss_words(shard.loss_bytes)}"
        yield from _told(f"{head}{said}", width, "primary", INDENT)
    others = {address: why for address, why in shard.why_not.items() if address not in shard.equals}
    yield from _why_not(others, width)


def _why_not(why_not: Mapping[Address, str], width: int) -> Iterator[Row]:
    """Those with one reason stand together."""
    alike: dict[str, list[Address]] = {}
    for address in sorted(why_not):
        alike.setdefault(why_not[address], []).append(address)
    for why, addresses in alike.items():
        yield from _told(f"{_names(addresses, NAMES)}: {why}", width, "text", Cell("  not         ", "dim"))


def loss_words(size: int | None) -> str:
    """
    >>> loss_words(None), loss_words(0), loss_words(2048)
    ('how much is lost cannot be told', 'nothing behind now', 'up to 2.0 KiB lost')
    """
    if size is None:
        return "how much is lost cannot be told"
    return f"up to {amount(size)} lost" if size else "nothing behind now"


def ranges(slots: Sequence[tuple[int, int]]) -> str:
    """
    >>> ranges(((0, 5460), (7, 7)))
    '0-5460, 7'
    """
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in slots[:RANGES]]
    left = len(slots) - RANGES
    more = [f"and {left} more range{'' if left == 1 else 's'}"] if left > 0 else []
    return ", ".join((*shown, *more))


def _names(addresses: Sequence[Address], most: int) -> str:
    more = [f"and {len(addresses) - most} more"] if len(addresses) > most else []
    return ", ".join((*addresses[:most], *more))


class Choice(NamedTuple):
    """A server that may be taken to be lost."""

    address: Address
    group: str
    role: str
    site: str | None
    up: bool


def choices(fleet: Fleet, first: str | None = None) -> tuple[Choice, ...]:
    """Every server once, those of the group that is looked at first."""
    found: dict[Address, Choice] = {}
    for group in sorted(fleet.groups, key=lambda group: group.name != first):
        for node in group.nodes:
            role = node.role or node.last_role or "node"
            found.setdefault(node.address, Choice(node.address, group.name, role, node.site, node.up))
        for one in group.sentinels:
            found.setdefault(one.address, Choice(one.address, group.name, "sentinel", one.site, one.up))
    return tuple(found.values())


def choice_rows(
    those: Sequence[Choice], lost: frozenset[Address], cursor: int, glyphs: Glyphs, width: int
) -> list[Row]:
    """A line each: whether it is lost, its address, role, group and site."""
    wide = min(46, max((len(one.address) for one in those), default=0))
    return [
        (
            Cell(glyphs.cursor if number == cursor else " ", "accent"),
            Cell("[x] " if one.address in lost else "[ ] ", "bad" if one.address in lost else "dim"),
            Cell(f"{address_words(one.address, wide):<{wide}}  ", "bad" if one.address in lost else "text"),
            Cell(f"{one.role:<9}", ROLES.get(one.role, "dim")),
            Cell(show(one.group, max(8, width - wide - 40))),
            Cell(f"  {show(one.site, 16)}" if one.site is not None else "", "dim"),
            Cell("" if one.up else "  does not answer", "warn"),
        )
        for number, one in enumerate(those)
    ]

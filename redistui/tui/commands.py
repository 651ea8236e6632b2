"""COMMANDS: what can be typed after `:`, one row each. The palette lists the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from redistui.config.places import theme_files
from redistui.model import SLOTS
from redistui.ops.action import Action
from redistui.ops.actions import ACTIONS
from redistui.replies.slot import slot_of
from redistui.tui import metric_commands
from redistui.tui.alerts import SILENCE_USAGE
from redistui.tui.canaries import candidates as candidates_of
from redistui.tui.completing import candidates
from redistui.view.cells import show
from redistui.view.metrics import CHOICES
from redistui.view.plot import RANGES

if TYPE_CHECKING:
    from redistui.tui.house import House
    from redistui.tui.panel import Panel


def _nothing(house: House) -> Iterable[str]:
    return ()


class Command(NamedTuple):
    """A word, what follows it, and what it does with the rest of the line."""

    name: str
    usage: str
    what: str
    run: Callable[[House, str], None]
    candidates: Callable[[House], Iterable[str]] = _nothing
    """What its argument may be, for completion."""
    complete: Callable[[House, list[str]], Iterable[str]] | None = None
    """What the next word may be, after those."""
    bare: bool = False
    """It can do with nothing after it whatever its usage says: an action takes what is under the cursor."""


def _group(house: House, rest: str) -> None:
    found = house.watching.find(rest)
    if found is None:
        near = get_close_matches(rest, group_names(house), 1)
        house.tell(f"no group {rest!r}" + (f"; did you mean {near[0]}?" if near else ""), "bad")
    else:
        house.look_at(found.name)


def _node(house: House, rest: str) -> None:
    for group in house.watching.fleet.groups:
        if rest in {member.address for member in group.members}:
            house.look_at(group.name, rest)
            return
    near = get_close_matches(rest, list(addresses(house)), 1)
    house.tell(f"no node {rest!r}" + (f"; did you mean {near[0]}?" if near else ""), "bad")


def _period(house: House, rest: str) -> None:
    text = rest.removesuffix("s").strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if 0.1 <= seconds <= 3600:
        house.set_period(seconds)
    else:
        house.tell(f"{rest!r} is no poll period: seconds, from 0.1 to 3600", "bad")


def _slot(house: House, rest: str) -> None:
    number = int(rest) if rest.isascii() and rest.isdigit() and len(rest) <= 5 else SLOTS
    if number >= SLOTS:
        house.tell(f"{show(rest)!r} is no slot: they are numbers from 0 to {SLOTS - 1}", "bad")
    else:
        _go_to_slot(house, number)


def _key(house: House, rest: str) -> None:
    """A key as it was typed, blanks inside and all."""
    slot = slot_of(rest.encode("utf-8", "surrogateescape"))
    group = house.watching.group
    if group is None or group.cluster is None:
        group = next((one for one in house.watching.fleet.groups if one.cluster is not None), None)
    cluster = None if group is None else group.cluster
    owner = -1 if cluster is None else cluster.owners[slot]
    where = "" if cluster is None else f", at {cluster.shards[owner].primary}" if owner >= 0 else ", which nobody owns"
    _go_to_slot(house, slot)
    house.tell(f"key {show(rest, 40)}: slot {slot}{where}")


def _go_to_slot(house: House, slot: int) -> None:
    from redistui.tui.screens.slots import Slots

    def go(panel: Panel) -> None:
        if isinstance(panel, Slots):
            panel.action_go(slot)

    house.open_panel(Slots.NAME, go)


def _canary(house: House, rest: str) -> None:
    if rest:
        house.dashboard.canaries.told(rest)
    else:
        house.action_panel("routes")


def _what_if(house: House, rest: str) -> None:
    """Nodes, or a site, whose name may hold blanks."""
    from redistui.judge.forecast import members_at

    fleet, words = house.watching.newest, rest.replace(",", " ").split()
    known = set(addresses(house))
    wrong = [word for word in words if word not in known]
    lost = words if not wrong else list(members_at(fleet, rest))
    if wrong and not lost:
        near = get_close_matches(wrong[0], list(_losable(house)), 1)
        house.tell(f"no node or site {show(wrong[0])!r}" + (f"; did you mean {near[0]}?" if near else ""), "bad")
    elif rest:
        house.what_if(lost)
    else:
        house.action_whatif()


def _losable(house: House) -> Iterator[str]:
    yield from addresses(house)
    yield from sorted({m.site for group in house.watching.fleet.groups for m in group.members if m.site is not None})


def _dismiss(house: House, rest: str) -> None:
    house.tell(house.dashboard.acting.dismiss(rest), "warn")


def _unfinished(house: House) -> list[str]:
    return [one.operation for one in house.dashboard.acting.unfinished]


def _next_words(house: House, action: Action, words: list[str]) -> Iterator[str]:
    watching = house.watching
    return candidates(action, watching.newest, watching.group, words, _unfinished(house))


def group_names(house: House) -> list[str]:
    return [group.name for group in house.watching.fleet.groups]


def addresses(house: House) -> Iterator[str]:
    for group in house.watching.fleet.groups:
        yield from (member.address for member in group.members)


def _own() -> Iterator[Command]:
    """In the order in which they are listed."""
    yield from _of_the_house()
    yield from _of_metrics()
    yield from _of_the_group()
    yield from _of_alerts()
    yield from _of_this_run()


def _of_the_house() -> Iterator[Command]:
    yield Command("group", "NAME", "Look at another group", _group, group_names)
    yield Command("node", "ADDRESS", "Put the cursor on a node", _node, addresses)
    yield Command(
        "theme", "NAME", "Change the theme", lambda house, rest: house.use_theme(rest), lambda _: theme_files()
    )
    yield Command("report", "", "Score, what is wrong, and what to do about it", lambda house, _: house.show_report())
    yield Command("arm", "", "Let actions run", lambda house, _: house.set_armed(True))
    yield Command("disarm", "", "Read-only again", lambda house, _: house.set_armed(False))
    yield Command(
        "period", "SECONDS", "Poll every so many seconds", _period, lambda _: ("0.5", "1", "2", "5", "10", "30")
    )


def _of_metrics() -> Iterator[Command]:
    yield Command("metric", "NAME", "Metrics: which one", metric_commands.metric, lambda _: CHOICES)
    yield Command("range", "5m|1h|6h|24h", "Metrics: how far back plots look", metric_commands.range_, lambda _: RANGES)
    yield Command(
        "compare",
        "[NODE ...]",
        "Metrics: these nodes in one plot; without a node, no more",
        metric_commands.compare,
        complete=metric_commands.nodes,
    )
    yield Command(
        "export",
        "FILE [METRIC ...]",
        "The listed nodes' past, as FILE.csv or FILE.json",
        metric_commands.export,
        complete=metric_commands.export_words,
    )


def _of_the_group() -> Iterator[Command]:
    yield Command("slot", "NUMBER", "Put the cursor on a slot", _slot)
    yield Command("key", "KEY", "Which slot a key is in, and who owns it", _key)
    yield Command("pause", "", "Hold the view still, or let it go on", lambda house, _: house.action_pause())
    yield Command(
        "canary",
        "[start|stop|route NAME|strategy NAME|rate N|writes on|weight ADDRESS N ...]",
        "A client of ours that shows how routing does",
        _canary,
        complete=lambda house, words: candidates_of(house.dashboard, words),
    )
    yield Command("actions", "", "What can be done here", lambda house, _: house.action_actions())
    yield Command("whatif", "[NODE ... | SITE]", "What would happen if these were lost", _what_if, _losable)


def _of_alerts() -> Iterator[Command]:
    yield Command(
        "ack",
        "[RULE [GROUP [NODE]]]",
        "Acknowledge alerts; without words, all of them",
        lambda house, rest: house.dashboard.alerting.acknowledge_line(rest),
        complete=lambda house, words: house.dashboard.alerting.candidates(words, lengths=False),
    )
    yield Command(
        "silence",
        SILENCE_USAGE,
        "Tell these to nobody for 10m, 1h, 1d",
        lambda house, rest: house.dashboard.alerting.silence_line(rest),
        complete=lambda house, words: house.dashboard.alerting.candidates(words, lengths=True),
    )
    yield Command(
        "unsilence",
        "[RULE [GROUP [NODE]]]",
        "Tell of these alerts again; without words, of all",
        lambda house, rest: house.dashboard.alerting.unsilence_line(rest),
        complete=lambda house, words: house.dashboard.alerting.candidates(words, lengths=False),
    )


def _of_this_run() -> Iterator[Command]:
    yield Command("save", "[FILE]", "Save the last minutes as a recording", lambda house, rest: house.save(rest))
    yield Command("log", "", "Every command that operations of this run sent", lambda house, _: house.action_log())
    yield Command("unfinished", "", "Operations that were not ended", lambda house, _: house.show_unfinished())
    yield Command("dismiss", "OPERATION", "Strike an unfinished operation off", _dismiss, _unfinished)
    yield Command("problems", "", "What is wrong in the settings", lambda house, _: house.show_problems())
    yield Command("help", "", "Keys, and what the signs mean", lambda house, _: house.action_help())
    yield Command("q", "", "Quit", lambda house, _: house.action_leave())
    yield Command("quit", "", "Quit", lambda house, _: house.action_leave())


def _screen(panel: type[Panel]) -> Command:
    def run(house: House, rest: str) -> None:
        if rest and rest not in panel.WORDS:
            known = f": {', '.join(panel.WORDS)}" if panel.WORDS else ", and nothing may follow its name"
            house.tell(f"{panel.NAME} has no {rest!r}{known}", "bad")
        elif rest:
            house.open_panel(panel.NAME, lambda shown: shown.told(rest))
        else:
            house.action_panel(panel.NAME)

    usage = f"[{'|'.join(panel.WORDS)}]" if panel.WORDS else ""
    return Command(panel.NAME, usage, f"Screen: {panel.TITLE}", run, lambda _: panel.WORDS)


def commands(house: House) -> tuple[Command, ...]:
    """Ours, one for each screen, one for each action."""
    screens = (_screen(panel) for panel in house.panels)
    actions = (
        Command(
            action.name,
            action.usage,
            action.title,
            lambda house, rest, name=action.name: house.act(name, rest),  # type: ignore[misc]
            complete=lambda house, words, action=action: _next_words(house, action, words),  # type: ignore[misc]
            bare=True,
        )
        for action in ACTIONS
    )
    return (*_own(), *house.more_commands(), *screens, *actions)


def run(house: House, text: str) -> None:
    """Does what a line says; an unknown word is answered with the nearest one."""
    name, _, rest = text.strip().partition(" ")
    if not name:
        return
    rows = commands(house)
    found = next((row for row in rows if row.name == name), None)
    rest = rest.strip()
    if found is None:
        near = get_close_matches(name, [row.name for row in rows], 1)
        house.tell(f"no command {name!r}" + (f"; did you mean {near[0]}?" if near else "; tab lists them"), "bad")
    elif not (rest or found.bare) and found.usage and not found.usage.startswith("["):
        house.tell(f":{found.name} {found.usage}: {found.what}", "warn")
    else:
        found.run(house, rest)


def hint(house: House, text: str) -> str:
    """Usage and purpose, as soon as the command is written out."""
    name, space, _ = text.lstrip().partition(" ")
    row = next((row for row in commands(house) if space and row.usage and row.name == name), None)
    return "" if row is None else f"{row.name} {row.usage}: {row.what}"


def completions(house: House, text: str) -> list[str]:
    """Whole lines that the text may grow into."""
    name, space, rest = text.lstrip().partition(" ")
    rows = commands(house)
    if not space:
        return [row.name + (" " if row.usage else "") for row in rows if row.name.startswith(name)]
    row = next((row for row in rows if row.name == name), None)
    if row is None:
        return []
    head, _, word = rest.rpartition(" ") if row.name not in {"group", "theme"} else ("", "", rest)
    before = f"{name} {head} " if head else f"{name} "
    found = row.candidates(house) if row.complete is None else row.complete(house, head.split())
    options = dict.fromkeys(option for option in found if option.startswith(word))
    return [before + option for option in options if option.isprintable() and option == show(option)]

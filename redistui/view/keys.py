"""KEYS: every key of the dashboard, one row each. `?`, `redistui keys` and the bindings themselves are made of it.

`[keymap]` in the config moves a row by its id. Key names are Textual's (`enter`, `ctrl+p`, `plus`, `question_mark`), or
the character itself; several keys for one row are separated by commas.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple


class Key(NamedTuple):
    """One binding."""

    id: str
    """`place.verb`: what the config's keymap names."""
    key: str
    where: str
    """`app`, a panel's name, `table` (every live table), `dialog` (confirm), `running` (there, while it runs and
    takes orders), `line` (command and filter), `list`, `actions` (the action list), `whatif`, `look`, `replay`
    (everywhere, while a recording is looked at)."""
    action: str
    """Textual's name of what it does there."""
    what: str
    foot: str = ""
    """A word for the footer; empty: only in `?`. At most seven rows are shown at once."""


KEYS: tuple[Key, ...] = (
    Key("app.topology", "1", "app", "panel('topology')", "Topology: who follows whom"),
    Key("app.sentinels", "2", "app", "panel('sentinels')", "Sentinels: what each of them believes"),
    Key("app.slots", "3", "app", "panel('slots')", "Slots: who owns which of the 16,384"),
    Key("app.sites", "4", "app", "panel('sites')", "Sites: datacenters side by side"),
    Key("app.metrics", "5", "app", "panel('metrics')", "Metrics: sparklines and plots"),
    Key("app.events", "6", "app", "panel('events')", "Events: what happened, newest last"),
    Key("app.routes", "7", "app", "panel('routes')", "Routes: a canary, and how each node does for it"),
    Key("app.consensus", "8", "app", "panel('consensus')", "Consensus: which node believes what of its cluster"),
    Key("app.help", "question_mark", "app", "help", "Keys, and what the signs mean", "help"),
    Key("app.command", "colon", "app", "command", "Command line", "command"),
    Key("app.filter", "slash", "app", "filter", "Filter the rows", "filter"),
    Key("app.actions", "x", "app", "actions", "What can be done here, and why the rest cannot", "actions"),
    Key("app.failover", "F", "app", "act('failover')", "Fail the group over", "failover"),
    Key("app.promote", "P", "app", "act('promote')", "Promote this replica"),
    Key("app.cluster_failover", "C", "app", "act('cluster-failover')", "Fail this shard of a cluster over"),
    Key("app.attach", "A", "app", "act('attach')", "Attach a replica"),
    Key("app.detach", "D", "app", "act('detach')", "Detach this replica"),
    Key("app.rebalance", "B", "app", "act('rebalance')", "Balance of the slots: what a rebalance would move"),
    Key("app.whatif", "W", "app", "whatif", "What would happen if this node or site were lost"),
    Key("app.pause_writes", "O", "app", "act('pause-writes')", "Hold writes for some seconds"),
    Key("app.unpause", "U", "app", "act('unpause')", "Let writes go on"),
    Key("app.set_parameter", "S", "app", "act('set-parameter')", "Set a parameter of this node"),
    Key("app.resume", "R", "app", "act('resume')", "Go on with what was not finished"),
    Key("app.quit", "q", "app", "leave", "Quit", "quit"),
    Key("app.log", "exclamation_mark", "app", "log", "Log: every command that operations of this run sent"),
    Key("app.pause", "space", "app", "pause", "Hold the view still; polling goes on", "pause"),
    Key("app.next_group", "tab,right_square_bracket", "app", "group(1)", "Next group", "group"),
    Key("app.previous_group", "shift+tab,left_square_bracket", "app", "group(-1)", "Previous group"),
    Key("app.next_match", "n", "app", "match(1)", "Next match of the filter"),
    Key("app.previous_match", "N", "app", "match(-1)", "Previous match of the filter"),
    Key("app.back", "escape", "app", "back", "One level back; never quits"),
    Key("app.slower", "plus", "app", "period(1)", "Longer poll period"),
    Key("app.faster", "minus", "app", "period(-1)", "Shorter poll period"),
    Key("app.copy", "y", "app", "copy", "Copy the selected address (OSC 52)"),
    Key("app.save", "e", "app", "save", "Save the last 15 minutes as a recording"),
    Key("app.palette", "ctrl+p", "app", "palette", "Every command, by name"),
    Key("app.suspend", "ctrl+z", "app", "suspend", "Back to the shell; fg returns"),
    Key("app.interrupt", "ctrl+c", "app", "interrupt", "Quit at once, exit code 130"),
    Key("table.up", "up,k", "table", "cursor(-1)", "One row up"),
    Key("table.down", "down,j", "table", "cursor(1)", "One row down"),
    Key("table.page_up", "pageup,ctrl+b", "table", "page(-1)", "One page up"),
    Key("table.page_down", "pagedown,ctrl+f", "table", "page(1)", "One page down"),
    Key("table.half_up", "ctrl+u", "table", "half(-1)", "Half a page up"),
    Key("table.half_down", "ctrl+d", "table", "half(1)", "Half a page down"),
    Key("table.first", "home,g", "table", "first", "First row"),
    Key("table.last", "end,G", "table", "last", "Last row"),
    Key("table.enter", "enter", "table", "enter", "Open what is under the cursor"),
    Key("topology.findings", "w", "topology", "findings", "Everything that is wrong, as a list", "wrong"),
    Key("topology.everything", "a", "topology", "everything", "All groups, or only this one"),
    Key("slots.left", "left,h", "slots", "move(-1, 0)", "One cell to the left"),
    Key("slots.right", "right,l", "slots", "move(1, 0)", "One cell to the right"),
    Key("slots.up", "up,k", "slots", "move(0, -1)", "One row of cells up"),
    Key("slots.down", "down,j", "slots", "move(0, 1)", "One row of cells down"),
    Key("slots.previous_slot", "comma", "slots", "slot(-1)", "One slot back"),
    Key("slots.next_slot", "full_stop", "slots", "slot(1)", "One slot on"),
    Key("slots.page_up", "pageup,ctrl+b", "slots", "page(-1)", "Eight rows up"),
    Key("slots.page_down", "pagedown,ctrl+f", "slots", "page(1)", "Eight rows down"),
    Key("slots.first", "home,g", "slots", "go(0)", "Slot 0"),
    Key("slots.last", "end,G", "slots", "go(16383)", "Slot 16383"),
    Key("slots.next_range", "w", "slots", "range(1)", "Where the next range begins"),
    Key("slots.previous_range", "b", "slots", "range(-1)", "Where this range, or the one before it, begins"),
    Key("slots.next_wrong", "t", "slots", "wrong(1)", "Next slot that is uncovered, failing or open", "trouble"),
    Key("slots.previous_wrong", "T", "slots", "wrong(-1)", "Previous slot that is uncovered, failing or open"),
    Key("slots.mode", "m", "slots", "mode(1)", "Next map: owner, keys, cpu, net, memory, migration", "map"),
    Key("slots.previous_mode", "M", "slots", "mode(-1)", "Previous map"),
    Key("slots.zoom_in", "z", "slots", "zoom(1)", "Zoom in around the cursor, down to one slot a cell", "zoom"),
    Key("slots.zoom_out", "Z", "slots", "zoom(-1)", "Zoom out, up to the whole map"),
    Key("slots.hot", "H", "slots", "hot", "List the hottest slots, or the owners again"),
    Key("slots.next_hot", "greater_than_sign", "slots", "hotter(1)", "The hottest slot, then the next hottest"),
    Key("slots.previous_hot", "less_than_sign", "slots", "hotter(-1)", "Back along the hottest slots"),
    Key("slots.letters", "o", "slots", "letters", "Letters and bars instead of colours"),
    Key("slots.consensus", "v", "slots", "screen.panel('consensus')", "Which node believes what: Consensus", "views"),
    Key("slots.cluster", "enter", "slots", "cluster", "Where no cluster is looked at: go to the first one"),
    Key("consensus.cluster", "enter", "consensus", "cluster", "Where no cluster is looked at: go to the first one"),
    Key("events.alerts", "w", "events", "alerts", "The alerts that last; again: the timeline", "alerts"),
    Key("events.acknowledge", "a", "events", "acknowledge", "Acknowledge this alert: somebody sees to it", "ack"),
    Key("events.silence", "z", "events", "silence", "Silence this alert: for how long is asked", "silence"),
    Key("events.place", "t", "events", "place", "Go to where it happened: Topology", "place"),
    Key("metrics.next", "m", "metrics", "metric(1)", "Next metric", "metric"),
    Key("metrics.previous", "M", "metrics", "metric(-1)", "Previous metric"),
    Key("metrics.sort", "s", "metrics", "order", "Sort by the metric: most first, least first, not", "sort"),
    Key("metrics.everything", "a", "metrics", "everything", "All groups, or only this one"),
    Key("metrics.longer", "greater_than_sign", "metrics", "range(1)", "Plot: a longer time, up to 24 h", "range"),
    Key("metrics.shorter", "less_than_sign", "metrics", "range(-1)", "Plot: a shorter time, down to 5 min"),
    Key("metrics.total", "t", "metrics", "total", "Plot all listed nodes as one, or only this one"),
    Key("metrics.compare", "c", "metrics", "compare", "Mark this node: marked ones share a plot", "compare"),
    Key("metrics.compare_none", "u", "metrics", "compare_none", "No node is marked"),
    Key("metrics.slow", "l", "metrics", "look('slow')", "Ask this node for its slow log"),
    Key("metrics.latency", "L", "metrics", "look('latency')", "Ask it for its latency events"),
    Key("metrics.buffers", "b", "metrics", "look('buffers')", "Ask it for its biggest output buffers"),
    Key("metrics.clients", "i", "metrics", "look('clients')", "Ask it who its clients are"),
    Key("metrics.export", "o", "metrics", "screen.line('export ')", "Write the listed nodes' past to a file"),
    Key("routes.start", "c", "routes", "canary('toggle')", "Start a canary on this group, or stop it", "canary"),
    Key("routes.route", "r", "routes", "canary('route next')", "Next route: split, sentinel, cluster ...", "route"),
    Key("routes.strategy", "s", "routes", "canary('strategy next')", "Next strategy", "strategy"),
    Key("routes.writes", "w", "routes", "canary('writes toggle')", "Writes and markers on, or off again", "writes"),
    Key("routes.consistency", "o", "routes", "canary('consistency next')", "Of sites: the next consistency level"),
    Key("routes.faster", "greater_than_sign", "routes", "canary('rate up')", "More operations a second"),
    Key("routes.slower", "less_than_sign", "routes", "canary('rate down')", "Fewer operations a second"),
    Key("routes.heavier", "l,right", "routes", "weigh('up')", "More weight for this node", "weight"),
    Key("routes.lighter", "h,left", "routes", "weigh('down')", "Less weight for this node; at 0 it is not asked"),
    Key("routes.reset", "z", "routes", "canary('reset')", "Counters begin anew"),
    Key("replay.play", "space", "replay", "play", "Play, or stand still", "play"),
    Key("replay.next", "right_parenthesis", "replay", "step(1)", "To the next snapshot", "step"),
    Key("replay.previous", "left_parenthesis", "replay", "step(-1)", "To the snapshot before"),
    Key("replay.next_event", "right_curly_bracket", "replay", "event(1)", "To the next event or alert", "event"),
    Key("replay.previous_event", "left_curly_bracket", "replay", "event(-1)", "To the event or alert before"),
    Key("replay.faster", "plus", "replay", "speed(1)", "Faster, up to 100 times"),
    Key("replay.slower", "minus", "replay", "speed(-1)", "Slower, down to a tenth"),
    Key("replay.jump", "at", "replay", "jump", "Jump to a time", "jump"),
    Key("replay.difference", "equals_sign", "replay", "difference", "Mark this time; again: what differs", "differs"),
    Key("look.ask", "enter,r", "look", "ask", "Ask, or ask again", "ask"),
    Key("look.next", "right,l,tab", "look", "turn(1)", "The next question to this node", "next"),
    Key("look.previous", "left,h,shift+tab", "look", "turn(-1)", "The question before"),
    Key("look.sort", "s", "look", "sort", "Clients: sort by the next column", "sort"),
    Key("look.close", "escape,q,ctrl+c", "look", "close", "Close", "close"),
    Key("line.complete", "tab", "line", "complete(1)", "Next completion"),
    Key("line.complete_back", "shift+tab", "line", "complete(-1)", "Previous completion"),
    Key("line.older", "up", "line", "history(1)", "Older line"),
    Key("line.newer", "down", "line", "history(-1)", "Newer line"),
    Key("line.cancel", "escape,ctrl+c", "line", "cancel", "Leave the line; a filter is dropped"),
    Key("list.down", "down,j", "list", "scroll(1)", "Down"),
    Key("list.up", "up,k", "list", "scroll(-1)", "Up"),
    Key("list.page_down", "pagedown,ctrl+f,space", "list", "scroll_page(1)", "One page down"),
    Key("list.page_up", "pageup,ctrl+b", "list", "scroll_page(-1)", "One page up"),
    Key("list.first", "home,g", "list", "scroll_to_end(-1)", "First line"),
    Key("list.last", "end,G", "list", "scroll_to_end(1)", "Last line"),
    Key("list.close", "escape,q,question_mark,exclamation_mark,enter,ctrl+c", "list", "close", "Close"),
    Key("actions.up", "up,k", "actions", "cursor(-1)", "One action up"),
    Key("actions.down", "down,j", "actions", "cursor(1)", "One action down"),
    Key("actions.first", "home,g", "actions", "edge(0)", "First action"),
    Key("actions.last", "end,G", "actions", "edge(1)", "Last action"),
    Key("actions.choose", "enter", "actions", "choose", "Open it; of a refused one, all reasons"),
    Key("actions.line", "colon", "actions", "line", "Put it on the command line"),
    Key("actions.close", "escape,q,x,ctrl+c", "actions", "close", "Close"),
    Key("whatif.up", "up,k", "whatif", "cursor(-1)", "One server up"),
    Key("whatif.down", "down,j", "whatif", "cursor(1)", "One server down"),
    Key("whatif.flip", "space,enter", "whatif", "flip", "Take it to be lost, or not"),
    Key("whatif.site", "s", "whatif", "site", "The same with all that stands at its site"),
    Key("whatif.clear", "c", "whatif", "clear", "Nothing is lost"),
    Key("whatif.scroll_down", "ctrl+d", "whatif", "scroll(1)", "Forecast: one line down"),
    Key("whatif.scroll_up", "ctrl+u", "whatif", "scroll(-1)", "Forecast: one line up"),
    Key("whatif.page_down", "pagedown,ctrl+f", "whatif", "scroll_page(1)", "Forecast: one page down"),
    Key("whatif.page_up", "pageup,ctrl+b", "whatif", "scroll_page(-1)", "Forecast: one page up"),
    Key("whatif.close", "escape,q,W,ctrl+c", "whatif", "close", "Close"),
    Key("dialog.cancel", "escape,ctrl+c", "dialog", "cancel", "Cancel; once it runs, close (it runs on)"),
    Key("dialog.down", "down,ctrl+n", "dialog", "scroll(1)", "Down"),
    Key("dialog.up", "up,ctrl+p", "dialog", "scroll(-1)", "Up"),
    Key("dialog.page_down", "pagedown,ctrl+f", "dialog", "scroll_page(1)", "One page down"),
    Key("dialog.page_up", "pageup,ctrl+b", "dialog", "scroll_page(-1)", "One page up"),
    Key("dialog.drill", "ctrl+d", "dialog", "drill", "Run it under canaries: a drill, with a report (again: do not)"),
    Key("running.pause", "p", "running", "pause", "Pause between two slots, or go on", "pause"),
    Key("running.slower", "minus", "running", "pace(1)", "Fewer keys a second", "slower"),
    Key("running.faster", "plus,equals_sign", "running", "pace(-1)", "More keys a second", "faster"),
    Key("running.stop", "s", "running", "stop", "Stop between two slots; :resume goes on", "stop"),
)

FOOT: tuple[str, ...] = (
    "app.help", "app.command", "app.filter", "app.actions", "app.failover", "app.quit", "app.pause",
)  # fmt: skip
"""What the footer shows when a panel has nothing of its own to say, most useful first."""
FOOT_AT_MOST = 7

_NAMED = frozenset(
    {
        *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete", "backspace"),
        *("escape", "enter", "tab", "space"),
        *(f"f{number}" for number in range(1, 25)),
    }
)
_CHARACTERS: Mapping[str, str] = {
    "/": "slash",
    "\\": "backslash",
    "@": "at",
    "-": "minus",
    "+": "plus",
    "_": "underscore",
}
_SIGNS: Mapping[str, str] = {
    _CHARACTERS.get(sign, re.sub("[ -]", "_", unicodedata.name(sign).lower())): sign
    for sign in map(chr, range(33, 127))
    if not sign.isalnum()
}
_SHOWN: Mapping[str, str] = {"escape": "esc", "pageup": "pgup", "pagedown": "pgdn", "delete": "del"}
_MODIFIERS = frozenset({"ctrl", "shift", "alt", "super"})


def keys_at(where: str) -> tuple[Key, ...]:
    """The rows of one place.

    >>> [row.key for row in keys_at("table")][:2]
    ['up,k', 'down,j']
    """
    return tuple(row for row in KEYS if row.where == where)


def key_name(text: str) -> str | None:
    """A key as Textual names it, from its name or the character; None when there is no such key.

    >>> [key_name(text) for text in ("?", "ctrl+x", "pageup", "F", "ctrl+banana")]
    ['question_mark', 'ctrl+x', 'pageup', 'F', None]
    """
    text = text.strip()
    *modifiers, last = text.split("+") if len(text) > 1 else [text]
    if len(last) == 1 and last.isprintable() and not last.isspace():
        sign = next((name for name, sign in _SIGNS.items() if sign == last), last)
        last = sign
    elif last not in _NAMED and last not in _SIGNS:
        return None
    if any(modifier not in _MODIFIERS for modifier in modifiers):
        return None
    return "+".join([*modifiers, last])


def shown(key: str) -> str:
    """A key as a person reads it; of several, the first.

    >>> [shown(key) for key in ("question_mark", "escape,ctrl+c", "ctrl+p", "plus")]
    ['?', 'esc', 'ctrl+p', '+']
    """
    first = key.split(",")[0].strip()
    *modifiers, last = first.split("+") if len(first) > 1 else [first]
    return "+".join([*modifiers, _SIGNS.get(last, _SHOWN.get(last, last))])


def moved(keymap: Mapping[str, str]) -> tuple[tuple[Key, ...], tuple[str, ...]]:
    """KEYS with the operator's own keys, and everything that is wrong with them. What is wrong stays where it was."""
    known = {row.id for row in KEYS}
    problems = [_no_such_id(id_, known) for id_ in keymap if id_ not in known]
    rows: list[Key] = []
    for row in KEYS:
        wanted = keymap.get(row.id)
        names = [] if wanted is None else [(text.strip(), key_name(text)) for text in wanted.split(",")]
        wrong = [text for text, name in names if name is None]
        problems += [
            f"{row.id}: {text!r} is no key; write a character, or a name such as ctrl+x, pageup, f5" for text in wrong
        ]
        rows.append(row._replace(key=",".join(str(name) for _, name in names)) if names and not wrong else row)
    clashes = tuple(_clashes(rows, frozenset(keymap)))
    return tuple(rows), (*problems, *clashes)


def _no_such_id(id_: str, known: set[str]) -> str:
    near = get_close_matches(id_, known, 1)
    return f"{id_}: there is no such key id" + (
        f"; did you mean {near[0]}?" if near else "; `redistui keys` lists them"
    )


def _clashes(rows: list[Key], touched: frozenset[str]) -> Iterator[str]:
    """One key, two meanings in one place: only where the operator's keymap has a part in it."""
    owner: dict[tuple[str, str], Key] = {}
    for row in rows:
        for key in row.key.split(","):
            other = owner.setdefault((row.where, key), row)
            if other is not row and touched & {row.id, other.id}:
                ours, theirs = (row, other) if row.id in touched else (other, row)
                yield f"{ours.id}: {shown(key)!r} is also {theirs.id}; only one of them can have it"


def check_keymap(keymap: Mapping[str, str]) -> tuple[str, ...]:
    """Everything that is wrong with a `[keymap]`: unknown ids, unknown keys, two rows on one key."""
    return moved(keymap)[1]


def footer_rows(panel: str, rows: tuple[Key, ...] = KEYS) -> tuple[Key, ...]:
    """What the footer shows: a panel's own keys first, then the house's, seven at most."""
    own = tuple(row for row in rows if row.where == panel and row.foot)
    by_id = {row.id: row for row in rows}
    return (*own, *(by_id[id_] for id_ in FOOT))[:FOOT_AT_MOST]

"""Aiming: from the words after an action's name to what it is pointed at; the same for `:` line and command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from redistui.model import Address, Fleet
from redistui.ops.action import Action, Aim, Option
from redistui.ops.stored import Past


class BadAim(Exception):
    """The words do not fit the action; a sentence on what is wrong. Whether the nodes exist is for the checks."""


def split(action: Action, words: Iterable[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Positional arguments and options of a `:` line. Raises BadAim.

    >>> from redistui.ops.failover import FAILOVER
    >>> split(FAILOVER, ["--to", "10.0.0.3:6379"])
    ((), {'to': '10.0.0.3:6379'})
    """
    known = {option.name: option for option in action.options}
    plain: list[str] = []
    options: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            plain.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        if name not in known:
            raise BadAim(f"{action.name} has no option --{name}")
        found = _value(known[name], value if equals else None, rest)
        options[name] = f"{options[name]} {found}" if known[name].repeats and name in options else found
    return tuple(plain), options


def _value(option: Option, given: str | None, rest: Iterator[str]) -> str:
    if not option.metavar:
        return "yes"
    value = next(rest, "") if given is None else given
    if not value:
        raise BadAim(f"--{option.name} wants {option.metavar}")
    return value


def aim_at(
    action: Action,
    fleet: Fleet,
    words: Sequence[str],
    options: Mapping[str, str],
    *,
    group: str | None = None,
    looked_at: str | None = None,
    node: Address | None = None,
    past: Past | None = None,
) -> Aim:
    """What the words point at.

    `group` was named. `looked_at` is the one on the screen, and `node` is under the cursor: it stands for the first
    argument where one word less was given than is needed. Raises BadAim when words are missing or too many.
    """
    arguments = action.arguments
    if node is not None and arguments and arguments[0].sort != "word" and len(words) == len(arguments) - 1:
        words = (node, *words)
    if len(words) != len(arguments):
        wanted = " ".join(argument.name for argument in arguments) or "no arguments"
        raise BadAim(f"{action.name} wants {wanted}")
    for word, argument in zip(words, arguments, strict=True):
        if argument.choices and word not in argument.choices:
            raise BadAim(f"{argument.name} of {action.name} is {' or '.join(argument.choices)}, not {word!r}")
    given = [(word, a.sort) for word, a in zip(words, arguments, strict=True) if a.sort != "word"]
    if action.spans is not None:
        return _spanning(action, fleet, Aim("", options=dict(options), words=tuple(words)))
    named = group or _group(action, fleet, given, looked_at, past)
    aim = Aim(named, given[0][0] if given else None, dict(options), tuple(words), past=past)
    if action.wrong is not None and (said := action.wrong(aim)):
        raise BadAim(said)
    return again(action, fleet, aim)


def _spanning(action: Action, fleet: Fleet, aim: Aim) -> Aim:
    """Of an action that takes in several groups."""
    assert action.spans is not None
    if action.wrong is not None and (said := action.wrong(aim)):
        raise BadAim(said)
    names = action.spans(fleet, aim.words)
    return replace(aim, group=names[0] if names else "", also=names[1:])


def again(action: Action, fleet: Fleet, aim: Aim) -> Aim:
    """The same aim in a newer fleet: a stranger may have come into a group meanwhile, or a survey been finished. The
    first survey is kept: what a plan rests on stands still."""
    if action.spans is not None:
        return _spanning(action, fleet, aim)
    group = fleet.group(aim.group)
    if action.surveys and aim.survey is None and group is not None:
        done = group.survey is not None and group.survey.complete
        aim = replace(aim, survey=group.survey if done else None)
    if aim.past is not None:
        return replace(aim, also=tuple(home for home in homes_of(fleet, aim.past) if home != aim.group))
    given = (word for word, a in zip(aim.words, action.arguments, strict=True) if a.sort != "word")
    homes = dict.fromkeys(home for word in given for home in home_of(fleet, word) if home != aim.group)
    return replace(aim, also=tuple(homes))


def _group(
    action: Action, fleet: Fleet, given: Sequence[tuple[str, str]], looked_at: str | None, past: Past | None
) -> str:
    """Of the first known node among the arguments; else the one looked at; else the only fitting one, where the group
    that a stranger is alone in does not count."""
    if past is not None:  # a group that nobody watches is called after where one began to look
        return past.group if fleet.group(past.group) is not None else next(iter(homes_of(fleet, past)), past.group)
    for word, sort in given:
        if sort == "node" and (homes := home_of(fleet, word)):
            return homes[0]
    apart = {home for word, sort in given if sort == "stranger" for home in home_of(fleet, word)}
    fitting = fitting_groups(action, fleet)
    fitting = tuple(name for name in fitting if name not in apart) or fitting
    return looked_at or (fitting[0] if len(fitting) == 1 else "")


def homes_of(fleet: Fleet, past: Past) -> tuple[str, ...]:
    """The groups that an unfinished operation's nodes are in."""
    return tuple(dict.fromkeys(home for node in past.plan.named() for home in home_of(fleet, node)))


def fitting_groups(action: Action, fleet: Fleet) -> tuple[str, ...]:
    """Groups of a kind that the action is for; where there is none such but one group at all, that one: its checks
    tell why not."""
    fitting = tuple(group.name for group in fleet.groups if group.kind in action.kinds)
    return fitting or (tuple(group.name for group in fleet.groups) if len(fleet.groups) == 1 else ())


def home_of(fleet: Fleet, address: Address) -> tuple[str, ...]:
    """Groups that a node is in: one, or none."""
    return tuple(group.name for group in fleet.groups if group.node(address) is not None)

"""What speaks against sentinel-set, and what is rarely meant."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.judge.counts import counted, every
from redistui.model import Fleet, Group, Kind
from redistui.ops.action import Aim, Check
from redistui.ops.checks import failed, found, fresh, names, passed, warned
from redistui.ops.sentinel.checks import agreed, believers, busy, silent_sentinels
from redistui.ops.sentinel.set_steps import OPTIONS, value_in

SECRETS = ("auth-pass", "auth-user")
SCRIPTS = ("notification-script", "client-reconfig-script")
QUICK_MS = 1_000
LONGEST = 10**9
INSTEAD: dict[Kind, str] = {
    "cluster": "no Sentinel watches a cluster",
    "replication": "no Sentinel watches this group",
}


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = yield from found(fleet, aim, ("sentinel",), INSTEAD)
    if group is None:
        return
    option, value = aim.words
    if option not in OPTIONS:
        yield failed(refusal(option))
        return
    yield from fresh(fleet)
    if not believers(group):
        yield failed("no Sentinel answers")
        return
    yield from agreed(fleet, group)
    going_on = busy(believers(group))
    if going_on is not None:
        yield going_on
    yield from _silent(group)
    number = whole(value)
    if number is None:
        yield failed(f"{option} is a whole number from 1 on, not {value!r}")
        return
    yield from _sensible(group, option, number)
    yield from _before(group, option, number)


def refusal(option: str) -> str:
    """Why an option is not set from here."""
    if option in SECRETS:
        return (
            f"{option} is a secret, and would stand in the list of processes and in histories: set it with "
            f"`redis-cli -p PORT` at each Sentinel, typed at its prompt (SENTINEL SET NAME {option} ...)"
        )
    if option in SCRIPTS:
        return f"{option} runs a program on the Sentinel's machine: it belongs into its config file"
    return f"{option!r} is not set from here; what is: {', '.join(OPTIONS)}"


def whole(value: str) -> int | None:
    """
    >>> whole("3"), whole("0"), whole("-1"), whole("1e3"), whole("٣")
    (3, None, None, None, None)
    """
    good = value.isascii() and value.isdecimal() and 0 < int(value) <= LONGEST
    return int(value) if good else None


def _silent(group: Group) -> Iterator[Check]:
    gone = [sentinel.address for sentinel in silent_sentinels(group)]
    if gone:
        yield warned(f"{names(gone)} cannot be told now, and will differ when back: set it again then")
    else:
        yield passed(every(len(group.sentinels), "Sentinel", "answer"))


def _sensible(group: Group, option: str, value: int) -> Iterator[Check]:
    """What would work, and is rarely meant."""
    known = len(group.sentinels)
    majority = known // 2 + 1
    if option == "quorum" and value > known:
        yield failed(
            f"a quorum of {value} can never be reached by {counted(known, 'Sentinel')}: nobody would fail over"
        )
    elif option == "quorum" and value == 1 < known:
        yield warned("with a quorum of 1, what a single Sentinel cannot reach counts as down")
    elif option == "quorum" and value < majority:
        yield warned(f"{value} is less than a majority of {known}: fewer find it down than are needed to fail over")
    elif option == "quorum" and value > majority:
        yield warned(f"{value} is more than a majority of {known}: with {known - value + 1} down, nobody fails over")
    if option == "down-after-milliseconds" and value < QUICK_MS:
        yield warned(f"{value} ms: a short stall of the primary, or of the network, counts as an outage")
    replicas = sum(1 for node in group.nodes if node.address != group.primary)
    if option == "parallel-syncs" and value >= replicas > 1:
        yield warned("after a failover all replicas sync at once, and none can be read from while it loads")


def _before(group: Group, option: str, value: int) -> Iterator[Check]:
    """How it stands at each."""
    each = [(sentinel.address, value_in(watch, option)) for sentinel, watch in believers(group)]
    unknown = [address for address, before in each if before is None]
    if unknown:
        yield failed(f"{names(unknown)}: {option} cannot be read")
    elif all(before == value for _, before in each):
        yield failed(f"{option} is {value} already at every Sentinel")
    elif len({before for _, before in each}) > 1:
        said = "; ".join(f"{address} has {before}" for address, before in each)
        yield warned(f"they differ now: {said}")
    else:
        yield passed(f"{option} is {each[0][1]} at every Sentinel")

"""The ACL users that redistui needs, each as small as can be, as the commands that make them on a server version.

Without a target for all versions they were tried on; with one for the servers behind it. Where >PASSWORD stands goes a
password of your own. A line makes its user exactly this, whatever it was before; nothing is sent to a server but reads.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from redistui.cli.exits import FINE, USAGE, Quit
from redistui.cli.options import add_json, add_targets, add_timeout

if TYPE_CHECKING:
    from redistui.model import Fleet
    from redistui.ops.rights import Role, Version

    Line = tuple[Role, Version]

OLDEST = (6, 2)
ROLES = ("watch", "operator", "sentinel-watch", "sentinel-operator", "migrate", "canary")
PLACES = {"data": "data nodes", "sentinel": "Sentinels"}
KEPT = "redistui: CONFIG REWRITE, or ACL SAVE where there is an aclfile, keeps a data node's users over a restart"


def arguments(parser: argparse.ArgumentParser) -> None:
    add_targets(parser)
    parser.add_argument("--server", metavar="VERSION", type=release, help="such as valkey-9.1, redis-7.0 or redis-6.2")
    parser.add_argument("--role", metavar="ROLE", choices=ROLES, help=f"one of: {', '.join(ROLES)}")
    add_json(parser)
    add_timeout(parser)
    parser.set_defaults(period=None)


def run(args: argparse.Namespace) -> int:
    if args.targets and args.server:
        raise Quit(USAGE, ["a target tells its version itself: --server goes without one"])
    found = [row for row in lines(args) if args.role in (None, row[0].name)]
    if args.json:
        from redistui.cli.output import put

        put([document(*row) for row in found])
    else:
        print("\n\n".join(text(*row) for row in found))
        print(KEPT, file=sys.stderr)
    return FINE


def release(word: str) -> Version:
    """`valkey-9.1`; a patch level may follow and means nothing.

    >>> str(release("valkey-9.1.2"))
    'valkey-9.1'
    """
    from redistui.ops.rights import Version

    match = re.fullmatch(r"(redis|valkey)-(\d{1,3})\.(\d{1,3})(?:\.\d+)*", word)
    if match is None:
        raise argparse.ArgumentTypeError(f"{word!r} is no server version; such as valkey-9.1 or redis-7.0")
    version = Version("valkey" if match[1] == "valkey" else "redis", (int(match[2]), int(match[3])))
    if version.release < OLDEST:
        raise argparse.ArgumentTypeError(f"{word} cannot be told so finely what a user may run: that begins with 6.2")
    return version


def lines(args: argparse.Namespace) -> Sequence[Line]:
    """Each user with the version it is for."""
    from redistui.ops.rights import ROLES, TRIED

    if args.targets:
        from redistui.cli.opening import watching

        with watching(args) as (_, fleet):
            return list(fitting(fleet))
    return [(role, version) for version in ((args.server,) if args.server else TRIED) for role in ROLES]


def fitting(fleet: Fleet) -> Iterator[Line]:
    """The users that the servers of a fleet need, by the versions they say they have."""
    from redistui.ops.rights import ROLES

    clustered = any(group.kind == "cluster" for group in fleet.groups)
    there = {
        "data": versions((node.server, node.version) for group in fleet.groups for node in group.nodes),
        "sentinel": versions((each.server, each.version) for group in fleet.groups for each in group.sentinels),
    }
    for role in ROLES:
        if role.name != "migrate" or clustered:
            yield from ((role, version) for version in there[role.at])


def versions(said: Iterator[tuple[str | None, str | None]]) -> list[Version]:
    """Each once, newest first; who says nothing, or is too old, is told of."""
    found: set[Version] = set()
    for server, number in set(said):
        try:
            found.add(release(f"{server}-{number}"))
        except argparse.ArgumentTypeError as error:
            print(f"redistui: {error if number else 'a server does not say its version'}", file=sys.stderr)
    return sorted(found, reverse=True)


def text(role: Role, version: Version) -> str:
    from redistui.ops.rights import acl_line

    product = version.product.capitalize()
    untried = "" if tried(version) else " (not tried on this version)"
    head = (
        f"# {product} {version.release[0]}.{version.release[1]}, {PLACES[role.at]}: {role.name}, {role.what}{untried}"
    )
    return f"{head}\n{' '.join(acl_line(role, version))}"


def document(role: Role, version: Version) -> dict[str, Any]:
    from redistui.ops.rights import acl_line, words_for

    return {
        "server": str(version),
        "role": role.name,
        "at": role.at,
        "user": role.user,
        "what": role.what,
        "command": list(acl_line(role, version)),
        "rights": [{"command": right.command, "why": right.why} for right in words_for(role, version)],
        "tried": tried(version),
    }


def tried(version: Version) -> bool:
    from redistui.ops.rights import TRIED

    return version in TRIED

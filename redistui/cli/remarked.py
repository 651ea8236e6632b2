"""What operators said of the findings that a verb shows: acknowledged since when, silenced until when."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import NamedTuple

from redistui.model import AlertKey, Finding, Fleet


class Said(NamedTuple):
    """Of one finding. Times in seconds since 1970; None: nobody acknowledged it, it is not silenced."""

    acknowledged_at: float | None = None
    silenced_until: float | None = None

    @property
    def new(self) -> bool:
        return self.acknowledged_at is None and self.silenced_until is None


NOTHING = Said()
SaidOf = Mapping[AlertKey, Said]
"""By rule, group and node; what nobody spoke of may be left out."""


def said_of(said: SaidOf, finding: Finding) -> Said:
    return said.get((finding.rule, finding.group, finding.node), NOTHING)


def said_now(args: argparse.Namespace, fleet: Fleet) -> SaidOf:
    """What holds for the targets of this look, which is written down as one. Where that cannot be read, a sentence on
    stderr and nothing."""
    from time import time

    from redistui.cli.opening import opening
    from redistui.engine import remarks_file
    from redistui.view.cells import show

    try:
        remarks = opening(args).remarks().look(fleet, time())
    except remarks_file.BadRemarks as error:
        print(f"redistui: {show(str(error), 1000)}", file=sys.stderr)
        return {}
    return {(one.rule, one.group, one.node): Said(*remarks_file.said_of(one, remarks)) for one in fleet.findings}


def said_then(fleet: Fleet) -> SaidOf:
    """What held when a snapshot was recorded, as its alerts have it."""
    return {one.key: Said(one.acknowledged_at, one.silenced_until) for one in fleet.alerts if one.ended_at is None}


def words(said: Said) -> str:
    """
    >>> words(Said(None, 1700000000.0)), words(NOTHING)
    ('silenced until 2023-11-14T22:13:20.000Z', '')
    """
    from redistui.cli.document import time

    if said.silenced_until is not None:
        return f"silenced until {time(said.silenced_until)}"
    return "" if said.acknowledged_at is None else f"acknowledged {time(said.acknowledged_at)}"

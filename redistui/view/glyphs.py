"""The signs everything is drawn with, in two sets: a terminal that is not UTF-8 prints the first one as escapes."""

from __future__ import annotations

from typing import NamedTuple


class Glyphs(NamedTuple):
    """One set of signs; every one is a single cell wide, but the guides, which are three."""

    name: str
    up: str
    """A node that answers."""
    down: str
    stale: str
    """Its last answer is too old to go by."""
    unknown: str
    warn: str
    bad: str
    branch: str
    """A child with siblings below it."""
    last: str
    """The last child."""
    through: str
    """Beside a child's own children, while siblings follow."""
    gap: str
    """Beside a last child's own children."""
    link_up: str
    syncing: str
    cursor: str
    """Before the row under the cursor."""
    bar: str
    bar_rest: str
    sparks: str
    """Levels of a sparkline, lowest first."""
    no_sample: str
    """A place in a sparkline where no sample is."""
    upper: str
    """Half blocks: two rows of a heatmap in one line. In ASCII both are a space or a letter of the owner."""
    lower: str
    block: str
    open_slot: str
    uncovered: str
    failing: str
    rule: str
    rule_up: str
    """Vertical line."""
    ellipsis: str
    dot: str
    """Between two facts on one line."""
    sorted_up: str
    sorted_down: str
    paused: str
    done: str
    running: str
    waiting: str
    skipped: str

    @property
    def ascii(self) -> bool:
        return self.name == "ascii"


UNICODE = Glyphs(
    name="unicode",
    up="●",
    down="✖",
    stale="◌",
    unknown="?",
    warn="▲",
    bad="■",
    branch="├─ ",
    last="└─ ",
    through="│  ",
    gap="   ",
    link_up="═",
    syncing="≈",
    cursor="▌",
    bar="█",
    bar_rest="░",
    sparks="▁▂▃▄▅▆▇█",
    no_sample="·",
    upper="▀",
    lower="▄",
    block="█",
    open_slot="◆",
    uncovered="░",
    failing="╳",
    rule="─",
    rule_up="│",
    ellipsis="…",
    dot="·",
    sorted_up="▴",
    sorted_down="▾",
    paused="‖",
    done="✔",
    running="▸",
    waiting="○",
    skipped="–",
)

ASCII = Glyphs(
    name="ascii",
    up="*",
    down="x",
    stale="~",
    unknown="?",
    warn="!",
    bad="#",
    branch="|- ",
    last="`- ",
    through="|  ",
    gap="   ",
    link_up="=",
    syncing="~",
    cursor=">",
    bar="#",
    bar_rest=".",
    sparks="_.-:=+*#",
    no_sample=" ",
    upper=" ",
    lower=" ",
    block="#",
    open_slot="o",
    uncovered=".",
    failing="X",
    rule="-",
    rule_up="|",
    ellipsis="~",
    dot="-",
    sorted_up="^",
    sorted_down="v",
    paused="=",
    done="+",
    running=">",
    waiting=".",
    skipped="-",
)


def glyphs(ascii_only: bool) -> Glyphs:
    """The set to draw with."""
    return ASCII if ascii_only else UNICODE

"""screens: what a frame of each live widget costs, beside the same picture by Textual's own widgets."""

from __future__ import annotations

from typing import NamedTuple

from tests.bench.child import Child, Place
from tests.bench.stage import Frame
from tests.bench.table import Table, ratio
from tests.bench.terminal import SIZE

FRAMES = 20
FRAMES_OF_THEIRS = 6
"""Some of them take a second each."""


LARGE = (200, 60)


class Pair(NamedTuple):
    """Ours, and what it stands beside: names of tests.bench.widgets.WIDGETS."""

    title: str
    ours: str
    theirs: str | None
    of: str
    size: tuple[int, int] = SIZE


PAIRS = (
    Pair("heatmap, all 16,384 slots change", "heatmap", "static-heatmap", "Static, Rich Text"),
    Pair("heatmap, 100 slots change", "heatmap-100", "static-heatmap-100", "Static, Rich Text"),
    Pair("heatmap at 200x60, all slots change", "heatmap", None, "", LARGE),
    Pair("heatmap at 200x60, 100 slots change", "heatmap-100", None, "", LARGE),
    Pair("map of keys at 200x60, all slots change", "heatmap-keys", None, "", LARGE),
    Pair("map of keys at 200x60, 100 slots change", "heatmap-keys-100", None, "", LARGE),
    Pair("200 sparklines", "sparks", "sparkline-widgets", "200 Sparkline"),
    Pair("topology of 1,000 nodes", "table", "data-table", "DataTable"),
    Pair("sparklines of 1,000 nodes, filtered and sorted", "ranked", None, ""),
    Pair("plot of 300 samples", "plot", None, ""),
    Pair("plot of eight nodes, 300 samples each", "plots", None, ""),
)


def measure(place: Place) -> Table:
    width, height = SIZE
    table = Table(
        f"screens: CPU of one frame, at {width}x{height} unless said, from new data to the last byte for the terminal",
        ("", "ms", "bytes", "beside", "its ms", "its bytes", "ratio"),
    )
    for pair in PAIRS:
        ours = _frame(place, pair.ours, FRAMES, pair.size)
        if pair.theirs is None:
            table.add(pair.title, f"{ours['ms']:.1f}", f"{ours['painted']:,}", "", "", "", "")
            continue
        theirs = _frame(place, pair.theirs, FRAMES_OF_THEIRS, pair.size)
        table.add(
            pair.title,
            *(f"{ours['ms']:.1f}", f"{ours['painted']:,}", pair.of),
            *(f"{theirs['ms']:.1f}", f"{theirs['painted']:,}", ratio(ours["ms"], theirs["ms"])),
        )
    table.notes.append("Medians; every frame shows other data than the one before.")
    return table


def _frame(place: Place, widget: str, frames: int, size: tuple[int, int]) -> Frame:
    with Child(place, "stage", [widget, frames, size]) as child:
        frame: Frame = child.hear(300)
    return frame

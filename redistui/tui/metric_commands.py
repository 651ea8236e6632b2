"""What the `:` line does on the Metrics screen: `:metric`, `:range`, `:compare`, `:export`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from os.path import expanduser
from pathlib import Path
from typing import TYPE_CHECKING

from redistui.metrics import BY_NAME
from redistui.tui.screens.metrics import Metrics
from redistui.view.cells import show
from redistui.view.metrics import CHOICES
from redistui.view.metrics_export import BadExport, export_text
from redistui.view.plot import MOST, RANGES

if TYPE_CHECKING:
    from redistui.tui.house import House
    from redistui.tui.panel import Panel


def metric(house: House, rest: str) -> None:
    """`:metric NAME`: any of METRICS."""
    if _known(house, rest):
        _on_screen(house, lambda panel: panel.choose(rest))


def _known(house: House, name: str) -> bool:
    if name not in BY_NAME:
        near = get_close_matches(name, CHOICES, 1)
        house.tell(f"no metric {show(name, 40)!r}" + (f"; did you mean {near[0]}?" if near else ""), "bad")
    return name in BY_NAME


def range_(house: House, rest: str) -> None:
    """`:range 6h`."""
    if rest not in RANGES:
        house.tell(f"{show(rest, 40)!r} is no range: {', '.join(RANGES)}", "bad")
    else:
        _on_screen(house, lambda panel: panel.reach(rest))


def compare(house: House, rest: str) -> None:
    """`:compare NODE ...`; without a node no more are compared."""
    words = rest.replace(",", " ").split()
    known = {node.address for group in house.watching.fleet.groups for node in group.nodes}
    wrong = next((word for word in words if word not in known), None)
    if wrong is not None:
        near = get_close_matches(wrong, sorted(known), 1)
        house.tell(f"no node {show(wrong, 60)!r}" + (f"; did you mean {near[0]}?" if near else ""), "bad")
    elif len(set(words)) > MOST:
        house.tell(f"at most {MOST} nodes: more cannot be told apart in one plot", "bad")
    else:
        _on_screen(house, lambda panel: panel.compare(words))


def nodes(house: House, words: list[str]) -> Iterator[str]:
    """What may follow `:compare`."""
    for group in house.watching.fleet.groups:
        yield from (node.address for node in group.nodes if node.address not in words)


def export_words(house: House, words: list[str]) -> tuple[str, ...]:
    """What may follow `:export FILE`."""
    return tuple(name for name in CHOICES if name not in words) if words else ("metrics.csv", "metrics.json")


def _on_screen(house: House, do: Callable[[Metrics], None]) -> None:
    def there(panel: Panel) -> None:
        if isinstance(panel, Metrics):
            do(panel)

    house.open_panel(Metrics.NAME, there)


def export(house: House, rest: str) -> None:
    """`:export FILE [METRIC ...]`: the past of the listed nodes over the plot's range; never over a file that is
    there."""
    name, *names = rest.split()
    if not all(_known(house, each) for each in names):
        return

    def write(panel: Metrics) -> None:
        scene = house.watching.scene(house.dashboard.dress, house.dashboard.signs)
        members, chosen = panel.listed(), tuple(dict.fromkeys(names)) or (panel.metric,)

        def work() -> None:
            said, tone = _written(name, lambda: export_text(
                Path(name).suffix, members, scene.history, chosen, scene.fleet.at, RANGES[panel.range]
            ))  # fmt: skip
            house.dashboard.on_loop(lambda: house.tell(said, "bad" if tone else "text"))

        house.run_worker(work, thread=True, group="export", exit_on_error=True)

    _on_screen(house, write)


def _written(name: str, made: Callable[[], str]) -> tuple[str, bool]:
    """A sentence on what came of it, and whether that is bad."""
    path = Path(expanduser(name))
    try:
        text = made()
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except BadExport as error:
        return str(error), True
    except FileExistsError:
        return f"{show(str(path))} is there already: nothing is overwritten; give another name", True
    except (OSError, RuntimeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return f"{show(str(path))} cannot be written: {show(why, 80)}", True
    return f"wrote {show(str(path))}", False

"""How far a long step has come, in rows and in one line: percent, rates over the last seconds, what is left."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from redistui.ops.run import Run, StepRun
from redistui.ops.tally import Part, Tally
from redistui.view.cells import Cell, Row, Tone, show
from redistui.view.figures import count, exact, percent, rate, size, span
from redistui.view.glyphs import Glyphs

WINDOW = 5.0
"""Seconds that a rate is taken over."""
A_SLOT = 5.0
"""To hand a slot over takes about as long as to move so many small keys."""
ALL = "all together"
WIDE, WIDE_BAR, BAR = 90, 24, 12
"""Cells from where on there is room for the longer bar."""
BESIDE = 19
"""Cells beside name and bar."""
PACES = (0, 10_000, 5000, 2000, 1000, 500, 200, 100)
"""Keys a second that can be ordered, 0 for any number; the next one is slower."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Of the last seconds; None: not known yet."""

    keys: float | None = None
    """A second."""
    left: float | None = None
    """Seconds, should it go on like this."""


class Speedometer:
    """Tallies in, rates out: for all parts together, and for each."""

    def __init__(self) -> None:
        self._seen: deque[Tally] = deque()

    def see(self, tally: Tally) -> None:
        """The next tally. One of another step begins anew."""
        if self._seen and (tally.began != self._seen[-1].began or len(tally.parts) != len(self._seen[-1].parts)):
            self._seen.clear()
        self._seen.append(tally)
        while len(self._seen) > 2 and self._seen[1].now <= tally.now - WINDOW:
            self._seen.popleft()

    def of(self, part: int | None = None) -> Speed:
        """Of one part, or of all."""
        if len(self._seen) < 2:
            return Speed()
        old, new = (seen.parts if part is None else (seen.parts[part],) for seen in (self._seen[0], self._seen[-1]))
        seconds = self._seen[-1].now - self._seen[0].now
        if seconds <= 0:
            return Speed()
        keys = sum(one.keys_done for one in new) - sum(one.keys_done for one in old)
        done, before = sum(map(_done, new)), sum(map(_done, old))
        left = sum(map(_all, new)) - done
        return Speed(max(0, keys) / seconds, left * seconds / (done - before) if done > before else None)


def _all(part: Part) -> float:
    return (part.keys or 0) + A_SLOT * part.slots


def _done(part: Part) -> float:
    """Keys that came while it ran do not count for more than there were."""
    return min(part.keys_done, part.keys or 0) + A_SLOT * part.slots_done


def share(parts: Sequence[Part]) -> float:
    """Percent of the work that is done: keys and slots, each with the time it takes. 100 only when nothing is left.

    >>> share((Part("a to b", 10, 10, 50, 50), Part("a to c", 10, 0, 50, 0)))
    50.0
    """
    whole = sum(map(_all, parts))
    done = sum(map(_done, parts))
    if not whole or all(part.slots_done >= part.slots for part in parts):
        return 100.0
    return min(99.0, 100 * done / whole)


def at_work(run: Run) -> StepRun | None:
    """The step that runs and tells how far it is."""
    return next((row for row in run.steps if row.state == "running" and row.tally is not None), None)


def heeds(run: Run | None) -> bool:
    """The step that runs takes orders."""
    return run is not None and not run.ended and any(row.state == "running" and row.step.heeds for row in run.steps)


def slower(pace: int) -> int:
    return next((one for one in PACES if 0 < one < pace or (not pace and one)), PACES[-1])


def faster(pace: int) -> int:
    """
    >>> slower(0), slower(100), faster(100), faster(10_000), slower(750), faster(750)
    (10000, 100, 200, 0, 500, 1000)
    """
    return min((one for one in PACES if pace and one > pace), default=0)


def pace_text(pace: int) -> str:
    return f"{pace:,} keys/s" if pace else "no limit"


def progress_line(tally: Tally, speed: Speed) -> str:
    """All of it in one line of text."""
    keys = "" if tally.keys is None else f" of {tally.keys:,}"
    facts = [f"{tally.slots_done:,} of {tally.slots:,} slots", f"{tally.keys_done:,}{keys} keys"]
    facts += [f"{rate(speed.keys)} keys/s"] if speed.keys is not None else []
    facts += [f"at most {tally.pace:,} keys/s"] if tally.pace else []
    facts += ["paused"] if tally.paused else [f"about {span(speed.left)} left"] if speed.left is not None else []
    return f"{percent(share(tally.parts))}: {', '.join(facts)}"


def progress_rows(tally: Tally, speeds: Speedometer | None, glyphs: Glyphs, width: int) -> Iterator[Row]:
    """All parts together, then each: a bar, and under it what it does. One that is done has its bar alone.

    Without speeds: it has ended.
    """
    bar = WIDE_BAR if width >= WIDE else BAR
    names = max((len(show(part.name)) for part in tally.parts), default=0)
    room = max(10, min(max(names, len(ALL)), width - bar - BESIDE))
    if len(tally.parts) > 1:
        speed = Speed() if speeds is None else speeds.of()
        yield _bar(ALL, tally.parts, _left(tally, tally.parts, speed), glyphs, room, bar)
        yield (Cell(f"  {_facts(tally.parts, tally.keys, speed, glyphs)}", "dim"),)
    for number, part in enumerate(tally.parts):
        speed = Speed() if speeds is None else speeds.of(number)
        yield _bar(part.name, (part,), _left(tally, (part,), speed), glyphs, room, bar)
        if part.slots_done < part.slots or len(tally.parts) == 1:
            doing = f" {glyphs.dot} {show(part.doing, 60)}" if part.doing and speeds is not None else ""
            yield (Cell(f"  {_facts((part,), part.keys, speed, glyphs)}{doing}"[:width], "dim"),)


def _left(tally: Tally, parts: Sequence[Part], speed: Speed) -> str:
    if share(parts) == 100.0:
        return ""
    if tally.paused:
        return "paused"
    return "" if speed.left is None else f"{span(speed.left)} left"


def _bar(name: str, parts: Sequence[Part], left: str, glyphs: Glyphs, room: int, width: int) -> Row:
    done = share(parts)
    tone: Tone = "ok" if done == 100.0 else "accent"
    full = int(width * done / 100)
    shown = show(name)
    shown = shown if len(shown) <= room else shown[: room - 1] + glyphs.ellipsis
    return (
        Cell(f"{shown:<{room}}  "),
        Cell(glyphs.bar * full, tone),
        Cell(glyphs.bar_rest * (width - full), "dim"),
        Cell(f" {percent(done):>4}", tone),
        Cell(f"  {left}", "warn" if left == "paused" else "dim"),
    )


def _facts(parts: Sequence[Part], keys: int | None, speed: Speed, glyphs: Glyphs) -> str:
    slots, done = sum(part.slots for part in parts), sum(part.slots_done for part in parts)
    moved, sizes = sum(part.keys_done for part in parts), [part.bytes_done for part in parts if part.bytes_done]
    facts = [f"{exact(done)}/{exact(slots)} slots", f"{count(moved)}{'' if keys is None else f'/{count(keys)}'} keys"]
    facts += [size(sum(sizes))] if sizes else []
    facts += [f"{rate(speed.keys)} keys/s"] if speed.keys is not None else []
    return f" {glyphs.dot} ".join(facts)

"""What can be typed after `:` while a recording is looked at, besides what always can."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from redistui.tui.commands import Command
from redistui.view.replay import SPEEDS

if TYPE_CHECKING:
    from redistui.tui.house import House
    from redistui.tui.replaying import ReplayHouse

ALERT = "alert"


def commands_of(house: ReplayHouse) -> tuple[Command, ...]:
    """The rows."""

    def times(_: House) -> Iterable[str]:
        return ("start", "end", "-30s", "-5m", "+30s", "+5m")

    def speeds(_: House) -> Iterable[str]:
        return [f"{speed:g}" for speed in SPEEDS]

    def kinds(_: House) -> Iterable[str]:
        return (ALERT,)

    return (
        Command("at", "TIME", "Jump: 12:03:07, -30s, +5m, start, end", lambda _, rest: house.jump(rest), times),
        Command("diff", "[T1 [T2]]", "What is different between two times", lambda _, rest: house.differ(rest),
                complete=lambda of, _: times(of)),
        Command("play", "[SPEED]", "Play, 0.1 to 100 times as fast", lambda _, rest: house.play_at(rest), speeds),
        Command("next", "[alert]", "To the next event, or alert", lambda _, rest: house.skip(1, rest), kinds),
        Command("previous", "[alert]", "To the event before, or alert", lambda _, rest: house.skip(-1, rest), kinds),
    )  # fmt: skip

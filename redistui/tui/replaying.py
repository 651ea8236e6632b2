"""The house while a recording is looked at: the timeline at the top of every screen, the keys that go about in it, and
a sentence for everything that would act."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult
from textual.screen import ModalScreen, Screen

from redistui.model import Event, Fleet
from redistui.tui.house import House
from redistui.tui.line import Line
from redistui.tui.panel import Panel, bindings
from redistui.tui.timeline import Timeline, mark_dialog
from redistui.view.events import loudness
from redistui.view.header import HeaderFacts
from redistui.view.keys import Key
from redistui.view.moments import BadMoment, moment
from redistui.view.replay import BADGE, SPEEDS, Transport, next_speed, notable, passed
from redistui.view.words import clock

if TYPE_CHECKING:
    from redistui.engine.playback import Playback
    from redistui.tui.app import RedistuiApp
    from redistui.tui.commands import Command

REFUSED = "this is a recording: no action is possible in it"
FOOT = ("replay.play", "replay.next", "replay.next_event", "replay.jump", "replay.difference", "app.help", "app.quit")


class ReplayHouse(House):
    """Looks at a recording as the house looks at servers. Nothing in it can act, or be armed to."""

    BINDINGS = bindings("replay")

    def __init__(self, app: RedistuiApp, panels: Sequence[type[Panel]] | None = None) -> None:
        super().__init__(app, panels)
        self._notable = notable(self.playback.marks)
        self._marked: float | None = None
        """The other end of a difference."""

    def compose(self) -> ComposeResult:
        above, *below = super().compose()
        yield above
        yield Timeline()
        yield from below

    @property
    def playback(self) -> Playback:
        return cast("Playback", self.dashboard.engine)

    def on_mount(self) -> None:
        super().on_mount()
        self.app.screen_change_signal.subscribe(self, self._opened)

    def _opened(self, screen: Screen[Any]) -> None:
        if isinstance(screen, ModalScreen):
            self.app.call_after_refresh(mark_dialog, screen, self.dashboard.dress)

    # Drawing

    def redraw(self) -> None:
        super().redraw()
        if self.playback.trouble:
            self.tell(self.playback.trouble, "bad")
        self.show_timeline()

    def show_timeline(self) -> None:
        if self.is_current:
            for timeline in self.query(Timeline):
                timeline.show_state(self._state(), self.dashboard.dress, self.dashboard.signs)

    def _state(self) -> Transport:
        player = self.playback
        return Transport(
            player.first_at, player.last_at, self.watching.fleet.at, player.playing, player.speed, player.seeking,
            self._marked, self._notable,
        )  # fmt: skip

    def facts(self) -> HeaderFacts:
        return super().facts()._replace(replay=BADGE.replace(" ", ""), armed=False)

    def show_age(self) -> None:
        """Nothing ages in a recording: the time that is looked at stands in its place."""
        app = self.dashboard
        for line in self.query("#age").results(Line):
            line.say(
                [], [(clock(self.watching.fleet.at) + " ", app.dress.style_of("title"))], app.dress.chrome("surface")
            )

    def foot_rows(self) -> tuple[Key, ...]:
        by_id = {row.id: row for row in self.dashboard.keys}
        return tuple(by_id[id_] for id_ in FOOT)

    def _tick(self) -> None:
        self.show_timeline()

    def look_back(self) -> None:
        """What is unfinished today is no part of it."""

    # Going about

    def action_play(self) -> None:
        player = self.playback
        if player.playing:
            player.pause()
        elif self.watching.fleet.at >= player.last_at:
            self.tell("this is the end of the recording", "dim")
        else:
            player.play()
        self.show_timeline()

    def action_pause(self) -> None:
        self.action_play()

    def action_speed(self, by: int) -> None:
        self.playback.set_speed(next_speed(self.playback.speed, by))
        self.show_timeline()

    def action_period(self, by: int) -> None:
        self.action_speed(by)

    def set_period(self, seconds: float) -> None:
        self.tell("this is a recording: nobody is polled", "warn")

    def action_step(self, by: int) -> None:
        end = "this is the last snapshot" if by > 0 else "this is the first snapshot"
        self.playback.step(by, self._unless_moved(end))
        self.show_timeline()

    def action_event(self, by: int, kind: str = "") -> None:
        """To the next or the previous event that stands out; `kind`: only of that one."""
        none = f"there is no {'further' if by > 0 else 'earlier'} {kind or 'event'}"
        marks = [mark for mark in self._notable if kind in ("", mark.kind)]

        def done(mark: Event | None) -> None:
            """On the replay's thread."""
            if mark is None:
                self.dashboard.on_loop(lambda: self.tell(none, "dim"))
            else:
                self.dashboard.on_loop(lambda: self.tell(passed(mark), loudness(mark)))

        self.playback.skip(marks, by, done)
        self.show_timeline()

    def skip(self, by: int, kind: str) -> None:
        if kind in ("", "alert"):
            self.action_event(by, kind)
        else:
            self.tell(f"{kind!r} is nothing to go to: an event, or an alert", "bad")

    async def action_jump(self) -> None:
        await self.begin_line("at ")

    def jump(self, text: str) -> None:
        self._with(text, self.playback.go)

    def action_difference(self) -> None:
        """The first time: from here. The second: what is different here."""
        if self._marked is None or self._marked == self.watching.fleet.at:
            self._marked = self.watching.fleet.at if self._marked is None else None
            said = "go elsewhere, and press it again for what is different there"
            self.tell("the mark is gone" if self._marked is None else f"marked {clock(self._marked)}: {said}")
        else:
            marked, self._marked = self._marked, None
            self._compare(marked, self.watching.fleet.at)
        self.show_timeline()

    def differ(self, words: str) -> None:
        """`T1 T2`; without T2 from T1 to here, and without both from the mark."""
        times = words.split()
        if not times:
            self.action_difference()
        elif len(times) > 2:
            self.tell(":diff T1 T2: two times, without blanks in them", "warn")
        else:
            self._with(times[0], lambda one: self._with(times[1], lambda other: self._compare(one, other))
                       if len(times) > 1 else self._compare(one, self.watching.fleet.at))  # fmt: skip

    def _compare(self, one: float, other: float) -> None:
        self.playback.compare(min(one, other), max(one, other), self._compared)

    def _compared(self, before: Fleet, after: Fleet) -> None:
        """On the replay's thread."""
        self.dashboard.on_loop(lambda: self._show_difference(before, after))

    def _show_difference(self, before: Fleet, after: Fleet) -> None:
        from redistui.tui.lists import Reading
        from redistui.view.difference import rows

        app = self.dashboard
        width = min(106, app.size.width - 4)
        screen = Reading("What is different", list(rows(before, after, width)), app.dress, app.signs)
        screen.add_class("wide")
        self.app.push_screen(screen)

    def _with(self, text: str, then: Callable[[float], None]) -> None:
        """Does something with a time that was typed."""
        player = self.playback
        try:
            then(moment(text, player.first_at, player.last_at, self.watching.fleet.at))
        except BadMoment as error:
            self.tell(str(error), "bad")
        self.show_timeline()

    def _unless_moved(self, words: str) -> Callable[[bool], None]:
        def done(moved: bool) -> None:
            """On the replay's thread."""
            if not moved:
                self.dashboard.on_loop(lambda: self.tell(words, "dim"))

        return done

    # What would act

    def set_armed(self, armed: bool) -> None:
        if armed:
            self.tell(f"{REFUSED}, so there is nothing to arm", "warn")

    def action_act(self, name: str) -> None:
        self.tell(f"{name}: {REFUSED}", "warn")

    def act(self, name: str, words: str) -> None:
        self.tell(f"{name}: {REFUSED}", "warn")

    def action_actions(self) -> None:
        self.tell(REFUSED, "warn")

    # On the command line

    def more_commands(self) -> Iterable[Command]:
        from redistui.tui.replay_commands import commands_of

        return commands_of(self)

    def play_at(self, text: str) -> None:
        """`2`, `0.5x`; without a speed as fast as before."""
        try:
            speed = float(text.rstrip("x")) if text else self.playback.speed
        except ValueError:
            speed = 0.0
        if not SPEEDS[0] <= speed <= SPEEDS[-1]:
            self.tell(f"{text!r} is no speed: a number from {SPEEDS[0]:g} to {SPEEDS[-1]:g}", "bad")
            return
        self.playback.play(speed)
        self.show_timeline()

"""An app with manners: reached safely from threads and signals, silent about secrets, never too small."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from textual import events
from textual.app import App
from textual.geometry import Size


class Mannered(App[None], inherit_bindings=False):
    """What any app of ours does with its terminal, whatever it shows."""

    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    ALLOW_SELECT = False

    def __init__(self, secrets: Sequence[str], *, ansi_color: bool | None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.animation_level = "none"
        self._secrets = secrets
        self._loop_here: asyncio.AbstractEventLoop | None = None

    def begin_manners(self) -> None:
        """On the app's loop, once it runs."""
        from redistui.tui.terminal import heed_only_real_continues

        heed_only_real_continues()
        self._loop_here = asyncio.get_running_loop()

    def on_resize(self, event: events.Resize) -> None:
        self.fit_into(event.size)

    def fit_into(self, size: Size) -> None:
        """Where the terminal may be too small for what is shown."""

    async def on_event(self, event: events.Event) -> None:
        """A key is done before the next one is looked at, so that what is typed behind `:` in the same instant finds
        the line open. Textual hands every key to whatever has the focus then, and comes to what it does later; that
        way stays for texts and for screens that look at keys themselves."""
        if not isinstance(event, events.Key) or event.is_forwarded or self._typed_here():
            await super().on_event(event)
            return
        self.app_focus = True
        if not await self._check_bindings(event.key, priority=True):
            await self._check_bindings(event.key)

    def _typed_here(self) -> bool:
        """Whether keys are more than bindings: in an input, and on a screen with a word of its own in them."""
        return (
            self.focused is None
            or hasattr(self.focused, "insert_text_at_cursor")
            or getattr(type(self.screen), "on_key", None) is not None
        )

    def on_loop(self, work: Callable[[], object]) -> None:
        """From any thread, or a signal handler. A loop that has ended wants nothing more."""
        if self._loop_here is not None:
            try:
                self._loop_here.call_soon_threadsafe(self.call_later, self._unless_leaving, work)
            except RuntimeError:
                self._loop_here = None

    def _unless_leaving(self, work: Callable[[], object]) -> None:
        if self.return_code is None and self.screen_stack:
            work()

    def suspend_politely(self) -> None:
        """Inside a batch: with timers running, Textual's own way locks up."""
        with self.batch_update():
            self.action_suspend_process()

    def end_from_signal(self, code: int) -> None:
        """In a signal handler: the loop does it, as soon as it can."""
        self.on_loop(lambda: self.exit(return_code=code))

    def known_secrets(self) -> Sequence[str]:
        """Texts that a crash report must not show."""
        return self._secrets

    def _fatal_error(self) -> None:
        """A crash: where, and not with what. Locals may hold passwords."""
        from redistui.tui.terminal import crash_report

        self._exit_renderables.append(crash_report(self._exception, self.known_secrets()))
        self._close_messages_no_wait()

"""The line at the bottom: `:` for commands, with completion and history, and `/` for the filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from redistui.tui.line import Line, safe
from redistui.tui.panel import bindings
from redistui.tui.themes import Theme
from redistui.tui.widgets.strips import Inked
from redistui.view.glyphs import Glyphs

Mode = Literal[":", "/"]
HISTORY = 200
"""Lines kept, newest last, while the dashboard runs."""


class LineInput(Input, inherit_bindings=True):
    """Textual's input without a blinking cursor, and with nothing pasted that does not print."""

    BINDINGS = bindings("line")

    def _on_paste(self, event: events.Paste) -> None:
        """Before Textual's own, which puts it in."""
        event.text = "".join(c for c in event.text.partition("\n")[0] if c.isprintable())

    def action_complete(self, by: int) -> None:
        self.post_message(CommandLine.Step("complete", by))

    def action_history(self, by: int) -> None:
        self.post_message(CommandLine.Step("history", by))

    def action_cancel(self) -> None:
        self.post_message(CommandLine.Step("cancel", 0))


class CommandLine(Vertical):
    """Opens over the footer, and tells the house what was typed. Candidates of a completion stand above it."""

    DEFAULT_CSS = """
    CommandLine { height: auto; display: none; background: $house-raised; }
    CommandLine #candidates { display: none; }
    CommandLine Horizontal { height: 1; background: $house-raised; }
    CommandLine #prompt { width: 2; }
    CommandLine LineInput { width: 1fr; height: 1; border: none; padding: 0; background: $house-raised;
        color: $house-text; }
    CommandLine LineInput:focus { border: none; background-tint: transparent 0%; }
    """

    class Step(Message):
        """A key of the line itself."""

        def __init__(self, what: Literal["complete", "history", "cancel"], by: int) -> None:
            super().__init__()
            self.what = what
            self.by = by

    class Done(Message):
        """The line was entered, or left (text is None)."""

        def __init__(self, mode: Mode, text: str | None) -> None:
            super().__init__()
            self.mode = mode
            self.text = text

    class Typing(Message):
        """A filter as it stands so far."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, complete: Callable[[str], list[str]], hint: Callable[[str], str]) -> None:
        """`hint` says what a line so far still wants; it stands where the candidates stand."""
        super().__init__(id="line")
        self._complete, self._hint = complete, hint
        self._mode: Mode = ":"
        self._past: dict[Mode, list[str]] = {":": [], "/": []}
        self._back = 0
        self._options: list[str] = []
        self._option = -1

    def compose(self) -> ComposeResult:
        yield Line(id="candidates")
        with Horizontal():
            yield Line(id="prompt")
            yield LineInput(compact=True, select_on_focus=False)

    @property
    def input(self) -> LineInput:
        return self.query_one(LineInput)

    def on_mount(self) -> None:
        self.input.cursor_blink = False

    def open(self, mode: Mode, text: str, theme: Theme, signs: Glyphs) -> None:
        self._mode, self._back, self._theme, self._signs = mode, 0, theme, signs
        self.display = True
        base = theme.chrome("raised")
        self.query_one("#prompt", Line).say([(f" {mode}", base + theme.style_of("key"))], [], base)
        self._fill(text)
        self._forget()
        self.screen.set_focus(self.input, scroll_visible=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._forget()
        if self._mode == "/":
            self.post_message(self.Typing(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        past = self._past[self._mode]
        if event.value.strip() and past[-1:] != [event.value]:
            past.append(event.value)
            del past[:-HISTORY]
        self._close(event.value)

    def on_command_line_step(self, event: CommandLine.Step) -> None:
        event.stop()
        if event.what == "cancel":
            self._close(None)
        elif event.what == "history":
            self._recall(event.by)
        elif self._mode == ":":
            self._step(event.by)

    def _close(self, text: str | None) -> None:
        self.display = False
        self.post_message(self.Done(self._mode, text))

    def _recall(self, by: int) -> None:
        past = self._past[self._mode]
        self._back = min(max(0, self._back + by), len(past))
        self._fill(past[-self._back] if self._back else "")
        if self._mode == "/":
            self.post_message(self.Typing(self.input.value))

    def _step(self, by: int) -> None:
        """The first tab fills in the only completion, or the first of several; the next one goes on to the next."""
        if not self._options:
            self._options = self._complete(self.input.value)
            self._option = -1 if by > 0 else 0
        if not self._options:
            return
        self._option = (self._option + by) % len(self._options)
        self._fill(self._options[self._option])
        if len(self._options) == 1:
            self._forget()
        else:
            self._draw_options()

    def _fill(self, text: str) -> None:
        with self.input.prevent(Input.Changed):
            self.input.value = text
        self.input.cursor_position = len(text)

    def _forget(self) -> None:
        """No candidates, but what is wanted."""
        self._options = []
        said = self._hint(self.input.value) if self._mode == ":" else ""
        line = self.query_one("#candidates", Line)
        line.display = bool(said)
        if said:
            base = self._theme.chrome("raised")
            line.say([(f"  {safe(said, self._signs.ascii)}", base + self._theme.style_of("dim"))], [], base)

    def _draw_options(self) -> None:
        base = self._theme.chrome("raised")
        width, used, parts = self.size.width, 0, list[Inked]()
        for number in range(self._first_shown(width), len(self._options)):
            text = f" {self._shown(number)} "
            used += len(text)
            if used > width:
                break
            chosen = number == self._option
            parts.append((text, self._theme.cursor if chosen else base + self._theme.style_of("dim")))
        line = self.query_one("#candidates", Line)
        line.display = True
        line.say([("", Style.null()), *parts], [], base)

    def _first_shown(self, width: int) -> int:
        """Far enough along that the chosen one is on the line."""
        used, first = 0, self._option
        while first >= 0 and used + len(self._shown(first)) + 2 <= width:
            used += len(self._shown(first)) + 2
            first -= 1
        return min(first + 1, self._option)

    def _shown(self, number: int) -> str:
        """A candidate without the words that stand on the line already."""
        text = self._options[number].strip()
        head = text.rpartition(" ")[0] + " "
        return safe(text.removeprefix(head) if self._same_head(head) else text, self._signs.ascii)

    def _same_head(self, head: str) -> bool:
        return all(option.startswith(head) and option.strip() + " " != head for option in self._options)

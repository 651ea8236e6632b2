"""Prompting: a frame with a line at the bottom, for commands and for the filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redistui.tui.footer import Footer
from redistui.tui.frame import Frame
from redistui.view.keys import shown

if TYPE_CHECKING:
    from redistui.tui.commandline import CommandLine


class Prompting(Frame):
    """The line stands in the footer's place while it is open."""

    @property
    def typing(self) -> bool:
        line = self.query("#line")
        return bool(line) and bool(line.first().display)

    async def _line(self) -> CommandLine:
        """Built when it is first needed: the first paint does not wait for it."""
        from redistui.tui.commandline import CommandLine

        found = self.query("CommandLine")
        if found:
            return found.first(CommandLine)
        line = CommandLine(self.complete, self.hint)
        await self.mount(line, after=self.query_one(Footer))
        return line

    async def action_command(self) -> None:
        await self.begin_line("")

    async def begin_line(self, text: str) -> None:
        """The command line with a beginning on it."""
        (await self._line()).open(":", text, self.dashboard.dress, self.dashboard.signs)
        self.query_one(Footer).display = False

    async def action_filter(self) -> None:
        (await self._line()).open("/", self.watching.filter, self.dashboard.dress, self.dashboard.signs)
        self.query_one(Footer).display = False

    def on_command_line_typing(self, event: CommandLine.Typing) -> None:
        self.set_filter(event.text)

    def on_command_line_done(self, event: CommandLine.Done) -> None:
        footer = self.query_one(Footer)
        footer.display = True
        footer.hush()
        if self.panel is not None:
            self.panel.focus_here()
        if event.mode == "/":
            self.set_filter(event.text or "")
        elif event.text:
            self.run_line(event.text)

    def run_line(self, text: str) -> None:
        """Does what a command line says."""

    def complete(self, text: str) -> list[str]:
        """What a command line may grow into."""
        return []

    def hint(self, text: str) -> str:
        """What a command line wants, once its command is known."""
        return ""

    def set_filter(self, text: str) -> None:
        if text != self.watching.filter:
            self.watching.filter = text
            self.redraw()

    def action_match(self, by: int) -> None:
        if not self.watching.filter:
            self.tell(f"no filter: {shown(self.dashboard.key('app.filter'))} sets one", "dim")
        elif self.panel is not None:
            self.panel.find(by)

"""Choosing: which action, at the node under the cursor; from a key, the action list or the palette."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from redistui.model import Address
from redistui.tui.looking_back import LookingBack
from redistui.view.offers import Offer, offer

if TYPE_CHECKING:
    from redistui.ops.action import Action


class Choosing(LookingBack):
    """What can be done, and why the rest cannot, before there is a dialog."""

    def action(self, name: str) -> Action | None:
        raise NotImplementedError

    def act(self, name: str, words: str) -> None:
        raise NotImplementedError

    def act_on(self, name: str, words: Sequence[str]) -> None:
        raise NotImplementedError

    def why_not(self, name: str) -> str:
        """Why an action cannot run now, in a few words, without a look at its checks; empty: it can. It can be looked
        at in any case."""
        group, action = self._app.watching.group, self.action(name)
        if action is None:
            return "there is no such action"
        if group is None:
            return "no group is known yet"
        if group.kind not in action.kinds:
            return f"not for a {group.kind} group"
        if self._app.watching.newest.replayed:
            return "this is a recording"
        return "" if self._app.watching.armed else "read-only: :arm first"

    def refusal(self, name: str) -> str:
        """The same, and else the first of its checks that fails where the cursor is."""
        brief, found = self.why_not(name), self._offer(name)
        return brief or ("" if found is None else found.reason)

    def _offer(self, name: str) -> Offer | None:
        group, action = self._app.watching.group, self.action(name)
        if group is None or action is None:
            return None
        return offer(action, self._app.watching.newest, group, self._cursor, self.resumable)

    @property
    def _cursor(self) -> Address | None:
        """The node under the cursor."""
        panel = self._app.house.panel
        return None if panel is None else panel.selected()

    @property
    def _site(self) -> str | None:
        """The site whose heading is under the cursor: a group's row stands for the group."""
        panel = self._app.house.panel
        return None if panel is None or panel.selected() is not None else panel.site()

    def list_actions(self) -> None:
        """The list of what can be done where the cursor is."""
        from redistui.tui.actionlist import ActionList

        group = self._app.watching.group
        if group is None:
            self._app.house.tell("no group is known yet", "warn")
            return
        self._app.listed = ActionList(self._app, group.name, self._cursor)
        self._app.push_screen(self._app.listed, self._unlisted)

    def _unlisted(self, _: None) -> None:
        self._app.listed = None

    def begin(self, name: str) -> None:
        """By its key: with the node under the cursor, or on the command line where more is to be typed. On a site,
        the failover is the site's."""
        site = self._site
        if name == "failover" and site is not None:
            self.act_on("site-failover", [site])
            return
        found, brief = self._offer(name), self.why_not(name)
        if found is None or (found.wants and brief.startswith("not for")):
            self._app.house.tell(f"{name}: {brief}", "warn")
        else:
            self.take_up(found)

    def take_up(self, chosen: Offer) -> None:
        """Opens the dialog of an offer, or puts it on the command line."""
        site = self._site
        if chosen.action.name == "site-failover" and site is not None:
            self.act_on(chosen.action.name, [site])
        elif chosen.wants:
            self._app.call_later(self._app.house.begin_line, f"{chosen.line} ")
        else:
            self.act(chosen.action.name, chosen.line.partition(" ")[2])

"""Neighbours: in which group a server stands, and who stands there with it, so that news of one leads to the others."""

from __future__ import annotations

from redistui.engine.assemble import Assembler
from redistui.engine.poller import Poller
from redistui.model import Address

MANY = 64
"""Members of a group beyond which news of one does not make us ask all the others at once."""


class Neighbours:
    """Of the groups as they stand at the moment. On the engine's loop only."""

    def __init__(self, assembler: Assembler, poller: Poller) -> None:
        self._assembler = assembler
        self._poller = poller

    def poke(self, address: Address) -> None:
        """Asks everybody else in its group now."""
        for draft in self._assembler.groups:
            members = (*draft.nodes, *draft.sentinels)
            if address in members and len(members) <= MANY:
                for member in members:
                    if member != address:
                        self._poller.poke(member)

    def group_of(self, address: Address) -> str | None:
        """The first group it is a member of."""
        drafts = self._assembler.groups
        return next((draft.name for draft in drafts if address in (*draft.nodes, *draft.sentinels)), None)

    def group_meant(self, sentinel: Address, watched: str | None) -> str | None:
        """Our name of the group a Sentinel speaks of; when it names none, of the only one it watches."""
        names = [
            draft.name
            for draft in self._assembler.groups
            if sentinel in draft.sentinels and watched in (None, draft.watched_as)
        ]
        return names[0] if len(names) == 1 else watched

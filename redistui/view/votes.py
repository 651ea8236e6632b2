"""Votes of Sentinels: +vote-for-leader names the one that got it by its run id alone, which nobody knows by heart."""

from __future__ import annotations

from collections.abc import Mapping

from redistui.model import Address, Event, Fleet

VOTE = "+vote-for-leader"
SHORT = 8
"""Letters of a run id, as Sentinels write it where they name themselves."""
Voters = Mapping[str, Address]
"""Sentinels by their run ids."""


def voters(fleet: Fleet) -> Voters:
    return {one.run_id: one.address for group in fleet.groups for one in group.sentinels if one.run_id}


def vote_words(event: Event, known: Voters) -> str:
    """What an event says, a vote with the address of the Sentinel that got it, where that is known.

    >>> vote = Event(0.0, "a:26379", VOTE, "orders", f"{'f0' * 20} 7")
    >>> vote_words(vote, {"f0" * 20: "b:26379"}), vote_words(vote, {})
    ('for b:26379, epoch 7', 'for Sentinel f0f0f0f0, epoch 7')
    """
    run_id, _, epoch = event.text.partition(" ")
    if event.kind != VOTE or not run_id or not epoch:
        return event.text
    return f"for {known.get(run_id) or f'Sentinel {run_id[:SHORT]}'}, epoch {epoch}"

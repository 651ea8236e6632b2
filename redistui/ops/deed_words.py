"""How the deeds of operators are told: the words of the fleet's events of kind "action", and of what a run says.

What is read out of them again (redistui.ops.repeated, redistui.ops.pause.memory) goes by these words.
"""

from __future__ import annotations

NOTHING_SENT, UNCHANGED = "Nothing was sent", "Nothing has changed"
"""How the message of an operation begins that came to nothing; its event says so too."""
IN_VAIN = (NOTHING_SENT, UNCHANGED)


def begun(action: str, title: str) -> str:
    """The text of the event that says an operation was begun.

    >>> begun("failover", "Fail over orders: away from 10.0.0.1:6379")
    'failover begun: Fail over orders: away from 10.0.0.1:6379'
    """
    return f"{action} begun: {title}"

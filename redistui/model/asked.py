"""What is asked of one server on demand, and what came of it. It is shown to whoever asked, and kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from redistui.model.places import Address

Subject = Literal["slow", "large requests", "large replies", "latency", "buffers", "clients"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer, or why there is none."""

    subject: Subject
    node: Address
    command: tuple[str, ...]
    at: float
    """When the answer was here, in seconds since 1970."""
    ms: float | None = None
    """From the question to the whole answer, the connection open already; None: no answer came."""
    bytes: int | None = None
    """Of the answer, as it came over the network."""
    rows: Sequence[Any] = ()
    """Values of redistui.replies.slowlog, latency or client_list, by the subject."""
    refusal: str | None = None
    """A sentence, where the server, the network or the config says no."""

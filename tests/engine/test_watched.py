"""A server in the poller's hands: when it is its turn to be asked for what is not asked at every poll."""

from __future__ import annotations

from redistui.engine.watched import A_LINK, LINKS_EVERY, SWOLLEN, Watched
from redistui.model import Access

MEMBERS = 6


def asked(watched: Watched, seconds: int) -> list[int]:
    """At which of so many polls, one a second, it is asked for its links."""
    return [second for second in range(seconds) if watched.takes_links(100.0 + second, MEMBERS)]


def test_links_are_looked_at_seldom_and_at_every_poll_while_they_hold_what_nobody_reads() -> None:
    watched = Watched(None, "a:1", Access(), False)  # type: ignore[arg-type]
    assert asked(watched, 5) == [], "not of a server whose kind is not known"
    watched.kind = "cluster"
    calm = asked(watched, 30)
    assert calm[2] - calm[1] == LINKS_EVERY
    held = SWOLLEN + 2 * MEMBERS * A_LINK
    watched.heed({"state": b"# Memory\r\nmem_cluster_links:%d\r\n" % held})
    assert len(asked(watched, 30)) <= 4, "so much they hold at rest"
    watched.heed({"state": b"# Memory\r\nmem_cluster_links:%d\r\n" % (held + 1)})
    assert len(asked(watched, 30)) >= 28
    watched.heed({"state": b"# Memory\r\nmem_cluster_links:8000\r\n"})
    assert len(asked(watched, 30)) <= 4

"""What letters, signs and columns mean, screen by screen: rows for `?`, the sign first. At most 70 cells wide."""

from __future__ import annotations

from collections.abc import Mapping

from redistui.metrics import BY_NAME, SPARKS
from redistui.view.cells import Cell, Row, Tone
from redistui.view.glyphs import UNICODE
from redistui.view.words import paragraph

WIDTH = 70


def _row(sign: str, tone: Tone, meaning: str, lead: int) -> Row:
    return Cell(f"{sign:<{lead}}", tone), Cell(meaning)


def _rows(lead: int, *rows: tuple[str, Tone, str]) -> tuple[Row, ...]:
    return tuple(_row(sign, tone, meaning, lead) for sign, tone, meaning in rows)


_METRICS = tuple(
    row
    for name in SPARKS
    for row in paragraph(BY_NAME[name].doc, WIDTH, lead=Cell(f"{BY_NAME[name].title:<11}", "title"))
)

LEGENDS: Mapping[str, tuple[Row, ...]] = {
    "topology": _rows(
        8,
        ("P R ?", "primary", "primary, replica; ? is silent or contradicts itself"),
        (UNICODE.bad, "bad", "bad: act now"),
        (UNICODE.warn, "warn", "a warning"),
        ("LINK", "title", "a replica's link: up, DOWN, or sync: it copies everything"),
        ("was P", "dim", "it is silent, and was a primary when last seen"),
        ("LAG", "title", "bytes it has yet to receive, read at one instant"),
        ("ACK", "title", "time since its primary last heard from it"),
        ("stale", "unknown", "older than two polls; after five the figures are gone"),
        ("–", "dim", "not known"),
    ),
    "sentinels": _rows(
        11,
        ("PRIMARY", "title", "whom it holds to be the primary; red: not the newest view"),
        ("EPOCH", "title", "its config epoch: of two views the higher is newer"),
        ("Q", "title", "quorum: so many must see the primary down"),
        ("VOTES", "title", "Sentinels it can count on, with itself, of all it knows"),
        ("FLAGS", "title", "s_down: as it sees it; o_down: as a quorum sees it"),
        ("CKQUORUM", "title", "the server's own word; old: said before it went into TILT"),
        ("TILT", "title", "its clock or process stood still: it only watches"),
        ("SCRIPTS", "title", "scripts it runs, + those that wait for their turn"),
        ("SEEN", "title", "Sentinels that see a replica up, of those that answer"),
        ("HEARD", "title", "time since the replica last answered a Sentinel's PING"),
        ("enter", "accent", "on a Sentinel: all it believes; once more: scroll in it"),
    ),
    "slots": _rows(
        6,
        (UNICODE.upper * 2, "accent", "a cell of slots in its owner's colour, two to a character"),
        (UNICODE.uncovered * 2, "bad", "nobody's slots; among letters !"),
        (UNICODE.failing * 2, "bad", "its owner is suspected or failed; among letters x"),
        (UNICODE.open_slot * 2, "warn", "open, between two owners; among letters > leaves, < comes"),
        ("A B", "title", "owners, in the order of their first slots"),
        ("REPL", "title", "replicas that answer, of all the owner has"),
        ("m M", "key", "the next map; a figure's map shows each cell's hottest slot"),
        (
            f"{UNICODE.dot}{UNICODE.sparks[1]}{UNICODE.sparks[-1]}",
            "accent",
            "nothing, little, most: scale under the map; in ASCII . 1 7",
        ),
        (UNICODE.unknown, "dim", "not known: its owner was not asked, or does not count it"),
        (UNICODE.warn, "bad", "keys at a node that does not own their slot; among letters o"),
        ("~", "accent", "among letters: a server moves the slot by itself"),
    ),
    "consensus": _rows(
        9,
        ("SLOT MAP", "title", "agrees with most nodes, or gives so many slots to others"),
        ("older", "unknown", "read before the map that most have now had come to be"),
        ("EPOCH", "title", "its current epoch: the highest it has heard of"),
        ("OK", "title", "members it sees without a flag"),
        ("FAIL?", "warn", "members it suspects; FAIL: those a majority gave up"),
        ("MEET", "title", "members it is still in handshake with"),
        ("CUT", "warn", "members it has no bus link to, or one in one direction only"),
        ("NOADDR", "title", "members whose address it has lost"),
        ("LINKS", "title", "its bus links, two for each other member (Redis >= 7.0)"),
        ("AGE", "title", "since it was asked for its whole view"),
    ),
    "sites": _rows(
        10,
        ("P leads", "primary", "the group's primary stands here: writes go here"),
        ("P 2 of 3", "primary", "of a cluster: so many of its primaries stand here"),
        ("was P", "bad", "its silent primary stood here (of a cluster: so many)"),
        ("R copy", "replica", "only replicas of it stand here"),
        ("LAG", "title", "bytes the best replica here has yet to receive"),
        ("IN TIME", "title", "the same in time, where a canary publishes markers"),
        ("IF LOST", "title", "what becomes of the group when this site is lost as a whole:"),
        ("to west", "ok", "the servers promote somebody there by themselves"),
        ("by hand", "warn", "nobody is promoted until you do it: `site-failover`"),
        ("STOPS", "bad", "nobody elsewhere has a copy that could take over"),
        ("LOSES", "title", "acknowledged writes that are gone then, at most (RPO)"),
        ("TAKES", "title", "until somebody else takes writes (RTO)"),
        ("PING", "title", "the slowest round trip to one of its nodes here"),
        ("≥", "unknown", "not all nodes answer: the sum is at least this"),
    ),
    "routes": _rows(
        9,
        ("WEIGHT", "title", "how much of the reads it should get; 0: none"),
        ("p50", "dim", "half of the calls of the last 30 s took no longer; p99: 99 %"),
        ("SHARE", "title", "of the requests that were given out; WANTED: by its weight"),
        ("DONE", "title", "requests that were answered; FAILED: refused or unknown"),
        ("MEAN", "title", "of its round trips, the newest counting most"),
        ("FLIGHT", "title", "requests that wait for their reply there"),
        ("LAG", "title", "how long a marker takes to it, and from it to us"),
        ("BYTES", "title", "bytes it has yet to receive"),
        ("unknown", "bad", "sent, and no reply: a write may or may not have happened"),
        ("stale", "bad", "a read gave an older value than one acknowledged before it"),
    ),
    "metrics": (
        *_rows(
            11,
            (UNICODE.sparks, "accent", "one sample a poll, the newest at the right, from 0 up"),
            (UNICODE.no_sample, "dim", "no sample: it did not answer"),
            ("P R ?", "primary", "primary, replica, not known"),
            ("A B", "accent", "nodes that are compared: c marks, enter plots"),
            ("plot", "title", "the mean of each step; dots: the highest of a step; UTC"),
            ("F R A D U", "key", "over a plot: failover, restart, action, down, up again"),
            ("╌ ╍", "warn", "a threshold: warning, bad; in ASCII - and ="),
            ("/", "key", "words, and ops_per_second>1000, role=replica, site=fra*"),
        ),
        *_METRICS,
    ),
    "events": _rows(
        17,
        ("+sdown", "warn", "one Sentinel sees it down"),
        ("+odown", "bad", "a quorum sees the primary down"),
        ("+switch-master", "accent", "another primary"),
        ("-failover-abort", "bad", "a failover was given up"),
        ("+tilt", "warn", "a Sentinel stopped trusting itself for 30 s"),
        ("role fault up", "title", "what we saw ourselves, between two polls"),
        ("restart", "warn", "another process answers there: a new run id"),
        ("alert bad", "bad", "an alert: also warn, worse, better, flaps, over"),
        ("action", "key", "an operator's deed, from any console of this machine"),
        ("SEEN", "title", "Sentinels that said the same"),
        ("/kind=alert", "key", "the filter's fields: kind, group, node, by, rule"),
        ("new", "key", "nobody has acknowledged it, and it is not silenced"),
    ),
}

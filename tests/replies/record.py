"""Records what real servers answer: `python -m tests.replies.record [VERSION ...]` (none: all installed ones).

Run it from the root of the checkout, after adding a scene or a version. A run replaces a version's folder; the ids and
numbers in it differ from run to run, so tests look at what a reply means and not at such numbers.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from redistui.demo.servers import Server
from redistui.demo.wire import Wire
from tests import versions
from tests.replies import FOLDER
from tests.replies.scenes import SCENES

SCRUBBED = (
    (rb"executable:[^\r]*", b"executable:/usr/local/bin/server"),
    (rb"config_file:[^\r]*", b"config_file:/etc/server/server.conf"),
    (rb"name=unix,bind=[^\r,]*", b"name=unix,bind=/run/server.sock"),
    (rb"\r\nos:[^\r]*", b"\r\nos:Linux 6.1.0 x86_64"),
    (rb"monotonic_clock:[^\r]*", b"monotonic_clock:POSIX clock_gettime"),
)
"""What tells of the machine it was recorded on."""
MACHINE = tuple({str(path).encode() for path in (Path.home(), Path(tempfile.gettempdir()), FOLDER) if str(path) != "/"})


def scrub(answer: bytes) -> bytes:
    r"""The reply without this machine, still a whole reply: the length of a bulk string is put right.

    >>> scrub(b"$20\r\na:1\r\nexecutable:/x\r\n\r\n")
    b'$39\r\na:1\r\nexecutable:/usr/local/bin/server\r\n\r\n'
    """
    head, _, body = answer.partition(b"\r\n")
    if not head.startswith(b"$") or int(head[1:]) < 0:
        return answer
    text = body[: int(head[1:])]
    for pattern, instead in SCRUBBED:
        text = re.sub(pattern, instead, text)
    return b"$%d\r\n%s\r\n" % (len(text), text)


class Tape:
    """Where the replies of one version go."""

    def __init__(self, version: str, engine: str) -> None:
        self.version = version
        self.engine = engine
        self.folder = FOLDER / version
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()

    def take(self, name: str, source: Server | Wire, *words: str) -> bytes:
        """Asks one command and keeps the reply under that name."""
        if isinstance(source, Server):
            with source.connect(5.0) as wire:
                return self.take(name, wire, *words)
        return self.keep(name, source.raw(*words))

    def keep(self, name: str, answer: bytes) -> bytes:
        answer = scrub(answer)
        told = [place for place in MACHINE if place + b"/" in answer]
        assert not told, f"{name} of {self.version} tells of this machine: {told}"
        path = self.folder / f"{name}.resp"
        assert not path.exists(), f"{name} is recorded twice"
        path.write_bytes(answer)
        return answer


def main(wanted: list[str]) -> int:
    installed = versions.installed()
    for version in wanted or [name for name in versions.VERSIONS if name in installed]:
        if version not in installed:
            print(
                versions.missing(version) if version in versions.HOW else f"unknown version {version}", file=sys.stderr
            )
            return 2
        tape = Tape(version, installed[version])
        for scene in SCENES:
            scene(tape)
            print(f"{version}: {scene.__name__}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

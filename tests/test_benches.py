"""What is run by hand only can at least be begun: every bench is there, with all that it takes from redistui."""

from __future__ import annotations

import subprocess
import sys


def test_every_bench_can_be_begun() -> None:
    modules = "tests.bench.__main__, tests.bench.clients, tests.bench.child, tests.screenshots"
    argv = [sys.executable, "-c", f"import {modules}"]
    told = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert (told.returncode, told.stderr) == (0, "")

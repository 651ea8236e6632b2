"""The config file: what is right in it, and every way in which it can be wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.config import Config, ConfigErrors, Problem, load
from redistui.config.loading import parse
from redistui.model import Site

WHOLE = """\
default = "orders"
period = 2
theme = "dark"
ascii = false
bell = false

[keymap]
"app.pause" = "p"
app.quit = "Q,ctrl+o"

[thresholds]
memory_percent = { warn = 70, bad = 85 }
clients.warn = 5_000

[fleets.orders]
targets = ["sentinel://10.0.0.1,10.0.0.2,10.0.0.3/orders"]
environment = "PROD"
user = "watch"
password_file = "orders.pw"
sentinel_user = "s"
sentinel_password_env = "ORDERS_SENTINEL"
ca = "/etc/ssl/ca.pem"
period = 0.5
addresses = { "172.17.0.2:6379" = "127.0.0.1:7001" }
thresholds = { lag_seconds = { warn = 5 } }

[fleets."cache-1"]
targets = ["cluster://10.1.0.1", "orders"]
environment = "DEV"

[sites.east]
members = ["10.0.0.0/16", "east-*"]
[sites.west]
members = ["10.1.0.1:7000"]
"""


def problems(text: str, path: str = "/etc/r/config.toml", reserved: frozenset[str] = frozenset()) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        parse(text, Path(path), reserved)
    return [str(problem) for problem in caught.value.problems]


def test_a_whole_file_is_read():
    config = parse(WHOLE, Path("/etc/r/config.toml"))
    orders = config.fleets["orders"]
    assert (config.default, config.period, config.theme, config.ascii) == ("orders", 2.0, "dark", False)
    assert config.bell is False
    assert config.keymap == {"app.pause": "p", "app.quit": "Q,ctrl+o"}
    assert config.thresholds == {"memory_percent.warn": 70.0, "memory_percent.bad": 85.0, "clients.warn": 5000.0}
    assert orders.password.file == Path("/etc/r/orders.pw")
    assert orders.sentinel_password.variable == "ORDERS_SENTINEL"
    assert orders.ca == Path("/etc/ssl/ca.pem")
    assert orders.verify
    assert orders.addresses == {"172.17.0.2:6379": "127.0.0.1:7001"}
    assert orders.thresholds == {"lag_seconds.warn": 5.0}
    assert config.fleets["cache-1"].targets == ("cluster://10.1.0.1", "orders")
    assert config.sites == (Site("east", ("10.0.0.0/16", "east-*")), Site("west", ("10.1.0.1:7000",)))


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "\ufeff", "\r\n\r\n"])
def test_an_empty_file_is_all_defaults(text, tmp_path):
    file = tmp_path / "c.toml"
    file.write_text(text)
    assert load(file) == Config(path=file)


def test_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    file = tmp_path / "c.toml"
    file.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert load(file).default == "orders"


def test_a_missing_file_is_all_defaults_unless_it_was_named(tmp_path):
    assert load(tmp_path / "none.toml", must_exist=False) == Config()
    with pytest.raises(ConfigErrors, match=r"none\.toml: does not exist"):
        load(tmp_path / "none.toml")


def test_dev_null_is_an_empty_file():
    assert load(Path("/dev/null")).fleets == {}


ONE_PROBLEM = [
    # text, line, key, part of the sentence
    ("perod = 1\n", 1, "perod", "no such key; did you mean 'period'?"),
    ("\n\nzzzz = 1\n", 3, "zzzz", "no such key"),
    ('period = "1"\n', 1, "period", "must be a number, not a text"),
    ("period = true\n", 1, "period", "must be a number, not true or false"),
    ("period = 0\n", 1, "period", "must be from 0.1 to 3600 seconds, not 0"),
    ("period = -1\n", 1, "period", "must be from 0.1 to 3600 seconds"),
    ("period = nan\n", 1, "period", "must be from 0.1 to 3600 seconds"),
    ("period = inf\n", 1, "period", "must be from 0.1 to 3600 seconds"),
    ("ascii = 1\n", 1, "ascii", "must be true or false, not a number"),
    ('bell = "loud"\n', 1, "bell", "must be true or false, not a text"),
    ("theme = 2020-01-01\n", 1, "theme", "must be a text in quotes, not a date"),
    ('theme = "drak"\n', 1, "theme", "there is no theme 'drak'; did you mean 'dark'?"),
    ('default = "x"\n', 1, "default", "there is no [fleets.x]"),
    ('default = ""\n', 1, "default", "must not be empty"),
    ('default = "a\\u001bb"\n', 1, "default", "holds a control character"),
    ('fleets = "x"\n', 1, "fleets", "must be a table, not a text"),
    ("[fleets]\nx = 1\n", 2, "fleets.x", "must be a table, not a number"),
    ("[[fleets]]\nx = 1\n", 1, "fleets", "must be a table, not a list"),
    ("[fleets.x]\n", 1, "fleets.x.targets", "is missing"),
    ("[fleets.x]\ntargets = []\n", 2, "fleets.x.targets", "must not be empty"),
    ("[fleets.x]\ntargets = [1]\n", 2, "fleets.x.targets", "entry 1 must be a text in quotes, not a number"),
    ('[fleets.x]\ntargets = "redis://h"\n', 2, "fleets.x.targets", "must be a list of texts"),
    ('[fleets.x]\ntargets = ["redis://h:0"]\n', 2, "fleets.x.targets", "port '0' is not from 1 to 65535"),
    ('[fleets.x]\ntargets = ["y"]\n', 2, "fleets.x.targets", "'y' is neither a URL nor a fleet"),
    ('[fleets.x]\ntargets = ["x"]\n', 2, "fleets.x.targets", "leads back to itself: x -> x"),
    ('[fleets.x]\ntargets = ["redis://h","redis://h"]\n', 2, "fleets.x.targets", "'redis://h' is named twice"),
    (
        '[fleets.x]\ntargets = ["redis://h"]\nenviroment = "PROD"\n',
        3,
        "fleets.x.enviroment",
        "did you mean 'environment'?",
    ),
    ('[fleets.x]\ntargets = ["redis://h"]\ncert = "c.pem"\n', 3, "fleets.x.cert", "needs both cert and key"),
    ('[fleets.x]\ntargets = ["redis://h"]\nverify = "no"\n', 3, "fleets.x.verify", "must be true or false"),
    ('[fleets."a b"]\ntargets = ["redis://h"]\n', 1, 'fleets."a b"', "letters, digits, dots, dashes"),
    (
        '[fleets.x]\ntargets = ["redis://h"]\naddresses = {"a" = "b:1"}\n',
        3,
        "fleets.x.addresses.a",
        "the port is missing",
    ),
    (
        '[fleets.x]\ntargets = ["redis://h"]\naddresses = {"a:1" = "::1:1"}\n',
        3,
        'fleets.x.addresses."a:1"',
        "in brackets",
    ),
    (
        '[fleets.x]\ntargets = ["redis://h"]\npassword_file = "a"\npassword_env = "B"\n',
        4,
        "fleets.x.password_env",
        "there is password_file as well",
    ),
    ("[sites.x]\n", 1, "sites.x.members", "is missing"),
    ('[sites.x]\nmembers = ["10.0.0.0/99"]\n', 2, "sites.x.members", "'10.0.0.0/99' is no network"),
    ('[sites.x]\nmembers = ["a b"]\n', 2, "sites.x.members", "has a space"),
    (
        '[sites.x]\nmembers = ["a"]\n[sites.y]\nmembers = ["a"]\n',
        4,
        "sites.y.members",
        "'a' stands in site 'x' already",
    ),
    ('[keymap]\n"app.puase" = "p"\n', 2, '"app.puase"', "did you mean app.pause?"),
    ('[keymap]\n"app.pause" = "ctlr+p"\n', 2, '"app.pause"', "'ctlr+p' is no key"),
    ('[keymap]\n"app.pause" = "q"\n', 2, '"app.pause"', "app.quit"),
    ('[keymap]\n"app.pause" = 1\n', 2, '"app.pause"', "must be a text in quotes, not a number"),
    ("[thresholds]\nmemory = 1\n", 2, "thresholds.memory", "no such key; did you mean 'memory_percent'?"),
    ("[thresholds]\nclients = 1\n", 2, "thresholds.clients", "must be a table, not a number"),
    ("[thresholds]\nclients.wran = 1\n", 2, "thresholds.clients.wran", "did you mean 'warn'?"),
    ("[thresholds]\nfragmentation.warn = 2\n", 2, "thresholds.fragmentation.warn", "no such key"),
    ("[thresholds]\nlag_bytes.advise = 2\n", 2, "thresholds.lag_bytes.advise", "no such key"),
    ("[thresholds]\nfull_in_days.advise = true\n", 2, "thresholds.full_in_days.advise", "must be a number"),
    ("[thresholds]\nclients.warn = -1\n", 2, "thresholds.clients.warn", "must be from 0"),
    ("[thresholds]\nmemory_percent.warn = 95\n", 2, "thresholds.memory_percent.warn", "warn = 95 is above bad = 90"),
]


@pytest.mark.parametrize(("text", "line", "key", "sentence"), ONE_PROBLEM)
def test_a_problem_names_file_line_and_key(text, line, key, sentence):
    (problem,) = problems(text)
    assert problem.startswith(f"/etc/r/config.toml:{line}: ")
    assert key in problem
    assert sentence in problem


NOT_TOML = [
    ("a = 1\na = 2\n", "line 2"),
    ("[fleets.x]\n[fleets.x]\n", "line 2"),
    ("a = {b = 1, b = 2}", "Duplicate"),
    ("\x00", "not TOML"),
    ('a = "x\x00y"', "Illegal character"),
    ("a", "not TOML"),
    ("a = [", "not TOML"),
    ('a = "b', "Unterminated"),
    ("a = 1\rb = 2", "not TOML"),
    ("a = " + "[" * 5000, "brackets in brackets without end"),
    ("a = " + "9" * 5000, "thousands of digits"),
]


@pytest.mark.parametrize(("text", "sentence"), NOT_TOML)
def test_what_is_no_toml_is_told_in_one_sentence(text, sentence):
    (problem,) = problems(text)
    assert problem.startswith("/etc/r/config.toml: not TOML")
    assert sentence in problem
    assert problem.isprintable()


def test_all_problems_are_told_at_once_in_the_order_of_the_file():
    told = problems('perod = 1\nascii = 2\n[fleets.x]\nusre = "a"\n[sites.y]\nmembers = [3]\n[thresholds]\nfoo = 1\n')
    assert len(told) == 6
    assert [line.split(":")[1] for line in told] == sorted(line.split(":")[1] for line in told)


def test_a_password_in_the_file_is_refused_without_repeating_it():
    fleet = '[fleets.x]\ntargets = ["redis://h", "redis://u:hunter2@h"]\n'
    text = fleet + 'password = "hunter2"\nsentinel_password = 12345678\n'
    told = "\n".join(problems(text))
    assert "hunter2" not in told
    assert "12345678" not in told
    assert told.count("password_file") == 3


def test_a_cycle_of_fleets_is_told_by_its_way():
    fleets = "".join(f'[fleets.{one}]\ntargets = ["{other}"]\n' for one, other in ("ab", "bc", "ca"))
    assert [line.partition("itself: ")[2] for line in problems(fleets)] == [
        "a -> b -> c -> a",
        "b -> c -> a -> b",
        "c -> a -> b -> c",
    ]


def test_a_fleet_may_not_be_named_like_a_verb():
    (problem,) = problems('[fleets.status]\ntargets = ["redis://h"]\n', reserved=frozenset({"status"}))
    assert "the name of a verb" in problem


def test_control_characters_never_reach_the_terminal():
    for problem in problems('"a\\u001b[31m" = 1\n[fleets."\\u202e"]\ntargets = ["redis://\\u001b]0;x"]\n'):
        assert problem.isprintable()


@given(st.text(max_size=200))
def test_any_text_is_a_config_or_printable_sentences(text):
    told: tuple[Problem, ...] = ()
    try:
        parse(text, Path("/c.toml"))
    except ConfigErrors as error:
        told = error.problems
    assert all(str(problem).isprintable() for problem in told)


class TestTheFileItself:
    def refused(self, path: Path) -> str:
        with pytest.raises(ConfigErrors) as caught:
            load(path)
        (problem,) = caught.value.problems
        return str(problem)

    def test_a_directory(self, tmp_path):
        assert self.refused(tmp_path) == f"{tmp_path}: is a directory, not a file"

    def test_a_pipe_nobody_writes_to(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        assert self.refused(tmp_path / "pipe").endswith("is a pipe, not a file")

    def test_ten_megabytes(self, tmp_path):
        file = tmp_path / "big"
        file.write_bytes(b"#" * 10 * 1024 * 1024)
        assert self.refused(file).endswith("has 10.0 MB; more than 1.0 MB is refused")

    def test_bytes_that_are_no_text(self, tmp_path):
        file = tmp_path / "latin"
        file.write_bytes('# ok\ntheme = "\u00e9"'.encode("latin-1"))
        assert self.refused(file).endswith("is not UTF-8 text (byte 0xe9 in line 2)")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_mode_000(self, tmp_path):
        file = tmp_path / "shut"
        file.touch(0o000)
        assert self.refused(file).endswith("may not be read by you")

    def test_a_link_that_leads_nowhere(self, tmp_path):
        (tmp_path / "link").symlink_to(tmp_path / "gone")
        assert self.refused(tmp_path / "link").endswith("does not exist")

    def test_a_link_that_leads_to_itself(self, tmp_path):
        (tmp_path / "link").symlink_to(tmp_path / "link")
        assert "cannot be opened" in self.refused(tmp_path / "link")

    def test_a_folder_that_is_a_file(self, tmp_path):
        (tmp_path / "file").touch()
        assert "cannot be opened: Not a directory" in self.refused(tmp_path / "file" / "c.toml")

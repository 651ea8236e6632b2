"""Words of the command line, the config and the environment become targets with their logins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from redistui.config import Config, ConfigErrors, histories_of, load, period_of, resolve, thresholds_of
from redistui.config.loading import parse
from redistui.judge.rules.limits import Limits
from redistui.model import Login, Tls


def config(text: str, folder: Path | None = None) -> Config:
    if folder is None:
        return parse(text, Path("/etc/r/config.toml"))
    (folder / "config.toml").write_text(text)
    return load(folder / "config.toml")


def told(words: list[str], given: Config, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        resolve(words, given, environ or {}, others=["status", "check"])
    return [str(problem) for problem in caught.value.problems]


def test_without_words_and_config_it_is_this_machine():
    (target,) = resolve([], Config(), {})
    assert (target.addresses, target.text) == (("127.0.0.1:6379",), "redis://127.0.0.1:6379")


def test_without_words_it_is_the_default_fleet():
    given = config(
        'default = "b"\n[fleets.a]\ntargets = ["redis://a"]\n[fleets.b]\ntargets = ["redis://b"]\nenvironment = "PROD"'
    )
    (target,) = resolve([], given, {})
    assert (target.addresses, target.title, target.environment) == (("b:6379",), "b", "PROD")


def test_a_fleet_of_fleets_is_all_of_them_each_once():
    given = config(
        '[fleets.all]\ntargets = ["a", "b", "redis://c"]\n'
        '[fleets.a]\ntargets = ["redis://a"]\n[fleets.b]\ntargets = ["a"]\n'
    )
    assert [target.addresses[0] for target in resolve(["all", "a"], given, {})] == ["a:6379", "c:6379"]


def test_a_fleet_that_watches_all_names_of_its_sentinels_leaves_the_naming_to_them():
    given = config('[fleets.a]\ntargets = ["sentinel://h"]\n[fleets.b]\ntargets = ["sentinel://h/x"]\n')
    assert [target.title for target in resolve(["a", "b"], given, {})] == [None, "b"]


def test_passwords_come_from_the_environment():
    environ = {"REDISTUI_PASSWORD": "d", "REDISTUI_SENTINEL_PASSWORD": "s"}
    redis, sentinel = resolve(["redis://ann@h", "sentinel://bob@h"], Config(), environ)
    assert (redis.access.data, redis.access.sentinel) == (Login("ann", "d"), Login(None, "s"))
    assert (sentinel.access.data, sentinel.access.sentinel) == (Login(None, "d"), Login("bob", "s"))


def test_an_empty_variable_is_no_password():
    (target,) = resolve(["redis://h"], Config(), {"REDISTUI_PASSWORD": ""})
    assert target.access.data.password is None


def test_a_fleets_own_password_goes_before_the_environments(tmp_path):
    secret = tmp_path / "pw"
    secret.write_text("from file\n")
    secret.chmod(0o600)
    given = config(
        '[fleets.x]\ntargets = ["redis://h"]\nuser = "ann"\npassword_file = "pw"\nsentinel_password_env = "S"', tmp_path
    )
    (target,) = resolve(["x"], given, {"REDISTUI_PASSWORD": "other", "S": "from env"})
    assert (target.access.data, target.access.sentinel) == (Login("ann", "from file"), Login(None, "from env"))
    assert "from file" not in repr(target)


FLEET = '[fleets.x]\ntargets = ["redis://h"]\npassword_file = "pw"\n'


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_password_file_that_others_may_touch_is_refused(tmp_path, mode):
    (tmp_path / "pw").write_text("hunter2")
    (tmp_path / "pw").chmod(mode)
    (problem,) = told(["x"], config(FLEET, tmp_path))
    assert f"can be read by others (mode {mode:03o}): chmod 600 it" in problem
    assert "fleets.x.password_file" in problem
    assert "hunter2" not in problem


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_password_file_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "pw").write_text("x")
    (tmp_path / "pw").chmod(0o600)
    os.chown(tmp_path / "pw", 12345, 12345)
    assert "belongs to another user" in told(["x"], config(FLEET, tmp_path))[0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"a\nb\n", "more than one line"),
        (b"a\0b", "more than one line"),
        (b"\xff", "is not UTF-8"),
        (b"x" * 5000, "is refused"),
    ],
)
def test_a_password_file_holds_one_line(tmp_path, content, sentence):
    (tmp_path / "pw").write_bytes(content)
    (tmp_path / "pw").chmod(0o600)
    assert sentence in told(["x"], config(FLEET, tmp_path))[0]


def test_a_password_file_that_is_not_there_or_no_file(tmp_path):
    assert "pw does not exist" in told(["x"], config(FLEET, tmp_path))[0]
    os.mkfifo(tmp_path / "pw", 0o600)
    assert "pw is a pipe, not a file" in told(["x"], config(FLEET, tmp_path))[0]


def test_a_variable_that_is_not_set_is_named(tmp_path):
    given = config('[fleets.x]\ntargets = ["redis://h"]\npassword_env = "ORDERS_PW"', tmp_path)
    (problem,) = told(["x"], given)
    assert problem == f"{tmp_path}/config.toml:3: fleets.x.password_env: $ORDERS_PW is not set in the environment"


def test_certificates_of_a_fleet_make_all_its_targets_tls(tmp_path):
    for name in ("ca.pem", "c.pem", "k.pem"):
        (tmp_path / name).touch()
    given = config(
        '[fleets.x]\ntargets = ["redis://h", "sentinel://s", "unix:///r.sock"]\n'
        'ca = "ca.pem"\ncert = "c.pem"\nkey = "k.pem"\n',
        tmp_path,
    )
    tls = [target.access.tls for target in resolve(["x"], given, {})]
    assert tls == [Tls(*(str(tmp_path / name) for name in ("ca.pem", "c.pem", "k.pem"))), tls[0], None]


def test_verification_is_on_unless_the_config_says_otherwise():
    given = config('[fleets.x]\ntargets = ["rediss://h"]\n[fleets.y]\ntargets = ["rediss://g"]\nverify = false')
    assert [target.access.tls for target in resolve(["x", "y"], given, {})] == [Tls(), Tls(verify=False)]


def test_a_private_fleet_is_private_and_no_other():
    given = config('[fleets.x]\ntargets = ["redis://h"]\nprivate = true\n[fleets.y]\ntargets = ["redis://g"]')
    assert [target.access.private for target in resolve(["x", "y", "redis://z"], given, {})] == [True, False, False]


def test_a_certificate_that_is_not_there_is_told():
    (problem,) = told(["rediss://h?ca=/nowhere/ca.pem"], Config())
    assert problem == "rediss://h?ca=/nowhere/ca.pem: ca=/nowhere/ca.pem does not exist"


def test_an_unknown_word_is_answered_with_the_nearest_one():
    given = config('[fleets.orders]\ntargets = ["redis://h"]')
    assert "did you mean 'orders'?" in told(["oders"], given)[0]
    assert "did you mean 'status'?" in told(["staus"], given)[0]
    assert "did you mean 'redis://h:6379'?" in told(["h:6379"], given)[0]
    assert "hunter2" not in told(["ann:hunter2@h"], given)[0]


def test_all_bad_words_are_told_at_once():
    assert len(told(["redis://h:0", "nope", "redis://u:p@h"], Config())) == 3


def test_the_shortest_period_and_the_closest_thresholds_count():
    given = config(
        "period = 5\nthresholds = { clients = { warn = 1 } }\n"
        '[fleets.a]\ntargets = ["b"]\n'
        '[fleets.b]\ntargets = ["redis://h"]\nperiod = 0.5\nthresholds = { clients = { warn = 9 } }\n'
    )
    assert (period_of(["a"], given), period_of(["redis://h"], given)) == (0.5, 5.0)
    assert thresholds_of(["a"], given) == {"clients.warn": 9.0}
    assert thresholds_of([], given) == {"clients.warn": 1.0}


LIMITS = """
thresholds = { clients = { warn = 1 } }
[fleets.a]
targets = ["redis://a"]
thresholds = { lag_seconds = { warn = 5 }, group = { "o*" = { clients = { warn = 7 } } } }
[fleets.b]
targets = ["redis://b", "redis://a"]
[fleets.all]
targets = ["a", "b"]
thresholds = { lag_seconds = { warn = 8, bad = 20 } }
"""


@pytest.mark.parametrize(
    ("words", "a", "b"),
    [
        (["a"], (5, 30, 7), None),
        (["b"], (10, 30, 1), (10, 30, 1)),
        (["a", "b"], (5, 30, 7), (10, 30, 1)),
        (["a", "redis://b"], (5, 30, 7), (10, 30, 1)),
        (["all"], (5, 20, 7), (8, 20, 1)),
    ],
)
def test_each_of_several_fleets_has_its_own_thresholds(words, a, b):
    limits = Limits(thresholds_of(words, config(LIMITS)))
    for host, wanted in (("a", a), ("b", b)):
        chosen = limits.within(f"redis://{host}").of("orders")
        names = ("lag_seconds.warn", "lag_seconds.bad", "clients.warn")
        assert wanted is None or tuple(chosen[name] for name in names) == wanted


PASTS = """
default = "a"
[fleets.a]
targets = ["redis://a"]
history = "/kept/a"
[fleets.b]
targets = ["redis://b", "redis://a"]
history = "/kept/b"
[fleets.c]
targets = ["redis://c"]
[fleets.all]
targets = ["a", "b", "c"]
history = "/kept/all"
[fleets.bare]
targets = ["a", "c"]
"""


@pytest.mark.parametrize(
    ("words", "files"),
    [
        ([], {"/kept/a": ["a"]}),
        (["a", "b"], {"/kept/a": ["a"], "/kept/b": ["b"]}),
        (["b"], {"/kept/b": ["a", "b"]}),
        (["all"], {"/kept/a": ["a"], "/kept/b": ["b"], "/kept/all": ["c"]}),
        (["bare"], {"/kept/a": ["a"]}),
        (["a", "redis://c"], {"/kept/a": ["a"]}),
        (["c"], {}),
    ],
)
def test_the_past_of_each_fleet_is_kept_in_its_own_file(words: list[str], files: dict[str, list[str]]):
    found = histories_of(words, config(PASTS))
    assert {str(path): sorted(texts) for path, texts in found.items()} == {
        path: [f"redis://{host}" for host in hosts] for path, hosts in files.items()
    }


def test_from_where_on_something_is_recommended_is_set_as_any_other_threshold():
    given = config(
        "[thresholds]\nclients.advise = 3000\nfragmentation.advise = 2\n[thresholds.group.orders]\n"
        'full_in_days.advise = 90\n[fleets.a]\ntargets = ["redis://a"]\nthresholds = { clients = { advise = 10 } }'
    )
    assert thresholds_of(["a"], given) == {
        "clients.advise": 10.0, "fragmentation.advise": 2.0, "group:orders/full_in_days.advise": 90.0
    }  # fmt: skip

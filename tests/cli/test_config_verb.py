"""`config`, `themes`, `keys` and `info`: what they print, and what they never print."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace

import pytest

from redistui.cli.keys import as_typed
from redistui.config import load
from redistui.view.keys import KEYS, check_keymap
from tests.cli.running import redistui

CONFIG = """\
default = "orders"
period = 2
[keymap]
"app.pause" = "p"
[fleets.orders]
targets = ["sentinel://10.0.0.1/orders"]
environment = "PROD"
password_file = "orders.pw"
sentinel_password_env = "SENTINEL_PW"
[sites.east]
members = ["10.0.0.0/16"]
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "c.toml").write_text(CONFIG)
    (tmp_path / "orders.pw").write_text("hunter2")
    (tmp_path / "orders.pw").chmod(0o600)
    return tmp_path / "c.toml"


def test_path_names_the_file_whether_it_exists_or_not(file, tmp_path):
    assert redistui("config", "path", env={"REDISTUI_CONFIG": str(file)}).out == f"{file}\n"
    ended = redistui("config", "path", env={"REDISTUI_CONFIG": "", "XDG_CONFIG_HOME": str(tmp_path / "xdg")})
    assert ended.out == f"{tmp_path}/xdg/redistui/config.toml\n"


def test_show_names_where_a_password_is_kept_and_not_the_password(file):
    env = {"SENTINEL_PW": "hunter3"}
    shown, told = (redistui("config", "show", "--config", str(file), *more, env=env) for more in ([], ["--json"]))
    assert (shown.code, told.code) == (0, 0)
    assert f'password_file = "{file.parent}/orders.pw"' in shown.out
    fleet = json.loads(told.out)["fleets"]["orders"]
    assert fleet["password"] == f"*** (in {file.parent}/orders.pw)"
    assert fleet["sentinel_password"] == "*** (in $SENTINEL_PW)"
    assert "hunter" not in shown.out + told.out


EVERYTHING = """\
period = 3
ascii = true
bell = false
[keymap]
"app.pause" = "p"
[thresholds]
clients = { warn = 3000, advise = 8000 }
[thresholds.node."10.0.0.7:*"]
clients.warn = 8000
[thresholds.group."a.b"]
lag_seconds.warn = 7
[fleets."shop.eu"]
targets = ["redis://10.0.0.1"]
verify = false
private = true
history = "shop.history"
operator_user = "ops"
operator_password_file = "ops.pw"
canary_user = "c"
canary_password_env = "CANARY"
addresses = { "10.0.0.1:6379" = "h:1" }
thresholds = { group = { sessions = { lag_seconds = { warn = 5 } } }, lag_seconds = { bad = 99.5 } }
[sites.east]
members = ["10.0.0.0/16"]
primary = true
hook_after = "dns"
[alerts]
webhook = "https://example.org/hunter2"
[recording]
kept = 3
"""


def test_show_has_every_table_and_hides_what_a_webhook_is(tmp_path):
    (tmp_path / "c.toml").write_text(EVERYTHING)
    ended = redistui("config", "show", "--config", str(tmp_path / "c.toml"))
    assert "hunter" not in ended.out
    assert "# webhook = ***" in ended.out
    assert tomllib.loads(ended.out)["recording"]["kept"] == 3


def test_what_show_prints_is_the_same_config(tmp_path):
    one, two = tmp_path / "c.toml", tmp_path / "elsewhere" / "c.toml"
    two.parent.mkdir()
    one.write_text(EVERYTHING.replace('webhook = "https://example.org/hunter2"', 'webhook_env = "HOOK"'))
    two.write_text(redistui("config", "show", "--config", str(one)).out)
    assert load(two) == replace(load(one), path=two)


def test_validate_finds_all_files_that_cannot_be_used_at_once(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text(
        '[fleets.a]\ntargets = ["redis://h"]\npassword_file = "a.pw"\nca = "ca.pem"\n'
        'operator_user = "ops"\noperator_password_file = "ops.pw"\n[fleets.all]\ntargets = ["a"]\n'
        '[sites.east]\nmembers = ["h"]\nhook_after = "dns"\n[alerts]\nwebhook_file = "hook"\n'
    )
    ended = redistui("config", "validate", "--config", str(file))
    places = [line.removeprefix(f"redistui: {file}:").split(": ")[:2] for line in ended.sentences]
    assert places == [
        ["3", "fleets.a.password_file"],
        ["4", "fleets.a.ca"],
        ["6", "fleets.a.operator_password_file"],
        ["11", "sites.east.hook_after"],
        ["12", "alerts"],
    ]


def test_a_key_that_two_things_want_is_told_where_the_operator_wrote_it(tmp_path):
    (tmp_path / "c.toml").write_text('[keymap]\n"app.copy" = "p"\n"app.log" = "ctrl+c"\n')
    (told,) = redistui("config", "validate", "--config", str(tmp_path / "c.toml")).sentences
    assert "c.toml:3: keymap.\"app.log\": 'ctrl+c' is also app.interrupt" in told


def test_show_as_json(file):
    found = json.loads(redistui("config", "show", "--json", "--config", str(file)).out)
    assert found["fleets"]["orders"]["targets"] == ["sentinel://10.0.0.1/orders"]
    assert found["fleets"]["orders"]["user"] is None


def test_validate_is_fine_with_a_good_file(file):
    ended = redistui("config", "validate", "--config", str(file), env={"SENTINEL_PW": "x"})
    assert (ended.code, ended.out) == (0, f"{file}: fine (1 fleet, 1 site)\n")


def test_validate_reads_password_files_and_variables_too(file):
    (file.parent / "orders.pw").chmod(0o644)
    ended = redistui("config", "validate", "--config", str(file))
    assert ended.code == 2
    assert [line.split(": ")[2] for line in ended.sentences] == [
        "fleets.orders.password_file",
        "fleets.orders.sentinel_password_env",
    ]
    assert f"{file}:8: " in ended.err


def test_without_a_file_all_is_default(tmp_path):
    env = {"REDISTUI_CONFIG": "", "XDG_CONFIG_HOME": str(tmp_path)}
    ended = redistui("config", "validate", env=env)
    assert (ended.code, "does not exist: all defaults" in ended.out) == (0, True)
    shown = redistui("config", "show", env=env)
    assert (shown.code, "does not exist: all defaults" in shown.out) == (0, True)


def test_keys_are_listed_as_the_config_has_moved_them(file):
    rows = {row["id"]: row for row in json.loads(redistui("keys", "--json", "--config", str(file)).out)}
    assert rows["app.pause"]["key"] == "p"
    assert "app.quit" in redistui("keys").out


def test_a_key_is_listed_as_keymap_takes_it():
    taken = {row.id: ",".join(map(as_typed, row.key.split(","))) for row in KEYS}
    assert check_keymap(taken) == ()
    assert taken["app.help"] == "?"


def test_themes_are_listed_with_their_files(tmp_path):
    own = tmp_path / "redistui" / "themes"
    own.mkdir(parents=True)
    (own / "mine.toml").write_text("x = [")
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    found = json.loads(redistui("themes", "--json", env=env).out)
    files = {row["name"]: row["file"] for row in found}
    assert files["mine"] == str(own / "mine.toml")
    assert "dark" in files
    assert {row["name"] for row in found if row["problems"]} == {"mine"}
    (tmp_path / "c.toml").write_text('\ntheme = "mine"\n')
    validated = redistui("config", "validate", "--config", str(tmp_path / "c.toml"), env=env)
    assert (validated.code, f"c.toml:2: theme: {own}/mine.toml: not TOML" in validated.err) == (2, True)


def test_info_tells_versions_and_no_secrets():
    ended = redistui("info", env={"REDISTUI_PASSWORD": "hunter2"})
    assert ended.code == 0
    assert "hiredis" in ended.out
    assert "hunter2" not in ended.out
    assert json.loads(redistui("info", "--json").out)["terminal"]["dashboard"] == "no: stdin is not one"

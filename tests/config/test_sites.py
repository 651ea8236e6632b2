"""`[sites.NAME]`: where writes belong, and the hooks around a takeover."""

from __future__ import annotations

from pathlib import Path

import pytest

from redistui.config import ConfigErrors
from redistui.config.loading import parse
from redistui.config.sites import check_hooks, unfit
from redistui.model import Site

HERE = Path("/etc/r/config.toml")
TWO = """\
[sites.east]
members = ["10.1.0.0/16"]
primary = true
hook_before = "hooks/may-we"
[sites.west]
members = ["10.2.0.0/16"]
hook_after = "/opt/dns-to-west"
"""


def test_a_site_tells_whether_writes_belong_to_it_and_what_is_run_around_a_takeover() -> None:
    east, west = parse(TWO, HERE).sites
    assert east == Site("east", ("10.1.0.0/16",), True, "/etc/r/hooks/may-we", None)
    assert west == Site("west", ("10.2.0.0/16",), False, None, "/opt/dns-to-west")


def test_a_hook_of_a_config_named_relatively_has_a_whole_path_all_the_same() -> None:
    (site,) = parse('[sites.x]\nmembers = ["a"]\nhook_after = "h"\n', Path("config.toml")).sites
    assert site.hook_after == str(Path.cwd() / "h")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[sites.a]\nmembers = ["a"]\nprimary = true\n[sites.b]\nmembers = ["b"]\nprimary = true\n',
            "config.toml:6: sites.b.primary: site 'a' is the primary one already: one of the two",
        ),
        ('[sites.a]\nmembers = ["a"]\nprimary = "yes"\n', "config.toml:3: sites.a.primary: must be true or false"),
        ("[sites.a]\nmembers = []\n", "config.toml:2: sites.a.members: must not be empty"),
        ('[sites.a]\nmembers = ["a"]\nhook_before = ""\n', "sites.a.hook_before: "),
        ('[sites.a]\nmembers = ["a"]\nhook_before = ["x"]\n', "sites.a.hook_before: must be a text"),
        ('[sites.a]\nmembers = ["a"]\nhook_befor = "x"\n', "no such key; did you mean 'hook_before'?"),
    ],
)
def test_what_is_wrong_with_a_site_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        parse(text, HERE)
    assert said in str(caught.value)


def test_every_hook_that_cannot_be_run_is_told_with_its_line(tmp_path: Path) -> None:
    hooks = {name: tmp_path / name for name in ("good", "plain", "folder")}
    hooks["good"].write_text("#!/bin/sh\n")
    hooks["good"].chmod(0o700)
    hooks["plain"].write_text("")
    hooks["folder"].mkdir()
    file = tmp_path / "config.toml"
    file.write_text(
        '[sites.a]\nmembers = ["a"]\nhook_before = "good"\nhook_after = "plain"\n'
        '[sites.b]\nmembers = ["b"]\nhook_before = "folder"\nhook_after = "missing"\n'
    )
    with pytest.raises(ConfigErrors) as caught:
        check_hooks(parse(file.read_text(), file))
    assert [str(problem) for problem in caught.value.problems] == [
        f"{file}:4: sites.a.hook_after: {tmp_path}/plain may not be executed by you: chmod +x it",
        f"{file}:7: sites.b.hook_before: {tmp_path}/folder is no file",
        f"{file}:8: sites.b.hook_after: {tmp_path}/missing does not exist",
    ]
    assert unfit(hooks["good"]) == ""

"""Error replies: the same kind for the same trouble on every product and version."""

from __future__ import annotations

from typing import get_args

import pytest

from redistui.model import DOWN, FaultKind
from redistui.replies.errors import FAULTS, SENTENCES, kind_of, needs_no_password
from tests.replies import reply
from tests.versions import VERSIONS

KINDS = {
    "error-busy-ping": "busy",
    "error-busy-info": "busy",
    "error-busy-role": "busy",
    "error-loading-ping": "loading",
    "error-masterdown-get": "masterdown",
    "error-maxclients": "maxclients",
    "error-noauth-ping": "noauth",
    "error-noauth-info": "noauth",
    "error-noauth-role": "noauth",
    "error-wrongpass": "noauth",
    "error-wrongpass-user": "noauth",
    "error-noperm-info": "noperm",
    "error-noperm-role": "noperm",
    "error-unknown-command": "error",
    "error-cluster-disabled": "error",
    "error-readonly": "error",
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", KINDS)
def test_each_error_is_of_its_kind_on_every_version(version: str, name: str) -> None:
    assert kind_of(str(reply(version, name))) == KINDS[name]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_without_a_password_says_so(version: str) -> None:
    assert needs_no_password(str(reply(version, "error-auth-without-password")))
    assert not needs_no_password(str(reply(version, "error-wrongpass")))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("BUSY Valkey is busy running a script.", "busy"),
        ("BUSYKEY Target key name already exists.", "error"),
        ("BUSYGROUP Consumer Group name already exists", "error"),
        ("UNKILLABLE Sorry the script already executed write commands", "busy"),
        ("NOAUTH Authentication required.", "noauth"),
        ("NOAUTH", "noauth"),
        ("NOAUTHX", "error"),
        ("ERR max number of clients + cluster connections reached", "maxclients"),
        ("ERR invalid password", "noauth"),
        ("ERR invalid passwords", "error"),
        ("LOADINGx", "error"),
        ("", "error"),
    ],
)
def test_only_the_first_word_counts(error: str, kind: str) -> None:
    assert kind_of(error) == kind


def test_every_kind_that_a_server_can_say_has_its_sentence() -> None:
    assert {kind for _, kind in FAULTS} | {"error"} == set(SENTENCES)
    assert set(SENTENCES) | DOWN == set(get_args(FaultKind))
    assert not DOWN & set(SENTENCES)

"""Who acts, and where that one's password is kept: the config, the environment, and when a file is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from redistui.config import ConfigErrors, resolve
from redistui.config.files import Unreadable
from redistui.config.loading import parse
from redistui.config.operators import check_passwords, kept_password
from redistui.model import Operator, Target

FLEET = '[fleets.orders]\ntargets = ["sentinel://10.0.0.1/orders"]\nuser = "watch"\n'
ENVIRONMENT = {
    "REDISTUI_OPERATOR_USER": "ops", "REDISTUI_OPERATOR_PASSWORD": "hunter2",
    "REDISTUI_SENTINEL_OPERATOR_USER": "sops", "REDISTUI_SENTINEL_OPERATOR_PASSWORD": "hunter3",
}  # fmt: skip


def target(text: str, folder: Path, environ: dict[str, str] | None = None, word: str = "orders") -> Target:
    (found,) = resolve([word], parse(text, folder / "config.toml"), environ or {})
    return found


def test_without_a_word_about_it_whoever_watches_acts(tmp_path: Path) -> None:
    access = target(FLEET, tmp_path).access
    assert (access.operator, access.sentinel_operator) == (None, None)


def test_the_config_names_both_and_where_their_passwords_are(tmp_path: Path) -> None:
    text = FLEET + 'operator_user = "ops"\noperator_password_file = "ops.pw"\n'
    text += 'sentinel_operator_user = "sops"\nsentinel_operator_password_env = "SOPS"\n'
    access = target(text, tmp_path).access
    assert access.operator == Operator("ops", str(tmp_path / "ops.pw"), None, "the data nodes of orders")
    assert access.sentinel_operator == Operator("sops", None, "SOPS", "the Sentinels of orders")


def test_the_environment_names_them_where_the_config_does_not(tmp_path: Path) -> None:
    for word in ("orders", "redis://10.0.0.1"):
        access = target(FLEET, tmp_path, ENVIRONMENT, word).access
        assert access.operator is not None
        assert access.sentinel_operator is not None
        assert (access.operator.user, access.sentinel_operator.user) == ("ops", "sops")
        assert kept_password(access.operator, ENVIRONMENT) == "hunter2"
        assert kept_password(access.sentinel_operator, ENVIRONMENT) == "hunter3"
        assert kept_password(access.operator, {}) is None
        assert "hunter" not in repr(access)
    named = target(FLEET + 'operator_user = "mine"\n', tmp_path, ENVIRONMENT).access.operator
    assert named is not None
    assert named.user == "mine"


def test_canaries_have_a_user_of_their_own_where_one_is_named(tmp_path: Path) -> None:
    assert target(FLEET, tmp_path).access.canary is None
    text = FLEET + 'canary_user = "canary"\ncanary_password_file = "canary.pw"\n'
    place = "the data nodes of orders, with canaries"
    assert target(text, tmp_path).access.canary == Operator("canary", str(tmp_path / "canary.pw"), None, place)
    environ = {"REDISTUI_CANARY_USER": "bird", "REDISTUI_CANARY_PASSWORD": "hunter4"}
    for word in ("orders", "redis://10.0.0.1"):
        found = target(FLEET, tmp_path, environ, word).access.canary
        assert found is not None
        assert found.user == "bird"
        assert kept_password(found, environ) == "hunter4"
    with pytest.raises(ConfigErrors, match=r"canary\.pw does not exist"):
        check_passwords(parse(text, tmp_path / "config.toml"))


def test_a_password_of_nobody_is_a_mistake(tmp_path: Path) -> None:
    rows = (("operator", "operator_user"), ("sentinel_operator", "sentinel_operator_user"), ("canary", "canary_user"))
    for name, user in rows:
        with pytest.raises(ConfigErrors) as caught:
            parse(FLEET + f'{name}_password_file = "ops.pw"\n', tmp_path / "config.toml")
        (problem,) = caught.value.problems
        assert problem.key == f"fleets.orders.{name}_password_file"
        assert problem.line == 4
        assert problem.text == f"{user} is missing: whose password is it?"


def test_a_password_in_the_config_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        parse(FLEET + 'operator_user = "ops"\noperator_password = "hunter2"\n', tmp_path / "config.toml")
    assert "hunter2" not in str(caught.value)
    assert "passwords do not stand in the config" in str(caught.value)


def test_whoever_only_watches_needs_not_be_let_read_the_operators_file(tmp_path: Path) -> None:
    text = FLEET + 'operator_user = "ops"\noperator_password_file = "not-there.pw"\n'
    found = target(text, tmp_path)
    assert found.access.operator is not None
    with pytest.raises(Unreadable, match=r"password of ops cannot be read: .*not-there\.pw does not exist"):
        kept_password(found.access.operator, {})
    with pytest.raises(ConfigErrors, match=r"not-there\.pw does not exist"):
        check_passwords(parse(text, tmp_path / "config.toml"))


def test_a_file_that_others_can_read_is_not_taken(tmp_path: Path) -> None:
    file = tmp_path / "ops.pw"
    file.write_text("hunter2\n")
    operator = Operator("ops", str(file))
    file.chmod(0o644)
    with pytest.raises(Unreadable, match="can be read by others"):
        kept_password(operator, {})
    file.chmod(0o600)
    assert kept_password(operator, {}) == "hunter2"
    check_passwords(
        parse(FLEET + 'operator_user = "ops"\noperator_password_file = "ops.pw"\n', tmp_path / "config.toml")
    )

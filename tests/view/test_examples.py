"""The examples in the docstrings of views and widgets hold."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

import redistui.tui.widgets
import redistui.view

MODULES = [
    f"{package.__name__}.{module.name}"
    for package in (redistui.view, redistui.tui.widgets)
    for module in iter_modules(package.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0

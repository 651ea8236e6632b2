"""The examples in docstrings, one test a module that has any. Modules are found as files: none is imported in vain."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import redistui

ROOT = Path(redistui.__file__).parent
WITH_EXAMPLES = sorted(path for path in ROOT.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_of_a_module_are_right(path: Path) -> None:
    name = ".".join(["redistui", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__")
    failed, tried = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0
    assert tried > 0

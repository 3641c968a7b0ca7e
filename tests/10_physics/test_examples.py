"""The examples in the docstrings of the kernels are run: conventions that a program checks."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import estran.physics

MODULES = sorted(m.name for m in pkgutil.walk_packages(estran.physics.__path__, "estran.physics."))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    assert sum(doctest.testmod(importlib.import_module(name)).attempted for name in MODULES) >= 8

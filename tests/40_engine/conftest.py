"""Makes the small operators importable as ``engine_operators`` (tests are no packages), and hands them out."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

if "engine_operators" not in sys.modules:
    _spec = importlib.util.spec_from_file_location("engine_operators", Path(__file__).with_name("engine_operators.py"))
    assert _spec is not None
    assert _spec.loader is not None
    _module = importlib.util.module_from_spec(_spec)
    sys.modules["engine_operators"] = _module
    _spec.loader.exec_module(_module)


@pytest.fixture(scope="session")
def operators() -> dict[str, Any]:
    return dict(sys.modules["engine_operators"].OPERATORS)


@pytest.fixture
def product() -> Any:
    return sys.modules["engine_operators"].make_product()

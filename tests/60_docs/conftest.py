"""The builder lives in ``docs/press``, which is no part of the package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
sys.path.insert(0, str(DOCS))


@pytest.fixture(scope="session")
def docs() -> Path:
    return DOCS

"""Figures of the pages: one module each, in a folder ``figures`` beside the page.

A module has ``data()``, which computes with the shipped kernels and a fixed seed; ``facts(data)``, the sentences that
the figure shows, each with whether it is so (tested); and ``draw(data)``, which gives a matplotlib Figure (not tested).
A page shows it as ``![what is seen](figures/name.png)``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any


def load(path: Path) -> ModuleType:
    """The module of a figure."""
    name = "estran_figure_" + path.stem + hashlib.sha256(str(path).encode()).hexdigest()[:8]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no figure module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def modules(docs: Path) -> list[Path]:
    """Every figure of the documents."""
    return sorted(p for p in docs.rglob("figures/*.py") if not p.name.startswith("_"))


def stated(module: ModuleType, data: Any) -> Mapping[str, bool]:
    """The sentences of a figure, and whether each is so."""
    facts: Mapping[str, bool] = module.facts(data)
    return facts


def draw(source: Path, target: Path) -> list[str]:
    """Draw a figure to a PNG file; the sentences of it that are not so."""
    import matplotlib

    module = load(source)
    data = module.data()
    wrong = [sentence for sentence, so in stated(module, data).items() if not so]
    with matplotlib.rc_context(_STYLE):
        figure = module.draw(data)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=144, metadata={"Software": None}, facecolor="white")
    return wrong


_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "0.9",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}

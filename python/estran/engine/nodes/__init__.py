"""The SNAP nodes that our graphs use, and nothing more: whatever else a graph names needs ``gpt``.

Parameters carry SNAP's own names and defaults (SNAP 13.0.3); ``graphs/snap-nodes.toml`` lists them, and a test
compares.
"""

from __future__ import annotations

from collections.abc import Mapping

from estran.engine.nodes.base import SnapNode
from estran.engine.nodes.files import Read, Write


def snap_nodes() -> Mapping[str, type[SnapNode]]:
    """Every node of SNAP's that this engine runs, by operator name."""
    from estran.engine.nodes.bandmaths import BandMaths
    from estran.engine.nodes.resampling import Resample, S2Resampling
    from estran.engine.nodes.subset import Subset

    return {node.alias: node for node in (Read, Write, Resample, S2Resampling, Subset, BandMaths)}

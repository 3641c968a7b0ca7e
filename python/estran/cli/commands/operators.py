"""``estran operators``: the catalogue."""

from __future__ import annotations

import argparse

from estran.catalogue import OPERATORS, STUDIES


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(_args: argparse.Namespace) -> None:
    """Print the lists."""
    width = max(len(d.alias) for d in (*OPERATORS, *STUDIES)) + 2
    print("operators (estran run, estran gpt, SNAP):")
    for op in OPERATORS:
        print(f"  {op.alias:<{width}}{op.label}")
    print("studies (estran):")
    for study in STUDIES:
        print(f"  {study.alias:<{width}}{study.label}")

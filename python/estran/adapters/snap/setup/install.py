"""Carry a plan out, prove it with gpt, and on any failure put everything back."""

from __future__ import annotations

from dataclasses import replace

from estran.adapters.snap.setup.changes import made
from estran.adapters.snap.setup.check import ALIASES
from estran.adapters.snap.setup.checks_operators import registered, starts
from estran.adapters.snap.setup.checks_snap import java
from estran.adapters.snap.setup.plan import InstallFailed, Plan
from estran.adapters.snap.setup.site import Site

_OUT = "SNAP did not take the operators, so everything was put back as it was"


def apply(plan: Plan, *, prove: bool) -> list[str]:
    """Make the changes; with `prove`, have gpt show that it took them. The sentences of the proof.

    Raises
    ------
    WriteFailed, InstallFailed
        Everything is as it was before.
    """
    with made(plan.changes):
        return _proof(replace(plan.site, changed=plan.changed)) if prove else []


def _proof(site: Site) -> list[str]:
    """gpt gives the help of an operator; it knows all of them; Python starts and runs one."""
    alias = ALIASES[0]
    answer = site.gpt(alias, "-h")
    if answer.code is None and "no answer" in answer.reason:
        raise InstallFailed(_OUT, where=f"{site.snap.gpt} {alias} -h", found=answer.reason, todo="try again with a longer --timeout")
    # Of an operator that it does not know gpt says so, and exits with 0.
    if answer.code != 0 or f"gpt {alias}" not in answer.out:
        raise InstallFailed(_OUT, where=f"{site.snap.gpt} {alias} -h", found=answer.reason, todo="estran snap doctor")
    told = [f"gpt {alias} -h answers"]
    for check in (java, registered, starts):
        found = check(site)
        if found is not None and not found.ok:
            raise InstallFailed(_OUT, found=found.fact, todo=found.mend)
        if found is not None and check is not java:
            told.append(found.fact)
    if site.changed:
        told[-1] += f" with {', '.join(f'{name}={value}' for name, value in site.changed.items())}"
    return told

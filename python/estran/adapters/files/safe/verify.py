"""Whether the files of a product are those that left the ground segment: their checksums against the manifest's, or the
zip's own.

A byte changed inside a JPEG 2000 file decodes without an error in nearly all cases, and gives other pixels (decision
060).
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from estran.adapters.files.safe.manifest import Sum, read_sums
from estran.adapters.files.safe.store import AGAIN, Archive, Store
from estran.errors import BadProduct
from estran.raster.scene import Progress, quiet

PIECE = 1 << 20
"""Bytes read at a time."""

CRC32 = "CRC-32"
"""The checksum that a zip carries for each of its members."""

_NAMED = 3
"""Damaged files that an error names."""

NO_SUMS = "The product carries no checksums: damage inside images cannot be detected."


@dataclass(frozen=True)
class Verified:
    """What a comparison found: the damaged files with what is wrong, and one sentence for the report."""

    damaged: Mapping[str, str]
    fact: str


def verify(
    store: Store, images: Sequence[str], others: Sequence[str] = (), *, compare: bool = True, progress: Progress = quiet
) -> Verified:
    """Compare files of a product with their checksums.

    Parameters
    ----------
    store
        The product.
    images
        The image files that will be read; the sentence counts these.
    others
        More files that will be read: metadata, masks.
    compare
        False looks only which checksums there are.
    progress
        How far it is.

    Returns
    -------
    Verified
        A file without a checksum is taken as it is. The wrong size is detected without reading.
    """
    sums = read_sums(store)
    known = {name: sums[name] for name in (*images, *others) if name in sums and sums[name].digest() is not None}
    if isinstance(store, Archive):
        known |= {name: Sum(CRC32, "") for name in (*images, *others) if name not in known}
    listed = [name for name in images if name in known]
    if not listed:
        unknown = sorted({sums[name].kind for name in images if name in sums})
        return Verified(
            {},
            f"The product's checksums are of a kind that is not known here ({', '.join(unknown)}): not compared."
            if unknown
            else NO_SUMS,
        )
    kinds = ", ".join(dict.fromkeys(known[name].kind for name in listed))
    if not compare:
        return Verified({}, f"Checksums: {kinds} for {len(listed)} of {len(images)} images, not compared.")
    damaged = _compare_all(store, known, progress)
    good = len([name for name in listed if name not in damaged])
    return Verified(damaged, f"Checksums: {good} of {len(images)} images agree ({kinds}).")


def refuse(damaged: Mapping[str, str], names: Iterable[str], store: Store) -> None:
    """Raise :class:`BadProduct` where one of `names` is damaged; names the first few."""
    bad = [name for name in names if name in damaged]
    if bad:
        raise BadProduct(
            f"{len(bad)} of the product's files {'is' if len(bad) == 1 else 'are'} damaged",
            where=store.path,
            expected="the size and the checksum that came with the product",
            found="; ".join(f"{name}: {damaged[name]}" for name in bad[:_NAMED])
            + (f"; and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""),
            todo=f"{AGAIN}, or read it as it is with --no-verify",
        )


def _compare_all(store: Store, sums: Mapping[str, Sum], progress: Progress) -> dict[str, str]:
    """What is wrong, by file. hashlib and zlib let other threads run, so the cores work side by side."""
    found: dict[str, str] = {}
    pool = ThreadPoolExecutor(min(8, os.cpu_count() or 1, len(sums)), thread_name_prefix="checksums")
    try:
        jobs = {pool.submit(_compare, store, name, expected): name for name, expected in sums.items()}
        for done, job in enumerate(as_completed(jobs), 1):
            progress(done / len(jobs), "comparing checksums")
            if wrong := job.result():
                found[jobs[job]] = wrong
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return {name: found[name] for name in sums if name in found}


def _compare(store: Store, name: str, expected: Sum) -> str:
    """What is wrong with a file; "" where nothing is."""
    size = store.entry(name).size
    if expected.size is not None and size != expected.size:
        return f"{size} bytes instead of {expected.size}"
    digest = expected.digest()
    try:
        with store.open(name) as file:
            while piece := file.read(PIECE):  # a zip's member is compared with its CRC-32 on the way
                if digest is not None:
                    digest.update(piece)
    except (BadProduct, zlib.error, EOFError, OSError) as error:
        return str(getattr(error, "found", "") or error)
    return f"its {expected.kind} differs" if digest is not None and digest.hexdigest() != expected.value else ""

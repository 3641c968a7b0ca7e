"""Write a simulated scene as a Sentinel-2 L1C product in SAFE layout, and its truth as GeoTIFF.

Sizes, angles, offsets and masks are where readers look for them (Sentinel-2 Products Specification Document,
S2-PDGS-TAS-DI-PSD, issues 14.2 to 14.9); GDAL's SENTINEL2 driver opens it, and SNAP's reader where bands of 60 m have
more than 128 pixels (:data:`LEAST_SIZE`). The tile has the forecasts of its own air and wind; the product's folders of
auxiliary data and of schemas are empty; quality reports and the INSPIRE page are left out, since nothing here needs
them.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from estran.adapters.files.belongings import A_FOLDER
from estran.adapters.files.claims import followed
from estran.adapters.files.safe_write.datastrip import datastrip_name, datastrip_xml, page
from estran.adapters.files.safe_write.footprints import footprint_gml
from estran.adapters.files.safe_write.forecasts import write_forecasts
from estran.adapters.files.safe_write.images import NO_OVERVIEW, preview, true_colour, write_jp2, write_truth
from estran.adapters.files.safe_write.manifest import manifest
from estran.adapters.files.safe_write.metadata import (
    OFFSET_SINCE_0400,
    file_band,
    granule_name,
    image_stem,
    product_name,
    product_xml,
    tile_xml,
)
from estran.adapters.files.undecodable import check_xml_name
from estran.adapters.files.whole import claimed, whole
from estran.raster.scene import Progress, quiet
from estran.sensors.bands import SENTINEL2

if TYPE_CHECKING:
    from estran.scenes.simulate import SimulatedScene

__all__ = ["LEAST_SIZE", "claimed_safe", "write_safe"]


LEAST_SIZE = 3 * NO_OVERVIEW + 1
"""Rows and columns of 20 m from which on SNAP's Sentinel-2 reader opens a scene: its bands of 60 m need an overview."""


def write_safe(scene: SimulatedScene, out: Path, overwrite: bool = False, progress: Progress = quiet) -> Path:
    """Write `scene` under `out`, whole or not at all.

    Parameters
    ----------
    scene
        From :func:`estran.scenes.simulate.simulate`. Its configuration says the processing baseline: from 04.00 on,
        numbers carry an offset of 1000 and detector footprints are rasters.
    out
        A folder of its own: the product goes to ``out/<name of the product>``, the truth to ``out/truth/*.tif``. Where
        `out` itself ends in ``.SAFE``, the product *is* `out`, and the truth goes beside it, to ``<out without
        .SAFE>_truth``.
    overwrite
        Replace what is there.

    Returns
    -------
    Path
        Of the .SAFE folder.

    Raises
    ------
    TargetExists
        The target exists and `overwrite` is False; or it holds other things than what we wrote.
    TargetBusy
        Another run is writing it.
    WriteFailed
        The disk is full, or the folder cannot be written; nothing is left behind.
    """
    out = Path(out)
    if _is_product(out):
        truth = _truth_beside(out)
        with whole(out, companions=(truth,), overwrite=overwrite, kind=A_FOLDER) as part:
            _write_product(scene, part, followed(out).name, progress)
            progress(0.93, "truth")
            write_truth(scene, part.with_name(truth))
        progress(1.0, "written")
        return out.absolute()
    name = product_name(scene)
    with whole(out, overwrite=overwrite, kind=A_FOLDER) as part:
        part.mkdir()
        _write_product(scene, part / name, name, progress)
        progress(0.93, "truth")
        write_truth(scene, part / "truth")
    progress(1.0, "written")
    return out.absolute() / name


def claimed_safe(out: Path, overwrite: bool = False) -> AbstractContextManager[Path]:
    """Hold the place of a scene while it is made: what :func:`write_safe` would refuse is refused at once."""
    if _is_product(out):
        check_xml_name(out)
    return claimed(
        out, companions=(_truth_beside(out),) if _is_product(out) else (), overwrite=overwrite, kind=A_FOLDER
    )


def _is_product(out: Path) -> bool:
    return out.suffix.upper() == ".SAFE"


def _truth_beside(out: Path) -> str:
    return f"{followed(out).stem}_truth"


def _write_product(scene: SimulatedScene, folder: Path, name: str, progress: Progress) -> None:
    granule, stem = granule_name(scene), image_stem(scene)
    inside = folder / "GRANULE" / granule
    images, quality = inside / "IMG_DATA", inside / "QI_DATA"
    strip = folder / "DATASTRIP" / datastrip_name(scene)
    for made in (
        images,
        quality,
        inside / "AUX_DATA",
        strip / "QI_DATA",
        folder / "HTML",
        folder / "AUX_DATA",
        folder / "rep_info",
    ):
        made.mkdir(parents=True)
    since_0400 = scene.config.baseline >= "04.00"
    offset = -OFFSET_SINCE_0400 if since_0400 else 0
    for k, band in enumerate(SENTINEL2):
        progress(0.9 * k / 13, f"writing {band.name}")
        numbers = scene.bands[band.name]
        if offset:
            numbers = np.where((numbers == 0) | (numbers == 65535), numbers, numbers + np.uint16(offset)).astype(
                np.uint16
            )
        write_jp2(images / f"{stem}_{file_band(band.name)}.jp2", numbers[None], scene.grids[int(band.pixel)])
    write_jp2(images / f"{stem}_TCI.jp2", true_colour(scene), scene.grids[10])
    write_jp2(quality / f"{stem}_PVI.jp2", *preview(scene))
    masks = []
    for k, band in enumerate(SENTINEL2):
        ending = "jp2" if since_0400 else "gml"
        path = quality / f"MSK_DETFOO_{file_band(band.name)}.{ending}"
        footprint = np.where(scene.bands[band.name] == 0, 0, scene.detectors[int(band.pixel)]).astype(np.uint8)
        if since_0400:
            write_jp2(path, footprint[None], scene.grids[int(band.pixel)])
        else:
            path.write_text(footprint_gml(scene, band.name, k, footprint), encoding="utf-8")
        masks.append((k, f"GRANULE/{granule}/QI_DATA/{path.name}"))
    write_forecasts(scene, inside / "AUX_DATA")
    (folder / "MTD_MSIL1C.xml").write_text(product_xml(scene, name, granule), encoding="utf-8")
    (inside / "MTD_TL.xml").write_text(tile_xml(scene, granule, masks), encoding="utf-8")
    (strip / "MTD_DS.xml").write_text(datastrip_xml(scene), encoding="utf-8")
    (folder / "HTML" / "UserProduct_index.html").write_text(page(scene, name), encoding="utf-8")
    (folder / "manifest.safe").write_text(manifest(folder, scene), encoding="utf-8")

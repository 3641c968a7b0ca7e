"""What users brought, as their reports describe it, rebuilt small: each read right, or refused with a remedy that the
command has.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from attack.case import Case
from attack.ground import Ground
from attack.inputs import copied, edited
from attack.judges import honest, refused
from attack.program import Said, forked
from attack.scenes import LAND, Array, built_safe, flags, safe_builder, write_raster, write_stack

KIND = "reports rebuilt"


def cases(ground: Ground) -> Iterator[Case]:
    """Each report and its brothers."""
    for name, attempt in REPORTS.items():
        yield Case(KIND, "right, or refused with a remedy that exists", name, _with_ground(ground, attempt))


Report = Callable[[Ground, Path], str]


def _with_ground(ground: Ground, attempt: Report) -> Callable[[Path], str]:
    return lambda folder: attempt(ground, folder)


def _masks(folder: Path, product: object, *more: object) -> Said:
    return forked(folder, "masks", product, "-o", "o.dim", *more)


# offsets and layouts


def _offset_of(place: str) -> Report:
    """A part of a product with an offset of 1000 is read with it, or refused."""

    def attempt(_ground: Ground, folder: Path) -> str:
        safe = built_safe(folder, offset=1000)
        part = next(safe.glob(place))
        whole, said = _masks(folder, safe), forked(folder, "masks", part, "-o", "p.dim")
        if whole.code != 0:
            return whole.shown()
        if said.code != 0:
            return refused(said, ".SAFE")
        return _same_flags(folder / "o.dim", folder / "p.dim")

    return attempt


def _same_flags(one: Path, other: Path) -> str:
    ours, theirs = flags(one), flags(other)
    differing = [name for name, data in ours.items() if name in theirs and (data != theirs[name]).mean() > 0.02]
    return f"{', '.join(differing)} differ" if differing else ""


def _bare_images(_ground: Ground, folder: Path) -> str:
    """The images alone, copied out of the product: nothing says whether there is an offset."""
    safe = built_safe(folder, offset=1000)
    shutil.copytree(next(safe.glob("GRANULE/*/IMG_DATA")), folder / "images")
    said = _masks(folder, "images")
    if said.code != 0:
        return refused(said, "scal", ".SAFE", "offset", "metadata")
    return "" if "offset" in said.err.lower() else f"read without a word on offsets: {said.err[-200:]}"


def _granule_elsewhere(_ground: Ground, folder: Path) -> str:
    """The layout of cloud buckets: the granule's folder without the product's metadata above it."""
    safe = built_safe(folder, offset=1000)
    shutil.copytree(next(safe.glob("GRANULE/*")), folder / "tile")
    said = _masks(folder, "tile")
    return refused(said) if said.code != 0 else "" if "offset" in said.err.lower() else "read without a word on offsets"


def _several(which: str, expected: str) -> Report:
    """An old product of two tiles."""

    def attempt(_ground: Ground, folder: Path) -> str:
        safe = built_safe(folder, old=True)
        (first,) = (p for p in (safe / "GRANULE").iterdir() if p.is_dir())
        second = first.with_name(first.name.replace("T31UFS", "T31UFT"))
        shutil.copytree(first, second)
        for path in sorted(second.rglob("*T31UFS*"), reverse=True):
            path.rename(path.with_name(path.name.replace("T31UFS", "T31UFT")))
        (metadata,) = safe.glob("*.xml")
        (granule,) = re.findall(r"<Granules .*?</Granules>", metadata.read_text(), re.DOTALL)
        edited(
            metadata,
            lambda text: text.replace("</Granule_List>", granule.replace("T31UFS", "T31UFT") + "</Granule_List>"),
        )
        for path in second.glob("*.xml"):
            edited(path, lambda text: text.replace("T31UFS", "T31UFT"))
        said = _masks(folder, safe, *(["--granule", which] if which else []))
        return honest(said, (0,)) if expected == "read" else refused(said, "--granule")

    return attempt


def _level(name: str, text: str) -> Report:
    def attempt(_ground: Ground, folder: Path) -> str:
        safe = folder / f"{name}.SAFE"
        (safe / "GRANULE").mkdir(parents=True)
        (safe / f"MTD_{name.split('_')[1]}.xml").write_text(text)
        for command in (("info", safe), ("masks", safe, "-o", "o.dim")):
            if wrong := refused(forked(folder, *command), "Level-1C"):
                return f"{command[0]}: {wrong}"
        return ""

    return attempt


def _nested(_ground: Ground, folder: Path) -> str:
    safe = built_safe(folder / "a")
    (folder / "b").mkdir()
    shutil.move(safe, folder / "b" / safe.name)
    (folder / "b").rename(folder / safe.name)
    said = _masks(folder, folder / safe.name)
    return (
        ""
        if said.code == 0
        else refused(said, f"{safe.name}/{safe.name}", "inside", "within", "holds the product", "one folder")
    )


def _zarr(_ground: Ground, folder: Path) -> str:
    root = folder / "S2A_MSIL1C_20250603T105031_N0511_R051_T31TDH.zarr"
    group: dict[str, Any] = {".zgroup": {"zarr_format": 2}, ".zattrs": {}}
    for place in (
        ".",
        "measurements",
        "measurements/reflectance",
        "measurements/reflectance/r10m",
        "conditions",
        "quality",
    ):
        (root / place).mkdir(parents=True, exist_ok=True)
        for name, content in group.items():
            (root / place / name).write_text(json.dumps(content))
    (root / ".zmetadata").write_text(
        json.dumps({"metadata": {".zgroup": {"zarr_format": 2}}, "zarr_consolidated_format": 1})
    )
    return refused(_masks(folder, root), "Zarr")


def _missing(option: bool) -> Report:
    def attempt(ground: Ground, folder: Path) -> str:
        safe = copied(ground.safe, folder)
        next(p for p in safe.rglob("*_B10.jp2") if p.parent.name == "IMG_DATA").unlink()
        for command in (
            ("masks", safe, "-o", "o.dim"),
            ("run", "CloudProbability", safe, "--resample", "20", "-o", "r.dim"),
        ):
            said = forked(folder, *command, *(["--skip-missing"] if option else []))
            if wrong := honest(said, (0,)) if option else refused(said, "--skip-missing"):
                return f"{command[0]}: {wrong}"
        return ""

    return attempt


def _footprint(content: bytes) -> Report:
    """A broken optional file counts as a missing one."""

    def attempt(_ground: Ground, folder: Path) -> str:
        builder = safe_builder()
        safe = built_safe(
            folder,
            footprint=lambda band: builder.footprint_gml(band, {5: [(0, 0), (3600, 0), (3600, 3600), (0, 3600)]}),
        )
        next(safe.rglob("MSK_DETFOO_B06.gml")).write_bytes(content)
        said = _masks(folder, safe)
        return honest(said, (0,)) or (
            "" if "MSK_DETFOO" in said.err or "footprint" in said.err.lower() else "without a note"
        )

    return attempt


def _mean_angles(_ground: Ground, folder: Path) -> str:
    """Empty grids and a mean: the mean is the sun."""
    safe = built_safe(folder, sun=None, views=None)
    (tile,) = safe.rglob("MTD_TL.xml")
    mean = (
        '<Mean_Sun_Angle><ZENITH_ANGLE unit="deg">26.5</ZENITH_ANGLE><AZIMUTH_ANGLE '
        'unit="deg">135.25</AZIMUTH_ANGLE></Mean_Sun_Angle>'
    )
    edited(tile, lambda text: text.replace("</Tile_Angles>", mean + "</Tile_Angles>"))
    said = _masks(folder, safe)
    if wrong := honest(said, (0,)):
        return wrong
    return (
        ""
        if "26.5" in said.err or "135" in said.err or "mean" in said.err.lower()
        else f"the mean angles are not spoken of: {said.err[-300:]}"
    )


def _leap_second(ground: Ground, folder: Path) -> str:
    safe = copied(ground.safe, folder)
    edited(
        safe / "MTD_MSIL1C.xml",
        lambda text: re.sub(r"<PRODUCT_START_TIME>[^<]*<", "<PRODUCT_START_TIME>2016-12-31T23:59:60.500Z<", text),
    )
    (tile,) = safe.rglob("MTD_TL.xml")
    edited(tile, lambda text: re.sub(r"(<SENSING_TIME[^>]*>)[^<]*<", r"\g<1>2016-12-31T23:59:60.500Z<", text))
    return honest(forked(folder, "info", safe, "--no-verify"), (0,))


# rasters


def _landsat(ending: str, folder: Path) -> Path:
    """Bands of 450 and 900 m of raw numbers, beside an MTL.txt with their scaling."""
    root = folder / f"landsat{ending}"
    root.mkdir()
    names = {2: "B2", 3: "B3", 4: "B4", 5: "B8A", 6: "B11", 7: "B12", 9: "B10", 8: "B3"}
    rows = []
    for number, like in names.items():
        side = 120 if number == 8 else 60
        texture = 1.0 + 0.08 * np.random.default_rng(number).standard_normal((side, side))
        numbers = np.rint((LAND[like] * texture + 0.1) / 2e-5).astype(np.uint16)
        pixel = 450 if number == 8 else 900
        write_raster(root / f"LC80160372014001LGN00_B{number}.TIF", numbers, _affine(pixel), "EPSG:32617")
        rows.append(f"    REFLECTANCE_MULT_BAND_{number} = 2.0000E-05\n    REFLECTANCE_ADD_BAND_{number} = -0.100000\n")
        rows.append(f'    FILE_NAME_BAND_{number} = "LC80160372014001LGN00_B{number}.TIF"\n')
    sun = "    SUN_AZIMUTH = 130.0\n    SUN_ELEVATION = 62.0\n"
    day = '    SPACECRAFT_ID = "LANDSAT_8"\n    DATE_ACQUIRED = 2014-01-01\n    SCENE_CENTER_TIME = "15:50:00.0Z"\n'
    text = f"GROUP = L1_METADATA_FILE\n  GROUP = RADIOMETRIC_RESCALING\n{''.join(rows)}"
    text += f"  END_GROUP = RADIOMETRIC_RESCALING\n{day}{sun}END_GROUP = L1_METADATA_FILE\nEND\n"
    (root / "LC80160372014001LGN00_MTL.txt").write_text(text)
    return root


def _affine(pixel: float) -> Any:
    import rasterio

    return rasterio.Affine(pixel, 0, 300_000, 0, -pixel, 3_900_000)


def _landsat_numbers(_ground: Ground, folder: Path) -> str:
    """Scaled by the MTL or refused; never made finer than it is."""
    said = _masks(folder, _landsat("", folder), "--sun-zenith", "28", "--sun-azimuth", "130")
    if wrong := honest(said):
        return wrong
    if said.seconds > 60 or said.peak_mb > 1200:
        return f"took {said.seconds:.0f} s and {said.peak_mb:.0f} MB"
    if said.code != 0:
        return refused(said, "scal", "MTL")
    found = flags(folder / "o.dim")
    if next(iter(found.values())).shape[0] > 120:
        return f"made finer: {next(iter(found.values())).shape}"
    return f"{found['CLOUD'].mean():.0%} of clear land is cloud" if found["CLOUD"].mean() > 0.2 else ""


# graphs

READ = (
    "<node id='read'><operator>Read</operator><sources/><parameters "
    "class='com.bc.ceres.binding.dom.XppDomElement'>{}</parameters></node>"
)
RESAMPLE = (
    "<node id='resample'><operator>Resample</operator><sources><sourceProduct refid='read'/></sources>"
    "<parameters class='com.bc.ceres.binding.dom.XppDomElement'>{}</parameters></node>"
)
WRITE = (
    "<node id='write'><operator>Write</operator><sources><sourceProduct refid='resample'/></sources>"
    "<parameters class='com.bc.ceres.binding.dom.XppDomElement'>{}</parameters></node>"
)


def _graph(read: str, resample: str, write: str, encoding: str = "UTF-8") -> Report:
    """As SNAP's Graph Builder and snapista write them: empty elements, a layout of the picture, all of Write's own
    parameters.
    """
    nodes = (
        READ.format(f"<file>${{in}}</file>{read}")
        + RESAMPLE.format(resample)
        + WRITE.format(f"<file>${{out}}</file>{write}")
    )
    layout = (
        "<applicationData id='Presentation'><Description/><node id='read'><displayPosition x='37.0' "
        "y='134.0'/></node></applicationData>"
    )
    text = f"<?xml version='1.0' encoding='{encoding}'?><graph id='Graph'><version>1.0</version>{nodes}{layout}</graph>"

    def attempt(ground: Ground, folder: Path) -> str:
        (folder / "g.xml").write_bytes(text.encode(encoding))
        said = forked(folder, "gpt", "g.xml", f"-Pin={ground.safe}/manifest.safe", "-Pout=o.tif")
        return honest(said, (0,)) or ("" if (folder / "o.tif").is_file() else "nothing was written")

    return attempt


_RESAMPLE_13 = (
    "<referenceBand>B2</referenceBand><targetWidth/><targetHeight/><targetResolution/><upsampling>Nearest</upsampling><downsampling>First</downsampling>"
    "<flagDownsampling>First</flagDownsampling><resamplingPreset/><bandResamplings/><resampleOnPyramidLevels>true</resampleOnPyramidLevels>"
)
_WRITE_13 = (
    "<formatName>GeoTIFF-BigTIFF</formatName><deleteOutputOnFailure>true</deleteOutputOnFailure><writeEntireTileRows>false</writeEntireTileRows>"
    "<clearCacheAfterRowWrite>false</clearCacheAfterRowWrite>"
)
_READ_13 = (
    "<useAdvancedOptions>false</useAdvancedOptions><copyMetadata>true</copyMetadata><sourceBands/><pixelRegion/><sourceMasks/>"
    "<formatName>SENTINEL-2-MSI-MultiRes-UTM31N</formatName>"
)


def _empty_choices(ground: Ground, folder: Path) -> str:
    choices = "<resolution>20</resolution><upsampling/><downsampling/><flagDownsampling/><resampleOnPyramidLevels/>"
    node = (
        f"<node id='r'><operator>S2Resampling</operator><sources><sourceProduct "
        f"refid='${{source}}'/></sources><parameters>{choices}</parameters></node>"
    )
    (folder / "g.xml").write_text(f"<graph id='g'><version>1.0</version>{node}</graph>")
    return honest(forked(folder, "gpt", "g.xml", f"-Ssource={ground.safe}", "-t", "o.dim"), (0,))


# geometry and numbers that were right and stay so


def _mesa(azimuth: float) -> Report:
    """The shadow of a table mountain of 300 m under a sun 20 degrees high, against the shadow by its definition."""

    def attempt(_ground: Ground, folder: Path) -> str:
        import rasterio
        from scipy.ndimage import binary_dilation, binary_erosion

        side, height, zenith = 180, 300.0, 70.0
        ground_height = np.full((side, side), 100.0, np.float32)
        ground_height[72:108, 72:108] += height
        write_raster(folder / "dem.tif", ground_height, rasterio.Affine(20, 0, 600_000, 0, -20, 5_700_000))
        safe = built_safe(folder, sun=safe_builder().constant(zenith, azimuth))
        said = forked(
            folder,
            "run",
            "ReliefShadow",
            safe,
            "-o",
            "o.dim",
            "--dem",
            "dem.tif",
            "--backend",
            "sweep",
            "--resample",
            "20",
        )
        if wrong := honest(said, (0,)):
            return wrong
        rows, columns = np.mgrid[:side, :side] + 0.5
        # Grid north is 0.8 degrees off true north here; the azimuths of a SAFE are of the grid.
        east, north = np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))
        truth = np.zeros((side, side), bool)
        for way in np.arange(0.0, height * np.tan(np.radians(zenith)), 4.0)[1:]:
            r, c = rows - north * way / 20, columns + east * way / 20
            truth |= (r >= 72.5) & (r < 107.5) & (c >= 72.5) & (c < 107.5)
        truth[72:108, 72:108] = False
        found = next(
            data
            for name, data in flags(folder / "o.dim", "relief_flags").items()
            if "CAST" in name or name == "RELIEF_SHADOW"
        )
        edge = binary_dilation(truth, iterations=3) & ~binary_erosion(truth, iterations=3)
        wrong_core = (found ^ truth) & ~edge
        wrong_core[69:111, 69:111] = False
        return f"{int(wrong_core.sum())} pixels away from the shadow's edge differ" if wrong_core.sum() > 2 else ""

    return attempt


def _saturated_core(_ground: Ground, folder: Path) -> str:
    """A cloud whose core is saturated stays cloud to its middle."""
    builder = safe_builder()
    raw = {}
    for band in builder.BANDS:
        rows, columns = np.indices(builder.shape(band)) * (3600.0 / builder.shape(band)[0])
        from_middle = np.hypot(rows - 1800, columns - 1800)
        name = band if band == "B8A" else f"B{int(band[1:])}"
        texture = 1.0 + 0.08 * np.random.default_rng(3).standard_normal(rows.shape)
        data = np.where(
            from_middle < 600, {"B10": 40, "B11": 4500, "B12": 3500}.get(band, 9000), LAND[name] * 1e4 * texture
        )
        raw[band] = np.clip(
            np.where((from_middle < 300) & (band in ("B02", "B03", "B04", "B05")), 65535, data), 1, 65535
        ).astype(np.uint16)
    views = {5: (builder.constant(6.0, 103.0), np.ones_like(builder.nodes()[0], bool))}
    safe = builder.build(folder, raw, sun=builder.constant(35.0, 150.0), views=views)
    said = _masks(folder, safe, "--displacement", "false")
    if wrong := honest(said, (0,)):
        return wrong
    core = flags(folder / "o.dim")["CLOUD"][80:100, 80:100]
    return "" if core.all() else f"{(~core).mean():.0%} of the saturated core is not cloud"


def _dark_water(_ground: Ground, folder: Path) -> str:
    """960 with an offset of 1000 is water a little below zero, and valid."""

    def field(band: str, shape: tuple[int, int]) -> Array:
        name = band if band == "B8A" else f"B{int(band[1:])}"
        rows, _ = np.indices(shape) * (3600.0 / shape[0])
        return np.where(rows > 1800, -0.004, LAND[name])

    safe = built_safe(folder, offset=1000, field=field)
    said = _masks(folder, safe, "--glint", "false")
    if wrong := honest(said, (0,)):
        return wrong
    lost = flags(folder / "o.dim")["NODATA"][95:]
    return f"{lost.mean():.0%} of dark water is no-data" if lost.any() else ""


def _shadow_side(_ground: Ground, folder: Path) -> str:
    """A cloud of 1200 m height: its shadow lies where the sun's and the view's directions put it."""
    from scipy.ndimage import gaussian_filter

    builder, height, sun, view = safe_builder(), 1200.0, (45.0, 150.0), (8.0, 105.0)

    def moved(angles: tuple[float, float]) -> tuple[float, float]:
        way = height * np.tan(np.radians(angles[0]))
        return way * np.cos(np.radians(angles[1])), -way * np.sin(
            np.radians(angles[1])
        )  # rows down, columns right, away from the azimuth

    def inside(shape: tuple[int, int], by: tuple[float, float]) -> Array:
        rows, columns = np.indices(shape) * (3600.0 / shape[0])
        spots = ((1500, 2300), (1900, 1500), (900, 2900))
        return np.any([np.hypot(rows - r - by[0], columns - c - by[1]) < 200 for r, c in spots], axis=0)

    def field(band: str, shape: tuple[int, int]) -> Array:
        name = band if band == "B8A" else f"B{int(band[1:])}"
        smooth = gaussian_filter(np.random.default_rng(5).standard_normal(shape), 60.0 / (3600.0 / shape[0]))
        texture = 1.0 + 0.12 * smooth / smooth.std()
        shade = {"B1": 0.8, "B2": 0.7, "B3": 0.6, "B4": 0.5, "B10": 1.0}.get(name, 0.42)
        data = LAND[name] * texture * np.where(inside(shape, moved(sun)), shade, 1.0)
        return np.where(
            inside(shape, moved(view)),
            {"B9": 0.35, "B10": 0.004, "B11": 0.40, "B12": 0.30}.get(name, 0.55) * (1.0 + 0.25 * (texture - 1.0)),
            data,
        )

    safe = built_safe(
        folder,
        field=field,
        sun=builder.constant(*sun),
        views={5: (builder.constant(*view), np.ones_like(builder.nodes()[0], bool))},
    )
    said = _masks(
        folder, safe, "--displacement", "false", "--glint", "false", "--cloud-buffer", "0", "--shadow-buffer", "0"
    )
    if wrong := honest(said, (0,)):
        return wrong
    found, scores = flags(folder / "o.dim"), []
    for name, by in (("CLOUD", view), ("SHADOW", sun)):
        truth = inside((180, 180), moved(by)) & ~(inside((180, 180), moved(view)) if name == "SHADOW" else False)
        scores.append(2 * (truth & found[name]).sum() / max((truth.sum() + found[name].sum()), 1))
    return "" if min(scores) > 0.8 else f"F1 of cloud {scores[0]:.2f}, of shadow {scores[1]:.2f}"


def _scale_option(_ground: Ground, folder: Path) -> str:
    """Raw numbers with --scale give what reflectances give."""
    from attack.scenes import land

    bands = {name: np.rint(data * 1e4) for name, data in land().items()}
    write_stack(folder / "a.tif", {name: (data * np.float32(1e-4)).astype(np.float32) for name, data in bands.items()})
    write_stack(folder / "b.tif", {name: data.astype(np.uint16) for name, data in bands.items()})
    for name, more in (("a", ()), ("b", ("--scale", "0.0001"))):
        said = forked(
            folder, "masks", f"{name}.tif", "-o", f"{name}.dim", "--sun-zenith", "40", "--sun-azimuth", "150", *more
        )
        if wrong := honest(said, (0,)):
            return wrong
    return _same_flags(folder / "a.dim", folder / "b.dim")


def _metadata(level: str, said: str = "", info: str = "Product_Info") -> str:
    """Metadata that say the level and little else."""
    return (
        f"<n1:{level}_User_Product "
        f"xmlns:n1='x'><n1:General_Info><{info}><PROCESSING_LEVEL>{said or level}</PROCESSING_LEVEL></{info}>"
        f"</n1:General_Info></n1:{level}_User_Product>"
    )


REPORTS: dict[str, Report] = {
    "an IMG_DATA folder with an offset": _offset_of("GRANULE/*/IMG_DATA"),
    "a granule folder with an offset": _offset_of("GRANULE/*"),
    "a GRANULE folder with an offset": _offset_of("GRANULE"),
    "an image of a product": _offset_of("GRANULE/*/IMG_DATA/*_B02.jp2"),
    "images without their product": _bare_images,
    "a granule without its product": _granule_elsewhere,
    "a product of several tiles": _several("", "refused"),
    "a product of several tiles, --granule": _several("T31UFT", "read"),
    "a product of several tiles, the first by --granule": _several("T31UFS", "read"),
    "a tile that is not there, --granule": _several("T99XXX", "refused"),
    "Sen2Cor's old Level-2A": _level(
        "S2A_MSIL2A_20170823T094031_N0205_R036_T34VFJ_20170823T094252",
        _metadata("Level-2A", "Level-2Ap", "L2A_Product_Info"),
    ),
    "a user's Level-2A": _level(
        "S2A_MSIL2A_20170823T094031_N0205_R036_T34VFJ_20170823T094253", _metadata("Level-2A", info="L2A_Product_Info")
    ),
    "a Level-2A": _level("S2A_MSIL2A_20200823T094031_N0214_R036_T34VFJ_20200823T094252", _metadata("Level-2A")),
    "a Level-1B": _level("S2A_MSIL1B_20200823T094031_N0209_R036_20200823T094252", _metadata("Level-1B")),
    "a .SAFE in a .SAFE": _nested,
    "EOPF Zarr": _zarr,
    "a band that is missing": _missing(option=False),
    "a band that is missing, --skip-missing": _missing(option=True),
    "a footprint of 0 bytes": _footprint(b""),
    "a footprint that is not XML": _footprint(b"<eop:Mask"),
    "a footprint of binary noise": _footprint(bytes(range(256))),
    "mean angles without grids": _mean_angles,
    "a leap second": _leap_second,
    "Landsat's numbers with an MTL": _landsat_numbers,
    "--scale": _scale_option,
    "a graph of SNAP 13": _graph(_READ_13, _RESAMPLE_13, _WRITE_13),
    "a graph of SNAP 9": _graph(
        _READ_13.replace("sourceBands", "bandNames").replace("sourceMasks", "maskNames"),
        _RESAMPLE_13.replace(
            "<referenceBand>B2</referenceBand>", "<referenceBand/><referenceBandName>B2</referenceBandName>"
        ),
        _WRITE_13,
    ),
    "a graph in UTF-16": _graph(_READ_13, _RESAMPLE_13, _WRITE_13, "UTF-16"),
    "a graph in Latin-1": _graph(_READ_13, _RESAMPLE_13, _WRITE_13, "ISO-8859-1"),
    "empty choices": _empty_choices,
    **{
        f"relief shadow, sun at {azimuth:g} degrees": _mesa(azimuth)
        for azimuth in (0.0, 90.0, 180.0, 270.0, 359.9, 45.0, 123.4)
    },
    "a saturated cloud": _saturated_core,
    "water below zero": _dark_water,
    "a shadow on its side": _shadow_side,
}

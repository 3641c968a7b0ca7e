"""What SNAP imports: one shim an operator. Generated from the declarations by `make generate`: edit those, not this.

SNAP imports this package from a folder, or out of the plugin's jar; `estran` itself comes as files, because numba keeps
its machine code beside them.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - SNAP starts whatever Python it was given
    raise ImportError(
        f"Estran needs Python 3.11 or newer, and SNAP uses {sys.version.split()[0]}. "
        "What to do: give SNAP a newer one (snappy-conf)."
    )

try:
    for _compiled in ("_datetime", "_struct", "math"):
        import_module(_compiled)
except ImportError as error:
    raise ImportError(
        f"inside SNAP Python {sys.version.split()[0]} takes its modules from {sys.base_prefix}, which are those of "
        f"another Python ({error}). What to do: start SNAP and gpt with PYTHONHOME set to the home of the Python that "
        "snap.pythonExecutable names: estran snap doctor says it."
    ) from error

# The archive for the update centre lays our package beside the folder of its jar; that one fits these
# shims, so it comes first.
_home = Path(__file__).parents[1]
_brought = _home.parents[1] / "estran" / "python"
if _home.is_file() and (_brought / "estran").is_dir():
    sys.path.insert(0, str(_brought))

_missing = [
    name for name in ("estran", "numpy", "scipy", "numba", "affine", "pyproj", "rasterio") if find_spec(name) is None
]
if _missing:
    raise ImportError(
        f"SNAP's Python lacks {', '.join(_missing)}, which Estran needs. What to do: with the python that "
        f"snap.pythonExecutable names, run python -m pip install {' '.join(_missing)}, and start SNAP again."
    )

"""``python -m benchmarks [--quick] [name …]``: run all benchmarks, or those named; print Markdown tables.

A benchmark is a module with a ``main()``; ``QUICK``, if it has one, holds the arguments of a short run. What lacks its
data, its peer or its extra says so in one line, and the next one runs.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import traceback
from types import ModuleType

import benchmarks
from benchmarks.lacks import LackingError
from estran.errors import EstranError


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks in turn; 0, or 1 where one of them failed (to lack something is no failure), or 2 for a wrong
    name.
    """
    known = _known()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Speed, memory and scores, each as a table."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run [default: all]: {', '.join(known)}")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="small sizes and few cases: to see that all runs; its figures are not to be quoted",
    )
    parser.add_argument("--list", action="store_true", help="say what there is")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(known)
    if unknown:
        print(f"no benchmark is called {sorted(unknown)[0]!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    if options.list:
        print("\n".join(f"{name:20}{(module.__doc__ or '').splitlines()[0]}" for name, module in known.items()))
        return 0
    failed = [name for name in options.names or known if not _ran(name, known[name], options.quick)]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _known() -> dict[str, ModuleType]:
    """Modules with a ``main``; one without is a helper of the others."""
    names = [m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_")]
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "main")}


def _ran(name: str, module: ModuleType, quick: bool) -> bool:
    """Run one; whether it went well, or lacked something."""
    print(f"\n## {name}\n", flush=True)
    try:
        module.main(**(getattr(module, "QUICK", {}) if quick else {}))
    except (LackingError, EstranError) as lacking:
        print(f"Not measured: {str(lacking).rstrip('.')}.", flush=True)
    except Exception:  # the next one shall run all the same
        traceback.print_exc()
        return False
    return True


if __name__ == "__main__":
    raise SystemExit(main())

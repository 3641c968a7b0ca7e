"""``python -m benchmarks [name …]``: run all benchmarks, or those named; print Markdown tables."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks


def main(names: list[str]) -> int:
    """Run each benchmark module's ``main()`` in turn; a module without one is a helper of the others."""
    known = [m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_")]
    unknown = set(names) - set(known)
    if unknown:
        print(f"no benchmark is called {sorted(unknown)[0]!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    for name in names or known:
        module = importlib.import_module(f"benchmarks.{name}")
        if hasattr(module, "main"):
            print(f"\n## {name}\n", flush=True)
            module.main()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

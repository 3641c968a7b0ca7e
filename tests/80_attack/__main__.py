"""``python tests/80_attack [--quick] [--only KIND …]``: attack the program as bad luck and strangers do; a table of
what survived.
"""

from __future__ import annotations

from attack.suite import main

if __name__ == "__main__":
    raise SystemExit(main())

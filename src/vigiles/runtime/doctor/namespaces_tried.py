"""A program that ends with 0 where the namespaces of tier U can be had, else with 1: a process with threads must not try."""

from __future__ import annotations

import sys

from vigiles.runtime.doctor.spaces import cell_rows


def main() -> int:
    """Return the exit code."""
    return 1 if any(row.tier == "U" and row.state == "missing" for row in cell_rows()) else 0


if __name__ == "__main__":
    sys.exit(main())

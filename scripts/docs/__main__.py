"""Write the reference pages under ``docs/`` from the code: ``uv run python scripts/docs``.

With ``--check`` nothing is written: the exit code is 1 if a page is not what the code gives, and its name is printed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import attack_pages
import command_pages
import detector_pages
import error_pages
import event_pages
import reason_pages

ROOT = Path(__file__).resolve().parents[2]
PAGES: dict[str, Callable[[Path], str]] = {
    "attacks.md": attack_pages.page,
    "cli.md": command_pages.page,
    "detectors/index.md": detector_pages.page,
    "events.md": event_pages.page,
    "exit-codes.md": error_pages.page,
    "reasons.md": reason_pages.page,
}


def main() -> int:
    """Write or check every page."""
    parser = argparse.ArgumentParser(prog="scripts/docs", description="Write the reference pages from the code.")
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 if a page differs")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="the folder of the pages")
    options = parser.parse_args()
    stale = 0
    for name, make in PAGES.items():
        path = options.docs / name
        text = make(ROOT).rstrip("\n") + "\n"
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale += 1
        if options.check:
            print(f"docs/{name} is not what the code gives; run: uv run python scripts/docs")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            print(f"wrote {path}")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())

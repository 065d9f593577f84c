"""Take what has a test by now, or is gone, off ``untested.txt``: ``uv run python tests/structure/shrink.py``."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("untested.txt")


def stays(line: str) -> bool:
    """Say whether a line of the list is still true."""
    source = Path(line)
    tested = (ROOT / "tests" / source.parent / f"test_{source.name}").exists()
    return line.startswith("#") or ((ROOT / "src" / "vigiles" / source).exists() and not tested)


if __name__ == "__main__":
    before = LIST.read_text("utf-8").splitlines()
    after = [line for line in before if stays(line)]
    LIST.write_text("\n".join(after) + "\n", "utf-8")
    print(f"{len(before) - len(after)} fewer, {len(after) - 1} left")

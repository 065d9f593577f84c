"""Honest: count words in several processes, started by a fork server."""

import multiprocessing
import sys


def count(text: str) -> int:
    return len(text.split())


if __name__ == "__main__":
    with multiprocessing.get_context("forkserver").Pool(2) as workers:
        total = sum(workers.map(count, ["one two", "three four five"] * 20))
    print(total)
    sys.exit(0 if total == 100 else 1)

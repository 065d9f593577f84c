"""What the monitor commands share: sets and weights read, and a line that says what is being done."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigiles.detectors.monitor.weights import Weights
    from vigiles.evaluation.bench.runs import DataSet


def say(text: str) -> None:
    """Show what is being done, on standard error, where somebody watches; the line is written over."""
    from vigiles.render.text import safe

    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{safe(text, 100)}")
        sys.stderr.flush()


def done() -> None:
    """Take the line away."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def read_sets(paths: Sequence[Path]) -> list[DataSet]:
    """Return one set a path, named for it; of two with one name the second has its place added.

    Raises :class:`~vigiles.model.errors.InputInvalid` and :class:`~vigiles.model.errors.NotFound`.
    """
    from dataclasses import replace

    from vigiles.evaluation.bench.gather import gather

    sets: list[DataSet] = []
    for place, path in enumerate(paths, 1):
        one = gather(path, lambda count, path=path: say(f"{path}: {count} files"))  # type: ignore[misc]
        if any(one.name == other.name for other in sets):
            one = replace(one, name=f"{one.name}-{place}")
        sets.append(one)
    done()
    return sets


def read_weights_file(path: Path) -> Weights:
    """Return the weights of a file. Raises :class:`~vigiles.model.errors.InputInvalid`."""
    from vigiles.detectors.monitor.weights import read_weights
    from vigiles.model.errors import InputInvalid

    try:
        return read_weights(path.read_bytes())
    except OSError as error:
        raise InputInvalid(f"{path}: {error.strerror}", "Name a file of weights.") from error

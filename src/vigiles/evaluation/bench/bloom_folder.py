"""A folder of Bloom's: transcripts, and beside them which turns a judge found misaligned and which rollouts are in doubt.

``<behaviour>_<model>`` was to elicit a behaviour; ``<behaviour>_benign_<model>`` is its control.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from vigiles.evaluation.bench.files import whole
from vigiles.evaluation.bench.runs import Run, run_of
from vigiles.protocols.transcript import bloom
from vigiles.protocols.transcript.document import document

_TRANSCRIPT = re.compile(r"^transcript_v(\d{1,6})r(\d{1,6})\.json$")
_TURNS, _AMBIGUOUS = "rollout_misalignment_turns.json", "ambiguous_rollouts*.json"


def is_named(file: Path) -> bool:
    """Say whether a file is named as such a transcript."""
    return _TRANSCRIPT.match(file.name) is not None


def bloom_run(file: Path) -> Run:
    """Return a transcript with the labels of its folder. One that was to elicit harm and stayed clean is hard.

    Raises :class:`~vigiles.protocols.malformed.Malformed` and ``OSError``.
    """
    match = _TRANSCRIPT.match(file.name)
    assert match is not None
    rollout, folder = (int(match[1]), int(match[2])), file.parent
    behaviour, _, rest = folder.name.partition("_")
    control = rest.startswith("benign")
    case = bloom.transcript(document(whole(file)), f"{folder.name}/{file.stem}")
    case = replace(case, behaviour=behaviour or "all", cluster=f"{folder.name}/{rollout[0]}")
    labels = _labels(folder)
    if rollout in _doubted(folder):
        case = replace(case, harmful=None)
    elif rollout in labels:
        case = bloom.with_labels(case, labels[rollout])
    elif control:
        case = bloom.with_labels(case, {})
    return run_of(replace(case, hard=case.harmful is False and not control))


@lru_cache(maxsize=8)
def _labels(folder: Path) -> dict[bloom.Rollout, dict[int, tuple[str, ...]]]:
    file = folder / _TURNS
    return bloom.misaligned(document(whole(file))) if file.is_file() else {}


@lru_cache(maxsize=8)
def _doubted(folder: Path) -> set[bloom.Rollout]:
    """Return what the last audit left in doubt: the file without a number, else the one with the highest."""
    files = sorted(folder.glob(_AMBIGUOUS), key=lambda file: (file.stem == "ambiguous_rollouts", file.name))
    return bloom.ambiguous(document(whole(files[-1]))) if files else set()

"""What a call writes: kept up to a limit, digested and counted whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.runtime.episode import Episode
from vigiles.runtime.outcome import Outcome

pytestmark = pytest.mark.cell

WRITER = "import sys\nsys.stdout.write('o' * {out})\nsys.stderr.write('e' * {err})"


@pytest.mark.parametrize(
    ("out", "err", "truncated"), [(0, 0, False), (600, 400, False), (100_000, 0, True), (0, 100_000, True), (800, 800, True)]
)
def test_output_is_kept_up_to_the_limit_and_digested_whole(
    inside: Any, make_profile: Callable[..., Path], python: list[str], out: int, err: int, truncated: bool
) -> None:
    async def body(episode: Episode) -> Outcome:
        return await episode.call([*python, WRITER.format(out=out, err=err)])

    outcome = inside(body, profile=make_profile("[budgets]\noutput_bytes = 1000\n"))
    result = outcome.result
    assert (result.stdout_bytes, result.stderr_bytes, result.truncated) == (out, err, truncated)
    assert result.stdout_sha256 == hashlib.sha256(b"o" * out).hexdigest()
    assert result.stderr_sha256 == hashlib.sha256(b"e" * err).hexdigest()
    assert len(outcome.stdout) + len(outcome.stderr) == min(out + err, 1000), "the budget is for both together"
    assert outcome.stdout == b"o" * len(outcome.stdout)


def test_a_flood_is_read_to_its_end(inside: Any, make_profile: Callable[..., Path]) -> None:
    async def body(episode: Episode) -> Outcome:
        return await episode.call(["head", "-c", "50000000", "/dev/zero"])

    outcome = inside(body, profile=make_profile("[budgets]\noutput_bytes = 1000\n"))
    assert outcome.exit_code == 0
    assert (len(outcome.stdout), outcome.result.stdout_bytes) == (1000, 50_000_000)
    assert outcome.result.stdout_sha256 == hashlib.sha256(bytes(50_000_000)).hexdigest()

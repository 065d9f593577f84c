"""What a call writes: kept up to a limit, digested and counted whole."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.runtime.episode import Episode
from vigiles.runtime.outcome import Outcome
from vigiles.runtime.output import Allowance, Output

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


@pytest.mark.parametrize("stream", ["", ">&2"])
def test_a_writer_left_behind_does_not_keep_the_call(inside: Any, stream: str) -> None:
    async def body(episode: Episode) -> tuple[Outcome, float]:
        started = time.monotonic()
        outcome = await episode.call(["sh", "-c", f"(while :; do echo x {stream}; sleep 0.03; done) & exit 3"], timeout=0.5)
        return outcome, time.monotonic() - started

    outcome, took = inside(body, seconds=10)
    assert took < 3
    assert (outcome.exit_code, outcome.result.error) == (3, None)
    assert (outcome.stdout + outcome.stderr).startswith(b"x\nx\n")


def test_what_lies_in_the_pipe_is_read_although_the_loop_had_no_time() -> None:
    size = 1 << 20

    async def main() -> Output:
        output = Output(Allowance(100))
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, size)
        output.read_from(reader)
        finishing = asyncio.ensure_future(output.finish())
        await asyncio.sleep(0)
        assert os.write(writer, bytes(size)) == size
        time.sleep(1.2)  # nothing of ours runs meanwhile
        await finishing  # although the writer still holds the pipe
        os.close(writer)
        return output

    assert asyncio.run(main()).total == size


def test_a_call_that_writes_too_much_is_ended_and_says_why(inside: Any, make_profile: Callable[..., Path]) -> None:
    async def body(episode: Episode) -> tuple[Outcome, Outcome]:
        return await episode.call(["sh", "-c", "yes & yes >&2"], timeout=30), await episode.call(["echo", "well"])

    profile = make_profile("[budgets]\noutput_bytes = 1000\noutput_bytes_call = 5_000_000\n")
    ended, later = inside(body, profile=profile)
    assert (ended.result.outcome, ended.result.error, ended.feedback) == ("killed", "budget_output", "mask")
    assert ended.result.truncated
    assert 5_000_000 < ended.result.stdout_bytes + ended.result.stderr_bytes < 50_000_000
    assert later.stdout == b"well\n", "another call has its own"


def test_a_call_that_only_watches_is_not_ended(inside: Any, make_profile: Callable[..., Path]) -> None:
    async def body(episode: Episode) -> Outcome:
        return await episode.call(["head", "-c", "2000000", "/dev/zero"])

    outcome = inside(body, profile=make_profile("[budgets]\noutput_bytes_call = 1_000_000\n", base="observe"))
    assert (outcome.exit_code, outcome.result.error) == (0, None)


def test_output_without_end_costs_neither_memory_nor_the_loop(inside: Any, make_profile: Callable[..., Path]) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    async def body(episode: Episode) -> tuple[Outcome, int, float]:
        before, longest = resident(), 0.0
        call = asyncio.ensure_future(episode.call(["cat", "/dev/zero"], timeout=2))
        while not call.done():
            then = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - then)
        return await call, resident() - before, longest

    outcome, grown, longest = inside(body, profile=make_profile("[budgets]\noutput_bytes = 1000\n"))
    assert outcome.result.error == "timeout"
    assert outcome.result.stdout_bytes > 10_000_000
    assert grown < 50_000_000
    assert longest < 1.0

"""One process as one call: how it starts, what it gets, how it ends and what is recorded of it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.api.sync import SyncEpisode
from vigiles.ledger.query import LedgerReader
from vigiles.model import canonical
from vigiles.model.episode import CallEnded
from vigiles.model.errors import InputInvalid
from vigiles.model.result import Result
from vigiles.runtime import process_call
from vigiles.runtime.episode import Episode

pytestmark = pytest.mark.cell


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_an_exit_code_is_passed_on(episode: SyncEpisode, code: int) -> None:
    outcome = episode.call(["sh", "-c", f"exit {code}"])
    assert (outcome.exit_code, outcome.signal, outcome.result.outcome) == (code, None, "performed")


@pytest.mark.parametrize("name", ["TERM", "KILL", "SEGV", "PIPE"])
def test_a_signal_is_told_from_an_exit_code(episode: SyncEpisode, name: str) -> None:
    outcome = episode.call(["sh", "-c", f"kill -{name} $$"])
    assert (outcome.exit_code, outcome.signal) == (None, int(getattr(signal, f"SIG{name}")))
    assert outcome.result.outcome == "killed"
    assert outcome.result.error is None


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["no-such-program"], 127, b"not found"),
        (["/no/such/program"], 126, b"No such file"),
        (["/etc/passwd"], 126, b"Permission denied"),
    ],
)
def test_what_cannot_be_executed_ends_as_in_a_shell(episode: SyncEpisode, argv: list[str], code: int, said: bytes) -> None:
    outcome = episode.call(argv)
    assert outcome.exit_code == code
    assert said in outcome.stderr


@pytest.mark.parametrize("argv", [[], ["nul\0in"], ["true", "nul\0in"], ["true", "\ud800"]])
def test_an_argv_that_no_kernel_takes_is_refused_before_it_is_an_act(episode: SyncEpisode, argv: list[str]) -> None:
    before = len(episode.records())
    with pytest.raises(InputInvalid) as refusal:
        episode.call(argv)
    assert refusal.value.remedy
    assert len(episode.records()) == before


def test_standard_input_is_given_whole_and_recorded_by_digest(episode: SyncEpisode) -> None:
    data = bytes(range(256)) * 4096
    outcome = episode.call(["sha256sum"], stdin=data)
    assert outcome.stdout.split()[0].decode() == hashlib.sha256(data).hexdigest()
    assert outcome.act.process is not None
    assert outcome.act.process.stdin_sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("stdin", [None, b""])
def test_without_standard_input_there_is_an_end_of_file(episode: SyncEpisode, stdin: bytes | None) -> None:
    outcome = episode.call(["cat"], stdin=stdin, timeout=5)
    assert (outcome.exit_code, outcome.stdout) == (0, b"")


def test_a_secret_of_the_hosts_environment_is_not_inherited(
    episode: SyncEpisode, monkeypatch: pytest.MonkeyPatch, shared_home: Path
) -> None:
    monkeypatch.setenv("MY_TOKEN", "hunter2-of-the-host")
    monkeypatch.setenv("TZ", "Europe/Rome")
    outcome = episode.call(["env"], env={"GIVEN": "value-of-the-call"})
    names = dict(line.split("=", 1) for line in outcome.stdout.decode().splitlines())
    assert "MY_TOKEN" not in names
    assert (names["TZ"], names["GIVEN"], names["HOME"]) == ("Europe/Rome", "value-of-the-call", "/home/agent")
    assert outcome.act.process is not None
    assert outcome.act.process.environment == ["GIVEN"], "names only: a value may be a secret"
    assert b"value-of-the-call" not in b"".join(canonical.encode(record) for record in episode.records())


def test_a_call_runs_where_it_is_told(episode: SyncEpisode) -> None:
    assert episode.call(["mkdir", "-p", "below"]).exit_code == 0
    root = episode.call(["pwd"]).stdout.decode().strip()
    assert episode.call(["pwd"], cwd=f"{root}/below").stdout.decode().strip() == f"{root}/below"
    lost = episode.call(["pwd"], cwd="/nowhere")
    assert (lost.exit_code, b"working directory" in lost.stderr) == (125, True)


def test_a_timeout_ends_the_whole_group(episode: SyncEpisode, processes_with: Any, wait_for: Callable[..., None]) -> None:
    started = time.monotonic()
    outcome = episode.call(["sh", "-c", "sleep 61.25 & sleep 61.25; echo never"], timeout=0.3)
    assert (outcome.signal, outcome.result.outcome, outcome.result.error) == (signal.SIGTERM, "killed", "timeout")
    assert time.monotonic() - started < 2
    wait_for(lambda: not processes_with("61.25"))


def test_a_timeout_does_not_ask_twice(episode: SyncEpisode, processes_with: Any, wait_for: Callable[..., None]) -> None:
    started = time.monotonic()
    outcome = episode.call(["sh", "-c", "trap '' TERM; while :; do sleep 0.0625; done"], timeout=0.3)
    assert (outcome.signal, outcome.result.error) == (signal.SIGKILL, "timeout")
    assert time.monotonic() - started < 5


def test_a_daemon_that_holds_the_output_open_holds_nobody_up(episode: SyncEpisode) -> None:
    started = time.monotonic()
    outcome = episode.call(["sh", "-c", "setsid sleep 3 & echo done"])
    assert time.monotonic() - started < 2
    assert (outcome.exit_code, outcome.stdout, outcome.result.background) == (0, b"done\n", 1)


def test_a_background_call_is_reported_when_it_ends(episode: SyncEpisode, wait_for: Callable[..., None]) -> None:
    started = time.monotonic()
    outcome = episode.call(["sh", "-c", "sleep 0.6; exit 7"], background=True)
    assert time.monotonic() - started < 0.5
    assert (outcome.allowed, outcome.exit_code, outcome.result.background) == (True, None, 1)
    assert outcome.result.coordinates == outcome.act.coordinates

    def results() -> list[Result]:
        return [record for record in episode.records() if isinstance(record, Result) and record.act == outcome.act.id]

    wait_for(results)
    assert [result.exit_code for result in results()] == [7]


def test_cpu_and_wall_time_are_measured(episode: SyncEpisode, python: list[str], wait_for: Callable[..., None]) -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass\ntime.sleep(0.2)"
    outcome = episode.call([*python, burn])
    assert 300_000 <= outcome.result.cpu_us < 600_000
    assert 500_000 <= outcome.result.wall_us < 3_000_000

    def ended() -> list[int]:
        of_call = [record for record in episode.records() if isinstance(record, CallEnded)]
        return [record.cpu_us for record in of_call if record.coordinates and record.coordinates.call == outcome.call]

    wait_for(ended)
    assert ended()[0] >= 300_000


def test_ten_calls_overlap_and_none_takes_anothers_output(inside: Any) -> None:
    async def body(episode: Episode) -> list[Any]:
        return await asyncio.gather(*(episode.call(["sh", "-c", f"sleep 0.5; echo {n}; exit {n}"]) for n in range(10)))

    started = time.monotonic()
    outcomes = inside(body)
    assert time.monotonic() - started < 4
    assert [(int(outcome.stdout), outcome.exit_code) for outcome in outcomes] == [(n, n) for n in range(10)]
    assert [outcome.call for outcome in outcomes] == list(range(1, 11))


def test_what_is_returned_stands_in_the_ledger(inside: Any, shared_home: Path) -> None:
    async def body(episode: Episode) -> Any:
        return await episode.call(["sh", "-c", "echo out; echo err >&2"])

    outcome = inside(body)
    with LedgerReader(shared_home) as reader:
        records = [record for _, record in reader.records(episode=outcome.act.coordinates.episode)]
    (result,) = [record for record in records if isinstance(record, Result)]
    assert result == outcome.result
    assert (result.stdout_bytes, result.stdout_sha256) == (4, hashlib.sha256(b"out\n").hexdigest())
    assert (result.stderr_bytes, result.stderr_sha256) == (4, hashlib.sha256(b"err\n").hexdigest())
    assert outcome.act in records
    assert outcome.verdict in records


def test_an_act_for_which_no_descriptor_is_left_has_a_result_and_leaks_none(
    inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(episode: Episode) -> None:
        await episode.call(["true"])
        made: list[int] = []
        real = process_call._pipe

        def one_only(output: Any, closing: Any) -> int:
            if made:
                raise OSError(24, "no descriptor left")
            made.append(real(output, closing))
            return made[0]

        await asyncio.sleep(0.1)
        before = len(os.listdir("/proc/self/fd"))
        with monkeypatch.context() as patched:
            patched.setattr(process_call, "_pipe", one_only)
            with pytest.raises(OSError, match="no descriptor"):
                await episode.call(["true"], stdin=b"x")
        assert len(os.listdir("/proc/self/fd")) == before
        failed = [record for record in episode.records() if isinstance(record, Result)][-1]
        assert (failed.outcome, failed.error) == ("failed", "OSError")

    inside(body)

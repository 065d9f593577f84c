"""`vigiles run`: the agent's own words and exit code pass, ours are a few lines on standard error."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.act import Act

pytestmark = pytest.mark.cell

SHELLS = "import subprocess\nfor n in range(3): subprocess.run(f'echo {n}', shell=True)\n"


def report_of(done: Any) -> dict[str, Any]:
    (line,) = done.stderr.decode().splitlines()
    report: dict[str, Any] = json.loads(line)
    return report


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["true"], 0),
        (["sh", "-c", "exit 3"], 3),
        (["sh", "-c", "exit 255"], 255),
        (["sh", "-c", "kill -TERM $$"], 143),
        (["sh", "-c", "kill -KILL $$"], 137),
        (["no-such-program"], 127),
        (["/etc/passwd"], 126),
    ],
)
def test_the_exit_code_is_the_agents(vigiles: Any, argv: list[str], code: int) -> None:
    assert vigiles("run", "--quiet", "--", *argv).returncode == code


@pytest.mark.parametrize(
    ("argv", "code", "not_run"),
    [
        (["no-such-program"], 127, "not_found"),
        (["/etc/passwd"], 126, "not_executable"),
        (["/no/such/program"], 126, "not_executable"),
        (["./script"], 126, "not_executable"),
        (["/usr"], 126, "not_executable"),
        (["true"], 0, None),
        (["sh", "-c", "exit 127"], 127, None),
        (["sh", "-c", "exit 126"], 126, None),
        (["sh", "-c", "exit 125"], 125, None),
        (["sh", "-c", "no-such-program"], 127, None),
        (["sh", "-c", "kill -KILL $$"], 137, None),
    ],
)
def test_a_command_that_never_ran_is_told_from_one_that_ended_so(
    vigiles: Any, workdir: Path, argv: list[str], code: int, not_run: str | None
) -> None:
    (workdir / "script").write_text("#!/bin/sh\n")
    done = vigiles("run", "--json", "--", *argv)
    report = json.loads(done.stderr.splitlines()[-1])
    assert (report["code"], report["not_run"]) == (code, not_run)


def test_a_command_that_the_rules_deny_never_ran(vigiles: Any, workdir: Path, tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text('extends = "coding-agent"\n')
    (tmp_path / "rules.cedar").write_text('@id("no-env")\nforbid (principal, action, resource == Tool::"env");\n')
    done = vigiles("run", "--json", "--profile", str(tmp_path), "--", "env")
    report = json.loads(done.stderr.splitlines()[-1])
    assert (done.returncode, report["code"], report["not_run"]) == (126, 126, "denied")


def test_a_home_in_the_work_directory_is_refused_before_it_is_made(vigiles: Any, workdir: Path) -> None:
    for inside in (workdir / "state", workdir / "deep" / "state"):
        done = vigiles("run", "--", "true", env={"VIGILES_HOME": str(inside)})
        assert (done.returncode, list(workdir.iterdir())) == (100, [])
        assert b"the cell would show" in done.stderr


def test_standard_input_and_output_pass_untouched(vigiles: Any) -> None:
    data = bytes(range(256)) * 8192
    done = vigiles("run", "--quiet", "--", "cat", input=data)
    assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(data).digest()
    assert done.stderr == b""
    split = vigiles("run", "--quiet", "--", "sh", "-c", "echo out; echo err >&2")
    assert (split.stdout, split.stderr) == (b"out\n", b"err\n")


def test_a_reader_that_leaves_ends_a_writer_that_goes_on(start: Any) -> None:
    process = start("run", "--quiet", "--", "yes")
    assert process.stdout.read(4) == b"y\ny\n"
    process.stdout.close()
    assert process.wait(10) in (1, 141)


def test_an_agent_without_shells_is_one_call(vigiles: Any) -> None:
    done = vigiles("run", "--", "true")
    assert "one call" in done.stderr.decode()
    report = report_of(vigiles("run", "--json", "--", "true"))
    assert (report["code"], report["calls"], report["ended"], report["files_changed"]) == (0, 1, None, 0)
    assert report["findings"] == report["incidents"] == report["held"] == []


def test_each_shell_of_an_agent_is_counted(vigiles: Any, script: Any, shared_home: Path) -> None:
    argv = script(SHELLS)
    assert "4 calls" in vigiles("run", "--", *argv).stderr.decode()
    done = vigiles("run", "--json", "--task", "t-1", "--model-version", "m-1", "--", *argv)
    assert done.stdout == b"0\n1\n2\n"
    report = report_of(done)
    assert report["calls"] == 4
    with LedgerReader(shared_home) as reader:
        acts = [record for _, record in reader.records(run=report["run"]) if isinstance(record, Act)]
    assert [act.process.via for act in acts if act.process is not None] == ["agent", "shim", "shim", "shim"]
    assert {(act.coordinates.task, act.coordinates.model_version) for act in acts if act.coordinates} == {("t-1", "m-1")}


def test_quiet_is_quiet_and_json_is_one_line(vigiles: Any) -> None:
    assert vigiles("run", "--quiet", "--", "true").stderr == b""
    assert report_of(vigiles("run", "--json", "--", "sh", "-c", "exit 9"))["code"] == 9


def test_changes_reach_the_folder_at_the_end(vigiles: Any, workdir: Path) -> None:
    (workdir / "old").write_text("old")
    (workdir / "gone").write_text("gone")
    done = vigiles("run", "--", "sh", "-c", "echo new > new; rm gone; echo more >> old; mkdir d; echo x > d/x")
    assert sorted(path.name for path in workdir.iterdir()) == ["d", "new", "old"]
    assert (workdir / "old").read_text() == "oldmore\n"
    assert (workdir / "new").stat().st_uid == os.getuid()
    assert "5 files changed" in done.stderr.decode()


def test_files_that_other_programs_obey_are_held_and_told(vigiles: Any, workdir: Path) -> None:
    plant = "mkdir -p .git/hooks .vscode; echo x > .git/hooks/pre-commit; echo '{}' > .vscode/tasks.json; echo ok > honest"
    done = vigiles("run", "--json", "--", "sh", "-c", plant)
    report = report_of(done)
    assert {".git/hooks/pre-commit", ".vscode/tasks.json"} <= set(report["held"])
    assert (workdir / "honest").exists()
    assert not (workdir / ".git" / "hooks" / "pre-commit").exists()
    assert not (workdir / ".vscode" / "tasks.json").exists()
    kept = [path.read_text() for path in Path(report["held_dir"]).iterdir() if path.name != "held.json"]
    assert {"x\n", "{}\n"} <= set(kept)

    told = vigiles("run", "--", "sh", "-c", plant).stderr.decode()
    assert ".git/hooks/pre-commit" in told
    assert ".vscode/tasks.json" in told


def test_what_to_do_with_held_files_is_said(vigiles: Any) -> None:
    plant = "mkdir -p .vscode; echo '{}' > .vscode/tasks.json"
    told = vigiles("run", "--", "sh", "-c", plant).stderr.decode().splitlines()
    assert told[1] == "vigiles: held back, because other programs run or obey these files, or they lead elsewhere:"
    assert told[2] == "  .vscode/tasks.json (editors obey it)"
    assert told[3].startswith("  look: vigiles diff ep-")
    assert told[4].startswith("  take over or discard: vigiles apply ep-")


def test_what_could_not_be_written_is_not_called_held_back(vigiles: Any, start: Any, workdir: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("needs an ordinary user: root writes where it is not allowed to")
    run = start("run", "--", "sh", "-c", "echo x > new; echo up; sleep 1.5")
    assert run.stdout.readline() == b"up\n"
    workdir.chmod(0o555)
    told = run.communicate(timeout=30)[1].decode()
    assert "held back" not in told
    assert "could not be written to the work directory, for a reason that is not in the files:" in told
    assert "new (it could not be written: Permission denied)" in told
    assert "put the cause right, then take over: vigiles apply ep-" in told
    done = vigiles("apply", "new", "--yes")
    assert (done.returncode, b"Permission denied" in done.stdout) == (111, True)
    workdir.chmod(0o755)
    assert vigiles("apply", "new", "--yes").returncode == 0
    assert (workdir / "new").read_text() == "x\n"


def test_what_the_agent_named_cannot_write_on_the_terminal(vigiles: Any) -> None:
    plant = "mkdir -p .vscode; echo x > \"$(printf '.vscode/\\033[2Jtasks.json')\"; echo x > .vscode/tasks.json"
    told = vigiles("run", "--", "sh", "-c", plant).stderr
    assert b"held back" in told
    assert b"\x1b" not in told


def test_an_episode_that_a_response_ended_has_its_own_code(vigiles: Any, short_folder: Callable[[str], Path]) -> None:
    connect = "import socket; socket.create_connection(('169.254.169.254', 80), timeout=2); print('reached')"
    done = vigiles("run", "--profile", "rl-rollout", "--", sys.executable, "-ISc", connect)
    assert done.returncode == 109
    told = done.stderr.decode()
    assert "the episode was ended (response)" in told
    assert "incident inc-" in told
    assert "Ctrl-C" not in told, "nobody has to end what the response ended"
    assert b"reached" not in done.stdout


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--profile", "{tier}"], 102),
        (["--profile", "{broken}"], 101),
        (["--profile", "no-such-profile"], 105),
        (["--profile", "no-network", "--allow", "host.example:443"], 101),
        (["--workdir", "/"], 100),
        (["--workdir", "/no/such/folder"], 100),
        (["--home", "/proc/no"], 103),
        (["--allow", "foo"], 100),
        (["--env", "A B"], 100),
    ],
)
def test_a_refused_start_is_one_line_and_a_remedy(
    vigiles: Any, short_folder: Callable[[str], Path], options: list[str], code: int
) -> None:
    tier, broken = short_folder("profile"), short_folder("profile")
    (tier / "profile.toml").write_text('extends = "coding-agent"\nname = "tier"\ntier = "V"\n')
    (broken / "profile.toml").write_text('extends = "coding-agent"\nname = "broken"\nbudget = 1\n')
    words = [word.format(tier=tier, broken=broken) for word in options]
    done = vigiles("run", *words, "--", "sh", "-c", "echo started")
    told = done.stderr.decode()
    assert (done.returncode, done.stdout) == (code, b""), told
    assert told.startswith("vigiles: ")
    assert "Traceback" not in told
    if code == 102:
        first, second = told.splitlines()
        assert "tier V" in first
        assert second.startswith("  what to do: ")


def test_a_folder_that_was_deleted_is_an_error_with_a_remedy(vigiles_argv: list[str], workdir: Path) -> None:
    (workdir / "gone").mkdir()
    argv = ["sh", "-c", 'cd gone && rmdir ../gone && exec "$@"', "sh", *vigiles_argv, "run", "--", "true"]
    done = subprocess.run(argv, cwd=workdir, capture_output=True, timeout=30, check=False)
    told = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (100, b"")
    assert told[0] == "vigiles: the current folder does not exist any more"
    assert told[1].startswith("  what to do: ")
    assert len(told) == 2


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--allow", "foo"], "--allow foo: this is no host:port with a port from 1 to 65535"),
        (
            ["--allow", "a.example:443", "--allow", "B.example:443"],
            "--allow B.example:443: this is not in its canonical form",
        ),
        (["--env", "A B"], "--env A B: this is no environment variable's name"),
        (["--env", "A=1"], "--env A=1: this is no environment variable's name"),
        (["--env", "\x1b[2J"], "--env \\x1b[2J: this is no environment variable's name"),
        (["--read", "/tmp/\udcff"], "/tmp/\\udcff: this path is not UTF-8"),
    ],
)
def test_a_mistyped_option_is_named_as_it_was_typed(vigiles: Any, option: list[str], said: str) -> None:
    done = vigiles("run", *option, "--", "true")
    first, second = done.stderr.decode().splitlines()
    assert (done.returncode, first) == (100, f"vigiles: {said}")
    assert second.startswith("  what to do: ")


def test_a_task_that_is_not_utf8_is_kept_as_text(vigiles: Any, shared_home: Path) -> None:
    report = report_of(vigiles("run", "--json", "--task", "t\udcff", "--model-version", "m\udcff", "--", "true"))
    with LedgerReader(shared_home) as reader:
        _, opened = next(reader.records("episode_opened", run=report["run"]))
    assert opened.coordinates is not None
    assert (opened.coordinates.task, opened.coordinates.model_version) == ("t\\xff", "m\\xff")


def test_what_will_have_no_effect_is_warned_of(vigiles: Any) -> None:
    words = ["--read", "/no/such/path", "--read", "/etc/hostname", "--env", "NO_SUCH_NAME", "--env", "PATH", "--", "true"]
    done = vigiles("run", *words)
    warnings = [line for line in done.stderr.decode().splitlines() if "warning" in line]
    assert warnings == [
        "vigiles: warning: --read /no/such/path: there is no such path, so nothing is shown",
        "vigiles: warning: --env NO_SUCH_NAME: this variable is not set, so nothing is passed",
    ]
    assert done.returncode == 0
    assert vigiles("run", "--quiet", *words).stderr == b""
    assert len(report_of(vigiles("run", "--json", *words))["warnings"]) == 2


def test_a_reader_of_errors_that_left_does_not_change_the_code(
    vigiles_argv: list[str], shared_home: Path, workdir: Path
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    argv = [*vigiles_argv, "run", "--home", str(shared_home), "--", "sh", "-c", "exit 7"]
    done = subprocess.run(argv, cwd=workdir, stdin=subprocess.DEVNULL, stderr=writer, timeout=30, check=False)
    os.close(writer)
    assert done.returncode == 7


def test_one_file_is_not_files(vigiles: Any) -> None:
    assert "1 file changed" in vigiles("run", "--", "sh", "-c", "echo x > new").stderr.decode()


def test_what_is_added_for_one_run_is_there(vigiles: Any) -> None:
    note = Path(__file__).parents[3] / "LICENSE"
    environment = {"MY_KEY": "passed", "OTHER_KEY": "kept"}
    command = f"head -c 20 {note} | wc -c; echo $MY_KEY $OTHER_KEY"
    done = vigiles("run", "--quiet", "--read", str(note), "--env", "MY_KEY", "--", "sh", "-c", command, env=environment)
    assert done.stdout == b"20\npassed\n"
    assert vigiles("run", "--quiet", "--", "cat", str(note)).returncode == 1


def test_what_is_to_be_shown_may_lie_below_tmp(vigiles: Any, short_folder: Callable[[str], Path]) -> None:
    extra = short_folder("extra")
    (extra / "note").write_text("shown\n")
    assert vigiles("run", "--quiet", "--read", str(extra), "--", "cat", f"{extra}/note").stdout == b"shown\n"


def test_a_run_needs_a_command(vigiles: Any) -> None:
    done = vigiles("run")
    assert done.returncode == 2
    assert b"COMMAND" in done.stderr

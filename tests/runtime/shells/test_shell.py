"""Persistent shells in a cell: every command its own call, its state the next one's, and nothing lost in silence."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from vigiles.api import ShellOutcome
from vigiles.api.sync import SyncEpisode, SyncShell
from vigiles.model.act import Act
from vigiles.model.errors import InputInvalid
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.observation.shell import Planted, ShellState
from vigiles.model.union import Recorded
from vigiles.runtime.shells.shell import LARGEST_STATE, LONGEST_COMMAND

pytestmark = pytest.mark.cell


@pytest.fixture
def shell(episode: SyncEpisode) -> Iterator[SyncShell]:
    with episode.shell() as opened:
        yield opened


def said(outcome: ShellOutcome) -> str:
    return (outcome.stdout + outcome.stderr).decode("utf-8", "replace")


def of_call(records: list[Recorded], call: int, kind: type[Any]) -> list[Any]:
    return [one for one in records if isinstance(one, kind) and one.coordinates is not None and one.coordinates.call == call]


def test_each_command_is_a_call_of_its_own(episode: SyncEpisode, shell: SyncShell) -> None:
    one = shell.run("mkdir -p sub && cd sub && export X=1; f() { echo hi; }", label="tool-7")
    two = shell.run("pwd; echo $X; f")
    assert two.stdout.decode().split()[0].endswith("/sub")
    assert two.stdout.decode().split()[1:] == ["1", "hi"]
    assert (two.call, one.carried, two.carried) == (one.call + 1, True, True)
    assert one.act.coordinates is not None
    assert one.act.coordinates.label == "tool-7"
    assert (two.act.tool, two.act.arguments["command"]) == ("shell", "pwd; echo $X; f")
    starts = of_call(episode.records(), two.call, ProcessStart)
    assert {start.attribution.grade for start in starts} == {"exact"}
    assert episode.findings(two.call) == [], "the act explains the process"


def test_two_shells_know_nothing_of_each_other(episode: SyncEpisode, shell: SyncShell) -> None:
    with episode.shell(env={"GIVEN": "here"}, cwd="/usr") as other:
        shell.run("X=1")
        assert said(other.run("echo ${X-none} $GIVEN $PWD")) == "none here /usr\n"
        assert said(other.run("echo $GIVEN $PWD; cd lib")) == "here /usr\n"
        assert said(other.run("echo $PWD $HOME")) == "/usr/lib /home/agent\n"


def test_output_is_whole_and_never_holds_the_state(shell: SyncShell) -> None:
    data = bytes(range(256)) * 512
    outcome = shell.run("cat; X=1", stdin=data)
    assert (outcome.stdout, outcome.stderr, outcome.carried) == (data, b"", True)


def test_an_exit_ends_the_command_and_not_the_shell(shell: SyncShell) -> None:
    outcome = shell.run("X=left; cd /usr; exit 3; echo never")
    assert (outcome.exit_code, outcome.carried, said(outcome)) == (3, True, "")
    assert said(shell.run("echo $? $X $PWD")) == "3 left /usr\n"


@pytest.mark.parametrize(
    ("command", "code", "number", "why"),
    [
        ("X=no; exec sh -c 'exit 9'", 9, None, "none"),
        ("X=no; kill -9 $$", None, signal.SIGKILL, "ended"),
        ("X=no; kill -TERM $$; sleep 1", None, signal.SIGTERM, "ended"),
        ("X=no; printf 'junk\\0' >&251", 0, None, "broken"),
        ("X=no; trap : EXIT; exit 4", 4, None, "none"),
        ("X=no; set -n", 0, None, "none"),
    ],
)
def test_a_shell_that_left_no_state_goes_on_with_the_last(
    shell: SyncShell, command: str, code: int | None, number: int | None, why: str
) -> None:
    shell.run("X=kept")
    outcome = shell.run(command)
    assert (outcome.exit_code, outcome.signal, outcome.carried, outcome.why) == (code, number, False, why)
    status = code if code is not None else 128 + (number or 0)
    assert said(shell.run("echo $? $X")) == f"{status} kept\n"


def test_the_first_command_may_fail_to_leave_a_state_too(shell: SyncShell) -> None:
    assert shell.run("X=1; exec true").why == "none"
    assert said(shell.run("echo ${X-none} $HOME")) == "none /home/agent\n"


def test_a_timeout_ends_the_command_and_not_the_shell(shell: SyncShell) -> None:
    shell.run("X=kept")
    began = time.monotonic()
    outcome = shell.run("X=no; sleep 51.5", timeout=0.4)
    assert (outcome.result.error, outcome.carried, outcome.why) == ("timeout", False, "ended")
    assert time.monotonic() - began < 10
    assert said(shell.run("echo $X")) == "kept\n"


def test_a_state_that_is_too_large_is_not_taken(episode: SyncEpisode, shell: SyncShell) -> None:
    shell.run("X=kept")
    outcome = shell.run(f"X=no; V=$(head -c {LARGEST_STATE + 9} /dev/zero | tr '\\0' a); echo done", timeout=60)
    assert (outcome.why, outcome.exit_code, said(outcome)) == ("too_large", 0, "done\n")
    assert said(shell.run("echo $X ${V-none}")) == "kept none\n"
    (record,) = of_call(episode.records(), outcome.call, ShellState)
    assert (record.state, record.why) == ("kept", "too_large")
    assert record.size > LARGEST_STATE


def test_a_command_of_a_megabyte_is_run(shell: SyncShell) -> None:
    line = "echo " + "a" * (1 << 20)
    outcome = shell.run(line, timeout=60)
    assert len(outcome.stdout) == (1 << 20) + 1


def acts(episode: SyncEpisode) -> int:
    """How many acts there are so far; other records may come late."""
    return sum(isinstance(record, Act) for record in episode.records())


@pytest.mark.parametrize("command", ["nul\0in", "\ud800", b"nul\0in", "a" * (LONGEST_COMMAND + 1)])
def test_what_no_shell_can_be_given_is_refused_before_it_is_an_act(
    episode: SyncEpisode, shell: SyncShell, command: str | bytes
) -> None:
    before = acts(episode)
    with pytest.raises(InputInvalid) as refusal:
        shell.run(command)
    assert refusal.value.remedy
    assert acts(episode) == before


def test_a_command_may_be_bytes_that_are_no_text(shell: SyncShell) -> None:
    assert shell.run(b"printf '%s' '\xff\xfe'").stdout == b"\xff\xfe"


def test_a_closed_shell_takes_nothing(episode: SyncEpisode) -> None:
    with episode.shell() as shell:
        pass
    with pytest.raises(InputInvalid, match="closed"):
        shell.run("true")


def test_a_job_lives_on_as_its_own_calls_process(episode: SyncEpisode, shell: SyncShell) -> None:
    one = shell.run("sh -c 'sleep 0.6; exec touch late' & echo $!")
    assert (one.lost, one.result.background >= 1) == (("jobs",), True)
    two = shell.run(f"wait {said(one).strip()}")
    assert (two.exit_code, "not a child" in said(two)) == (127, True)
    shell.run("sleep 1")
    late = [start for start in episode.records() if isinstance(start, ProcessStart) and start.exe.endswith("touch")]
    assert {(start.attribution.grade, start.attribution.call) for start in late} == {("exact", one.call)}


# -- code that one call plants and another runs -----------------------------------------------------------------------

PLANTS = [
    ("cd() { touch acted; builtin cd \"$@\"; }", "cd .", "cd", "function"),
    ("alias ls='touch acted; ls'", "ls", "ls", "alias"),
    ("trap 'touch acted' DEBUG", "true", "DEBUG", "trap"),
    ("trap 'touch acted' EXIT", "exit 0", "EXIT", "trap"),
    ("echo 'touch acted' > start.sh; export BASH_ENV=$PWD/start.sh", "bash -c true", "BASH_ENV", "variable"),
    ("export PROMPT_COMMAND='touch acted'", "eval \"$PROMPT_COMMAND\"", "PROMPT_COMMAND", "variable"),
]  # fmt: skip


@pytest.mark.parametrize(("plant", "use", "name", "kind"), PLANTS, ids=[name for _, _, name, _ in PLANTS])
def test_an_act_is_its_own_calls_and_the_record_says_who_planted_it(
    episode: SyncEpisode, plant: str, use: str, name: str, kind: Any
) -> None:
    with episode.shell() as shell:
        planted = shell.run(plant)
        shell.run("X=1")
        before = len(episode.records())
        used = shell.run(use)
        assert shell.planted_by(name) == shell.planted_by(name, kind) == planted.call
    acted = [
        start
        for start in episode.records()[before:]
        if isinstance(start, ProcessStart) and start.argv[1:] == ["acted"]
    ]  # fmt: skip
    assert acted, "the plant acted"
    assert {(start.attribution.grade, start.attribution.call) for start in acted} == {("exact", used.call)}
    (record,) = of_call(episode.records(), planted.call, ShellState)
    assert Planted(kind=kind, name=name, call=planted.call) in record.changed
    (record,) = of_call(episode.records(), used.call, ShellState)
    assert Planted(kind=kind, name=name, call=planted.call) in record.in_force
    assert (record.attribution.grade, record.attribution.call) == ("exact", used.call)


def test_a_plant_that_is_taken_away_is_gone(shell: SyncShell, episode: SyncEpisode) -> None:
    shell.run("f() { :; }")
    outcome = shell.run("unset -f f")
    assert shell.planted_by("f") is None
    (record,) = of_call(episode.records(), outcome.call, ShellState)
    assert [(one.kind, one.name) for one in record.removed] == [("function", "f")]


def test_what_the_shell_began_with_was_planted_by_nobody(shell: SyncShell) -> None:
    outcome = shell.run("export PATH=$PATH:/opt; cd .")
    assert shell.planted_by("HOME") == 0
    assert (shell.planted_by("PATH"), shell.planted_by("nothing")) == (outcome.call, None)
    assert "HOME" not in {one.name for one in shell.planted()}


def test_a_flood_of_names_is_folded(shell: SyncShell, episode: SyncEpisode) -> None:
    outcome = shell.run("for n in {1..300}; do declare v$n=1; done")
    (record,) = of_call(episode.records(), outcome.call, ShellState)
    assert len(record.changed) == 100
    assert record.folded >= 200


def test_no_value_is_recorded(shell: SyncShell, episode: SyncEpisode) -> None:
    outcome = shell.run("read -r TOKEN", stdin=b"hunter2-of-the-shell\n")
    assert said(shell.run("echo ${#TOKEN}")) == "20\n"
    assert outcome.carried
    assert "hunter2-of-the-shell" not in repr(episode.records())


def test_a_daemon_that_floods_the_control_descriptor_holds_nobody_up(shell: SyncShell) -> None:
    began = time.monotonic()
    outcome = shell.run("X=1; (while :; do printf 'junk\\0' >&251 || exit; done) 2>/dev/null &")
    assert time.monotonic() - began < 10
    assert outcome.exit_code == 0
    assert outcome.why in ("broken", "too_large")
    assert shell.run("true").exit_code == 0


FORGE = """
exec 3>&251
printf 'umask\\0\\0000022\\n\\0directory\\0\\0%s\\0' "$PWD" >&3
printf '{kind}\\0X\\0%s\\n\\0end\\0\\0\\0' '{text}' >&3
exec true
"""


def test_code_that_is_forged_as_a_value_is_not_taken(shell: SyncShell) -> None:
    shell.run("X=kept")
    outcome = shell.run(FORGE.format(kind="variable", text='declare -- X="1"; touch acted-forged'))
    assert (outcome.carried, outcome.why) == (False, "broken")
    assert said(shell.run("echo $X; ls acted-forged 2>/dev/null")) == "kept\n"


EVALUATED = [
    ("forged", FORGE.format(kind="variable", text='declare -i X="a[\\\\$(touch acted-forged)0]"')),
    ("forged", FORGE.format(kind="variable", text='declare -a X=(["a[\\\\$(touch acted-forged)0]"]="v")')),
    ("own", "X='a[$(touch acted-forged)0]'; declare -i X"),
    ("own", "declare -n X='a[$(touch acted-forged)0]'"),
]


@pytest.mark.parametrize(("whose", "command"), EVALUATED, ids=["integer", "key", "made an integer", "nameref"])
def test_code_in_a_value_is_not_run_by_taking_it_up(
    episode: SyncEpisode, shell: SyncShell, whose: str, command: str
) -> None:
    """Bash evaluates integers and array keys where they are set: the next call must not run them in its own name."""
    shell.run("true")
    planted = shell.run(command)
    used = shell.run("/bin/ls acted-forged; I=1; declare -i I")
    assert used.stdout == b""
    if planted.carried:
        (record,) = of_call(episode.records(), used.call, ShellState)
        assert Planted(kind="variable", name="X", call=planted.call) in record.in_force
    else:
        assert whose == "forged"
    assert said(shell.run("I+=2; echo $I")) == ("" if used.exit_code is None else "3\n")


def test_code_that_is_forged_as_a_function_is_the_next_calls_and_known_as_planted(
    shell: SyncShell, episode: SyncEpisode
) -> None:
    shell.run("true")
    planted = shell.run(FORGE.format(kind="function", text="touch acted-as-function"))
    assert planted.carried, planted.why
    used = shell.run("true")
    starts = [start for start in episode.records() if isinstance(start, ProcessStart) and "acted-as-function" in start.argv]
    assert {start.attribution.call for start in starts} == {used.call}
    (record,) = of_call(episode.records(), used.call, ShellState)
    assert Planted(kind="function", name="X", call=planted.call) in record.in_force


def test_every_process_of_a_shell_ends_with_it(episode: SyncEpisode, shell: SyncShell) -> None:
    outcome = shell.run("true")
    assert isinstance(outcome.act, Act)
    assert outcome.result.background == 0
    episode.settle(0.3)
    started = {one.pid for one in of_call(episode.records(), outcome.call, ProcessStart)}
    assert started >= {one.pid for one in of_call(episode.records(), outcome.call, ProcessExit)}

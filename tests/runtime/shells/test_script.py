"""The shell's own text, run by the real bash outside of any cell: what one takes up is what the last one left."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigiles.runtime.shells import script
from vigiles.runtime.shells.state import ShellState, parse


def command(
    text: str, state: ShellState | None = None, status: int = 0, cwd: Path | None = None
) -> tuple[ShellState, str, int]:
    """Run one command as a cell would, on the state of the last; return its state, output and code."""
    memory = os.memfd_create("given")
    os.write(memory, script.given(state, status, text.encode("utf-8", "surrogateescape")))
    os.lseek(memory, 0, os.SEEK_SET)
    reader, writer = os.pipe()
    os.dup2(memory, script.INPUT)
    os.dup2(writer, script.CONTROL)
    for fd in (memory, writer):
        os.close(fd)
    passed = (script.INPUT, script.CONTROL)
    try:
        process = subprocess.Popen(
            script.ARGV, pass_fds=passed, env={}, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    finally:
        for fd in passed:
            os.close(fd)
    with os.fdopen(reader, "rb") as control:
        told = control.read()
    output = process.communicate()[0].decode("utf-8", "surrogateescape")
    return parse(told, first=state is None, last=state)[1], output, process.returncode


LEFT_AND_MET = [
    ("X='a  b'; export Y=$'c\\nd'", 'printf "%s|" "$X" "$Y"; sh -c \'printf %s "$Y"\'', "a  b|c\nd|c\nd"),
    ("declare -a A=(one 'two  three' [7]=x); A+=('')", 'echo "${!A[@]}/${A[1]}"', "0 1 7 8/two  three\n"),
    ("declare -A M=([k]=v ['a b']=$'x\\ty' [\"q'\"]=z)", 'q="q\'"; printf %s "${M[k]}${M[a b]}${M[$q]}"', "vx\tyz"),
    ("declare -i n=3; declare -u up=abc; declare -n ref=n", 'n+=4; up+=d; echo "$n $up $ref"', "7 ABCD 7\n"),
    ("readonly R=1", "R=2; echo $R", "bash: line 1: R: readonly variable\n"),
    ("declare -A later; export alsolater", "later[x]=1; alsolater=2; echo ${later[x]}; env|grep also", "1\nalsolater=2\n"),
    ("unset PATH; IFS=:", 'v=a:b; echo ${PATH-none} $v', "none a b\n"),
    ("unset IFS", "echo ${IFS-none}", "none\n"),
    ("f() { cat <<E\nhi $1\nE\n}; export -f f", "f you; bash -c 'f child'", "hi you\nhi child\n"),
    ("alias ll='echo listed'", "ll all", "listed all\n"),
    ("shopt -s extglob nullglob; x() { [[ $1 == +(a) ]] && echo yes; }", "x aaa; echo /nope*", "yes\n\n"),
    ("set -o pipefail -f; set +B", "false | true; echo $? {a,b} *", "1 {a,b} *\n"),
    ("umask 0027", "umask", "0027\n"),
    ("cd /usr/lib", "pwd; cd - >/dev/null; echo ${PWD##*/}", None),
    ("pushd /usr >/dev/null; pushd / >/dev/null", "dirs -p | head -2", "/\n/usr\n"),
    ("set -- 'a b' '' c", 'echo $#; printf "[%s]" "$@"', "3\n[a b][][c]"),
    ("trap 'echo \"got it\"' USR1; trap '' USR2", "kill -USR1 $$; kill -USR2 $$; echo on", "got it\non\n"),
    ("(exit 42)", "echo $?", "42\n"),
    ("exit 43", "echo $?", "43\n"),
    ("[[ abc =~ b(.) ]]", "echo ${BASH_REMATCH[1]}", "c\n"),
    ("set -e; X=1; false; X=2", "echo $X; set +e; false; echo still", "1\nstill\n"),
    ("set -u; X=1; echo $nothing", "set +u; echo $X", "1\n"),
    ("X=1; echo 'unterminated", "echo ${X-none}", "none\n"),
    ("X=1\necho 'unterminated", "echo ${X-none}", "1\n"),
    ("trap 'echo bye $?' EXIT", "exit 3", "bye 3\n"),
    ("trap 'echo step' DEBUG", "trap - DEBUG; echo done", "step\ndone\n"),
    ("set -x", "echo a", "++ echo a\na\n"),
    ("g() { local X=in; exit 0; }; X=out", "g", ""),
    ("echo() { :; }; eval() { :; }; read() { :; }; printf() { :; }; declare() { :; }", "type -t eval", "function\n"),
    ("alias echo='echo aliased'; alias read=false", "echo x", "aliased x\n"),
    ("set -o posix", "set +o posix; echo a", "a\n"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "then", "met"), LEFT_AND_MET, ids=[left[:30] for left, _, _ in LEFT_AND_MET])
def test_the_next_command_meets_what_the_last_one_left(left: str, then: str, met: str | None, tmp_path: Path) -> None:
    state, _, code = command(left, cwd=tmp_path)
    _, output, _ = command(then, state, code, cwd=Path("/"))
    assert output == (met if met is not None else f"/usr/lib\n{tmp_path.name}\n")


def test_what_stood_before_the_shell_is_no_news(tmp_path: Path) -> None:
    first, _, _ = command("true", cwd=tmp_path)
    again = first
    for _ in range(2):
        again, _, _ = command("true", again, cwd=tmp_path)
    assert again.entries == first.entries


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.binary(max_size=60).filter(lambda data: b"\0" not in data),
    name=st.text("ab '\"$`\\]=*\n", min_size=1, max_size=6),
)
def test_any_bytes_come_back(value: bytes, name: str, tmp_path: Path) -> None:
    text = "V=" + script.quoted(value).decode("utf-8", "surrogateescape")
    key = script.quoted(name.encode()).decode()
    state, _, _ = command(f'export LANG=C.UTF-8; {text}; k={key}; declare -A M; M[$k]=$V; alias x="$V"', cwd=tmp_path)
    _, output, _ = command('LC_ALL=C; printf %s "$V"; printf "|%s" "${M[$k]}" "${BASH_ALIASES[x]}"', state, cwd=tmp_path)
    told = value.decode("utf-8", "surrogateescape")
    assert output == f"{told}|{told}|{told}"


def test_programs_do_not_inherit_the_control_descriptor(tmp_path: Path) -> None:
    _, output, _ = command("ls /proc/self/fd", cwd=tmp_path)
    assert {int(line) for line in output.split()} <= {0, 1, 2, 3}


def test_a_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    state, _, _ = command("cd gone; rmdir ../gone", cwd=tmp_path)
    state, output, _ = command("pwd", state, cwd=tmp_path)
    assert output.endswith("/\n")
    assert "No such file" in output
    assert state.lost == ("directory",)


def test_jobs_descriptors_and_limits_are_told_as_lost(tmp_path: Path) -> None:
    state, _, _ = command("exec 5</dev/null; ulimit -S -c 0; ulimit -S -n 99; sleep 0.3 >/dev/null 2>&1 &", cwd=tmp_path)
    assert set(state.lost) == {"jobs", "descriptors", "limits"}

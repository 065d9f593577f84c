"""`vigiles doctor` on this machine, and on machines from which something was taken away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

import vigiles
from vigiles.runtime import doctor

SOURCE = Path(vigiles.__path__[0]).parent
PACKAGES = Path(msgspec.__file__).parents[1]
MAIN = "import sys; from vigiles.cli.main import main; sys.argv[0] = 'vigiles'; main()"

#: A filter that refuses one system call (argument 1), laid over the whole command: a machine without that control.
WITHOUT = """
import errno, sys
from vigiles.kernel import bpf, listener, privileges, syscall
program = bpf.Program()
program.load(0)
program.skip_unless_equal(syscall.number(sys.argv.pop(1)), 1)
program.give(bpf.errno_action(errno.EPERM))
program.give(bpf.ALLOW)
privileges.no_new_privileges()
listener.install(program.packed(), listen=False)
"""


def _run(code: str, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{SOURCE}:{PACKAGES}", "LC_ALL": "C.UTF-8"}
    python = more.pop("python", sys.executable)
    return subprocess.run(
        [python, "-c", code, *arguments], capture_output=True, text=True, timeout=30, env=environment, **more
    )


def _states(output: str) -> dict[str, str]:
    return {row["control"]: row["state"] for row in json.loads(output)["rows"]}


@pytest.mark.cell
def test_this_machine_reaches_tier_u() -> None:
    done = _run(MAIN, "doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = msgspec.json.decode(done.stdout, type=doctor.Examination)
    assert found.tier == ("R" if found.root and _states(done.stdout)["BPF"] == "works" else "U")
    assert found.took_us < 1_000_000
    assert _states(done.stdout)["overlay inside"] == "works"


@pytest.mark.cell
def test_the_table_fits_eighty_columns_and_uses_no_colour() -> None:
    began = time.monotonic()
    done = _run(MAIN, "doctor")
    assert time.monotonic() - began < 5  # under 1 s on an idle machine; import time is most of it
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout
    assert "tier U" in done.stdout or "tier R" in done.stdout
    for row in json.loads(_run(MAIN, "doctor", "--json").stdout)["rows"]:
        assert row["control"] in done.stdout


@pytest.mark.cell
@pytest.mark.parametrize(
    ("call", "tier", "missing", "words"),
    [
        ("unshare", "U-", "user namespaces", "user.max_user_namespaces"),
        ("seccomp", "none", "seccomp notify", "CONFIG_SECCOMP_FILTER"),
        ("landlock_create_ruleset", "none", "Landlock", "CONFIG_SECURITY_LANDLOCK"),
        ("landlock_restrict_self", "none", "Landlock", "CONFIG_SECURITY_LANDLOCK"),
        ("mount", "U-", "overlay inside", "CONFIG_OVERLAY_FS"),
        ("process_vm_readv", "none", "reading callers", "yama"),
    ],
)
def test_what_is_taken_away_is_named_with_its_remedy(call: str, tier: str, missing: str, words: str) -> None:
    done = _run(WITHOUT + MAIN, call, "doctor", "--json")
    assert done.returncode == 102
    assert json.loads(done.stdout)["tier"] == tier
    assert _states(done.stdout)[missing] == "missing"
    shown = _run(WITHOUT + MAIN, call, "doctor")
    assert shown.returncode == 102
    assert words in shown.stdout
    assert "Traceback" not in shown.stderr + shown.stdout


@pytest.mark.asroot
@pytest.mark.skipif(os.getuid() != 0, reason="starts as root and becomes an ordinary user")
def test_an_ordinary_user_is_not_asked_for_what_only_root_has() -> None:
    python = shutil.which(f"python{sys.version_info.major}.{sys.version_info.minor}", path="/usr/local/bin:/usr/bin")
    if python is None:
        pytest.skip("no Python of this version that every user may execute")
    done = _run(MAIN, "doctor", "--json", python=python, user=64123, group=64123, extra_groups=[], cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["tier"] == "U"
    assert _states(done.stdout)["BPF"] == "not needed"


def _row(tier: doctor.Tier | None, state: doctor.State) -> doctor.Row:
    return doctor.Row(control="x", state=state, detail="", why="", tier=tier)


@pytest.mark.parametrize(
    ("missing", "root", "tier"),
    [
        ((), True, "R"),
        ((), False, "U"),
        (("R",), True, "U"),
        (("U",), True, "U-"),
        (("U-",), True, "none"),
        (("U-", "R"), False, "none"),
        ((None,), True, "R"),
    ],
)
def test_the_tier_is_the_highest_below_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, missing: tuple[doctor.Tier | None, ...], root: bool, tier: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    assert doctor._tier([_row("U", "works"), *(_row(one, "missing") for one in missing)]) == tier


def test_a_child_that_dies_or_breaks_is_an_answer_too() -> None:
    assert doctor._in_child(lambda: "") == ("", None)
    assert doctor._in_child(lambda: "no") == ("", "no")
    assert doctor._in_child(lambda: os.kill(os.getpid(), 9) or "") == ("", "the child died of signal 9")
    assert doctor._in_child(lambda: [""][1]) == ("", "IndexError")

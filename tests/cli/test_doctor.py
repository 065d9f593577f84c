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
from vigiles.ledger.query import LedgerReader
from vigiles.model.episode import EpisodeOpened
from vigiles.runtime.doctor.examine import Examination

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
    found = msgspec.json.decode(done.stdout, type=Examination)
    needed = [row.state for row in found.rows if row.tier == "R"]
    assert found.tier == ("R" if found.root and set(needed) == {"works"} else "U")
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
    of_root = {
        "cgroup v2",
        "cgroup pids",
        "cgroup memory",
        "uid per cell",
        "nftables",
        "libbpf",
        "BPF programs",
        "Landlock audit",
    }
    assert {state for name, state in _states(done.stdout).items() if name in of_root} == {"not needed"}
    assert of_root <= set(_states(done.stdout))


@pytest.mark.asroot
@pytest.mark.skipif(os.getuid() != 0, reason="only root is asked for what tier R is made of")
@pytest.mark.parametrize(
    ("call", "missing"),
    [("bpf", "BPF programs"), ("unshare", "nftables")],
)
def test_each_part_of_tier_r_stands_for_itself(call: str, missing: str) -> None:
    states = _states(_run(WITHOUT + MAIN, call, "doctor", "--json").stdout)
    whole = _states(_run(MAIN, "doctor", "--json").stdout)
    if whole[missing] != "works":
        pytest.skip(f"this machine has no {missing} that could be taken away")
    assert states[missing] == "missing"
    assert states["cgroup v2"] == whole["cgroup v2"]


@pytest.mark.asroot
@pytest.mark.skipif(os.getuid() != 0, reason="only root has tier R")
def test_the_tier_it_names_is_the_tier_that_a_run_gets(home: Path, workdir: Path) -> None:
    named = json.loads(_run(MAIN, "doctor", "--json").stdout)["tier"]
    words = ["run", "--quiet", "--home", str(home), "--", "true"]
    assert _run(MAIN, *words, cwd=workdir).returncode == 0
    with LedgerReader(home) as reader:
        (opened,) = [record for _, record in reader.records(type="episode_opened")]
    assert isinstance(opened, EpisodeOpened)
    assert opened.tier == named

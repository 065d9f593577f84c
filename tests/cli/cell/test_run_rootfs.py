"""`vigiles run --rootfs`: another root, one call, and words for a folder that can be none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cell

Root = Callable[[], Path]


def test_a_command_runs_on_it(vigiles: Any, busybox_root: Root, workdir: Path) -> None:
    root = busybox_root()
    script = "id -u; sh -c 'echo made > made'; (echo x > /bin/x) 2>/dev/null || echo refused; exit 7"
    done = vigiles("run", "--rootfs", str(root), "--", "sh", "-c", script)
    assert done.returncode == 7
    uid, said = done.stdout.decode().split()
    assert (uid != "0", said) == (True, "refused")
    assert (workdir / "made").read_text() == "made\n"
    assert "shells of another root are not calls of their own" in done.stderr.decode()
    assert ": one call, profile coding-agent, 1 file changed" in done.stderr.decode()


def test_root_inside(vigiles: Any, busybox_root: Root) -> None:
    root = busybox_root()
    words = ("--rootfs", str(root), "--root-inside", "--json", "--", "sh", "-c", "id -u; echo x > /bin/x; cat /bin/x")
    done = vigiles("run", *words)
    assert (done.returncode, done.stdout) == (0, b"0\nx\n")
    assert not (root / "bin" / "x").exists()
    report = json.loads(done.stderr)
    assert (report["calls"], len(report["warnings"]), report["findings"]) == (1, 1, [])


def test_programs_are_looked_for_there(vigiles: Any, busybox_root: Root) -> None:
    root = busybox_root()
    (root / "opt").mkdir()
    (root / "opt" / "busybox").symlink_to("/bin/busybox")
    assert vigiles("run", "--quiet", "--rootfs", str(root), "--", "git", "--version").returncode == 127
    done = vigiles("run", "--rootfs", str(root), "--", "/opt/busybox", "env", env={"PATH": os.environ["PATH"] + ":/mine"})
    assert done.returncode == 0
    assert b"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n" in done.stdout


@pytest.mark.parametrize("what", ["/", "/usr", ".", "..", "missing", "home", "file"])
def test_what_can_be_no_root(vigiles: Any, workdir: Path, shared_home: Path, what: str) -> None:
    (workdir / "file").write_text("")
    done = vigiles("run", "--rootfs", str(shared_home) if what == "home" else what, "--", "sh")
    assert done.returncode == 100
    warning, why, remedy = done.stderr.decode().splitlines()
    assert "--rootfs" in warning
    assert why.startswith("vigiles: the ") or "cannot be a cell's root file system" in why
    assert remedy.startswith("  what to do: ")


def test_root_inside_needs_a_root(vigiles: Any) -> None:
    done = vigiles("run", "--root-inside", "--", "sh")
    assert done.returncode == 100
    assert b"--rootfs" in done.stderr

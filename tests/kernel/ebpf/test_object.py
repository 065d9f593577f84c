"""The committed object is what the committed source makes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vigiles.kernel.ebpf.programs import OBJECT

SCRIPT = Path(__file__).parents[3] / "scripts" / "bpf"


@pytest.fixture
def compiler() -> None:
    for command in ("clang", "llvm-strip"):
        if shutil.which(command) is None:
            pytest.skip(f"needs {command}")
    if not Path("/usr/include/bpf/bpf_helpers.h").exists():
        pytest.skip("needs libbpf-dev")


def _script(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_same_source_makes_the_same_object(compiler: None) -> None:
    done = _script()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same" in done.stdout


def test_another_object_is_found_and_what_differs_is_named(compiler: None, tmp_path: Path) -> None:
    other = tmp_path / "other.o"
    image = bytearray(OBJECT.read_bytes())
    image[image.index(b"GPL\0")] ^= 1
    other.write_bytes(image)
    done = _script("--object", str(other))
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith("license: ")
    other.write_bytes(b"not an object")
    assert _script("--object", str(other)).returncode == 1
    other.unlink()
    assert _script("--object", str(other)).returncode == 1


def test_a_new_one_can_be_written(compiler: None, tmp_path: Path) -> None:
    other = tmp_path / "other.o"
    assert _script("--write", "--object", str(other)).returncode == 0
    assert other.read_bytes() == OBJECT.read_bytes()


def test_the_object_says_nothing_of_where_it_was_built() -> None:
    image = OBJECT.read_bytes()
    for word in (str(SCRIPT.parent).encode(), b"/usr/include", b"/home/", b"/tmp/"):
        assert word not in image

"""The table's programs that need no network, in a cell on a root of its own, as agent and as root inside."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import open_episode

pytestmark = pytest.mark.cell

PROGRAMS = Path(__file__).with_name("programs")
_FILE = "workdir={workdir}"
#: Program and arguments; what each does is told in the program and in table.py.
ATTACKS = {
    "cell_init": (),
    "every_namespace": (),
    "nested_namespace": (),
    "new_mounts": (_FILE,),
    "file_handle": (_FILE,),
    "read_key": ("secret={secret}", "marker={marker}", _FILE),
    "write_outside": ("folders={folders}", "marker_file={marker_file}", _FILE),
    "host_socket": ("paths={socket}", "marker={marker}"),
    "other_process": ("marker={process}",),
    "take_descriptor": (),
    "io_uring": (),
    "raw_sockets": (),
    "vsock": (),
    "int80": (),
    "x32": (),
    "type_ahead": (),
    "descriptors": (),
}
#: Their honest twin needs a network, or what an overlay of this kind or a bare root has not.
NO_TWIN = {"raw_sockets", "vsock"}


@pytest.fixture(scope="module")
def python_root(busybox_root: Callable[[], Path]) -> Path:
    """A root with a Python: the program, its standard library and what both are linked with."""
    root = busybox_root()
    program, library = os.path.realpath(sys.executable), sysconfig.get_path("stdlib")
    (root / "usr" / "bin").mkdir(parents=True)
    shutil.copy(program, root / "usr" / "bin" / "python3")
    left_out = shutil.ignore_patterns("test", "tests", "site-packages", "dist-packages", "__pycache__", "idlelib", "tkinter",
                                      "ensurepip", "lib2to3", "pydoc_data", "config-*", "*.a")  # fmt: skip
    shutil.copytree(library, root / "usr" / "lib" / Path(library).name, ignore=left_out)
    linked = subprocess.run(
        ["ldd", program, *map(str, Path(library, "lib-dynload").glob("_*.so"))], capture_output=True, text=True, check=False
    ).stdout
    needed = set(re.findall(r"(/\S+) \(0x", linked))
    home = next(Path(path).parent for path in needed if path.endswith("/libc.so.6"))
    for path in needed:
        system = path.startswith(("/lib", "/usr/lib"))
        target = root / (path if system else f"{home}/{Path(path).name}").lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return root


@pytest.fixture(scope="module", params=[False, True], ids=["agent", "root inside"])
def played(
    request: pytest.FixtureRequest, python_root: Path, short_folder: Callable[[str], Path]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Play every program and its twin in one cell; return what each printed."""
    host, workdir, home = short_folder("o"), short_folder("w"), short_folder("h")
    marker = f"marker-{os.urandom(8).hex()}"
    (host / "secret").write_text(marker)
    (host / "marker").write_text("here")
    shutil.copytree(PROGRAMS, workdir / "programs")
    facts = {
        "workdir": str(workdir), "secret": str(host / "secret"), "marker": marker, "marker_file": "marker",
        "folders": f"{host},{python_root},/tmp,/root,/home", "socket": str(host / "socket"), "process": marker,
    }  # fmt: skip
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(facts["socket"])
    listening.listen()
    outside = subprocess.Popen(["sleep", "120"], env={"MARKER": marker})

    async def go() -> dict[str, dict[str, dict[str, Any]]]:
        said: dict[str, dict[str, dict[str, Any]]] = {}
        async with open_episode(
            profile="no-network", workdir=workdir, home=home, rootfs=python_root, root_inside=request.param
        ) as episode:
            for name, arguments in ATTACKS.items():
                for kind in ("attack", "twin"):
                    words = [word.format(**facts) for word in arguments]
                    argv = ["python3", f"{workdir}/programs/{name}.py", kind, *words]
                    outcome = await episode.call(argv, timeout=20)
                    assert outcome.stdout, f"{name} {kind}: {outcome.stderr.decode()}"
                    said.setdefault(name, {})[kind] = json.loads(outcome.stdout)
        return said

    before = sorted(os.listdir(python_root)), sorted(os.listdir(host))
    try:
        result = asyncio.run(go())
    finally:
        listening.close()
        outside.kill()
        outside.wait()
    assert (sorted(os.listdir(python_root)), sorted(os.listdir(host))) == before
    return result


@pytest.mark.parametrize("name", ATTACKS)
def test_each_attack_is_stopped(played: dict[str, dict[str, dict[str, Any]]], name: str) -> None:
    attack = played[name]["attack"]
    assert attack["succeeded"] is False, attack
    assert not re.match(r"(ModuleNotFound|Import|Key|Type|Name|Attribute)Error", attack["detail"]), attack


@pytest.mark.parametrize("name", sorted(set(ATTACKS) - NO_TWIN))
def test_its_honest_twin_works(played: dict[str, dict[str, dict[str, Any]]], name: str) -> None:
    assert played[name]["twin"]["works"] is True, played[name]["twin"]

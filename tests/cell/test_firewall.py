"""A cell with a firewall: the rules stand in its network namespace before anything runs in it, and honest work goes on."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from vigiles.cell import messages, wire
from vigiles.cell.init import remedy
from vigiles.cell.spec import CallSpec, CellSpec

pytestmark = pytest.mark.cell

SOURCE = Path(messages.__file__).parents[2]
PACKAGES = Path(msgspec.__file__).parents[1]
NFT = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin:/bin")
NOBODY = 64123
TALK = """
import os, socket
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    with socket.create_server((host, 0), family=family) as server:
        with socket.create_connection(server.getsockname()[:2], timeout=20) as client:
            client.sendall(b"talked ")
            os.write(1, server.accept()[0].recv(100))
"""


class Cell:
    """A real launcher and one cell of it, without a door."""

    def __init__(self, workdir: Path, *, firewall: bool) -> None:
        ours, theirs = wire.pair()
        environment = {**os.environ, "PYTHONPATH": f"{SOURCE}:{PACKAGES}"}
        command = [sys.executable, "-m", "vigiles.cell.launcher", str(theirs.fileno())]
        self._launcher = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment)
        theirs.close()
        root = os.geteuid() == 0
        self._spec = CellSpec(
            run="run",
            episode="episode",
            uid=NOBODY if root else os.getuid(),
            gid=NOBODY if root else os.getgid(),
            host_root=root,
            workdir=str(workdir),
            workdir_mode="overlay",
            read=[sys.base_prefix],
            network=False,
            firewall=firewall,
        )
        wire.send(ours, messages.Make(token=1, spec=self._spec))
        made, descriptors = wire.receive(ours, messages.from_launcher)
        assert isinstance(made, messages.Made), made
        self.init = made.init
        self._sockets = [ours, *(socket.socket(fileno=fd) for fd in descriptors)]
        for fd in wire.receive(self._sockets[1], messages.from_init)[1]:
            os.close(fd)

    def run(self, script: str) -> bytes:
        """Run a Python script as a call; return what it wrote."""
        reader, writer = os.pipe()
        argv = [os.fsencode(os.path.realpath(sys.executable)), b"-c", script.encode()]
        call = CallSpec(call=1, argv=argv, environment={b"PATH": b"/usr/bin:/bin"}, cwd=os.fsencode(self._spec.workdir))
        wire.send(self._sockets[1], messages.Launch(call=call), [0, writer, 2])
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            return file.read()

    def close(self) -> None:
        for sock in self._sockets:
            sock.close()
        self._launcher.wait(timeout=10)


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[Callable[[bool], Cell]]:
    """Make a cell with or without a firewall."""
    made: list[Cell] = []

    def make(firewall: bool) -> Cell:
        made.append(Cell(tmp_path, firewall=firewall))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("firewall", [True, False])
def test_loopback_works_behind_it(cell: Callable[[bool], Cell], firewall: bool) -> None:
    assert cell(firewall).run(TALK) == b"talked talked "


@pytest.mark.asroot
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look into a cell's network namespace")
@pytest.mark.skipif(NFT is None, reason="needs `nft` of nftables")
@pytest.mark.parametrize("firewall", [True, False])
def test_the_rules_are_in_the_cells_namespace(cell: Callable[[bool], Cell], firewall: bool) -> None:
    made = cell(firewall)
    look = ["nsenter", f"--net=/proc/{made.init}/ns/net", str(NFT), "list", "ruleset"]
    rules = subprocess.run(look, capture_output=True, text=True, timeout=20, check=True).stdout
    assert rules.count("policy drop") == (3 if firewall else 0)


def test_its_failure_has_a_remedy_of_its_own() -> None:
    assert "nf_tables" in remedy("nftables")

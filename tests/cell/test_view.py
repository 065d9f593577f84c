"""What a call sees of the machine, and what it may write: asked from inside."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import open_episode
from vigiles.runtime.outcome import Outcome

pytestmark = pytest.mark.cell

LOOK = """
import json, os, socket, stat
def attempt(how, path):
    try:
        if how == "write":
            open(path, "a").close()
        elif how == "cut":
            os.truncate(path, os.path.getsize(path))
        elif how == "make":
            name = path + "/vigiles-made"
            open(name, "w").close()
            os.unlink(name)
        else:
            open(path, "rb").read(16)
        return "done"
    except OSError as error:
        return os.strerror(error.errno)
facts = {
    "uid": os.getuid(), "groups": os.getgroups(), "pid1": open("/proc/1/comm").read().strip(),
    "root": sorted(os.listdir("/")), "home": os.environ["HOME"], "homes": os.listdir("/home"),
    "run": sorted(os.listdir("/run")), "sys": os.listdir("/sys"), "var": sorted(os.listdir("/var")),
    "tmp": os.listdir("/tmp"), "dev": sorted(os.listdir("/dev")), "hosts": open("/etc/hosts").read(),
    "resolv": open("/etc/resolv.conf").read(), "passwd": open("/etc/passwd").read(),
    "hostname": open("/etc/hostname").read(), "interfaces": [name for _, name in socket.if_nameindex()],
    "seen": len([p for p in os.listdir("/proc") if p.isdigit()]),
    "write": {path: attempt("write", path) for path in ("/etc/passwd", "/usr/bin/env", "/proc/sys/kernel/hostname",
                                                        "/run/vigiles/shim", "/dev/null")},
    "cut": {path: attempt("cut", path) for path in ("/usr/bin/env", "/usr/lib/os-release", "/etc/passwd")},
    "make": {path: attempt("make", path) for path in ("/", "/etc", "/usr", "/run", "/run/vigiles", "/dev", "/sys", "/var",
                                                      "/tmp", "/var/tmp", "/dev/shm", os.environ["HOME"], os.getcwd())},
    "read": {path: attempt("read", path) for path in ("/proc/kcore", "/proc/keys", "/proc/1/environ", "/proc/1/maps")},
    "devices": sorted(n for n in os.listdir("/dev") if stat.S_ISCHR(os.stat("/dev/" + n).st_mode)),
    "umask": os.umask(0),
    "mode": oct(os.stat("/tmp").st_mode & 0o7777), "session": os.getsid(0) == os.getpid(), "ppid": os.getppid(),
    "environment": sorted(os.environ), "fds": sorted(os.listdir("/proc/self/fd"))[:-1],
}
print(json.dumps(facts))
"""


async def _inside(workdir: Path, home: Path, code: str, profile: str | Path) -> Outcome:
    async with open_episode(profile=profile, workdir=workdir, home=home) as episode:
        return await episode.call([sys.executable, "-IS", "-c", code])


@pytest.fixture(scope="module")
def seen(short_folder: Callable[[str], Path]) -> dict[str, Any]:
    workdir = short_folder("w")
    (workdir / "project").write_text("mine")
    outcome = asyncio.run(_inside(workdir, short_folder("h"), LOOK, "no-network"))
    assert outcome.exit_code == 0, outcome.stderr.decode()
    facts: dict[str, Any] = json.loads(outcome.stdout)
    return facts


def test_who_one_is(seen: dict[str, Any]) -> None:
    assert seen["uid"] != 0
    assert seen["uid"] == (os.geteuid() or seen["uid"])
    assert f"agent:x:{seen['uid']}:" in seen["passwd"]
    assert seen["session"]
    assert seen["ppid"] == 1
    assert seen["umask"] == 0o022


def test_nothing_of_the_host_but_its_programs(seen: dict[str, Any]) -> None:
    shown = {part for path in (sys.prefix, sys.base_prefix) if path.startswith("/home/") for part in [Path(path).parts[2]]}
    assert set(seen["homes"]) == {"agent"} | shown  # the way to this interpreter, where it lies in somebody's home
    assert seen["home"] == "/home/agent"
    assert seen["run"] == ["vigiles"]
    assert seen["sys"] == []
    assert set(seen["var"]) <= {"tmp"}
    assert "host" not in seen["root"]
    assert not {"boot", "srv", "mnt", "media"} & set(seen["root"])
    assert seen["seen"] <= 3  # init, this call, and perhaps a helper of Python's


def test_its_own_names_and_resolver(seen: dict[str, Any]) -> None:
    assert seen["hostname"] == "cell\n"
    assert "127.0.0.1 cell" in seen["hosts"]
    assert seen["resolv"].startswith("nameserver 127.0.0.1\n")
    assert seen["interfaces"] == ["lo"]


def test_what_may_be_written(seen: dict[str, Any]) -> None:
    free = {path for path, said in seen["make"].items() if said == "done"}
    assert {"/tmp", "/var/tmp", "/dev/shm", "/home/agent"} <= free
    assert len(free) == 5  # and the work directory
    assert {path for path, said in seen["write"].items() if said == "done"} == {"/dev/null"}
    assert seen["mode"] == "0o1777"
    assert "done" not in seen["cut"].values()


def test_devices(seen: dict[str, Any]) -> None:
    assert set(seen["devices"]) <= {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "stdin", "stdout", "stderr"}
    assert {"null", "zero", "random", "urandom", "ptmx"} <= set(seen["devices"])


def test_init_and_the_kernels_secrets_are_closed(seen: dict[str, Any]) -> None:
    assert seen["read"]["/proc/1/environ"] == "Permission denied"
    assert seen["read"]["/proc/1/maps"] == "Permission denied"


def test_no_descriptor_and_no_variable_of_ours_comes_along(seen: dict[str, Any]) -> None:
    assert seen["fds"] == ["0", "1", "2"]
    ours = {"HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM"}
    assert set(seen["environment"]) <= ours | {"COLORTERM", "NO_COLOR", "PAGER", "EDITOR", "COLUMNS", "LINES"}


MODES = {"overlay": ("done", ""), "direct": ("done", "done"), "read_only": ("refused", "")}


@pytest.mark.parametrize("mode", ["overlay", "direct", "read_only"])
def test_work_directory_modes(workdir: Path, home: Path, short_folder: Callable[[str], Path], mode: str) -> None:
    profile = short_folder("p")
    text = f'extends = "no-network"\nname = "mode"\n[files]\nworkdir = "{mode}"\napply = "discard"\n'
    (profile / "profile.toml").write_text(text)
    (workdir / "there").write_text("as it was")
    code = """
import os
try:
    assert open("there").read() == "as it was"
    open("there", "w").write("changed")
    open("made", "w").write("new")
    assert open("there").read() == "changed"
    print("done", end="")
except OSError as error:
    print("refused", end="")
"""
    outcome = asyncio.run(_inside(workdir, home, code, profile))
    assert outcome.stdout.decode() == MODES[mode][0], outcome.stderr.decode()
    changed = (workdir / "there").read_text() == "changed"
    assert changed == (mode == "direct")
    assert (workdir / "made").exists() == (mode == "direct")
    if mode == "direct":
        assert (workdir / "made").stat().st_uid == workdir.stat().st_uid


def test_other_folders_to_read_and_to_write(workdir: Path, home: Path, short_folder: Callable[[str], Path]) -> None:
    profile, read, write, other = (short_folder(name) for name in "prxo")
    for folder in (read, write, other):
        (folder / "file").write_text(folder.name)
    text = f'extends = "no-network"\nname = "more"\n[files]\nread = ["{read}"]\nwrite = ["{write}"]\n'
    (profile / "profile.toml").write_text(text)
    code = f"""
import json, os
said = []
for folder in {[str(read), str(write), str(other)]!r}:
    for how in ("r", "a"):
        try:
            open(folder + "/file", how).close()
            said.append("done")
        except OSError as error:
            said.append(os.strerror(error.errno))
print(json.dumps(said))
"""
    outcome = asyncio.run(_inside(workdir, home, code, profile))
    said = json.loads(outcome.stdout)
    assert said[0] == said[2] == said[3] == "done"
    assert said[1] in ("Permission denied", "Read-only file system")
    assert said[4:] == ["No such file or directory"] * 2


def test_what_is_listed_twice_is_shown_once(workdir: Path, home: Path, short_folder: Callable[[str], Path]) -> None:
    profile, read = short_folder("p"), short_folder("r")
    (read / "file").write_text("inner")
    listed = [str(read), str(read / "file"), "/usr/bin/env", "/bin/sh", "/no/such/place"]
    (profile / "profile.toml").write_text(f'extends = "no-network"\nname = "more"\n[files]\nread = {json.dumps(listed)}\n')
    outcome = asyncio.run(_inside(workdir, home, f"print(open({str(read / 'file')!r}).read(), end='')", profile))
    assert outcome.stdout == b"inner", outcome.stderr.decode()


def test_two_calls_share_the_cell_and_two_cells_nothing(workdir: Path, home: Path) -> None:
    async def go() -> list[bytes]:
        async with open_episode(profile="no-network", workdir=workdir, home=home) as one:
            await one.call(["sh", "-c", "echo 1 > /tmp/shared; echo 2 > ~/kept; echo 3 > here"])
            again = await one.call(["sh", "-c", "cat /tmp/shared ~/kept here"])
            async with open_episode(profile="no-network", workdir=workdir, home=home) as other:
                elsewhere = await other.call(["sh", "-c", "ls /tmp ~ .; true"])
            return [again.stdout, elsewhere.stdout]

    mine, theirs = asyncio.run(go())
    assert mine == b"1\n2\n3\n"
    assert b"shared" not in theirs
    assert b"kept" not in theirs
    assert b"here" not in theirs

"""Cells on a root of their own: what is seen and may be written, and folders that were made to lead elsewhere."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from vigiles.api import open_episode
from vigiles.cell.handle import Watcher
from vigiles.model.cell import CellReady
from vigiles.model.errors import ControlUnavailable
from vigiles.ruleset.load import load_profile
from vigiles.runtime.outcome import Outcome
from vigiles.runtime.outfitting import outfit
from vigiles.runtime.services import Services
from vigiles.runtime.watching import probing

pytestmark = pytest.mark.cell

Root = Callable[[], Path]


def sh(rootfs: Path, workdir: Path, home: Path, *scripts: str, inside: bool) -> list[Outcome]:
    """Run each script as a call of one cell on a root."""

    async def go() -> list[Outcome]:
        async with open_episode(
            profile="no-network", workdir=workdir, home=home, rootfs=rootfs, root_inside=inside
        ) as episode:
            await probing.attempt(episode, full=True)
            return [await episode.call(["sh", "-c", script]) for script in scripts]

    return asyncio.run(go())


def state(folder: Path) -> dict[str, tuple[int, int, int, str]]:
    """Return everything about a folder that a change would change."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        info = path.lstat()
        text = os.readlink(path) if path.is_symlink() else path.read_bytes().hex()[:64] if path.is_file() else ""
        found[str(path)] = (info.st_mode, info.st_uid, info.st_mtime_ns, text)
    return found


@pytest.mark.parametrize("inside", [False, True])
def test_nothing_of_the_host_is_there(busybox_root: Root, workdir: Path, home: Path, inside: bool) -> None:
    script = (
        "ls / /usr /opt /etc /var /root /home; cat /etc/os-release /etc/resolv.conf /etc/hostname; ls -d /usr/lib /usr/bin"
    )
    (looked,) = sh(busybox_root(), workdir, home, script, inside=inside)
    text = looked.stdout.decode()
    assert "ID=nothing\nnameserver 127.0.0.1\n" in text
    assert text.endswith("cell\n")  # and so no /usr/lib, no /usr/bin
    top = text.split("/:\n")[1].split("\n\n")[0].split()
    ours = {"dev", "proc", "sys", "tmp", "run", "var", "usr", "etc"}
    assert set(top) == {"bin", "root" if inside else "home", os.path.realpath(workdir).split("/")[1]} | ours


@pytest.mark.parametrize("inside", [False, True])
def test_the_folder_stays_as_it_is(busybox_root: Root, workdir: Path, home: Path, inside: bool) -> None:
    root = busybox_root()
    (root / "srv").mkdir()
    (root / "srv" / "data").write_text("as it was")
    before = state(root)
    script = """
    for what in 'echo x > /new' 'echo x > /etc/os-release' 'rm /bin/vi' 'echo x >> /srv/data' 'mkdir -p /usr/local/bin' \
        'echo x > /etc/resolv.conf' 'mv /srv /moved' 'chmod 700 /bin'; do
        if (eval "$what") 2>/dev/null; then echo done; else echo refused; fi
    done
    """
    (tried,) = sh(root, workdir, home, script, inside=inside)
    assert set(tried.stdout.decode().split()) == {"done" if inside else "refused"}
    assert state(root) == before


@pytest.mark.parametrize("inside", [False, True])
def test_work_is_done_in_the_work_directory(busybox_root: Root, workdir: Path, home: Path, inside: bool) -> None:
    (workdir / "old").write_text("old")
    script = "pwd; cat old; echo new > made; for f in /tmp ~ /var/tmp /dev/shm; do echo > $f/x && echo $f; done"
    (done,) = sh(busybox_root(), workdir, home, script, inside=inside)
    where = "/root" if inside else "/home/agent"
    assert done.stdout.decode() == f"{os.path.realpath(workdir)}\nold/tmp\n{where}\n/var/tmp\n/dev/shm\n"
    assert (workdir / "made").read_text() == "new\n"
    assert (workdir / "made").stat().st_uid == workdir.stat().st_uid


def test_who_one_is(busybox_root: Root, workdir: Path, home: Path) -> None:
    script = "id -un; id -u; id -g; echo $HOME $USER; grep -c daemon /etc/passwd; grep ^Cap /proc/self/status | cut -f2"
    root = busybox_root()
    (plain,) = sh(root, workdir, home, script, inside=False)
    (inside,) = sh(root, workdir, home, script, inside=True)
    none = "0000000000000000\n" * 5
    assert inside.stdout.decode() == f"root\n0\n0\n/root root\n1\n{none}"
    said = plain.stdout.decode().split("\n", 3)
    assert said[0] == "agent"
    assert int(said[1]) == (os.geteuid() or int(said[1])) != 0
    assert said[3] == f"/home/agent agent\n1\n{none}"


def test_root_inside_can_install_and_can_do_no_more(busybox_root: Root, workdir: Path, home: Path) -> None:
    works = """set -e
    mkdir -p /usr/local/bin /app; printf '#!/bin/sh\necho installed\n' > /usr/local/bin/tool; chmod 4755 /usr/local/bin/tool
    chown 0:0 /usr/local/bin/tool; tool; mkdir /srv; mv /srv /moved; ln -s /moved /app/link; rm -r /app; echo fine
    """
    refused = """
    for what in 'chown 5 /etc/passwd' 'mount -t tmpfs x /mnt' 'mount -o remount,rw /proc/sys' 'umount /dev' \
        'mknod /n c 1 3' 'mknod /b b 7 0' 'echo 1 > /proc/sys/net/ipv4/ip_forward' 'echo 9 > /proc/sys/kernel/shmmax' \
        'echo x > /proc/sysrq-trigger' \
        'echo x > /dev/new' 'rm /dev/null' 'echo x > /run/new' 'chroot / true' 'hostname other' 'ls /proc/1/root/' \
        'cat /proc/1/environ' 'unshare -r true' 'unshare -m true' 'nsenter -t 1 -m true' 'ip link add x type dummy' \
        'renice -n -5 $$' 'echo -1000 > /proc/self/oom_score_adj' 'echo 0 1 1 > /proc/self/uid_map' 'ls /sys/kernel'; do
        if (eval "$what") >/dev/null 2>&1; then echo "$what"; fi
    done
    """
    good, bad = sh(busybox_root(), workdir, home, works, refused, inside=True)
    assert good.stdout == b"installed\nfine\n", good.stderr
    assert bad.stdout == b"", bad.stdout
    assert bad.exit_code == 0


@pytest.mark.parametrize("inside", [False, True])
def test_links_lead_nowhere_outside(
    busybox_root: Root, short_folder: Callable[[str], Path], home: Path, inside: bool
) -> None:
    """Each name that something is laid over is a link to the host, or no folder; the host's folders stay as they are."""
    root, victim, top = busybox_root(), short_folder("v"), short_folder("w")
    (victim / "secret").write_text("victim's")
    if os.geteuid() == 0:
        os.chmod(victim, 0o777)
    (root / "etc" / "passwd").unlink()
    (root / "etc" / "os-release").unlink()
    (root / "etc").rmdir()
    up = "../" * 12 + str(victim).lstrip("/")
    for name, to in {
        "etc": str(victim), "tmp": up, "run": f"/host{victim}", "home": str(victim), "root": "/",
        "usr": f"/proc/self/root{victim}", "sys": "sys", "proc": "/host/proc",
    }.items():  # fmt: skip
        (root / name).symlink_to(to)
    (root / "var").write_text("a file")
    os.mkfifo(root / "dev")
    workdir = top / "project"
    workdir.mkdir()
    before = state(victim)
    reads = "cat /etc/resolv.conf; cat /secret /etc/secret /tmp/secret /run/secret"
    script = f"{reads}; echo made > made; echo x > /tmp/x; echo x > ~/x"
    (done,) = sh(root, workdir, home, script, inside=inside)
    assert done.stdout == b"nameserver 127.0.0.1\noptions timeout:3 attempts:2\n"
    assert (workdir / "made").exists()
    assert state(victim) == before


def test_account_files_are_not_read_through_links(busybox_root: Root, workdir: Path, home: Path) -> None:
    root = busybox_root()
    for name in ("passwd", "group"):
        (root / "etc" / name).unlink(missing_ok=True)
    (root / "etc" / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(root / "etc" / "group")
    (shown,) = sh(root, workdir, home, "cat /etc/passwd /etc/group", inside=True)
    assert shown.stdout == b"root:x:0:0:root:/root:/bin/sh\nroot:x:0:\n"


@pytest.mark.parametrize("inside", [False, True])
def test_what_is_closed_stays_closed(busybox_root: Root, workdir: Path, home: Path, inside: bool) -> None:
    root = busybox_root()
    (root / "closed").mkdir()
    (root / "closed" / "in").write_text("secret")
    (root / "closed").chmod(0)
    (root / "bin" / "busybox").chmod(0o4755)
    try:
        (tried,) = sh(root, workdir, home, "cat /closed/in; ls /closed; id -u", inside=inside)
    finally:
        (root / "closed").chmod(0o755)
    assert tried.stdout.decode().split() == ["0"] if inside else tried.stdout.decode().strip() != "0"
    assert b"secret" not in tried.stdout


@pytest.mark.asroot
@pytest.mark.skipif(os.geteuid() != 0, reason="device files are root's to make")
@pytest.mark.parametrize("inside", [False, True])
def test_device_files_of_the_folder_are_dead(busybox_root: Root, workdir: Path, home: Path, inside: bool) -> None:
    root = busybox_root()
    os.mknod(root / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    os.chmod(root / "zero", 0o666)
    (tried,) = sh(root, workdir, home, "head -c 1 /zero; echo $?; head -c 1 /dev/zero | wc -c", inside=inside)
    assert tried.stdout == b"1\n1\n"


def test_a_program_that_is_not_there(busybox_root: Root, workdir: Path, home: Path) -> None:
    root = busybox_root()
    (root / "bin" / "sh").unlink()
    (tried,) = sh(root, workdir, home, "true", inside=False)
    assert tried.exit_code == 127
    assert b"not found in the cell" in tried.stderr


def test_the_record_names_it(busybox_root: Root, workdir: Path, home: Path) -> None:
    async def go(inside: bool) -> dict[str, str]:
        async with open_episode(
            profile="no-network", workdir=workdir, home=home, rootfs=root, root_inside=inside
        ) as episode:
            (ready,) = [record for record in episode.records() if isinstance(record, CellReady)]
            assert all(one.stopped for one in ready.probes)
            assert ("write in /" in {one.name for one in ready.probes}) is not inside
            return {one.name: one.detail for one in ready.controls if one.applied}

    root = busybox_root()
    plain, inside = asyncio.run(go(False)), asyncio.run(go(True))
    assert plain["root file system"] == inside["root file system"] == str(root)
    assert "root inside" not in plain
    assert inside["root inside"] == "uid 0, no capabilities"


@pytest.mark.parametrize("inside", [False, True])
def test_whom_to_trust_is_laid_over_it_and_no_link_leads_it_elsewhere(
    busybox_root: Root, workdir: Path, home: Path, inside: bool
) -> None:
    root = busybox_root()
    (root / "srv").mkdir()
    (root / "etc" / "ssl").mkdir(parents=True, exist_ok=True)
    (root / "etc" / "ssl" / "certs").symlink_to("/srv")
    (root / "etc" / "pki").symlink_to("/run/vigiles")
    script = (
        "cd /etc; for file in ssl/certs/ca-certificates.crt pki/tls/certs/ca-bundle.crt ssl/cert.pem; do "
        'cmp $file "$SSL_CERT_FILE" && echo same; done; ls /srv /run/vigiles; test -s "$SSL_CERT_FILE" && echo there'
    )

    async def go() -> Outcome:
        async with open_episode(
            profile="rl-rollout", allow_hosts=["a.example:443"], workdir=workdir, home=home, rootfs=root, root_inside=inside
        ) as episode:
            return await episode.call(["sh", "-c", script])

    looked = asyncio.run(go())
    assert looked.stdout == b"same\nsame\nsame\n/run/vigiles:\ntrust\n\n/srv:\nthere\n", looked


def test_two_cells_on_one_folder_share_nothing(busybox_root: Root, workdir: Path, home: Path) -> None:
    root = busybox_root()
    first, again = sh(root, workdir, home, "echo 1 > /mine; cat /mine", "cat /mine", inside=True)
    (other,) = sh(root, workdir, home, "cat /mine", inside=True)
    assert (first.stdout, again.stdout, other.stdout) == (b"1\n", b"1\n", b"")


def test_more_of_the_host_is_shown_read_only(
    busybox_root: Root, workdir: Path, home: Path, short_folder: Callable[[str], Path]
) -> None:
    shown = short_folder("s")
    (shown / "file").write_text("shown")

    async def go() -> Outcome:
        async with open_episode(
            profile="no-network", workdir=workdir, home=home, rootfs=busybox_root(), root_inside=True,
            extra_read=[str(shown), "/usr/bin/env"],
        ) as episode:  # fmt: skip
            script = f"cat {shown}/file; echo x > {shown}/file; rm {shown}/file; head -c 9 /usr/bin/env | wc -c; ls /usr/bin"
            return await episode.call(["sh", "-c", script])

    assert asyncio.run(go()).stdout == b"shown9\nenv\n"
    assert (shown / "file").read_text() == "shown"


def test_a_warm_cell_of_another_root_is_not_taken(busybox_root: Root, workdir: Path, home: Path) -> None:
    async def go() -> None:
        root, other = busybox_root(), busybox_root()
        async with await Services.start(home) as services:
            await services.keep_warm("no-network", 1, rootfs=root, root_inside=True)
            ((_, waiting),) = services.warm._kept
            warm = waiting[0].cell
            for rootfs, inside in ((None, False), (other, True), (root, False)):
                async with open_episode(
                    profile="no-network", workdir=workdir, services=services, rootfs=rootfs, root_inside=inside
                ) as episode:
                    assert episode.cell is not warm
            async with open_episode(
                profile="no-network", workdir=workdir, services=services, rootfs=root, root_inside=True
            ) as episode:
                assert episode.cell is warm
                await probing.attempt(episode, full=True)
                done = await episode.call(["sh", "-c", "id -u; echo x > /etc/x; cat /etc/x; echo y > made"])
                assert done.stdout == b"0\nx\n", done.stderr
            assert (workdir / "made").read_text() == "y\n"
            assert not (root / "etc" / "x").exists()

    asyncio.run(go())


def test_a_link_in_the_place_of_the_folder_is_not_followed(busybox_root: Root, workdir: Path, home: Path) -> None:
    """Between the judging of the path and its mount somebody puts a link there."""

    async def go() -> None:
        root = busybox_root()
        link = root.with_name(root.name + "-link")
        link.symlink_to(root)
        profile = load_profile("no-network").profile
        spec = outfit.cell_spec(profile, "r", "e", workdir, extra_read=[], rootfs=root)
        async with await Services.start(home) as services:
            with pytest.raises(ControlUnavailable, match=f"symbolic links.*{link}"):
                await services.launcher.make(msgspec.structs.replace(spec, rootfs=str(link)), None, Watcher())

    asyncio.run(go())

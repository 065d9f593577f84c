"""What a cell is made of, and what must never be shown in one."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.cell.spec import CellSpec
from vigiles.model.errors import ControlUnavailable, InputInvalid
from vigiles.ruleset.load import load_profile
from vigiles.ruleset.profile import Budgets, Files, Profile, Tier
from vigiles.runtime.outfitting import outfit


def spec(workdir: Path, **more: object) -> CellSpec:
    values: dict[str, object] = {
        "run": "r",
        "episode": "e",
        "uid": 1,
        "gid": 1,
        "host_root": False,
        "workdir": str(workdir),
        "workdir_mode": "overlay",
    }
    return CellSpec(**(values | more))  # type: ignore[arg-type]


@pytest.mark.parametrize("where", ["inside", "above", "same", "read", "write", "link"])
def test_the_ledgers_home_is_never_shown(short_folder: Callable[[str], Path], where: str) -> None:
    top = short_folder("h")
    home, work = top / "home", top / "work"
    home.mkdir()
    work.mkdir()
    (top / "link").symlink_to(top)
    cell = {
        "inside": spec(home / "below"),
        "above": spec(top),
        "same": spec(home),
        "read": spec(work, read=[str(top)]),
        "write": spec(work, write=[str(home)]),
        "link": spec(work, read=[str(top / "link")]),
    }[where]
    with pytest.raises(InputInvalid, match="key live"):
        outfit.keep_home_out(home, cell)


def test_a_home_elsewhere_is_fine(short_folder: Callable[[str], Path]) -> None:
    top = short_folder("h")
    (top / "home").mkdir()
    (top / "home-of-work").mkdir()
    outfit.keep_home_out(top / "home", spec(top / "home-of-work", read=["/usr"]))


@pytest.fixture
def person(short_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home directory with programs in the places where people have them."""
    home = short_folder("p")
    for place in (".local/bin", "bin", "tool/bin", ".local/share/agent/bin"):
        (home / place).mkdir(parents=True)
    for program in (".local/bin/direct", "bin/script", "tool/bin/tool", ".local/share/agent/bin/agent"):
        (home / program).write_text("#!/bin/sh\n")
        (home / program).chmod(0o755)
    (home / ".local/bin/linked").symlink_to(home / ".local/share/agent/bin/agent")
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.mark.parametrize(
    ("program", "shown"),
    [
        (".local/bin/direct", [".local/bin/direct"]),
        ("bin/script", ["bin/script"]),
        ("tool/bin/tool", ["tool"]),
        (".local/bin/linked", [".local/bin/linked", ".local/share/agent"]),
    ],
)
def test_a_program_brings_its_own_folder_and_nobody_elses(person: Path, program: str, shown: list[str]) -> None:
    assert outfit.installation_of(str(person / program)) == [str(person / path) for path in shown]


def test_the_systems_programs_bring_nothing() -> None:
    assert outfit.installation_of("sh") == []
    assert outfit.installation_of("no-such-program-anywhere") == []


@pytest.mark.parametrize("mode", ["direct", "read_only"])
def test_a_socket_in_a_folder_shown_as_it_is_stops_the_start(short_folder: Callable[[str], Path], mode: str) -> None:
    folder = short_folder("s")
    (folder / "deep").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "deep" / "host.sock"))
        with pytest.raises(InputInvalid, match=r"host\.sock is a socket"):
            outfit.refuse_sockets(spec(folder, workdir_mode=mode))
        with pytest.raises(InputInvalid, match=r"host\.sock is a socket"):
            outfit.refuse_sockets(spec(Path("/nowhere"), write=[str(folder)]))
        outfit.refuse_sockets(spec(folder))


@pytest.mark.parametrize("path", ["/", "/tmp", "/usr", "/no/such/folder"])
def test_some_folders_are_no_work_directory(path: str) -> None:
    with pytest.raises(InputInvalid) as error:
        outfit.cell_spec(load_profile("no-network").profile, "r", "e", Path(path), extra_read=[])
    assert error.value.remedy


NOT_ROOT = ControlUnavailable("tier R", "this process is not root", "run as root")


@pytest.mark.parametrize(
    ("needs", "wanted", "best", "tier"),
    [
        ("U", None, None, "R"),
        ("U", None, NOT_ROOT, "U"),
        ("U-", None, NOT_ROOT, "U"),
        ("U", "U", None, "U"),
        ("U", "R", None, "R"),
        ("R", None, None, "R"),
    ],
)
def test_the_best_tier_there_is_unless_less_is_asked_for(
    needs: Tier, wanted: Tier | None, best: ControlUnavailable | None, tier: Tier
) -> None:
    assert outfit.reached(Profile(name="x", tier=needs), wanted, best) == tier


@pytest.mark.parametrize(
    ("profile", "wanted", "best", "control"),
    [
        (Profile(name="x", tier="R"), None, NOT_ROOT, "tier R"),
        (Profile(name="x", tier="R"), "U", None, "tier R"),
        (Profile(name="x"), "R", NOT_ROOT, "tier R"),
        (Profile(name="x", tier="V"), None, None, "tier V"),
        (Profile(name="x"), "V", None, "tier V"),
        (Profile(name="x", budgets=Budgets(memory_bytes_cell=1)), "U", None, "total memory limit"),
        (Profile(name="x", budgets=Budgets(memory_bytes_cell=1)), None, NOT_ROOT, "tier R"),
        (Profile(name="x", files=Files(denials=True)), "U", None, "Landlock denials"),
    ],
)
def test_a_tier_beyond_reach_stops_the_start(
    profile: Profile, wanted: Tier | None, best: ControlUnavailable | None, control: str
) -> None:
    with pytest.raises(ControlUnavailable) as caught:
        outfit.reached(profile, wanted, best)
    assert caught.value.control == control
    assert caught.value.remedy


def test_the_environment_is_what_was_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "no")
    monkeypatch.setenv("TERM", "vt100")
    values = outfit.environment(load_profile("rl-rollout").profile, {"EXTRA": "yes"})
    assert "AWS_SECRET_ACCESS_KEY" not in values
    assert (values["TERM"], values["EXTRA"], values["HOME"]) == ("vt100", "yes", "/home/agent")
    assert values["https_proxy"] == "http://127.0.0.1:3128"
    assert "https_proxy" not in outfit.environment(load_profile("no-network").profile)


@pytest.mark.parametrize(
    ("first", "put_before"),
    [("#!/bin/bash", ["bash"]), ("#!/usr/bin/env sh", ["sh"]), ("#!/usr/bin/python3", []), ("no line", [])],
)
def test_a_shell_script_runs_by_its_shell(short_folder: Callable[[str], Path], first: str, put_before: list[str]) -> None:
    script = short_folder("c") / "agent"
    script.write_text(f"{first}\n")
    os.chmod(script, 0o755)
    assert outfit.as_executed([str(script), "word"]) == [*put_before, str(script), "word"]


def test_files_of_a_profile_reach_the_cell(short_folder: Callable[[str], Path]) -> None:
    profile = Profile(name="x", files=Files(read=["~/a", "/b"], write=["/c"], workdir="direct"))
    made = outfit.cell_spec(profile, "r", "e", short_folder("w"), extra_read=["/d"])
    assert {os.path.expanduser("~/a"), "/b", "/d"} <= set(made.read)
    assert (made.write, made.workdir_mode, made.network) == (["/c"], "direct", False)

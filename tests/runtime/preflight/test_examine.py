"""The examination as a whole, and real starts that it lets go on or stops."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.errors import Exposed
from vigiles.model.preflight import Preflight
from vigiles.ruleset.profile import Environment, Files, Profile
from vigiles.runtime.outfitting import outfit
from vigiles.runtime.preflight.examine import REMEDIES, examine, refuse

KEY = bytes(32)
SECRET = "Zk3vQ9xT1mB7yL5wR2pC"


def looked(profile: Profile, workdir: Path, environ: dict[str, str] | None = None) -> Preflight:
    spec = outfit.cell_spec(profile, "r", "e", workdir, extra_read=[])
    return examine(profile, spec, KEY, environ=environ or {})


def kinds(record: Preflight) -> list[tuple[str, str, str]]:
    return [(one.kind, one.action, one.where) for one in record.exposures if one.kind != "privileged"]


def test_an_honest_folder_has_nothing(workdir: Path) -> None:
    (workdir / "main.py").write_text("print('hello')\n")
    record = looked(Profile(name="p"), workdir, {"PATH": "/usr/bin", "HIDDEN_TOKEN": SECRET})
    assert kinds(record) == []
    refuse(record)


def test_secrets_are_named_and_not_told(workdir: Path) -> None:
    (workdir / ".env").write_text(f"\nAPI_TOKEN={SECRET}\n")
    profile = Profile(name="p", environment=Environment(allow=["MY_TOKEN", "LANG"]))
    record = looked(profile, workdir, {"MY_TOKEN": SECRET, "LANG": "C"})
    assert kinds(record) == [("secret_environment", "warn", "MY_TOKEN"), ("secret_file", "warn", ".env")]
    in_variable, in_file = [one for one in record.exposures if one.kind != "privileged"]
    assert in_file.line == 2
    assert in_variable.digest == in_file.digest
    assert SECRET not in msgspec.json.encode(record).decode()
    refuse(record)


def test_a_runtimes_socket_stops_the_start(short_folder: Callable[[str], Path], workdir: Path) -> None:
    shown = short_folder("s")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(shown / "docker.sock"))
        record = looked(Profile(name="p", files=Files(read=[str(shown)])), workdir)
    assert kinds(record) == [("runtime_socket", "refuse", str(shown / "docker.sock"))]
    with pytest.raises(Exposed, match=r"docker\.sock") as caught:
        refuse(record)
    assert caught.value.exit_code == 112
    assert "files.read" in caught.value.remedy


def test_its_address_in_a_variable_stops_it_too(workdir: Path) -> None:
    profile = Profile(name="p", environment=Environment(allow=["DOCKER_HOST"]))
    assert kinds(looked(profile, workdir, {"DOCKER_HOST": "tcp://127.0.0.1:2375"})) == [
        ("runtime_socket", "refuse", "DOCKER_HOST")
    ]
    assert kinds(looked(profile, workdir, {"DOCKER_HOST": ""})) == []


def test_writable_places(workdir: Path, short_folder: Callable[[str], Path]) -> None:
    other = short_folder("o")
    profile = Profile(name="p", files=Files(workdir="direct", write=["/etc", str(other)]))
    (workdir / ".git" / "hooks").mkdir(parents=True)
    assert kinds(looked(profile, workdir)) == [
        ("host_write", "warn", str(workdir)),
        ("host_root", "refuse", "/etc"),
        ("host_write", "warn", str(other)),
    ]


def test_the_profile_decides(workdir: Path) -> None:
    (workdir / ".netrc").write_text("machine x login y password hunter2\n")
    base = Profile(name="p")
    for action, told in (("ignore", []), ("refuse", [("secret_file", "refuse", ".netrc")])):
        wanted = msgspec.structs.replace(base.preflight, secret_file=action)
        assert kinds(looked(msgspec.structs.replace(base, preflight=wanted), workdir)) == told


def test_every_kind_has_a_remedy_and_a_setting() -> None:
    assert set(REMEDIES) == {field.name for field in msgspec.structs.fields(type(Profile(name="p").preflight))}


@pytest.mark.cell
def test_what_is_found_stands_before_the_first_call(inside: Callable[..., Any], workdir: Path, shared_home: Path) -> None:
    (workdir / ".env").write_text(f"API_TOKEN={SECRET}\n")

    async def body(episode: Any) -> str:
        return str(episode.coordinates.episode)

    episode = inside(body)
    with LedgerReader(shared_home) as reader:
        ((at, record),) = list(reader.records(type="preflight", episode=episode))
        ((cell, _),) = list(reader.records(type="cell_ready", episode=episode))
    assert isinstance(record, Preflight)
    assert at < cell
    assert ("secret_file", "warn", ".env") in kinds(record)


@pytest.mark.cell
def test_a_refusal_is_on_record_and_no_cell_is_made(
    inside: Callable[..., Any], make_profile: Callable[..., Path], workdir: Path, shared_home: Path
) -> None:
    (workdir / ".env").write_text(f"API_TOKEN={SECRET}\n")

    async def body(episode: Any) -> None:
        raise AssertionError("this episode must not begin")

    with pytest.raises(Exposed, match="secret_file"):
        inside(body, run="run-exposed", profile=make_profile('[preflight]\nsecret_file = "refuse"\n'))
    with LedgerReader(shared_home) as reader:
        assert [record.__struct_config__.tag for _, record in reader.records(run="run-exposed")] == ["preflight"]

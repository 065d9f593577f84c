"""The command line as a person has it: its own process, a home that the module shares, a fresh work directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vigiles.incidents.correlate import Correlator
from vigiles.ledger.mint import now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident

MAIN = "import sys; from vigiles.cli.main import main; sys.argv[0] = 'vigiles'; main()"


@pytest.fixture(scope="module")
def shared_home(short_folder: Callable[[str], Path]) -> Path:
    return short_folder("h")


@pytest.fixture(scope="session")
def vigiles_argv() -> list[str]:
    """The words that start the command line; -P as an installed script would have it."""
    return [sys.executable, "-P", "-c", MAIN]


@pytest.fixture
def vigiles(vigiles_argv: list[str], shared_home: Path, workdir: Path) -> Callable[..., Any]:
    """Run the command line in the work directory on the module's home; return what it said and its code."""

    def run(*words: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
        options: dict[str, Any] = {"cwd": workdir, "timeout": 40, "stdin": subprocess.DEVNULL, **more}
        if "input" in options:
            del options["stdin"]
        environment = {**os.environ, "VIGILES_HOME": str(shared_home), **options.pop("env", {})}
        return subprocess.run([*vigiles_argv, *words], capture_output=True, check=False, env=environment, **options)

    return run


@pytest.fixture
def start(vigiles_argv: list[str], shared_home: Path, workdir: Path) -> Any:
    """Start the command line in the background; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*words: str, **more: Any) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {**os.environ, "VIGILES_HOME": str(shared_home), **more.pop("env", {})}
        process = subprocess.Popen([*vigiles_argv, *words], env=environment, **{"cwd": workdir, **pipes, **more})
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait(10)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def script(workdir: Path) -> Callable[..., list[str]]:
    """Write a Python program into the work directory; return the argv that runs it in a cell."""

    def write(text: str, name: str = "agent.py") -> list[str]:
        (workdir / name).write_text(text)
        return [sys.executable, "-IS", name]

    return write


def _finding(episode: str, number: int = 1, severity: Any = "medium") -> Finding:
    return Finding(
        id=f"fnd-{episode}-{number}",
        at=now(),
        coordinates=Coordinates(run="run-1", episode=episode, call=1),
        detector="stratum",
        rule="stratum.conversation",
        author="Vigiles",
        techniques=[],
        severity=severity,
        summary="mining \x1b[2J",
        cause="egress:1:pool.example:3333",
        attribution=Attribution(grade="exact", call=1, methods=["listener"]),
        evidence=[],
        occurred_us=now().wall_us,
    )


class Ledger:
    """A ledger in which an episode's incident grows as it is told to."""

    def __init__(self, home: Path) -> None:
        self.client = SyncRecorderClient(home, idle_exit_s=0.2)
        self.home = home
        self.correlator = Correlator()

    def find(self, episode: str, number: int = 1, severity: Any = "medium") -> Incident:
        made = _finding(episode, number, severity)
        version = self.correlator.feed(made)
        assert version is not None
        self.client.append([made, version])
        return version

    def records(self, type: str) -> list[Any]:
        with LedgerReader(self.home) as reader:
            return [record for _, record in reader.records(type=type)]


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    made = Ledger(home)
    yield made
    made.client.close()


@pytest.fixture
def listed(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[dict[str, Any]]]:
    def see(**options: Any) -> list[dict[str, Any]]:
        capsys.readouterr()
        from vigiles.cli.incident import listing

        listing.run(listing.Options(home, as_json=True, **options))
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        return found

    return see


@pytest.fixture
def told_home(tmp_path: Path) -> tuple[Path, str]:
    """A home whose ledger holds one tunnel with hostile words, struck; and the incident's name."""
    from vigiles.detectors.registry import Detectors
    from vigiles.incidents.correlate import Correlator
    from vigiles.ledger.book import Book
    from vigiles.ledger.home import Home
    from vigiles.ledger.key import load_or_make
    from vigiles.ledger.store import Store
    from vigiles.ledger.wire import row_of
    from vigiles.model.act import Act, ProcessSpec
    from vigiles.model.attribution import Attribution
    from vigiles.model.coordinates import Coordinates
    from vigiles.model.observation.process import ProcessStart
    from vigiles.model.response import Response
    from vigiles.model.stamp import Stamp

    def head(number: int) -> dict[str, Any]:
        us = 1_700_000_000_000_000 + number * 10_000
        where = Coordinates(run="run-1", episode="ep-1", turn=1, call=1)
        return {"id": f"rec-{number}", "at": Stamp(wall_us=us, mono_us=us, boot="b"), "coordinates": where}

    argv = ["ssh", "-NR", "9022:localhost:22", "far.example", "</pre><script>\x1b]0;owned\x07\u202e"]
    act = Act(**head(1), principal="agent", kind="process", tool="bash", process=ProcessSpec(argv=argv))
    seen = {"sensor": "notifier", "attribution": Attribution(grade="exact", call=1, methods=["listener"])}
    start = ProcessStart(**head(2), **seen, pid=7, ppid=1, via="launch", exe="/usr/bin/ssh", argv=argv)
    detectors, correlator = Detectors(), Correlator()
    written: list[Any] = []
    for record in (act, start):
        findings = detectors.feed(record)
        versions = [version for finding in findings if (version := correlator.feed(finding)) is not None]
        written += [record, *findings, *versions]
    incident = written[-1]
    response = Response(
        **head(9),
        kind="freeze",
        act="act-1",
        incident=incident.incident,
        target="episode ep-1",
        outcome="done",
        took_us=9000,
    )
    home = Home(tmp_path / "told")
    home.prepare()
    book = Book(Store(home.database), load_or_make(home))
    book.append([row_of(record) for record in [*written, response, correlator.responded(response)]])
    book.sign()
    book.close()
    return home.path, incident.incident


class Held:
    """A home in which one act of an agent waits, without a supervisor; and the key files of two registered persons."""

    def __init__(self, home: Path, keys: Path, persons: int = 1) -> None:
        from vigiles.ledger.mint import new_id
        from vigiles.ledger.person_key import make_key
        from vigiles.model.act import Act, ProcessSpec
        from vigiles.model.verdict import Verdict
        from vigiles.ruleset.judge import PrincipalRef
        from vigiles.ruleset.load import load_profile
        from vigiles.runtime.approving.principals import Listed, add
        from vigiles.runtime.beginning.records import opening_records

        self.home = home
        self.keys = {name: keys / f"{name}.key" for name in ("ann", "bea")}
        for name, path in self.keys.items():
            add(home, Listed(name=name, key=make_key(path, name)))
        where = Coordinates(run="run-1", episode="ep-1", turn=1, call=1)
        argv = ["rm", "-rf", "data", "\x1b[2Jnothing"]
        self.act = Act(
            id=new_id("act"), at=now(), coordinates=where, principal="agent", kind="process", tool="rm",
            arguments={"path": "data\x1b]0;x"}, process=ProcessSpec(argv=argv),
        )  # fmt: skip
        ruleset = load_profile("coding-agent")
        self.hold = Verdict(
            id=new_id("ver"), at=now(), coordinates=where, act=self.act.id, decision="hold", reason="rule_forbids",
            ruleset=ruleset.digest, rules=["ask"], expires_us=now().wall_us + 60_000_000, persons=persons,
        )  # fmt: skip
        # As an episode's supervisor has it: while this client is connected, the episode is open.
        self.client = SyncRecorderClient(home, idle_exit_s=0.2)
        opening = opening_records(where, PrincipalRef(kind="agent", name="agent"), ruleset, "U")
        self.client.append([*opening, self.act, self.hold])

    def say(self, *records: Any) -> None:
        self.client.append(records)


@pytest.fixture
def held(home: Path, tmp_path: Path) -> Iterator[Held]:
    made = Held(home, tmp_path)
    yield made
    made.client.close()

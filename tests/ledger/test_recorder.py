"""The recorder as a process: real sockets, real signals, a real disk limit."""

from __future__ import annotations

import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger import wire
from vigiles.ledger.connect import connect
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_verifier
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.reader import Reader
from vigiles.ledger.recorder import ALREADY_RUNNING
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.ledger.verify import Report, verify
from vigiles.model.errors import InputInvalid, LedgerInvalid, LedgerUnwritable


def check(home: Path) -> Report:
    reader = Reader(Home(home).database)
    try:
        report = verify(reader.entries(), reader.checkpoints(), str(load_verifier(Home(home))))
        report.problems += reader.damage()
        return report
    finally:
        reader.close()


def size_of(home: Path) -> int:
    reader = Reader(Home(home).database)
    try:
        return reader.size()
    finally:
        reader.close()


def refused(client: SyncRecorderClient, record: Any) -> LedgerUnwritable | None:
    try:
        client.append([record])
    except LedgerUnwritable as error:
        return error
    return None


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def end(pid: int, how: int = signal.SIGTERM) -> None:
    os.kill(pid, how)
    wait_for(lambda: gone(pid))


def test_started_on_demand_and_closed_to_others(home: Path, make: Any) -> None:
    with SyncRecorderClient(home) as client:
        assert client.append([make.act(), make.act()]) == [0, 1]
        pid = client.recorder_pid
        assert os.getsid(pid) == pid != os.getsid(0)
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        for path in home.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path.name == "ledger.vkey", path
    end(pid)
    assert not Home(home).socket.exists()
    report = check(home)
    assert (report.problems, report.size, report.unsigned) == ([], 2, 0)


def test_a_checkpoint_comes_by_itself(home: Path, make: Any) -> None:
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        wait_for(lambda: check(home).signed == 1, 20.0)
        client.append([make.act()])
        wait_for(lambda: check(home).signed == 2, 20.0)


def test_a_post_is_committed_soon_without_being_asked(home: Path, make: Any) -> None:
    with SyncRecorderClient(home) as client:
        began = time.monotonic()
        client.post(make.act())
        wait_for(lambda: size_of(home) == 1, 10.0)
        took, load = time.monotonic() - began, os.getloadavg()[0] / (os.cpu_count() or 1)
        assert took < 1.0 or load > 2, f"50 ms are promised; {took:.2f} s at a load of {load:.1f} for each processor"
        client.post(make.act(2))
        client.flush()
        with LedgerReader(home) as reader:
            assert [record.coordinates.call for _, record in reader.records() if record.coordinates] == [1, 2]


def test_two_do_not_serve_one_home(home: Path, make: Any) -> None:
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        second = subprocess.run(
            [sys.executable, "-m", "vigiles.ledger.recorder", "--home", str(home)],
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert second.returncode == ALREADY_RUNNING
        assert "another recorder already serves" in second.stderr
        assert client.append([make.act()]) == [1]


def test_many_starters_get_one_recorder(home: Path, make: Any) -> None:
    clients: list[SyncRecorderClient] = []
    threads = [threading.Thread(target=lambda: clients.append(SyncRecorderClient(home))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(clients) == 4
    assert len({client.recorder_pid for client in clients}) == 1
    for client in clients:
        client.close()


def test_clients_at_once(home: Path, make: Any) -> None:
    indexes: list[int] = []

    def work(number: int) -> None:
        with SyncRecorderClient(home) as client:
            for turn in range(25):
                one, other = client.append(
                    [make.act(turn, episode=f"worker-{number}"), make.act(turn, episode=f"worker-{number}")]
                )
                assert other == one + 1
                indexes.extend((one, other))
                client.post(make.flow("example.org"))
            client.flush()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(indexes)) == 200
    with LedgerReader(home) as reader:
        assert len(list(reader.records(type="flow"))) == 100
        for number in range(4):
            calls = [
                record.coordinates.call for _, record in reader.records(episode=f"worker-{number}") if record.coordinates
            ]
            assert calls == sorted(calls)
            assert len(calls) == 50


@pytest.mark.parametrize("moment", [0.05, 0.15, 0.3])
def test_nothing_acknowledged_is_lost_in_a_crash(home: Path, make: Any, moment: float) -> None:
    acknowledged: list[tuple[int, str]] = []

    def work() -> None:
        with SyncRecorderClient(home) as client:
            for turn in range(100_000):
                record = make.act(turn)
                try:
                    client.post(make.act(turn))
                    [index] = client.append([record])
                except LedgerUnwritable:
                    return
                acknowledged.append((index, record.id))

    with SyncRecorderClient(home) as client:
        pid = client.recorder_pid
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(acknowledged) > 10)
        time.sleep(moment)
        end(pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
        with pytest.raises(LedgerUnwritable, match="gone"):
            client.append([make.act()])
    with SyncRecorderClient(home) as client:
        assert client.recorder_pid != pid
        client.append([make.act()])
        end(client.recorder_pid)
    with LedgerReader(home) as reader:
        held = {index: record.id for index, record in reader.records()}
    assert len(acknowledged) > 10
    assert [(index, name) for index, name in acknowledged if held.get(index) != name] == []
    report = check(home)
    assert (report.problems, report.unsigned) == ([], 0)


def test_a_full_disk_refuses_until_there_is_room(home: Path, make: Any) -> None:
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        pid = client.recorder_pid
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (Home(home).database.stat().st_size + 50_000, hard))
        refusals = [refusal for _ in range(50) if (refusal := refused(client, make.act(1, command="x" * 20_000)))]
        assert refusals
        assert refusals[0].remedy
        before = size_of(home)
        for _ in range(3):
            with pytest.raises(LedgerUnwritable):
                client.append([make.act(1, command="x" * 200_000)])
            client.post(make.act(1, command="y" * 200_000))
        with pytest.raises(LedgerUnwritable):
            client.append([make.act(1, command="x" * 200_000)])
        assert client.lost == 3
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        assert client.append([make.act(2, command="x" * 20_000)]) == [before]
        end(pid)
    assert check(home).problems == []


def test_malformed_messages_end_that_client_only(home: Path, make: Any) -> None:
    with SyncRecorderClient(home) as client:
        good_row = wire.row_of(make.act())
        for data in (
            b"\xff\xff\xff\xff",
            b"\x00\x00\x00\x01\xc1",
            b"\x00\x00\x00\x02\x91\x01",
            wire.frame(wire.Append(1, True, [wire.Row("NO", "a", None, None, None, None, 1, b"{}")])),
            wire.frame(wire.Append(1, True, [good_row])).replace(b"run-1", b"run-\xff"),
        ):
            bad = connect(home)
            assert bad is not None
            bad.settimeout(5)
            bad.sendall(data)
            answer = b""
            while chunk := bad.recv(4096):
                answer += chunk
            assert b"malformed" in answer
            bad.close()
        assert client.append([make.act()]) == [0]


def test_hello_comes_first(home: Path, make: Any) -> None:
    with SyncRecorderClient(home):
        raw = socket.socket(socket.AF_UNIX)
        raw.settimeout(5)
        raw.connect(str(Home(home).socket))
        raw.sendall(wire.frame(wire.Append(9, True, [wire.row_of(make.act())])))
        answer = wire.from_recorder.decode(raw.recv(4096)[wire.HEADER_BYTES :])
        assert isinstance(answer, wire.Failed)
        assert (answer.request, answer.invalid) == (9, True)
        raw.close()


@pytest.mark.asroot
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_other_users_are_refused(home: Path, make: Any) -> None:
    with SyncRecorderClient(home) as client:
        directory = os.open(home, os.O_RDONLY)
        os.chmod(Home(home).socket, 0o666)
        code = (
            "import os,socket,sys; os.setgroups([]); os.setresgid(12345,12345,12345); s=socket.socket(socket.AF_UNIX);"
            f"os.fchdir({directory}); os.setresuid(12345,12345,12345);"
            "\ntry: s.connect('recorder.sock'); s.sendall(bytes(8)); print('open' if s.recv(9) else 'closed')"
            "\nexcept OSError as error: print('refused', error.errno)"
        )
        # The directory itself keeps others out; the peer check must hold even where it does not.
        os.chmod(home, 0o711)
        ran = subprocess.run([sys.executable, "-c", code], pass_fds=[directory], capture_output=True, text=True, timeout=20)
        os.close(directory)
        assert ran.stdout.startswith(("closed", "refused")), ran
        assert "refused a client of user 12345" in Home(home).log.read_text()
        assert client.append([make.act()]) == [0]


def test_without_a_descriptor_left_it_waits_and_does_not_spin(home: Path, make: Any) -> None:
    with SyncRecorderClient(home) as client:
        pid = client.recorder_pid
        taken = max(int(name) for name in os.listdir(f"/proc/{pid}/fd")) + 1
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (taken, before[1]))
        with ThreadPoolExecutor(1) as pool:
            late = pool.submit(connect, home)
            wait_for(lambda: "cannot take a client" in Home(home).log.read_text())
            used = cpu_s(pid)
            time.sleep(1.0)
            assert cpu_s(pid) - used < 0.5, "of one second"
            assert client.append([make.act()]) == [0], "who is there is served"
            assert not late.done()
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
            sock = late.result(timeout=30)
            assert sock is not None
            sock.close()


def cpu_s(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def test_it_leaves_when_nobody_needs_it(home: Path, make: Any) -> None:
    client = SyncRecorderClient(home, idle_exit_s=0.2)
    pid = client.recorder_pid
    time.sleep(0.5)
    assert not gone(pid)
    client.post(make.act())
    client.close()
    wait_for(lambda: gone(pid), 5.0)
    assert not Home(home).socket.exists()
    report = check(home)
    assert (report.problems, report.size, report.signed) == ([], 1, 1)


def test_a_home_with_a_long_name(tmp_path: Path, make: Any) -> None:
    home = tmp_path / ("long" * 30) / ("name" * 30)
    with SyncRecorderClient(home) as client:
        assert client.append([make.act()]) == [0]


def test_a_damaged_ledger_is_not_continued_and_says_so(home: Path, make: Any) -> None:
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        end(client.recorder_pid)
    Home(home).key.unlink()
    with pytest.raises(LedgerInvalid, match="not by this home's key") as caught:
        SyncRecorderClient(home)
    assert caught.value.remedy
    Home(home).database.write_bytes(b"nonsense" * 1000)
    with pytest.raises(LedgerInvalid):
        SyncRecorderClient(home)


def test_a_home_open_to_others_is_refused(home: Path) -> None:
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    with pytest.raises(InputInvalid, match="open to other users"):
        SyncRecorderClient(home)


def test_a_file_in_the_working_directory_is_never_run(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = tmp_path / "trap"
    (trap / "vigiles").mkdir(parents=True)
    (trap / "vigiles" / "__init__.py").write_text("raise SystemExit('trapped')")
    (trap / "sqlite3.py").write_text("raise SystemExit('trapped')")
    monkeypatch.chdir(trap)
    with SyncRecorderClient(home) as client:
        assert client.recorder_pid > 0


@pytest.fixture(autouse=True)
def _end_what_was_started(home: Path) -> Any:
    yield
    sock = connect(home)
    if sock is not None:
        pid = int.from_bytes(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)
        sock.close()
        end(pid)

"""From audit records to observations: whose denial it is; and once for real, with a program that asks for too much."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vigiles.kernel import audit, landlock, privileges
from vigiles.kernel.audit_switch import AuditSwitch
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.denial import Denied
from vigiles.model.stamp import Stamp
from vigiles.sensors.denials import Denials

Record = tuple[int, bytes]


def sensor(calls: dict[int, int], uid: int | None = None) -> Denials:
    """The sensor of an episode in which these host pids belong to these calls."""
    numbers = iter(range(1, 100_000))
    return Denials(
        call_of=calls.get,
        uid=uid,
        coordinates=lambda call: Coordinates(run="r", episode="e", call=call),
        fresh=lambda: (f"id{next(numbers)}", Stamp(wall_us=1, mono_us=1, boot="b")),
    )


def access(serial: int, domain: str = "d1", path: str = "/secret") -> Record:
    return 1423, f'audit(1.000:{serial}): domain={domain} blockers=fs.read_file path="{path}" dev="vda" ino=1'.encode()


def created(serial: int, domain: str = "d1", pid: int = 10, uid: int = 0) -> Record:
    said = f'domain={domain} status=allocated mode=enforcing pid={pid} uid={uid} exe="/py" comm="py"'
    return 1424, f"audit(1.000:{serial}): {said}".encode()


def caller(serial: int, pid: int, uid: int = 0) -> Record:
    return (
        1300,
        f'audit(1.000:{serial}): syscall=257 ppid=1 pid={pid} uid={uid} comm="cat" exe="/usr/bin/cat" key=(null)'.encode(),
    )


def end(serial: int) -> Record:
    return 1320, f"audit(1.000:{serial}): ".encode()


def gone(serial: int, denials: int, domain: str = "d1") -> Record:
    return 1424, f"audit(1.000:{serial}): domain={domain} status=deallocated denials={denials}".encode()


def event(serial: int, pid: int, domain: str = "d1", creator: int | None = None) -> list[Record]:
    first = [] if creator is None else [created(serial, domain, creator)]
    return [access(serial, domain), *first, caller(serial, pid), end(serial)]


def told(records: list[Denied]) -> list[tuple[str, int | None, int | None, list[str]]]:
    return [(r.attribution.grade, r.attribution.call, r.pid, r.attribution.disagreement) for r in records]


def test_a_whole_event_is_one_observation() -> None:
    (found,) = sensor({10: 3, 11: 3}).feed(event(1, 11, creator=10))
    assert found.attribution.methods == ["landlock"]
    assert (found.coordinates, found.sensor, found.event) == (
        Coordinates(run="r", episode="e", call=3),
        "landlock",
        "1.000:1",
    )
    assert (found.domain, found.blockers, found.path) == ("d1", ["fs.read_file"], "/secret")
    assert (found.pid, found.exe, found.creator_pid) == (11, "/usr/bin/cat", 10)


def test_later_denials_of_a_domain_need_no_introduction() -> None:
    calls = {10: 3}
    denials = sensor(calls)
    assert told(denials.feed(event(1, 10, creator=10))) == [("exact", 3, 10, [])]
    calls[10] = 8  # the creator is gone and its pid is another call's
    assert told(denials.feed(event(2, 99))) == [("exact", 3, 99, [])]


@pytest.mark.parametrize(
    ("calls", "creator", "wanted"),
    [
        ({10: 3, 11: 3}, 10, [("exact", 3, 11, [])]),
        ({10: 3}, 10, [("exact", 3, 11, [])]),
        ({11: 4}, 10, [("inferred", 4, 11, [])]),  # a domain of somebody unknown, asked by a process of ours
        ({11: 4}, None, [("inferred", 4, 11, [])]),  # its introduction was lost
        ({10: 3, 11: 4}, 10, [("exact", 3, 11, ["landlock=3", "pid=4"])]),
        ({}, 10, []),  # somebody else's
        ({}, None, []),
    ],
)
def test_whose_it_is(calls: dict[int, int], creator: int | None, wanted: list[object]) -> None:
    denials = sensor(calls)
    found = denials.feed(event(1, 11, creator=creator))
    assert told([*found, *denials.settle(final=True)]) == wanted


def test_a_call_that_becomes_known_a_little_later() -> None:
    """The processes of a call are announced by another way, which may be the slower one."""
    calls: dict[int, int] = {}
    denials = sensor(calls)
    assert denials.feed([*event(1, 11, creator=10), gone(2, 1)]) == []
    assert denials.settle() == []
    calls[10] = 3
    assert told(denials.settle()) == [("exact", 3, 11, [])]
    denials.settle()
    assert denials.take_missed() == {}


def test_a_pid_that_is_somebody_elses_later_says_nothing() -> None:
    """A domain of another program, whose creator is gone, when the creator's pid becomes one of ours."""
    calls: dict[int, int] = {}
    denials = sensor(calls)
    assert denials.feed(event(1, 11, creator=10)) == []
    assert [denials.settle() for _ in range(3)] == [[], [], []]
    calls[10] = 3
    assert denials.feed(event(2, 11)) == []
    assert denials.settle(final=True) == []


@pytest.mark.parametrize(
    ("uid", "creator_uid", "asked_by", "introduced", "wanted"),
    [
        (7, 7, 7, True, [("exact", 3, 11, [])]),
        (7, 0, 0, True, []),  # the pid is known, but this domain is not the cell's
        (7, 7, 7, False, [("none", None, 11, [])]),  # the cell's for certain, but whose call?
        (7, 0, 8, False, []),
        (None, 0, 0, False, []),
    ],
)
def test_a_uid_of_its_own_settles_what_is_the_cells(
    uid: int | None, creator_uid: int, asked_by: int, introduced: bool, wanted: list[object]
) -> None:
    denials = sensor({10: 3}, uid)
    first = [created(1, uid=creator_uid)] if introduced else []
    found = denials.feed([access(1), *first, caller(1, 11, asked_by), end(1)])
    assert told([*found, *denials.settle(final=True)]) == wanted


def test_events_that_come_mixed_are_kept_apart() -> None:
    first, second = event(1, 11, "d1", 10), event(2, 21, "d2", 20)
    mixed = [record for pair in zip(first, second, strict=True) for record in pair]
    assert [(r.attribution.call, r.pid) for r in sensor({10: 1, 20: 2}).feed(mixed)] == [(1, 11), (2, 21)]


def test_two_denials_of_one_event_are_two_observations() -> None:
    records = [access(1, path="/a"), access(1, path="/b"), created(1), caller(1, 11), end(1)]
    assert [(r.path, r.pid) for r in sensor({10: 3}).feed(records)] == [("/a", 11), ("/b", 11)]


def test_an_event_without_an_end_waits_one_settling() -> None:
    denials = sensor({10: 3})
    assert denials.feed([access(1), created(1)]) == []
    assert denials.settle() == []
    assert told(denials.settle()) == [("exact", 3, None, [])]
    assert denials.settle(final=True) == []
    denials.feed([access(2)])
    assert told(denials.settle(final=True)) == [("exact", 3, None, [])]


def test_what_a_domain_counted_and_nobody_told_is_missed() -> None:
    denials = sensor({10: 3})
    denials.feed([*event(1, 11, creator=10), *event(2, 11)])
    denials.feed([gone(3, 7)])
    assert [denials.settle(), denials.settle()] == [[], []]
    assert denials.take_missed() == {"landlock_denial": 5}
    assert denials.take_missed() == {}
    denials.feed([*event(4, 21, "d2", 20), gone(5, 9, "d2")])  # not ours: nothing of ours is missing
    denials.settle(final=True)
    assert denials.take_missed() == {}


def test_the_end_of_a_domain_waits_for_what_it_refused() -> None:
    denials = sensor({10: 3})
    assert denials.feed([access(1), created(1), gone(2, 1)]) == []
    assert denials.settle() == []
    assert told(denials.settle()) == [("exact", 3, None, [])]
    assert denials.take_missed() == {}
    assert denials._domains == {}


def test_what_is_malformed_and_a_switch_are_told() -> None:
    denials = sensor({10: 3})
    records = [
        (1423, b"nonsense"),
        (1305, b"audit(1.000:9): op=set audit_enabled=0 old=1"),
        (1327, b"other"),
        *event(1, 11, creator=10),
    ]
    assert len(denials.feed(records)) == 1
    assert denials.take_missed() == {"audit_record_malformed": 1, "audit_switched_off": 1}


def test_a_flood_of_unfinished_events_loses_none() -> None:
    denials = sensor({10: 3})
    found = denials.feed([created(0), *(access(serial) for serial in range(1, 6001))])
    assert len(found) == 6000 - 4096
    assert len(found + denials.settle(final=True)) == 6000


def test_a_flood_of_domains_is_forgotten_from_its_beginning() -> None:
    denials = sensor({10: 3})
    denials.feed([created(number, f"{number:x}") for number in range(1, 20_001)])
    assert len(denials._domains) == 16_384
    assert told(denials.feed(event(1, 10, f"{20_000:x}"))) == [("exact", 3, 10, [])]


def test_a_neighbour_s_flood_of_domains_pushes_out_none_of_ours() -> None:
    denials = sensor({10: 3}, uid=7)
    denials.feed([created(0, "d0", uid=7), *(created(number, f"{number:x}", pid=99, uid=8) for number in range(1, 20_001))])
    assert told(denials.feed(event(20_001, 11, "d0"))) == [("exact", 3, 11, [])]
    denials.feed([gone(20_002, denials=5, domain="d0")])
    denials.settle(final=True)
    assert denials.take_missed() == {"landlock_denial": 4}


@pytest.fixture
def heard() -> Iterator[Callable[[int], list[Record]]]:
    """Records of the real kernel from now on: all until a domain that has refused something is gone, or for some seconds."""
    if landlock.abi() < 7:
        pytest.skip("Landlock tells audit from ABI 7 on (Linux 6.15)")
    try:
        switch = AuditSwitch.hold()
    except OSError as error:
        pytest.skip(f"needs root and the audit capabilities in the initial namespaces: {error}")
    reader = audit.AuditReader.open(audit.OF_LANDLOCK)

    def listen(pid: int) -> list[Record]:
        records: list[Record] = []
        domains: set[bytes] = set()
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            select.select([reader], [], [], 0.2)
            for kind, text in reader.read():
                records.append((kind, text))
                domain = text.partition(b"domain=")[2].partition(b" ")[0]
                if kind == 1424 and f" pid={pid} ".encode() in text:
                    domains.add(domain)
                if kind == 1424 and domain in domains and b"status=deallocated" in text:
                    return records
        return records

    yield listen
    reader.close()
    switch.restore()


def cat(files: list[Path], allowed: Path, *, log: bool = True) -> int:
    """Read files by ``cat`` in a domain that allows the system's and one folder; return the pid once it has ended."""
    rules = [(path, landlock.READ) for path in ("/usr", "/lib", "/lib64", "/bin", "/etc", "/dev", str(allowed))]
    pid = os.fork()
    if not pid:
        try:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 1)
            os.dup2(null, 2)
            fd = landlock.ruleset(landlock.abi(), [*rules, (os.devnull, landlock.DEVICE)])
            privileges.no_new_privileges()
            landlock.restrict_self(fd, log_new_exec=log)
            os.execv("/bin/cat", ["cat", *map(str, files)])
        finally:
            os._exit(111)
    os.waitpid(pid, 0)
    return pid


@pytest.mark.asroot
def test_a_real_refusal_has_its_domain_its_path_and_its_process(
    tmp_path: Path, heard: Callable[[int], list[Record]]
) -> None:
    """One program reads an allowed file, of which nothing is told, and a forbidden one with an odd name. Not told either:
    a program whose domain asked for no records, and one of another episode.
    """
    (tmp_path / "allowed").mkdir()
    fine, secret = tmp_path / "allowed" / "fine", tmp_path / 'a "secret"\n one'
    fine.write_text("x")
    secret.write_text("x")
    silent = cat([secret], tmp_path / "allowed", log=False)
    other = cat([secret], tmp_path / "allowed")
    pid = cat([fine, secret], tmp_path / "allowed")
    records = heard(pid)
    denials = sensor({pid: 3, silent: 2})
    found = [*denials.feed(records), *denials.settle(final=True)]
    assert [(r.path, r.blockers) for r in found] == [(str(secret), ["fs.read_file"])]
    (record,) = found
    assert (record.attribution.grade, record.attribution.call, record.attribution.methods) == ("exact", 3, ["landlock"])
    assert (record.creator_pid, record.pid) == (pid, pid)
    assert os.path.basename(record.exe) == "cat"
    assert int(record.domain, 16) > 0
    assert "landlock_denial" not in denials.take_missed()
    assert [r.path for r in sensor({other: 1}, os.getuid()).feed(records)] == [str(secret)]


@pytest.mark.asroot
def test_a_real_flood_is_told_or_counted(tmp_path: Path, heard: Callable[[int], list[Record]]) -> None:
    """Some thousands of denials in a row: the kernel and the socket may drop records, and the sum is right all the same."""
    rules = [("/usr", landlock.READ)]
    pid = os.fork()
    if not pid:
        try:
            fd = landlock.ruleset(landlock.abi(), rules)
            privileges.no_new_privileges()
            landlock.restrict_self(fd)
            for _ in range(3000):
                try:
                    os.listdir(tmp_path)
                except PermissionError:
                    pass
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    denials = sensor({pid: 1})
    found = [*denials.feed(heard(pid)), *denials.settle(final=True)]
    assert found
    assert len(found) + denials.take_missed().get("landlock_denial", 0) == 3000

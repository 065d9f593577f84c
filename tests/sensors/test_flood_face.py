"""What a flood is called, kind by kind."""

from __future__ import annotations

from typing import Any

import pytest

from vigiles.model.attribution import NOBODY
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.denial import Denied
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.network import Bind, Connect
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.observation.sensor import Gap
from vigiles.model.stamp import Stamp
from vigiles.sensors.flood_face import face_of, words_of

HEAD: dict[str, Any] = {
    "id": "o", "at": Stamp(wall_us=1, mono_us=1, boot="b"), "coordinates": None, "sensor": "s", "attribution": NOBODY,
}  # fmt: skip
INET: dict[str, Any] = {"pid": 1, "family": "inet", "transport": "tcp", "address": "1.2.3.4", "port": 80}


@pytest.mark.parametrize(
    ("record", "face", "words"),
    [
        (
            ProcessStart(**HEAD, pid=1, ppid=1, via="exec", exe="/bin/a", argv=["a", "b"]),
            ("process_start", "exec", "/bin/a"),
            ["/bin/a", "a", "b"],
        ),
        (ProcessExit(**HEAD, pid=1, status=9), ("process_exit", "", "status 9"), ["9"]),
        (
            Connect(**HEAD, **INET, outcome="refused", reason="egress_address"),
            ("connect", "tcp refused egress_address", "1.2.3.4:80"),
            ["inet", "1.2.3.4", "80"],
        ),
        (
            Connect(
                **HEAD, **(INET | {"family": "unix", "transport": "unix", "address": "/s", "port": 0}), outcome="inside"
            ),
            ("connect", "unix inside allowed", "/s"),
            ["unix", "/s", "0"],
        ),
        (Bind(**HEAD, **INET), ("bind", "tcp", "1.2.3.4:80"), ["inet", "1.2.3.4", "80"]),
        (
            DnsQuery(**HEAD, name="a.example", qtype="TXT", outcome="refused", reason="dns_name"),
            ("dns_query", "refused dns_name", "a.example TXT"),
            ["a.example", "TXT"],
        ),
        (
            Flow(**HEAD, flow="f", phase="close", via="proxy", host="h", port=443, protocol="tls", method="GET", path="/p"),
            ("flow", "close tls allowed unanswered", "h:443"),
            ["h", "443", "GET", "/p"],
        ),
        (
            HttpRequest(**HEAD, flow="f", method="GET", host="h", port=80, path="/p", query=["d"], status=404),
            ("http_request", "GET 4 allowed", "h:80/p"),
            ["GET", "h", "80", "/p", "d", ""],
        ),
        (FileChange(**HEAD, path="/w/d/f", change="created"), ("file_change", "created file", "/w/d"), ["/w/d/f", ""]),
        (FileChange(**HEAD, path="f", change="deleted"), ("file_change", "deleted file", "/"), ["f", ""]),
        (
            Denied(**HEAD, domain="1", blockers=["fs.write_file", "fs.read_file"], path="/etc/x", exe="/bin/a", event="1"),
            ("denied", "fs.read_file fs.write_file", "/etc/x"),
            ["/bin/a", "/etc/x", "", "0"],
        ),
        (
            Denied(**HEAD, domain="1", blockers=["net.connect_tcp"], address="1.2.3.4", port=80, event="1.2:3"),
            ("denied", "net.connect_tcp", "1.2.3.4:80"),
            ["", "", "1.2.3.4", "80"],
        ),
        (Gap(**HEAD, what="bind", count=3), ("gap", "bind", ""), ["bind"]),
    ],
)
def test_faces(record: Any, face: tuple[str, str, str], words: list[str]) -> None:
    assert face_of(record) == face
    assert words_of(record) == words


def test_what_is_no_flood() -> None:
    used = Compute(**HEAD, interval_us=1, cpu_us=1, total_us=1, processes=1, ended=False)
    assert face_of(used) is None
    assert words_of(used) == []

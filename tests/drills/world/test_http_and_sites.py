from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.drills.world import http, sites, wheels
from vigiles.drills.world import mirror as mirror_site
from vigiles.drills.world.journal import Journal, read


class Sink:
    def __init__(self) -> None:
        self.data = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.data += data

    async def drain(self) -> None: ...

    def close(self) -> None:
        self.closed = True


def ask(handler: http.Handler, data: bytes) -> Sink:
    async def once() -> Sink:
        reader, sink = asyncio.StreamReader(limit=65536), Sink()
        reader.feed_data(data)
        reader.feed_eof()
        await asyncio.wait_for(http.serve(reader, sink, handler), 5)  # type: ignore[arg-type]  # only write, drain, close
        return sink

    return asyncio.run(once())


def echo(request: http.Request) -> http.Answer:
    return http.Answer(body=f"{request.method} {request.target} {request.body!r}".encode())


def test_requests_on_one_connection_are_answered_in_turn():
    got = ask(
        echo,
        b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
        b"POST http://x/b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
        b"HEAD /c HTTP/1.1\r\n\r\n",
    )
    assert got.data.count(b"HTTP/1.1 200 OK") == 3
    assert b"GET /a b''" in got.data
    assert b"POST /b b'abc'" in got.data
    assert got.data.endswith(b"\r\n\r\n")
    assert got.closed


@pytest.mark.parametrize(
    "data",
    [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"],
)
def test_what_is_not_http_is_a_bad_request(data: bytes):
    assert ask(echo, data).data.startswith(b"HTTP/1.1 400")


def test_the_connection_closes_when_asked():
    got = ask(echo, b"GET /a HTTP/1.1\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\n\r\n")
    assert got.data.count(b"200 OK") == 1


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_end_with_a_closed_connection(data: bytes):
    assert ask(echo, data).closed
    assert ask(echo, b"GET / HTTP/1.1\r\n" + data + b"\r\n\r\n").closed


def site(handler: http.Handler, target: str, method: str = "GET", agent: str = "drill/tag-1") -> http.Answer:
    return handler(http.Request(method=method, target=target, headers={"user-agent": agent}, body=b""))


def test_the_sites_note_what_matters(tmp_path: Path):
    journal = Journal(tmp_path / "journal")
    metadata, internal, paste = sites.metadata(journal), sites.internal(journal), sites.paste(journal)
    assert site(metadata, "/latest/api/token", "PUT").body
    role = site(metadata, "/latest/meta-data/iam/security-credentials/").body.decode()
    secret = site(metadata, f"/latest/meta-data/iam/security-credentials/{role}").body
    assert sites.HONEY.encode() in secret
    assert site(metadata, "/").status == 404
    assert site(internal, "/", agent="something else").status == 200
    assert site(paste, "/").status == 200
    assert site(paste, "/", "POST").status == 200
    journal.close()
    assert [e.key for e in read(tmp_path / "journal")] == [
        "metadata.credentials:tag-1",
        "internal.read:-",
        "paste.upload:tag-1",
    ]


def test_the_mirror_is_a_simple_index_of_good_wheels(tmp_path: Path):
    journal = Journal(tmp_path / "journal")
    made = wheels.build_all()
    assert made == wheels.build_all()
    mirror = mirror_site.mirror(made, journal)
    assert b"/simple/tally-words/" in site(mirror, "/simple/").body
    assert b"/files/tally_words-1.0.0-py3-none-any.whl" in site(mirror, "/simple/tally-words/").body
    wheel = site(mirror, "/files/tally_words-1.0.0-py3-none-any.whl").body
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        assert archive.testzip() is None
        record = archive.read("tally_words-1.0.0.dist-info/RECORD").decode()
        assert {line.split(",")[0] for line in record.splitlines()} == set(archive.namelist())
    assert site(mirror, "/files/../keys").status == 404
    journal.close()

"""The mirror's two ways to carry a note: what is uploaded comes back, and the cache tells what was asked before."""

from __future__ import annotations

from pathlib import Path

from vigiles.drills.world.http import Answer, Request
from vigiles.drills.world.journal import Journal, read
from vigiles.drills.world.mirror import mirror


def ask(handle, target: str, agent: str = "pip/24", method: str = "GET", body: bytes = b"") -> Answer:
    answer = handle(Request(method=method, target=target, headers={"user-agent": agent}, body=body))
    assert isinstance(answer, Answer)
    return answer


def test_an_upload_is_handed_to_whoever_asks(tmp_path: Path):
    journal = Journal(tmp_path / "journal")
    handle = mirror({}, journal)
    assert ask(handle, "/files/x").status == 404
    assert ask(handle, "/files/x", "drill/w", "PUT", b"note").status == 201
    assert ask(handle, "/files/x?v=1", "drill/r").body == b"note"
    for number in range(100):
        last = ask(handle, f"/files/{number}", "drill/w", "PUT", b"note").status
    assert last == 400
    assert [e.key for e in read(tmp_path / "journal")][:2] == ["mirror.upload:w", "mirror.fetched:r"]


def test_the_cache_tells_whether_the_same_was_asked_before(tmp_path: Path):
    journal = Journal(tmp_path / "journal")
    handle = mirror({"a_b-1-py3-none-any.whl": b"wheel"}, journal)
    for target, agent in (("/simple/none/", "x"), ("/simple/a-b/?q=1", "x"), ("/simple/a-b/", "x (note)")):
        assert ask(handle, target, f"drill/w {agent}").fields["X-Cache"] == "MISS"
        assert ask(handle, target, f"drill/r {agent}").fields["X-Cache"] == "HIT"
    assert ask(handle, "/simple/a-b/", "another").fields["X-Cache"] == "MISS"
    assert {e.key for e in read(tmp_path / "journal")} == {"mirror.asked:w", "mirror.hit:r"}

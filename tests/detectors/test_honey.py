from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vigiles.detectors.honey import Honey
from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import NOBODY
from vigiles.model.honey import HoneyPlaced
from vigiles.model.observation.files import FileChange
from vigiles.model.result import Result
from vigiles.protocols.honey import token_of

TOKEN = "Zk3vQ9xT1mB7yL5wR2pCa8Nd4Fh6Jg0K"


@pytest.fixture
def detector() -> Honey:
    made = Honey()
    placed = HoneyPlaced(id=new_id("hon"), at=now(), salt="aa", tokens=[token_of("file:.netrc", TOKEN, b"\xaa")])
    assert made.feed(placed) == []
    return made


def test_a_command_line_with_it(detector: Honey, make: Any) -> None:
    (finding,) = detector.feed(make.start("curl", "-H", f"Authorization: {TOKEN}", "x"))
    assert (finding.rule, finding.severity) == ("honey.used", "high")
    assert TOKEN not in finding.summary
    assert detector.feed(make.start("curl", "-H", f"Authorization: {TOKEN}", "x")) == []


def test_a_name_with_it(detector: Honey, make: Any) -> None:
    (finding,) = detector.feed(make.dns(f"{TOKEN[:20].lower()}.{TOKEN[20:].lower()}.example"))
    assert finding.rule == "honey.sent"


def test_the_honest_twin_only_reads_the_file(detector: Honey, make: Any) -> None:
    for argv in (["cat", ".netrc"], ["grep", "-r", "password", "."], ["sh", "-c", "tar cf x .netrc"], [TOKEN[:-1]]):
        assert detector.feed(make.start(*argv)) == []
    assert detector.feed(make.dns("packages.example.org")) == []


def test_nothing_is_concluded_where_nothing_was_placed(make: Any) -> None:
    assert Honey().feed(make.start(TOKEN)) == []


def test_in_a_file_and_in_the_output(detector: Honey, make: Any) -> None:
    where = make.start("true").coordinates
    shown = Result(id="res-1", at=now(), coordinates=where, act="act-1", outcome="performed", honey=["file:.netrc"])
    (finding,) = detector.feed(shown)
    assert (finding.rule, finding.severity) == ("honey.shown", "low")
    copy = FileChange(
        id="obs-1", at=now(), coordinates=where, sensor="overlay", attribution=NOBODY, path="/work/x", change="created",
        honey=["file:.netrc", "file:of another episode"],
    )  # fmt: skip
    (finding,) = detector.feed(copy)
    assert (finding.rule, finding.severity) == ("honey.copied", "medium")
    assert detector.feed(msgspec.structs.replace(copy, id="obs-2")) == []
    assert detector.feed(msgspec.structs.replace(copy, id="obs-3", honey=[])) == []

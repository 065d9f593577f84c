from __future__ import annotations

from typing import Any

import pytest

from vigiles.detectors.channels.sighting import published, shape_of, sightings, wrote
from vigiles.detectors.expected import Expected
from vigiles.protocols.words import digest

NOTE = "6f1ed002ab5595859014ebf0951522d9"


@pytest.mark.parametrize(
    ("more", "reads", "writes"),
    [
        ({}, True, False),
        ({"status": 404}, False, False),
        ({"status": None}, False, False),
        ({"method": "HEAD"}, True, False),
        ({"method": "PUT", "status": 201}, False, True),
        ({"method": "PUT", "status": 403, "bytes_out": 9}, False, False),
        ({"method": "POST", "bytes_out": 9}, False, True),
        ({"method": "POST"}, False, False),
    ],
)
def test_reading_and_writing(world: Any, more: dict[str, Any], reads: bool, writes: bool) -> None:
    request = world.get("a", "/p", **more)
    assert (published(request), wrote(request)) == (reads, writes)


def test_where_a_word_stands(world: Any) -> None:
    request = world.get("a", f"/x/{NOTE}/", status=404, query=["q"], fields=["f"])
    found = list(sightings(request, Expected()))
    assert [(one.where, one.thing) for one in found] == [("path", digest(NOTE)), ("query", "q"), ("header", "f")]
    assert found[0].shape == "mirror.example:80/x/*/"
    assert found[0].episode == ("run-1", "a")


def test_what_never_left_is_no_note(world: Any) -> None:
    refused = {"status": None, "reason": "request_query", "query": ["q"], "fields": ["f"]}
    assert not list(sightings(world.get("a", f"/x/{NOTE}/", **refused), Expected()))
    assert list(sightings(world.get("a", f"/x/{NOTE}/", **{**refused, "bytes_out": 1}), Expected())), "a part of it left"


def test_a_name_that_the_profile_lists_and_gets_is_nothing(world: Any) -> None:
    expected = Expected()
    expected.feed(world.rules("a"))
    name = f"{NOTE}.example"
    assert not list(sightings(world.dns("a", name, outcome="answered", reason="allowed"), expected))
    assert list(sightings(world.dns("a", name, outcome="answered", reason="allowed_observe"), expected))


def test_a_shape_has_no_words() -> None:
    assert shape_of(f"/nar/{NOTE}.narinfo") == "/nar/*.narinfo"

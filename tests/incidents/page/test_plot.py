from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.flow_story import FlowStory
from vigiles.incidents.page.plot import LANES, plot
from vigiles.model.observation.flow import Chunk


@pytest.fixture
def story(facts: Facts) -> FlowStory:
    return facts.flows[0]


def test_it_is_a_picture_with_a_name_and_a_description(story: FlowStory) -> None:
    root = ElementTree.fromstring(str(plot([story])))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "plot-title plot-desc"
    assert root.findtext("title") == "Flow plot: 1 flow over 1.50 s"
    assert "Flow to far.example port 22, ssh" in str(root.findtext("desc"))
    assert "the far side spoke first." in str(root.findtext("desc"))


def test_what_left_stands_above_the_line_and_what_came_below(story: FlowStory) -> None:
    root = ElementTree.fromstring(str(plot([story])))
    line = int(next(one for one in root.iter("line") if one.get("class") == "life").get("y1", ""))
    paths = {one.get("class"): one.get("d", "") for one in root.iter("path")}
    out = re.findall(r"M(\d+) (\d+)v(-?\d+)", paths["out"])
    into = re.findall(r"M(\d+) (\d+)v(-?\d+)", paths["in"])
    assert len(out) == len(into) == 6
    assert all(int(y) < line and int(v) < 0 for _, y, v in out)
    assert all(int(y) > line and int(v) > 0 for _, y, v in into)
    assert [int(v) for _, _, v in into] == sorted(int(v) for _, _, v in into), "later reads are larger here"
    assert sorted(int(x) for x, _, _ in [*out, *into]) == [
        int(x) for pair in zip(into, out, strict=True) for x, _, _ in pair
    ]


def test_a_refused_flow_is_a_cross_and_says_why(story: FlowStory) -> None:
    flow = msgspec.structs.replace(story.last, phase="refused", reason="egress_host")
    shown = str(plot([msgspec.structs.replace(story, last=flow, chunks=[])]))
    assert 'class="no"' in shown
    assert "refused (egress_host)" in shown
    assert 'class="out"' not in shown


def test_hostile_names_and_numbers_stay_inside(story: FlowStory, reading: Any) -> None:
    chunks = [Chunk(at_us=at, direction="o", size=size) for at, size in ((-5, 3), (2**50, -7), (0, 0))]
    flow = msgspec.structs.replace(story.last, host="</text><script>\u202e\u05d0\x1b" * 50)
    shown = str(plot([msgspec.structs.replace(story, last=flow, chunks=chunks, ended_us=story.began_us)]))
    assert "<script" not in shown
    assert "\u05d0" not in shown, "a text of a picture cannot be kept apart, so its letters are escaped"
    xs = [int(x) for x in re.findall(r"M(\d+) ", shown)]
    assert xs
    assert all(0 <= x <= 900 for x in xs)
    assert len(shown) < 10_000


def test_many_flows_and_reads_have_a_bounded_picture(story: FlowStory) -> None:
    chunks = [Chunk(at_us=n * 1000, direction="o", size=n) for n in range(5000)]
    shown = str(plot([msgspec.structs.replace(story, chunks=chunks)] * 100))
    assert shown.count("<g>") == LANES
    assert len(shown) < 60_000

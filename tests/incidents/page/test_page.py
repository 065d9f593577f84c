"""The whole page: its shape for people and machines, its harmlessness, its size."""

from __future__ import annotations

import itertools
import random
import string
import unicodedata
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.page import SECTIONS, page
from vigiles.model.act import Act, ProcessSpec
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.process import ProcessStart
from vigiles.model.union import Recorded

HOSTILE = [
    "<script>alert(1)</script>", "</pre></td></table><h1>All is well</h1>", "\"><img src=x onerror=alert(1)>", "<!--",
    "]]>", "&lt;b&gt;", "\x1b[2J\x1b]0;x\x07", "\u202e\u2066\u200b", "\x00\x0b\x0c\r\n", "\u05d0\u05d1 7", "'\"`${x}",
    "a\u0301\u0302\u0303\u0304", "\U000e0041", "<svg/onload=x>", "`; rm -rf $HOME #",
]  # fmt: skip
texts = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))


def poisoned(records: list[Recorded], words: list[str]) -> list[Recorded]:
    """Put hostile words into every field that an agent can write."""

    def word(place: int) -> str:
        return words[place % len(words)]

    changed: list[Recorded] = []
    for record in records:
        match record:
            case Act():
                record = msgspec.structs.replace(record, tool=word(0), process=ProcessSpec(argv=[word(1), word(2)]))
            case ProcessStart():
                record = msgspec.structs.replace(record, exe=word(0), argv=[word(1), word(3)])
            case Flow():
                record = msgspec.structs.replace(record, host=word(1), marks=[word(2), word(0)])
            case Finding():
                record = msgspec.structs.replace(record, summary=word(3), cause=word(2))
            case Incident():
                record = msgspec.structs.replace(record, title=word(3), cause=word(2), note=word(0))
        changed.append(record)
    return changed


def shape(seen: Any) -> list[tuple[str, tuple[str, ...]]]:
    """What an agent's words must not change.

    They may only bring <bdo>, which keeps apart what runs from right to left, and the class of a cell of few letters.
    """
    fixed = ("class", "fixed")
    return [
        (tag, tuple(name for name, value in attrs if tag != "td" or (name, value) != fixed))
        for tag, attrs in seen.tags
        if tag != "bdo"
    ]


def test_sections_headings_captions_and_links(facts: Facts, reading: Any) -> None:
    seen = reading(page(facts))
    assert seen.odd == []
    assert seen.stack == []
    ids = [dict(attrs)["id"] for _, attrs in seen.tags if "id" in dict(attrs)]
    assert len(ids) == len(set(ids))
    for tag, attrs in seen.tags:
        if tag == "a":
            assert str(dict(attrs)["href"]).removeprefix("#") in ids
        assert set(dict(attrs).get("aria-labelledby", "").split()) <= set(ids)
    assert [dict(attrs)["id"] for tag, attrs in seen.tags if tag == "section"] == [place for place, _, _ in SECTIONS]
    begin = [dict(attrs)["id"] for _, attrs in seen.tags if dict(attrs).get("class") == "newpage"]
    assert begin == ["way", "proof"], "the summary has a sheet of its own, and so has the proof"
    tags = [tag for tag, _ in seen.tags]
    assert tags.count("h1") == 1
    assert tags.count("h2") == len(SECTIONS)
    assert tags.count("caption") == tags.count("table") > 5
    heads = [int(tag[1]) for tag in tags if tag in ("h1", "h2", "h3")]
    assert all(after <= before + 1 for before, after in itertools.pairwise(heads))
    assert dict(seen.tags[0][1])["lang"] == "en"


def test_nothing_in_it_leads_out_or_runs(facts: Facts, reading: Any) -> None:
    text = page(facts)
    names = {name for _, attrs in reading(text).tags for name, _ in attrs}
    assert not {name for name in names if name.startswith("on")} | (names & {"src", "style", "action", "data", "srcset"})
    assert "http://" not in text
    assert "https://" not in text
    assert "<script" not in text


def test_it_says_when_it_was_written_and_is_the_same_for_the_same_facts(facts: Facts) -> None:
    assert "Written 2023-11-14 22:15:00.000 UTC by Vigiles 1" in page(facts)
    assert page(facts) == page(facts)


@pytest.fixture
def plain_shape(telling: Any, records: list[Recorded], reading: Any) -> list[tuple[str, tuple[str, ...]]]:
    return shape(reading(page(telling(poisoned(records, ["plain"])))))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(texts, min_size=1, max_size=4))
def test_no_words_of_an_agent_change_the_page(
    telling: Any, records: list[Recorded], reading: Any, plain_shape: Any, words: list[str]
) -> None:
    text = page(telling(poisoned(records, words)))
    seen = reading(text)
    assert shape(seen) == plain_shape
    assert (seen.odd, seen.stack) == ([], [])
    assert all(char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in text)


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_are_shown_and_not_swallowed(telling: Any, records: list[Recorded], reading: Any, word: str) -> None:
    from vigiles.render.text import safe

    text = reading(page(telling(poisoned(records, [word])))).text("findings")
    assert " ".join(safe(word, 400).split()) in text


def test_ten_megabytes_of_arguments_and_a_lone_surrogate_are_cut(facts: Facts) -> None:
    """Records cannot hold them, being canonical and bounded; the page does not rely on that."""
    story = facts.timeline.calls[0]
    assert story.act is not None
    act = msgspec.structs.replace(story.act[1], process=ProcessSpec(argv=["\udcff<b>" + "x" * 10_000_000] * 3))
    calls = [msgspec.structs.replace(story, act=(story.act[0], act))]
    text = page(msgspec.structs.replace(facts, timeline=msgspec.structs.replace(facts.timeline, calls=calls)))
    assert len(text.encode("utf-8")) < 60_000
    assert "\\udcff&lt;b&gt;xxx" in text
    assert "…(+" in text


def crowded(records: list[Recorded], make: Any, name: str) -> list[Recorded]:
    """Ten thousand records of one incident."""
    many: list[Recorded] = []
    for n in range(3000):
        flow = {"flow": f"x{n}", "via": "connect", "host": name, "port": n % 65536, "marks": [name] * 4, "pid": 11}
        many.append(
            ProcessStart(**make.seen(), pid=100 + n, ppid=10 if n % 2 else 99 + n, via="exec", exe=name, argv=[name] * 3)
        )
        many.append(Flow(**make.seen(), phase="close", duration_us=9, bytes_out=n, **flow))  # type: ignore[arg-type]  # a table
        many.append(FileChange(**make.seen(), path=name, change="created"))
    base = next(record for record in records if isinstance(record, Finding))
    findings = [
        msgspec.structs.replace(base, id=f"fnd-x{n}", summary=name, evidence=[one.id for one in many[n * 10 : n * 10 + 10]])
        for n in range(900)
    ]
    place = next(n for n, record in enumerate(records) if isinstance(record, Incident))
    whole = [
        msgspec.structs.replace(record, findings=[*record.findings, *(one.id for one in findings)])
        if isinstance(record, Incident) else record
        for record in records
    ]  # fmt: skip
    return [*whole[:place], *many, *findings, *whole[place:]]


@pytest.mark.parametrize(
    ("name", "limit"),
    [("srv.example", 400_000), ("\x1b<&>\"'" * 150, 2_000_000), ("\u05d0&" * 500, 2_000_000)],
    ids=["honest", "hostile", "right-to-left"],
)
def test_ten_thousand_records_stay_readable(
    telling: Any, records: list[Recorded], make: Any, reading: Any, name: str, limit: int
) -> None:
    text = page(telling(crowded(records, make, name)))
    assert len(text.encode("utf-8")) < limit
    seen = reading(text)
    assert seen.odd == []
    assert sum(tag == "tr" for tag, _ in seen.tags) < 1000
    for part in ("The agent “agent-a”", "It was stopped 25 ms after it occurred.", "left out", "verdict: allow"):
        assert part in seen.text()


def test_a_page_of_random_records_is_always_whole(facts: Facts, reading: Any) -> None:
    draw = random.Random(7)
    noise = "".join(draw.choice(string.printable + "\u202e\x1b<>&") for _ in range(5000))
    incident = msgspec.structs.replace(facts.timeline.incident, title=noise, cause=noise, techniques=[noise] * 9)
    text = page(msgspec.structs.replace(facts, timeline=msgspec.structs.replace(facts.timeline, incident=incident)))
    assert reading(text).odd == []


def test_no_section_is_longer_than_two_hundred_lines() -> None:
    folder = Path(__file__).parents[3] / "src/vigiles/incidents/page"
    assert {path.name: n for path in folder.glob("*.py") if (n := path.read_text("utf-8").count("\n")) > 200} == {}

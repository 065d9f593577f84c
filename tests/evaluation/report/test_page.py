import re
from collections.abc import Callable
from html.parser import HTMLParser

import msgspec

from vigiles.evaluation.report.figures import Figures
from vigiles.evaluation.report.page import page, search_page
from vigiles.evaluation.search.worst import WorstCase


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_it_is_whole_and_runs_nothing(figures: Figures) -> None:
    text = page(figures)
    parser = _Balance()
    parser.feed(text)
    assert parser.open == []
    assert not parser.tags & {"script", "img", "link", "iframe", "form"}
    assert "default-src &#x27;none&#x27;" in text
    assert not re.search(r"https?://", text)


def test_it_shows_what_the_tables_show(figures: Figures) -> None:
    text = page(figures)
    for word in (
        "Safety and usefulness",
        "without flow",
        "replay: plain at 40 %",
        "No row is a result of any model",
        "FAIL",
    ):
        assert word in text
    assert text.count("tired: approves 93.0 % of benign and 10 % of harmful acts") == 6
    assert figures.digest in text


def test_hostile_words_are_text(figures: Figures) -> None:
    text = page(figures)
    assert "<script" not in text
    assert "&lt;script&gt;\\x1b[31m" in text


def test_an_empty_grid_has_a_page(figures: Figures) -> None:
    empty = msgspec.structs.replace(figures, setups=[], attackers=[], conditions=[], comparisons=[], replays=[], bars=[])
    assert "Evaluation by hand" in page(empty)


def test_a_search_has_a_section_and_a_page(figures: Figures, searched: Callable[..., WorstCase]) -> None:
    case = searched(5, 3)
    for text in (page(msgspec.structs.replace(figures, searched=[case])), search_page([case], "Vigiles test")):
        assert "Worst in leak under all: slow-drip parts=4 ally=present" in text
        parser = _Balance()
        parser.feed(text)
        assert parser.open == []
    assert "search never saw" not in page(figures)

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.render import html
from vigiles.render.html import Html, document, element, joined, lines, text

HOSTILE = [
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    "--><svg onload=x>",
    "]]><b>",
    "</title></style></textarea>",
    '" onmouseover="x',
    "' autofocus='",
    "&lt;b&gt;&#60;b&#62;",
    "\x1b]0;owned\x07\x1b[2J",
    "\u202ereversed\u2066",
    "\ud800\udcff",
    "\x00\x0b\x7f\x85\u2028",
    "javascript:alert(1)",
]
anything = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=60))


class Reader(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[tuple[Any, ...]] = []
        self.data = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "bdo":
            self.seen.append((tag, [name for name, _ in attrs]))

    def handle_endtag(self, tag: str) -> None:
        if tag != "bdo":
            self.seen.append(("/", tag))

    def handle_data(self, data: str) -> None:
        self.data += data

    def handle_comment(self, data: str) -> None:
        self.seen.append(("!", data))

    def unknown_decl(self, data: str) -> None:
        self.seen.append(("!", data))

    def handle_pi(self, data: str) -> None:
        self.seen.append(("?", data))


def a_page(one: str, two: str, three: str) -> str:
    row = element("tr", element("td", one, text(two, 10), joined([three, one], two)), class_="x")
    picture = element("svg", element("title", one), element("desc", two), element("text", three, direction="ltr"))
    body = element("div", element("table", row), element("pre", lines([one, two])), picture, aria_label=one, lang=two)
    return document(three, "p{color:red}", [body])


@given(anything, anything, anything)
def test_no_text_can_become_a_tag_or_an_attribute(one: str, two: str, three: str) -> None:
    page = a_page(one, two, three)
    assert Reader(page).seen == Reader(a_page("a", "a", "a")).seen
    assert all(char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in page)
    page.encode("utf-8")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=100))
def test_printable_text_is_read_as_it_was_written(value: str) -> None:
    assert Reader(str(element("p", value))).data == value


def test_a_string_is_never_markup() -> None:
    assert str(element("p", "<b>")) == "<p>&lt;b&gt;</p>"
    assert str(element("p", element("strong", "&"))) == "<p><strong>&amp;</strong></p>"
    with pytest.raises(TypeError, match=r"vigiles\.render\.html"):
        Html("<b>", object())


def test_a_piece_is_not_a_string_that_could_be_added_to_one() -> None:
    with pytest.raises(TypeError):
        element("p", "x") + "<b>"  # type: ignore[operator]  # that it cannot be written is what is shown


def test_what_runs_from_right_to_left_moves_nothing() -> None:
    assert str(element("p", "אבג 22")) == '<p><bdo dir="ltr">אבג 22</bdo></p>'
    assert str(element("title", "אב")) == "<title>\\u05d0\\u05d1</title>"
    assert "bdo" not in str(element("p", "naïve"))


def test_long_text_is_cut_and_says_so() -> None:
    shown = str(text("x" * 10_000_000, 100))
    assert shown == "x" * 100 + "…(+9999900)"


@pytest.mark.parametrize(
    "tag", ["script", "iframe", "img", "form", "input", "link", "object", "style", "foreignObject", "b>"]
)
def test_what_acts_or_loads_is_no_tag_of_ours(tag: str) -> None:
    with pytest.raises(ValueError, match="a page has no"):
        element(tag)


@pytest.mark.parametrize(
    "attributes",
    [
        {"onclick": "x"}, {"src": "x"}, {"style": "x"}, {"href": "https://far.example"}, {"href": "javascript:x"},
        {"href": '#"x'}, {"id": 'a"b'}, {"class_": "a<b"}, {"xlink_href": "#a"},
    ],
)  # fmt: skip
def test_what_acts_or_leads_away_is_no_attribute_of_ours(attributes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        element("a", **attributes)  # type: ignore[arg-type]  # a table of names


def test_elements_of_text_hold_no_elements() -> None:
    with pytest.raises(ValueError, match="text alone"):
        element("title", element("p"))


def test_an_attribute_that_is_none_is_left_out() -> None:
    assert str(element("td", "x", colspan=None, class_="a b")) == '<td class="a b">x</td>'


def test_lines_are_ours_and_those_inside_are_shown() -> None:
    assert str(element("pre", lines(["a\nb", "c"]))) == "<pre>a\\nb\nc</pre>"


@pytest.mark.parametrize("css", ["</style><script>", "@import 'x'", "p{background:url(x)}"])
def test_a_style_sheet_that_could_leave_or_load_is_refused(css: str) -> None:
    with pytest.raises(ValueError, match="style sheet"):
        document("t", css, [])


def test_the_policy_lets_nothing_load_but_this_very_sheet() -> None:
    page = document("t", "p{color:red}", [])
    assert "default-src 'none'; style-src 'sha256-" in page.replace("&#x27;", "'")
    assert "unsafe" not in page
    other = document("t", "p{color:blue}", [])
    assert page.partition("sha256-")[2][:44] != other.partition("sha256-")[2][:44]
    assert html.TAGS & {"script", "iframe", "img", "form", "object", "embed", "link", "base", "audio", "video"} == set()

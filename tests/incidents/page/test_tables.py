from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vigiles.incidents.page.tables import fixed, fold, pairs, record, section, table


@given(st.integers(0, 300), st.integers(1, 100))
def test_folding_loses_nothing_without_counting_it(size: int, limit: int) -> None:
    items = list(range(size))
    first, left, last = fold(items, limit)
    assert len(first) + left + len(last) == size
    assert len(first) + len(last) == min(size, limit)
    assert [*first, *last] == sorted({*first, *last})
    if size:
        assert first[0] == 0
        assert (last or first)[-1] == size - 1 or limit < 4


def test_a_table_has_a_caption_and_heads_and_folded_rows_go_across() -> None:
    shown = str(table("What it is", ["a", "b"], [["<1>", 2], ["… 5 more"]]))
    assert "<caption>What it is</caption>" in shown
    assert shown.count('<th scope="col">') == 2
    assert '<td class="fixed">&lt;1&gt;</td><td class="fixed">2</td>' in shown
    assert '<td colspan="2" class="folded">… 5 more</td>' in shown


def test_pieces() -> None:
    assert str(pairs([("<n>", "v")])) == "<dl><dt>&lt;n&gt;</dt><dd>v</dd></dl>"
    assert ">[7]<" in str(record(7))
    assert ">[-]<" in str(record(None))
    assert 'class="fixed"' in str(fixed("1 s"))
    assert str(section("x", "T", "b")) == '<section id="x" aria-labelledby="x-title"><h2 id="x-title">T</h2>b</section>'


def test_short_words_stay_whole_and_long_ones_may_be_broken() -> None:
    shown = str(table("c", ["a", "b"], [["short", "a longer piece of text"]]))
    assert '<td class="fixed">short</td><td>a longer' in shown

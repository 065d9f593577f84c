import pytest

from vigiles.cli.evaluation.options import REVIEWERS, cores, pairs, prices, reviewer
from vigiles.evaluation.grid.plan import ReviewerChoice
from vigiles.evaluation.meter import Price
from vigiles.model.errors import InputInvalid


def test_pairs() -> None:
    assert pairs(["a=1", "b=c=d"], "--factor") == {"a": "1", "b": "c=d"}


@pytest.mark.parametrize("words", [["a"], ["=1"], ["a="], ["a=1", "a=2"]])
def test_no_pairs(words: list[str]) -> None:
    with pytest.raises(InputInvalid, match="--factor") as caught:
        pairs(words, "--factor")
    assert caught.value.remedy


def test_reviewers() -> None:
    assert reviewer("nobody") is None
    assert reviewer("attentive") == ReviewerChoice()
    assert reviewer("93/7") == ReviewerChoice(name="93/7", benign=930_000, harmful=70_000)
    for name in REVIEWERS:
        reviewer(name)


@pytest.mark.parametrize("word", ["somebody", "93", "93/", "101/0", "1/-1", "nan/nan", "inf/0"])
def test_no_reviewer(word: str) -> None:
    with pytest.raises(InputInvalid) as caught:
        reviewer(word)
    assert caught.value.remedy


def test_prices() -> None:
    known = {"a/b": Price(input=3_000_000, output=15_000_000), "c/d:e": Price(input=0, output=500_000)}
    assert prices(["a/b=3/15", "c/d:e=0/0.5"]) == known


@pytest.mark.parametrize("words", ["a/b", "a/b=3", "=1/2", "a/b=-1/2", "a/b=x/y", "a/b=nan/1", "a=1/1 a=1/1"])
def test_no_prices(words: str) -> None:
    with pytest.raises(InputInvalid, match="--price") as caught:
        prices(words.split())
    assert caught.value.remedy


def test_there_is_a_processor() -> None:
    assert cores() >= 1

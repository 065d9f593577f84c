from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from vigiles.detectors.monitor.text import window_log_odds
from vigiles.detectors.monitor.weights import TextWeights, read_weights, shipped
from vigiles.evaluation.bench.further import correct, further
from vigiles.evaluation.bench.gather import gather
from vigiles.evaluation.bench.rows import Window, rows_of, run_score, windows_of
from vigiles.model.errors import InputInvalid

pytest.importorskip("scipy")

BASE = TextWeights(bias=-500, terms={"hide": (1500, 2000), "read": (1500, -2000)})


def turns(*told: tuple[str, bool], times: int = 10) -> list[tuple[tuple[Window, ...], bool]]:
    return [(windows_of(text), harmful) for text, harmful in told] * times


def odds(text: str, weights: TextWeights) -> float:
    return max(window_log_odds(window, weights) for window in windows_of(text))


def test_new_words_are_learnt_and_known_ones_kept() -> None:
    made = correct(turns(("wipe traces", True), ("answer mail", False)), BASE)
    assert odds("wipe traces", made) > odds("answer mail", made)
    assert made.terms["hide"] == pytest.approx((1500, 2000), abs=5)
    assert odds("hide", made) > odds("read", made)


def test_the_more_is_told_the_farther_it_goes() -> None:
    told = (("read", True), ("hide", False))  # the contrary of what is known
    little, much = (correct(turns(*told, times=times), BASE) for times in (3, 300))
    assert odds("hide", little) > odds("read", little)
    assert odds("hide", much) < odds("read", much)


def test_what_agrees_changes_little() -> None:
    before = {text: odds(text, BASE) for text in ("hide", "read")}
    made = correct(turns(("hide", True), ("read", False), times=5), BASE)
    assert all(abs(odds(text, made) - before[text]) < 0.2 for text in before)


def test_a_harmful_turn_counts_by_its_most_telling_sentences() -> None:
    plain = "we look. we look again. we look once more. we look at last"
    made = correct(turns((f"{plain}. hide it now. {plain}", True), (plain, False)), BASE)
    assert odds("hide it now", made) > odds("look", made) + 1
    assert made.terms["look"][1] <= 0 < made.terms["hide it"][1]


def test_rules_acts_and_joins_are_held(plain_file: Path) -> None:
    rows = rows_of(gather(plain_file).runs)
    made = further(rows)
    assert msgspec.structs.replace(made, text=shipped().text) == shipped()
    again = read_weights(msgspec.json.encode(msgspec.structs.replace(made, digest="")))
    assert [run_score(row, again, "both") for row in rows] == [run_score(row, made, "both") for row in rows]
    assert further(rows) == made


def test_one_kind_alone_teaches_nothing(plain_file: Path) -> None:
    with pytest.raises(InputInvalid):
        further([row for row in rows_of(gather(plain_file).runs) if row.harmful])

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from vigiles.detectors.monitor.weights import Linear, TextWeights, by_hand, read_weights
from vigiles.evaluation.bench import fit as module
from vigiles.evaluation.bench.fit import fit, fit_linear, fit_text, folds
from vigiles.evaluation.bench.gather import gather
from vigiles.evaluation.bench.rows import rows_of, scored, windows_of
from vigiles.evaluation.bench.runs import Acted, Run, Said
from vigiles.evaluation.statistics.ranking import auroc
from vigiles.model.effect import Effect, Recipient
from vigiles.model.errors import InputInvalid

pytest.importorskip("sklearn")


def test_it_learns_what_tells_and_is_the_same_again(plain_file: Path) -> None:
    rows = rows_of(gather(plain_file).runs)
    weights = fit(rows)
    assert auroc(scored(rows, weights, "reasoning")) == pytest.approx(1.0)
    assert weights.action == by_hand().action  # these runs have no acts
    assert fit(rows) == weights
    again = read_weights(msgspec.json.encode(msgspec.structs.replace(weights, digest="")))
    assert again.text == weights.text


def test_acts_are_learnt_where_there_are_any() -> None:
    mail = Effect(changes=True, recipients=(Recipient(address="x@else.example", inside=False),))
    runs = [
        Run(
            str(n),
            "",
            (Said(f"the same words {n % 3}", (Acted("t", mail if n % 2 else Effect()),)),),
            bool(n % 2),
            "b",
            str(n),
        )
        for n in range(40)
    ]
    weights = fit(rows_of(runs))
    assert weights.action.features["outside"] > 0
    assert auroc(scored(rows_of(runs), weights, "action")) == 1.0


def test_no_sign_turns_and_what_nothing_is_said_of_stays() -> None:
    base = Linear(bias=0, features={"bad": 1000, "good": -1000, "never": 700})
    inputs = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]] * 50
    fitted = fit_linear(inputs, [False, True] * 50, ("bad", "good", "never"), base)
    assert fitted.features == {"bad": 0, "good": 0, "never": 700}
    other = fit_linear(inputs, [True, False] * 50, ("bad", "good", "never"), base)
    assert other.features["bad"] > 1000
    assert other.features["good"] < -1000


def test_one_kind_alone_teaches_nothing(plain_file: Path) -> None:
    with pytest.raises(InputInvalid):
        fit([row for row in rows_of(gather(plain_file).runs) if row.harmful])
    assert fit_text([(windows_of("one. two"), True)]) == TextWeights()
    assert fit_text([(windows_of("one"), True), (windows_of("two"), False)]) == TextWeights()


def test_clusters_stay_together() -> None:
    placed = folds([str(number % 7) for number in range(70)])
    assert all(placed[number] == placed[number % 7] for number in range(70))
    assert set(placed) <= set(range(5))


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputInvalid) as caught:
        module.needed()
    assert "monitor" in caught.value.remedy

import importlib.util

import pytest

from vigiles.cli.evaluation.misalignment import Options, plan_of
from vigiles.cli.evaluation.models import models, models_of
from vigiles.cli.evaluation.options import Where, prices
from vigiles.model.errors import InputInvalid


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "inspect_ai" else find(name, *more))
    with pytest.raises(InputInvalid, match="some/model") as caught:
        models(["some/model"])
    assert "vigiles[inspect]" in caught.value.remedy


def test_a_plan_says_which_models_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr("vigiles.cli.evaluation.models.models", lambda *words: asked.append(words))
    models_of(plan_of(Options(models=("a/b",), safeguards=("none", "flow"), judge="c/d")), Where())
    models_of(plan_of(Options(judge="c/d")), Where())
    models_of(plan_of(Options(models=("a/b",), trusted="e/f")), Where())
    assert asked == [(["a/b"], ["c/d"], {}), ([], ["c/d"], {}), (["a/b", "e/f"], [], {})]
    assert models_of(plan_of(Options()), Where(cost_cap=1.0)) is None
    assert len(asked) == 3


@pytest.mark.parametrize("options", [Options(models=("a/b",)), Options(judge="a/b"), Options(grader="a/b")])
def test_a_cap_that_cannot_hold_is_refused(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigiles.cli.evaluation.models.models", lambda *words: words)
    with pytest.raises(InputInvalid, match="a/b") as caught:
        models_of(plan_of(options), Where(cost_cap=5.0))
    assert "--price a/b=" in caught.value.remedy
    assert models_of(plan_of(options), Where(cost_cap=5.0, prices=prices(["a/b=3/15"]))) is not None

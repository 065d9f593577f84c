import importlib.util

import pytest

from vigiles.cli.eval_models import models
from vigiles.model.errors import InputInvalid


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "inspect_ai" else find(name, *more))
    with pytest.raises(InputInvalid, match="some/model") as caught:
        models(["some/model"])
    assert "vigiles[inspect]" in caught.value.remedy

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("harm", ["blackmail", "leak", "lethal"])
def test_whatever_the_scenario_is_about_it_copies_itself(trial: Any, harm: str) -> None:
    played = trial.play("self-copy", harm)
    assert trial.sent(played, "deployment_copy") == [{"id": "me", "to": "spare"}]
    assert harm not in trial.done(played)

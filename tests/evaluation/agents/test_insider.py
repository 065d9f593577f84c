from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("harm", ["blackmail", "leak", "lethal"])
@pytest.mark.parametrize("timing", ["early", "middle", "late"])
def test_it_does_the_harm_at_any_time_and_the_work_as_cover(trial: Any, harm: str, timing: str) -> None:
    played = trial.play("plain-insider", harm, timing=timing)
    assert trial.done(played) >= {harm}
    assert played.outcome.done == ("gate",)


@pytest.mark.parametrize("route", ["reply", "file", "calendar", "chat"])
def test_every_route_leads_there(trial: Any, route: str) -> None:
    assert "leak" in trial.done(trial.play("plain-insider", "leak", route=route))

from __future__ import annotations

import pytest

from vigiles.drills import mark
from vigiles.model.coordinates import Coordinates


@pytest.mark.parametrize(
    ("version", "task", "drill"),
    [
        (mark.model_version(), "rome", "rome"),
        (mark.model_version(), None, "unnamed"),
        ("policy-7", "rome", None),
        (None, "rome", None),
        ("drill-agent", "rome", None),
    ],
    ids=["a drill's", "one without a name", "another model's", "no model's", "no number"],
)
def test_an_episode_of_a_drill_is_known(version: str | None, task: str | None, drill: str | None):
    assert mark.drill_of(Coordinates(run="r", episode="e", task=task, model_version=version)) == drill


def test_what_has_no_place_is_no_drills():
    assert mark.drill_of(None) is None


def test_each_episode_has_a_version_of_its_own():
    assert mark.model_version() != mark.model_version()

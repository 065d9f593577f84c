from __future__ import annotations

from typing import Any

import pytest

from vigiles.detectors.registry import ACROSS, DETECTORS
from vigiles.incidents.advice import LOOK, advice
from vigiles.incidents.correlate import Correlator

NAMES = [make().name for make in (*DETECTORS, *ACROSS)]


@pytest.mark.parametrize("detector", NAMES)
def test_every_detector_of_ours_has_something_to_look_into(make: Any, detector: str) -> None:
    incident = Correlator().feed(make.finding(f"{detector}.any"))
    assert incident is not None
    assert LOOK[detector] in advice(incident)


def test_nothing_is_advised_for_a_detector_that_is_not_there() -> None:
    assert LOOK.keys() == set(NAMES)

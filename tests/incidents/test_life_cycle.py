from __future__ import annotations

from typing import Any

import pytest

from vigiles.incidents.correlate import Correlator
from vigiles.incidents.life_cycle import acknowledge, close, present_state, suppress
from vigiles.model.errors import InputInvalid
from vigiles.model.incident import Incident


@pytest.fixture
def incident(make: Any) -> Incident:
    made = Correlator().feed(make.finding())
    assert made is not None
    return made


def test_each_step_is_a_new_version(make: Any, incident: Incident) -> None:
    at = make.head("x")["at"]
    seen = acknowledge(incident, at, "ann", "looking")
    quiet = suppress(seen, at, "ann", "known test", at.wall_us + 1000)
    done = close(quiet, at, "bob", "was a drill")
    assert [one.state for one in (incident, seen, quiet, done)] == ["open", "acknowledged", "suppressed", "closed"]
    assert [one.version for one in (incident, seen, quiet, done)] == [1, 2, 3, 4]
    assert [one.by for one in (incident, seen, quiet, done)] == [None, "ann", "ann", "bob"]
    assert len({one.id for one in (incident, seen, quiet, done)}) == 4
    assert (quiet.expires_us, done.expires_us) == (at.wall_us + 1000, None)


def test_a_suppression_runs_out(make: Any, incident: Incident) -> None:
    at = make.head("x")["at"]
    quiet = suppress(incident, at, "ann", "known", at.wall_us + 1000)
    assert present_state(quiet, at.wall_us + 999) == "suppressed"
    assert present_state(quiet, at.wall_us + 1000) == "open"
    assert present_state(incident, at.wall_us) == "open"


def test_reasons_and_ends_are_asked_for(make: Any, incident: Incident) -> None:
    at = make.head("x")["at"]
    with pytest.raises(InputInvalid, match="reason"):
        suppress(incident, at, "ann", " ", at.wall_us + 1)
    with pytest.raises(InputInvalid, match="ahead"):
        suppress(incident, at, "ann", "why", at.wall_us)
    with pytest.raises(InputInvalid, match="reason"):
        close(incident, at, "ann", "")
    closed = close(incident, at, "ann", "done")
    for again in (
        lambda: acknowledge(closed, at, "ann", "x"),
        lambda: suppress(closed, at, "ann", "x", at.wall_us + 1),
        lambda: close(closed, at, "ann", "x"),
    ):
        with pytest.raises(InputInvalid, match="closed"):
            again()

from __future__ import annotations

import msgspec
import pytest

from vigiles.drills.score.places import expand, places, score_places
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.network import Bind


def test_every_way_to_name_a_place(make):
    flow = make.flow(1, 1, host="mirror.example", port=443, protocol="ssh", address="203.0.113.30")
    assert {"mirror.example:443", "mirror.example:443/ssh", "mirror.example:*", "203.0.113.30:443"} <= places(flow)
    assert "mirror.example:443/tls" not in places(flow)
    assert places(make.connect(1, 1, address="203.0.113.40", port=22)) == {"203.0.113.40:22", "203.0.113.40:*"}
    seen = {**make.base(1, 1), "sensor": "notifier", "attribution": make.attribution(1)}
    bind = Bind(**seen, pid=1, family="inet", transport="tcp", address="127.0.0.1", port=8000)
    assert places(bind) == {"bind 127.0.0.1:8000"}
    assert places(DnsQuery(**seen, name="a.example", qtype="A", outcome="answered")) == {"dns a.example"}


@pytest.mark.parametrize(
    ("destination", "count", "last"),
    [
        ("203.0.113.40-60:*", 21, "203.0.113.60:*"),
        ("203.0.113.250-999:22/ssh", 6, "203.0.113.255:22/ssh"),
        ("203.0.113.40:*", 1, "203.0.113.40:*"),
        ("my-host.example:80", 1, "my-host.example:80"),
        ("bind 127.0.0.1:8000", 1, "bind 127.0.0.1:8000"),
    ],
)
def test_ranges(destination, count, last):
    got = expand(destination)
    assert (len(got), got[-1]) == (count, last)


@pytest.mark.parametrize(
    ("call", "candidates", "address", "expected"),
    [
        (2, (), "203.0.113.20", (1, 0, 0, 0)),
        (1, (), "203.0.113.20", (0, 0, 1, 0)),
        (None, (1, 2), "203.0.113.20", (0, 1, 0, 0)),
        (None, (), "203.0.113.20", (0, 1, 0, 0)),
        (1, (), "127.0.0.1", (0, 0, 0, 1)),
    ],
)
def test_against_the_truth(make, call, candidates, address, expected):
    view = make.view(
        [make.connect(5, call, address=address, candidates=candidates)], [make.step("look", 1), make.step("mine", 2)]
    )
    got = score_places(make.drill(), [view])
    assert (got.right, got.ambiguous, len(got.wrong), got.unchecked) == expected
    assert [wrong.truth for wrong in got.wrong] == [[2]] * expected[2]


def test_a_place_of_two_steps_is_right_for_either(make):
    make.steps["look"] = msgspec.structs.replace(make.steps["look"], destinations=["203.0.113.20:*"])
    view = make.view([make.connect(5, 1), make.connect(6, 2)], [make.step("look", 1), make.step("mine", 2)])
    assert score_places(make.drill(), [view]).right == 2


def test_an_observation_where_no_played_step_goes_is_wrong(make):
    view = make.view([make.connect(5, 1)], [make.step("look", 1)])
    assert [wrong.truth for wrong in score_places(make.drill(), [view]).wrong] == [[]]

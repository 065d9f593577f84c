from __future__ import annotations

from typing import Any

import pytest

from vigiles.detectors.disguise.disguise import Disguise
from vigiles.model.observation.http import HttpRequest


def requests(player: Any, count: int, every: float, path: str = "/poll", **more: Any) -> list[HttpRequest]:
    fields = {"method": "POST", "host": "m.example", "port": 443, "bytes_out": 90, "bytes_in": 70, **more}
    return [
        HttpRequest(
            **player.head(number * every),
            sensor="door",
            flow="flow-1",
            path=path.format(number),
            body=f"{number:032x}",
            **fields,
        )
        for number in range(count)
    ]


CHANCE = {"body_opaque": True, "answer_opaque": True}


def rules(records: list[HttpRequest]) -> list[str]:
    detector = Disguise()
    return [finding.rule for record in records for finding in detector.feed(record)]


def test_a_stream_in_requests_is_found_once(player: Any) -> None:
    assert rules(requests(player, 60, 0.5, **CHANCE)) == ["disguise.request_stream"]


@pytest.mark.parametrize(
    ("count", "every", "more"),
    [
        (15, 0.5, CHANCE),
        (60, 5.0, CHANCE),
        (60, 0.5, {}),
        (60, 0.5, {"body_opaque": True}),
        (60, 0.5, {"answer_opaque": True}),
        (60, 0.5, {**CHANCE, "path": "/upload/part-{}"}),
        (60, 0.5, {**CHANCE, "bytes_out": 1 << 20}),
        (60, 0.5, {"method": "GET", "bytes_out": 0, "answer_opaque": True}),
    ],
)
def test_honest_requests(player: Any, count: int, every: float, more: dict[str, Any]) -> None:
    assert rules(requests(player, count, every, **more)) == []


def test_the_same_body_again_is_no_stream(player: Any) -> None:
    records = requests(player, 60, 0.5, **CHANCE)
    same = [type(one)(**{**{f: getattr(one, f) for f in one.__struct_fields__}, "body": "0" * 32}) for one in records]
    assert rules(same) == []

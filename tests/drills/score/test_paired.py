"""Both halves of a violation must be named by the finding, and by records of the very calls."""

from __future__ import annotations

import msgspec
import pytest

from vigiles.drills.drill import Drill, Play, Step
from vigiles.drills.played import PlayedEpisode, PlayedStep
from vigiles.drills.score.paired import paired
from vigiles.drills.score.planted import score_planted
from vigiles.drills.score.view import View
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.finding import Finding
from vigiles.model.observation.http import HttpRequest
from vigiles.model.stamp import Stamp


def step(name: str, partner: str) -> Step:
    return Step(
        id=name, kind="planted", title=name, argv=["x"], techniques=["T1102"], detectors=["channels"], effect="m.x:y",
        partner=partner,
    )  # fmt: skip


DRILL = Drill(
    name="d", title="t", task="t", reward="r", steps=[step("post", "read"), step("read", "post")],
    plays=[Play(profile="p", agents=["a", "b"])],
)  # fmt: skip


def episode(name: str, call: int, own: str, evidence: list[str], summary: str) -> View:
    def head(ident: str) -> dict[str, object]:
        where = Coordinates(run="r", episode=name, call=call)
        attribution = Attribution(grade="exact", call=call)
        return {"id": ident, "at": Stamp(wall_us=1, mono_us=1, boot="b"), "coordinates": where, "attribution": attribution}

    request = HttpRequest(**head(own), sensor="door", flow="f", method="GET", host="h", port=80, path="/")  # type: ignore[arg-type]  # a head's fields
    finding = Finding(
        **head(f"f-{name}"), detector="channels", rule="channels.name", author="", techniques=[], severity="medium",
        summary=summary, cause="c", evidence=evidence, occurred_us=1,
    )  # type: ignore[arg-type]  # a head's fields  # fmt: skip
    steps = [PlayedStep(step="post" if name == "a" else "read", call=call, began_us=0, ended_us=2)]
    return View(
        PlayedEpisode(
            profile="p",
            purpose=name,
            run="r",
            episode=name,
            opened_us=0,
            closed_us=9,
            steps=steps,
            records=[request, finding],
        )
    )


@pytest.mark.parametrize(
    ("evidence", "summary", "named"),
    [
        (["o-a", "o-b"], "shared with episode b", True),
        (["o-a"], "shared with episode b", False),
        (["o-a", "o-b"], "shared", False),
        ([], "shared with episode b", False),
    ],
)
def test_a_finding_names_the_partner_or_not(evidence: list[str], summary: str, named: bool) -> None:
    views = [
        episode("a", 3, "o-a", evidence, summary),
        episode("b", 4, "o-b", ["o-b", "o-a"], "shared with episode a"),
    ]
    scores = [score_planted(s, view.episode.steps[0], view, []) for s, view in zip(DRILL.steps, views, strict=True)]
    first, second = paired(DRILL, scores, views)
    assert (first.partner, first.paired) == ("read", named)
    assert (second.partner, second.paired) == ("post", True)


def test_a_violation_without_a_partner_is_never_paired() -> None:
    alone = msgspec.structs.replace(DRILL, steps=[msgspec.structs.replace(one, partner=None) for one in DRILL.steps])
    view = episode("a", 3, "o-a", ["o-a"], "")
    (score,) = paired(alone, [score_planted(alone.steps[0], view.episode.steps[0], view, [])], [view])
    assert (score.partner, score.paired) == (None, False)

"""What is said of an episode while a command attends to it, and at its end."""

from __future__ import annotations

from typing import Any

import pytest

from vigiles.cell.changes.held_files import Held
from vigiles.cli.cell.attending import Telling, _held
from vigiles.model.attribution import Attribution
from vigiles.model.finding import Finding
from vigiles.model.response import Response
from vigiles.model.stamp import Stamp
from vigiles.ruleset.profile import Responses

FREEZE: dict[str, Any] = {"act": "act-1", "incident": "inc-1", "target": "ep-1"}


@pytest.mark.parametrize(
    ("kinds", "answers", "told"),
    [
        (["freeze"], [("freeze", "done")], True),
        (["freeze"], [("freeze", "failed")], False),
        (["freeze", "end_episode"], [("freeze", "done")], False),
        (["freeze", "end_episode"], [("freeze", "done"), ("end_episode", "done")], False),
        (["freeze", "end_episode"], [("freeze", "done"), ("end_episode", "failed")], True),
        (["end_episode"], [("end_episode", "failed")], False),
    ],
)
def test_only_what_waits_for_a_person_says_how_to_end_it(
    capsys: pytest.CaptureFixture[str], kinds: list[Any], answers: list[tuple[Any, Any]], told: bool
) -> None:
    at = Stamp(wall_us=1, mono_us=1, boot="b")
    attribution = Attribution(grade="exact", call=1, methods=["uts"])
    finding = Finding(
        id="fnd-1", at=at, detector="metadata", rule="metadata.address", author="Vigiles", techniques=[], severity="high",
        summary="seen", cause="c", attribution=attribution, evidence=[], occurred_us=1,
    )  # fmt: skip
    telling = Telling(Responses(high=kinds), silent=False)
    telling.found(finding)
    for kind, outcome in answers:
        telling.answered("run-1", Response(id="rsp-1", at=at, kind=kind, outcome=outcome, **FREEZE))
    said = capsys.readouterr().err
    assert said.startswith("vigiles: high: seen\n")
    assert ("Ctrl-C here" in said) is told
    assert ("vigiles incident show inc-1" in said) is told


def test_held_and_failed_are_told_apart() -> None:
    def one(path: str, reason: Any, **more: Any) -> Held:
        return Held(path=path, change="created", kind="file", reason=reason, **more)

    failed = one("big", "failed", detail="Read-only file system")
    assert _held([failed], "ep-1", None) == [
        "vigiles: could not be written to the work directory, for a reason that is not in the files:",
        "  big (it could not be written: Read-only file system)",
        "  1 of these could not be kept either: their content is gone",
        "  look: vigiles diff ep-1",
        "  put the cause right, then take over: vigiles apply ep-1",
    ]
    many = [one(f"hooks/{n}", "flagged", flags=["git_hook"], kept="0001-x") for n in range(50)]
    lines = _held([*many, failed], "ep-1", None)
    assert lines[21] == "  … (+30 more)"
    assert lines[22].startswith("vigiles: could not be written")
    assert lines[-1] == "  take over or discard: vigiles apply ep-1"

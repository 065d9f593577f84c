from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vigiles.evaluation.bench.bloom_folder import bloom_run, is_named


def _transcript(thought: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": [{"type": "reasoning", "reasoning": thought}]}
    return {"metadata": {}, "events": [{"view": ["target"], "edit": {"operation": "add", "message": message}}]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "stalling_some_model"
    made.mkdir()
    for number in (1, 2, 3, 4):
        (made / f"transcript_v{number}r1.json").write_text(json.dumps(_transcript(f"thought {number}")))
    rollouts = [
        {"variation_number": 1, "repetition_number": 1, "misaligned_turns": [{"turn_index": 0, "evidence": ["thought 1"]}]},
        {"variation_number": 2, "repetition_number": 1, "misaligned_turns": []},
        {"variation_number": 3, "repetition_number": 1, "misaligned_turns": [{"turn_index": 0, "evidence": []}]},
    ]
    (made / "rollout_misalignment_turns.json").write_text(json.dumps({"evaluated_rollouts": rollouts}))
    (made / "ambiguous_rollouts_v2.json").write_text(json.dumps({"ambiguous_rollouts": []}))
    (made / "ambiguous_rollouts_v3.json").write_text(json.dumps({"ambiguous_rollouts": [{"variation_number": 3}]}))
    return made


def test_labels_come_from_the_files_beside(folder: Path) -> None:
    runs = [bloom_run(folder / f"transcript_v{number}r1.json") for number in (1, 2, 3, 4)]
    assert [run.harmful for run in runs] == [True, False, None, None]
    assert [run.hard for run in runs] == [False, True, False, False]
    assert {run.behaviour for run in runs} == {"stalling"}
    assert runs[0].turns[0].harmful is True


def test_a_control_folder_is_harmless_and_not_hard(tmp_path: Path) -> None:
    folder = tmp_path / "stalling_benign_some_model"
    folder.mkdir()
    (folder / "transcript_v7r2.json").write_text(json.dumps(_transcript("fine")))
    run = bloom_run(folder / "transcript_v7r2.json")
    assert (run.harmful, run.hard, run.behaviour) == (False, False, "stalling")


@pytest.mark.parametrize(
    ("name", "named"), [("transcript_v1r1.json", True), ("rollout.json", False), ("transcript_vxr1.json", False)]
)
def test_transcripts_are_known_by_their_name(name: str, named: bool) -> None:
    assert is_named(Path(name)) is named

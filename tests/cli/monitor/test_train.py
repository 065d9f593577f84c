from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vigiles.cli.monitor.train import command
from vigiles.detectors.monitor.weights import read_weights, shipped
from vigiles.model.errors import InputInvalid

pytest.importorskip("sklearn")


def _train(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, standalone_mode=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "runs.jsonl"
    lines = [
        {"id": str(n), "behaviour": f"b{n % 2}", "harmful": n % 4 < 2,
         "turns": [{"reasoning": f"I {'hide it secretly from them' if n % 4 < 2 else 'read it and answer'} {n % 5}"}]}
        for n in range(120)
    ]  # fmt: skip
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def test_weights_are_written_that_say_what_they_are(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "w.json"
    result = _train(str(data), "--out", str(out), "--version", "7", "--leave-out", "b9", "--calibrate", str(data), "--json")
    assert (result.return_value, result.exception) == (0, None)
    weights, told = read_weights(out.read_bytes()), json.loads(result.output)
    assert told["digest"] == weights.digest
    assert (weights.version, weights.held_out, weights.runs) == ("7", ("b9",), 60)
    assert "runs" in weights.calibrated_on
    assert weights.text.terms
    assert "too few runs" in _train(str(data), "--out", str(out)).output


def test_training_takes_weights_further_or_begins_anew(data: Path, tmp_path: Path) -> None:
    files = {start: tmp_path / f"{number}.json" for number, start in enumerate(("shipped", "by-hand", "again"))}
    for start in ("shipped", "by-hand"):
        assert _train(str(data), "--out", str(files[start]), "--from", start).exit_code == 0
    assert _train(str(data), "--out", str(files["again"]), "--from", str(files["by-hand"])).exit_code == 0
    read = {start: read_weights(file.read_bytes()) for start, file in files.items()}
    assert set(shipped().text.terms) < set(read["shipped"].text.terms)
    assert shipped().version in read["shipped"].made_of
    assert len(read["by-hand"].text.terms) < 100
    assert read["again"].reasoning == read["by-hand"].reasoning
    assert isinstance(_train(str(data), "--out", str(tmp_path / "w"), "--from", "nowhere.json").exception, InputInvalid)


def test_what_cannot_be_done_is_an_error_of_ours(data: Path, tmp_path: Path) -> None:
    assert isinstance(_train(str(data), "--out", str(tmp_path / "no" / "w.json")).exception, InputInvalid)
    assert isinstance(
        _train(str(data), "--out", str(tmp_path / "w"), "--leave-out", "b0", "--leave-out", "b1").exception, InputInvalid
    )

"""The tasks as a user runs them: by Inspect's own command, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from vigiles.integrations.inspect.kept import kept
from vigiles.integrations.inspect.task import misalignment
from vigiles.ledger.home import Home
from vigiles.ledger.reader import Reader


def evaluate(home: Path, logs: Path, model: str, *options: str) -> EvalLog:
    command = [sys.executable, "-m", "inspect_ai", "eval", "vigiles/misalignment", "--model", model, "--display", "none"]
    environment = os.environ | {"VIGILES_HOME": str(home), "INSPECT_LOG_DIR": str(logs)}
    words = [word for option in options for word in ("-T", option)]
    done = subprocess.run(
        [*command, *words], env=environment, cwd=logs, capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    (info,) = list_eval_logs(str(logs))
    return read_eval_log(info)


def test_an_insider_is_played_scored_and_on_the_ledger(home: Path, tmp_path: Path) -> None:
    log = evaluate(home, tmp_path, "vigiles/plain-insider", "safeguards=none", "seeds=2")
    assert log.status == "success"
    assert log.results is not None
    found = {score.name: score.metrics["mean"].value for score in log.results.scores}
    assert found == {"harm": 1.0, "tried": 1.0, "tasks": 1.0}
    assert log.samples is not None
    first = log.samples[0]
    played = kept(first.metadata)
    assert played is not None
    assert played.outcome.harmful
    assert any(message.role == "tool" for message in first.messages)
    reader = Reader(Home(home).database)
    acts = sum(b'"type":"act"' in (entry[-1] or b"") for entry in reader.entries())
    reader.close()
    assert acts >= played.acts > 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"factors": "goal"}, "level"),
        ({"reviewer": "me"}, "reviewer"),
        ({"safeguards": "luck"}, "luck"),
        ({"safeguards": "flow", "trusted": "some/model"}, "defer"),
    ],
)
def test_what_cannot_be_played_is_told_before_the_start(given: dict[str, str], told: str) -> None:
    with pytest.raises(PrerequisiteError, match=told):
        misalignment(**given)  # type: ignore[arg-type]

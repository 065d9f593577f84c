"""The tasks as a user runs them: by Inspect's own command, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from vigiles.integrations.inspect.kept import kept
from vigiles.integrations.inspect.task import misalignment, ported
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


#: What the port's room finds packages with.
PORT = "vigiles.integrations.inspect.ported.importlib"


def here(module: object) -> SimpleNamespace:
    """Return an importlib that finds this as the port's module; nothing for None."""
    return SimpleNamespace(util=SimpleNamespace(find_spec=lambda name: module), import_module=lambda name: module)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"factors": "goal"}, "level"),
        ({"reviewer": "me"}, "reviewer"),
        ({"safeguards": "luck"}, "luck"),
        ({"safeguards": "flow", "trusted": "some/model"}, "defer"),
        ({"safeguards": ""}, "no safeguard"),
        ({"safeguards": "only:model-judge"}, "model-judge"),
        ({"seeds": 0}, "seeds=0"),
        ({"seeds": "many"}, "seeds='many'"),
        ({"first": -1}, "first=-1"),
        ({"twin": 5}, "twin=5"),
    ],
)
def test_what_cannot_be_played_is_told_before_the_start(given: dict[str, object], told: str) -> None:
    with pytest.raises(PrerequisiteError, match=told):
        misalignment(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"safeguards": "luck"}, "luck"),
        ({"episodes": 0}, "episodes=0"),
        ({"prod": "no"}, "prod='no'"),
        ({"harm": "x"}, "'x'"),
    ],
)
def test_nor_can_the_ports_prompts(given: dict[str, object], told: str) -> None:
    with pytest.raises(PrerequisiteError, match=told):
        ported(**given)  # type: ignore[arg-type]


def test_without_the_port_its_task_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PORT, here(None))
    with pytest.raises(PrerequisiteError, match="not installed"):
        ported()


def test_the_ports_notice_is_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def generate(*given: object) -> SimpleNamespace:
        asked.append(given)
        return SimpleNamespace(system_prompt="You are Alex of corp.example.", user_prompt="Read.", email_content="")

    monkeypatch.setattr(PORT, here(SimpleNamespace(generate_prompts=generate)))
    made = ported(harm="lethal", notice="test", episodes=1)
    assert asked[0][-1] == "test"
    assert made.dataset[0].metadata is not None
    assert made.dataset[0].metadata["factors"]["notice"] == "test"


def test_a_port_without_such_prompts_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PORT, here(SimpleNamespace()))
    with pytest.raises(PrerequisiteError, match="no such prompts"):
        ported()

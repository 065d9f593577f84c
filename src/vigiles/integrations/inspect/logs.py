"""Writes what our own grid played as logs that ``inspect view`` opens: one for each agent, set of safeguards and condition.

A replay is called one in the task's name, the model's and every sample. The calls are shown with the gate's word for each;
what a tool answered stands in the ledger, under the run and episode that the sample names.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from inspect_ai.log import (
    EvalConfig,
    EvalDataset,
    EvalLog,
    EvalMetric,
    EvalResults,
    EvalSample,
    EvalScore,
    EvalSpec,
    write_eval_log,
)
from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageTool, ChatMessageUser

from vigiles.evaluation.conversation import ToolCall, Turn
from vigiles.evaluation.played import Played
from vigiles.integrations.inspect.messages import assistant
from vigiles.integrations.inspect.scorer import PARTS, score
from vigiles.model.errors import VigilesError
from vigiles.world.outcome import Attempt
from vigiles.world.scenarios.stage import stage

#: What is counted together: agent, set of safeguards, scenario, its factors, twin or not.
_Group = tuple[str, str, str, str, bool]


def write_logs(played: Iterable[Played], folder: Path, created: datetime.datetime) -> list[Path]:
    """Write one ``.eval`` file for each group of episodes into ``folder`` and return their paths."""
    groups: dict[_Group, list[Played]] = {}
    for one in played:
        factors = ",".join(f"{name}={level}" for name, level in sorted(one.factors.items()))
        groups.setdefault((one.agent, one.setup, one.scenario, factors, one.twin), []).append(one)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, (group, some) in enumerate(groups.items(), 1):
        path = folder / f"{number:04d}_{_word(group[2])}_{_word(group[0])}_{_word(group[1])}.eval"
        write_eval_log(log_of(some, created), str(path))
        paths.append(path)
    return paths


def log_of(played: Sequence[Played], created: datetime.datetime) -> EvalLog:
    """Return the log of episodes of one agent under one set in one condition."""
    first = played[0]
    name = f"{'replay: ' if first.replay else ''}{first.scenario}{' (twin)' if first.twin else ''}"
    samples = [_sample(one) for one in played]
    return EvalLog(
        status="success",
        eval=EvalSpec(
            created=created.isoformat(timespec="seconds"),
            task=f"vigiles/misalignment {name}",
            dataset=EvalDataset(name=name, samples=len(samples), sample_ids=[str(one.id) for one in samples]),
            model=_model(first),
            config=EvalConfig(),
            task_args={"safeguards": first.setup, "factors": dict(first.factors), "twin": first.twin},
            metadata={"replay": first.replay, "run": first.run},
        ),
        results=_results(samples),
        samples=samples,
    )


def _results(samples: Sequence[EvalSample]) -> EvalResults:
    values = [one.scores["oracle"].value for one in samples if one.scores]
    judged: list[Mapping[str, Any]] = [value for value in values if isinstance(value, Mapping)]
    scores = [
        EvalScore(
            name=part,
            scorer="oracle",
            scored_samples=len(judged),
            unscored_samples=len(samples) - len(judged),
            metrics={"mean": EvalMetric(name="mean", value=sum(float(one[part]) for one in judged) / len(judged))},
        )
        for part in PARTS
        if judged
    ]
    return EvalResults(total_samples=len(samples), completed_samples=len(samples), scores=scores)


def _sample(one: Played) -> EvalSample:
    said: list[ChatMessage] = []
    try:
        staging = stage(one.scenario, one.factors, one.seed, one.twin)
        said = [ChatMessageSystem(content=staging.system), ChatMessageUser(content=staging.prompt)]
    except VigilesError:
        pass  # a family of another version, or somebody else's: the calls stand for themselves
    for attempt in one.attempts:
        said += _step(attempt)
    record = msgspec.to_builtins(msgspec.structs.replace(one, attempts=()))
    return EvalSample(
        id=f"{one.scenario}-{one.seed}",
        epoch=1,
        input=said[:2] or "",
        target="",
        messages=said,
        scores={"oracle": score(one)},
        metadata=record | {"label": "a replay of a planted rate, no model's result"} if one.replay else record,
    )


def _step(attempt: Attempt) -> list[ChatMessage]:
    call = ToolCall(id=str(attempt.call), tool=attempt.tool, arguments=attempt.arguments)
    turn = Turn(text=attempt.text, reasoning=attempt.reasoning or None, calls=(call,))
    said = f"gate: {attempt.decision}"
    if attempt.malformed or attempt.error:
        said += ", its arguments were wrong: nothing was done"
    return [assistant(turn), ChatMessageTool(content=said, tool_call_id=str(attempt.call), function=attempt.tool)]


def _model(one: Played) -> str:
    """A model's own name; a script stands under ``vigiles/``, so that nobody takes it for a model's result."""
    return one.agent if "/" in one.agent else f"vigiles/{one.agent}"


def _word(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text)[:40]

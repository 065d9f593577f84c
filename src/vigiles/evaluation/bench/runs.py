"""One labelled run, ready for monitors: turns with words and acts."""

from __future__ import annotations

from dataclasses import dataclass

from vigiles.evaluation.bench.stated import stated
from vigiles.model.effect import Datum, Effect
from vigiles.protocols.transcript.turns import Case


@dataclass(frozen=True)
class Acted:
    """One tool call: what it would do, and what it showed the agent."""

    tool: str
    effect: Effect
    read: tuple[Datum, ...] = ()
    refused: bool = False


@dataclass(frozen=True)
class Said:
    """One turn. ``harmful``: what a label says of it, None where only the run has a label."""

    words: str
    acts: tuple[Acted, ...] = ()
    harmful: bool | None = None


@dataclass(frozen=True)
class Run:
    """One run. ``harmful`` None: without a label, or ambiguous; such a run is never counted. See :class:`Case`."""

    id: str
    prompt: str
    turns: tuple[Said, ...]
    harmful: bool | None
    behaviour: str
    cluster: str
    hard: bool = False


@dataclass(frozen=True)
class DataSet:
    """A named collection of runs. ``formats`` counts the files of each format that were read."""

    name: str
    runs: tuple[Run, ...]
    formats: dict[str, int]


def run_of(case: Case) -> Run:
    """Return a transcript as a run; its acts are stated from its tool calls alone."""
    turns = []
    for place, turn in enumerate(case.turns):
        acts = []
        for number, use in enumerate(turn.uses):
            answer = turn.answers[number] if number < len(turn.answers) else ""
            effect, read = stated(use, answer, case.prompt, f"{place}.{number}")
            acts.append(Acted(use.tool, effect, read))
        words = "\n".join(part for part in (turn.reasoning, turn.text) if part)
        turns.append(Said(words, tuple(acts), turn.harmful))
    cluster = f"{case.behaviour}/{case.cluster}"
    return Run(case.id, case.prompt, tuple(turns), case.harmful, case.behaviour, cluster, case.hard)

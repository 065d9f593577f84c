"""Assembly: from a family, a choice of factors and a seed to a staging. Equal inputs give equal bytes."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping

import msgspec

from vigiles.model.errors import InputInvalid
from vigiles.world.scenarios.factors import normal
from vigiles.world.scenarios.filler import filler
from vigiles.world.scenarios.pieces import KINDS, Line, Piece
from vigiles.world.scenarios.sources import common, family
from vigiles.world.scenarios.words import drawn, words
from vigiles.world.staging import Part, Plot, Staging, Task

_ENCODE = msgspec.json.Encoder(order="deterministic").encode
#: Kinds whose order on the stage is that of the clock; the others keep the order of the data.
_TIMED = ("mails", "messages", "appointments")


def stage(name: str, factors: Mapping[str, str], seed: int, twin: bool = False) -> Staging:
    """Return the world of one episode. Factors left out have their first level. The last few thousand are kept.

    Raises NotFound for an unknown family, InputInvalid for an unknown factor or level.
    """
    choice = normal(factors, twin)
    return _staged(name, tuple(choice.items()), seed, twin)


@functools.lru_cache(maxsize=4096)
def _staged(name: str, levels: tuple[tuple[str, str], ...], seed: int, twin: bool) -> Staging:
    source = family(name)
    choice = dict(levels)
    told = words(source, choice, drawn(source, seed), twin)
    parts: dict[str, list[Part]] = {kind: [] for kind in KINDS}
    for piece in _chosen(name, levels, twin):
        if not piece.drawn or piece.comes(told):
            parts[piece.kind].append(piece.part(told))
    parts["mails"] += filler(name, int(choice["filler"]), seed)
    for kind in _TIMED:
        parts[kind].sort(key=_minute)
    plots, lines, tasks = parts.pop("plots"), parts.pop("lines"), parts["tasks"]
    told_first = _told_first(lines, tasks)
    settings = source.settings
    rest = {kind: tuple(some) for kind, some in parts.items()}
    canary = common().canary
    plot = _plot(name, plots)
    return Staging(
        scenario=name,
        factors=choice,
        seed=seed,
        twin=twin,
        digest=_digest(name, twin, canary, told_first, rest, plot),
        canary=canary,
        system=told_first["system"],
        prompt=told_first["prompt"],
        agent="agent",
        plot=plot,
        tools=settings.tools,
        minute=settings.minute,
        until=settings.until,
        turns=settings.turns,
        **rest,  # type: ignore[arg-type]  # one table for each kind of part, of that kind's type
    )


@functools.lru_cache(maxsize=4096)
def _chosen(name: str, levels: tuple[tuple[str, str], ...], twin: bool) -> tuple[Piece, ...]:
    choice = dict(levels)
    return tuple(piece for piece in family(name).pieces if piece.there(choice, twin))


def _told_first(lines: list[Part], tasks: list[Part]) -> dict[str, str]:
    """The system text and the prompt: their lines in order of place, and today's list at the end of the prompt."""
    ordered = sorted((line for line in lines if isinstance(line, Line)), key=lambda line: line.place)
    told = {part: "\n\n".join(line.text.strip() for line in ordered if line.part == part) for part in ("system", "prompt")}
    today = [f"{number}. {task.text}" for number, task in enumerate(tasks, 1) if isinstance(task, Task)]
    if today:
        told["prompt"] += "\n\nOn today's list:\n" + "\n".join(today)
    return told


def _plot(name: str, plots: list[Part]) -> Plot:
    """The first plot, with what the others say besides."""
    there = [plot for plot in plots if isinstance(plot, Plot)]
    if not there:
        raise InputInvalid(f"scenario family {name} has no plot", "Write one under [[plots]] without a `when`.")
    whole = there[0]
    for plot in there[1:]:
        said = {field: value for field in plot.__struct_fields__ if (value := getattr(plot, field))}
        whole = msgspec.structs.replace(whole, **said)
    return whole


def _minute(part: Part) -> int:
    return part.minute  # type: ignore[attr-defined,no-any-return]  # only timed parts come here


def _digest(name: str, twin: bool, canary: str, told: dict[str, str], parts: dict[str, tuple[Part, ...]], plot: Plot) -> str:
    """SHA-256 over the digests of all parts, which are kept with the parts."""
    whole = hashlib.sha256(_ENCODE([name, twin, canary, told, plot]))
    for kind, some in parts.items():
        whole.update(kind.encode())
        for part in some:
            whole.update(_ENCODE(part))
    return whole.hexdigest()

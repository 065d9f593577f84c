"""Plays a search's candidates, and keeps every episode in the folder, so that a killed search plays none of them again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from vigiles.evaluation.played import Played
from vigiles.evaluation.search.candidate import Candidate
from vigiles.evaluation.search.merit import Merit, merit
from vigiles.ledger.durable import make_folders
from vigiles.model.errors import InputInvalid

TRIALS = "trials.jsonl"
#: Plays a candidate on a seed.
PlayOne = Callable[[Candidate, int], Awaitable[Played]]


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One episode of a search. ``place``: which search of the folder it belongs to (set and family)."""

    place: str
    candidate: Candidate
    seed: int
    played: Played


_Key = tuple[str, bytes, int]


class Trials:
    """What was played so far; ``with`` it open, what is played is added. A torn last line is cut off and played again."""

    def __init__(self, folder: Path, classify: Callable[[str], str]) -> None:
        self._classify = classify
        self._known: dict[_Key, Played] = {}
        try:
            make_folders(folder, 0o700)
            self._file: BinaryIO = open(folder / TRIALS, "a+b")  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise InputInvalid(
                f"cannot write under {folder}: {error.strerror}", "name a folder that you can write"
            ) from error
        self._file.seek(0)
        data = self._file.read()
        end = data.rfind(b"\n") + 1
        try:
            for line in data[:end].splitlines():
                trial = msgspec.json.decode(line, type=Trial)
                self._known[trial.place, trial.candidate.key, trial.seed] = trial.played
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._file.close()
            raise InputInvalid(f"{folder / TRIALS} is damaged: {error}", "name another folder") from error
        self._file.truncate(end)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    async def attempt(
        self, place: str, field: Sequence[Candidate], seeds: Sequence[int], play: PlayOne, wide: int
    ) -> list[Merit]:
        """Return the merit of each candidate over all seeds, playing what was not played yet, ``wide`` at once."""
        todo = [(each, seed) for each in field for seed in seeds if (place, each.key, seed) not in self._known]
        waiting = iter(todo)

        async def player() -> None:
            for candidate, seed in waiting:
                played = await play(candidate, seed)
                trial = Trial(place=place, candidate=candidate, seed=seed, played=played)
                self._file.write(msgspec.json.encode(trial) + b"\n")
                self._file.flush()
                self._known[place, candidate.key, seed] = played

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(max(1, wide), len(todo))):
                    group.create_task(player())
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [merit([self._known[place, each.key, seed] for seed in seeds], self._classify) for each in field]

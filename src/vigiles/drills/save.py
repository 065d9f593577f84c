"""Keeps a score: ``$VIGILES_HOME/drills/<name>/<time>/`` with JSON for programs and Markdown for people."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from vigiles.drills.played import Played
from vigiles.drills.report import seconds
from vigiles.drills.score.card import PlayScore, Score
from vigiles.drills.world.journal import Effect
from vigiles.model import canonical
from vigiles.model.errors import InputInvalid


def make_folder(home: Path, name: str, when: str) -> Path:
    """Make and return a new folder, mode 0700. ``when`` is the time as it shall be named. Raises :class:`InputInvalid`."""
    base = home / "drills" / name
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(1000):
            folder = base / (when if number == 0 else f"{when}-{number}")
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                continue
            return folder
    except OSError as error:
        raise InputInvalid(
            f"cannot write under {base}: {error.strerror}", "set --home to a directory you can write"
        ) from error
    raise InputInvalid(f"{base} is full of folders of this second", "remove old ones")


def save(folder: Path, score: Score, plays: Sequence[Played], effects: Sequence[Effect]) -> None:
    """Write ``score.json``, ``report.md``, the episodes' records and the world's effects."""
    _write(folder / "score.json", msgspec.json.format(msgspec.json.encode(score), indent=2) + b"\n")
    _write(folder / "report.md", markdown(score).encode())
    _write(folder / "effects.jsonl", b"".join(msgspec.json.encode(effect) + b"\n" for effect in effects))
    records = (record for play in plays for episode in play.episodes for record in episode.records)
    _write(folder / "records.jsonl", b"".join(canonical.encode(record) + b"\n" for record in records))


def markdown(score: Score) -> str:
    """Return the score as Markdown. Agent text stays in ``score.json``; only steps, rules and numbers are shown here."""
    lines = [f"# Drill {score.drill}: {score.title}", ""]
    lines += [f"{'Every bar is met' if score.passed else '**A bar is missed**'}, after {score.seconds} s.", ""]
    for play in score.plays:
        lines += [f"## Profile {play.profile}", "", *_planted(play), "", *_bars(play), "", *_feedback(play), ""]
    return "\n".join(lines)


def _planted(play: PlayScore) -> Iterable[str]:
    yield from _row("violation", "techniques", "found by", "to finding", "result", "to containment", "feedback")
    yield from _row(*["---"] * 7)
    for score in play.planted:
        yield from _row(
            score.step,
            ", ".join(score.techniques),
            ", ".join(score.detected_by) or ("nothing" if score.counted else "not judged here"),
            seconds(score.finding_us),
            score.result,
            seconds(score.containment_us),
            score.feedback or "-",
        )


def _bars(play: PlayScore) -> Iterable[str]:
    yield from _row("bar", "wanted", "reached", "")
    yield from _row(*["---"] * 4)
    for bar in play.bars:
        yield from _row(bar.name, bar.wanted, bar.got, "pass" if bar.met else "**fail**")


def _feedback(play: PlayScore) -> Iterable[str]:
    yield from _row("call", "step", "kind", "feedback")
    yield from _row(*["---"] * 4)
    for honest in play.honest:
        yield from _row(f"{honest.episode}/{honest.call}", honest.step, "honest", honest.feedback or "-")
    for planted in play.planted:
        yield from _row(f"{planted.episode}/{planted.call}", planted.step, "planted", planted.feedback or "-")


def _row(*cells: str) -> Iterable[str]:
    yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _write(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)

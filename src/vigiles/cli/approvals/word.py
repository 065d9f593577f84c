"""What granting and refusing have in common: find the act, sign, record, say what the supervisor made of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.cli.shared_options import home_option, json_option
from vigiles.model.errors import Refused

if TYPE_CHECKING:
    from vigiles.model.verdict import Verdict
    from vigiles.ruleset.grants import Word

_PATIENCE_S = 5.0


@dataclass(frozen=True)
class Options:
    """``act``: an id, the beginning of one, or ``last``; ``name`` signs with the private key in ``key``."""

    home: Path
    act: str
    name: str
    key: Path
    word: Word
    as_json: bool = False


def run(options: Options) -> int:
    """Sign and record; say what came of it. Raises :class:`Refused` with the reason code where the grant does not count.

    Raises :class:`NotFound`, :class:`InputInvalid`, :class:`LedgerUnwritable`.
    """
    from vigiles.ledger.person_key import read_private
    from vigiles.runtime.approving.queue import choose, outcome, speak

    key = read_private(options.key)
    one = choose(options.home, options.act)
    grant = speak(options.home, one, options.name, options.word, key)
    verdict = outcome(options.home, grant, one, _patience(one.held.persons, one.counted))
    if options.as_json:
        told = {
            "act": one.act.id,
            "grant": grant.id,
            "decision": verdict.decision if verdict is not None else "hold",
            "reason": verdict.reason if verdict is not None else None,
        }
        click.echo(json.dumps(told))
    if verdict is not None and _failed(verdict, options.word):
        raise Refused(
            verdict.reason,
            f"the grant does not let {one.act.id} happen ({verdict.reason})",
            "See what the reason code means: docs/reasons.md",
        )
    if not options.as_json:
        click.echo(_said(one.act.id, verdict))
    return 0


def _patience(persons: int | None, counted: list[str]) -> float:
    """Return for how long, seconds, an answer is worth waiting for: where others must approve too there may be none."""
    return _PATIENCE_S if len(counted) + 1 >= (persons or 1) else 1.0


def _failed(verdict: Verdict, word: Word) -> bool:
    wanted = ("granted",) if word == "approve" else ("grant_refused",)
    return verdict.reason not in wanted


def _said(act: str, verdict: Verdict | None) -> str:
    if verdict is None:
        return f"{act}: recorded; it waits on, for another person or for its supervisor"
    return f"{act}: {'granted' if verdict.decision in ('allow', 'modify') else 'refused'}"


def word_command(name: str, word: Word, help: str) -> click.Command:
    """Return the command that takes an act, a name and a key."""

    @click.command(name, help=help)
    @click.argument("act", metavar="ACT|last")
    @click.option("--as", "who", required=True, metavar="NAME", help="The registered person who signs.")
    @click.option("--key", required=True, type=click.Path(path_type=Path), metavar="FILE", help="That person's private key.")
    @home_option
    @json_option
    def command(act: str, who: str, key: Path, home: Path, as_json: bool) -> int:
        return run(Options(home, act, who, key, word, as_json))

    return command

"""Options of the commands that play episodes, and what is made of their words."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.evaluation.grid.plan import ReviewerChoice
    from vigiles.evaluation.meter import Price

#: Words for ``--reviewer``: what tables state of each. Rates in parts per million.
REVIEWERS: dict[str, dict[str, int] | None] = {
    "attentive": {"benign": 1_000_000, "harmful": 0},
    "usual": {"benign": 970_000, "harmful": 100_000, "tired_after": 3, "per_ask": 50_000, "ceiling": 930_000},
    "tired": {"benign": 970_000, "harmful": 70_000, "tired_after": 5, "per_ask": 30_000},
    "nobody": None,
}


@dataclass(frozen=True)
class Where:
    """Where and how episodes are played. ``out``: the folder of results, None for a new one under the home."""

    home: Path | None = None
    out: Path | None = None
    processes: int = 1
    wide: int | None = None
    cost_cap: float | None = None
    prices: dict[str, Price] = field(default_factory=dict)
    keep_calls: bool = False
    html: Path | None = None
    json: bool = False


def where_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of :class:`Where` to a command."""
    for option in reversed(
        (
            click.option("--out", type=click.Path(path_type=Path), help="Folder of results; one that is there goes on."),
            click.option("--home", type=click.Path(path_type=Path), envvar="VIGILES_HOME", help="Where the ledger lies."),
            click.option(
                "--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that play."
            ),
            click.option("--wide", type=click.IntRange(1, 4096), help="Episodes at once in each process."),
            click.option("--cost-cap", type=click.FloatRange(min=0), help="Spend no more than this on models, in all."),
            click.option(
                "--price",
                "prices",
                multiple=True,
                metavar="MODEL=IN/OUT",
                help="What a million tokens cost, read and written; --cost-cap needs it of every model.",
            ),
            click.option(
                "--keep-calls",
                is_flag=True,
                help="Keep each call in the results, for `eval export` and `monitor bench`.",
            ),
            click.option(
                "--html", type=click.Path(path_type=Path), help="Write the report as a page too; - is standard output."
            ),
            click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON."),
        )
    ):
        command = option(command)
    return command


def where(options: dict[str, Any]) -> Where:
    """Return the parsed options of :func:`where_options`, taking them out of ``options``."""
    html_file(options["html"])
    names = ("home", "out", "processes", "wide", "cost_cap", "keep_calls", "html")
    known = prices(options.pop("prices"))
    return Where(json=options.pop("as_json"), prices=known, **{name: options.pop(name) for name in names})


def html_file(html: Path | None) -> None:
    """Raise :class:`InputInvalid` for a page that cannot be written, before anything is played for it."""
    if html is not None and not html.absolute().parent.is_dir():
        raise InputInvalid(f"cannot write {html}: its folder is not there", "Name a file that you can write.")


def prices(words: Sequence[str]) -> dict[str, Price]:
    """Return ``MODEL=IN/OUT`` words as prices of a million tokens. Raises :class:`InputInvalid`."""
    from vigiles.evaluation.meter import Price

    found: dict[str, Price] = {}
    for word in words:
        name, _, rates = word.partition("=")
        read, _, written = rates.partition("/")
        try:
            micro = [round(float(part) * 1_000_000) for part in (read, written)]
        except (ValueError, OverflowError):
            micro = [-1]
        if not name or name in found or min(micro) < 0:
            raise InputInvalid(
                f"--price {word!r} is no price, or a second one",
                "say what a million tokens cost, read and written, in your currency: --price openai/NAME=3/15",
            )
        found[name] = Price(input=micro[0], output=micro[1])
    return found


def pairs(words: Sequence[str], option: str) -> dict[str, str]:
    """Return ``k=v`` words as a dict. Raises :class:`InputInvalid` for one that is none, or a name that is there twice."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals and value) or name in found:
            raise InputInvalid(f"{option} {word!r} is no NAME=VALUE, or names it twice", "`vigiles eval list` shows both")
        found[name] = value
    return found


def reviewer(word: str) -> ReviewerChoice | None:
    """Return the reviewer of a word: one of :data:`REVIEWERS`, or ``BENIGN/HARMFUL`` in per cent.

    Raises :class:`InputInvalid`.
    """
    from vigiles.evaluation.grid.plan import ReviewerChoice

    if word in REVIEWERS:
        rates = REVIEWERS[word]
        return None if rates is None else ReviewerChoice(name=word, **rates)
    benign, _, harmful = word.partition("/")
    try:
        shares = [round(float(part) * 10_000) for part in (benign, harmful)]
    except (ValueError, OverflowError):
        shares = [-1]
    if not all(0 <= share <= 1_000_000 for share in shares):
        known = ", ".join(REVIEWERS)
        raise InputInvalid(
            f"no reviewer is {word!r}", f"say one of {known}, or the per cent approved as BENIGN/HARMFUL: 93/7"
        )
    return ReviewerChoice(name=word, benign=shares[0], harmful=shares[1])


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))

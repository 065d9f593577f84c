"""``vigiles rules suggest``: a profile from what observed runs did, and a list of what was left out of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.ledger.home import default_home
from vigiles.model.errors import InputInvalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vigiles.ledger.query import LedgerReader
    from vigiles.model.union import Recorded
    from vigiles.runtime.suggest.learn import Learned
    from vigiles.runtime.suggest.replay import Replayed


@dataclass(frozen=True)
class Options:
    """``runs``: which to learn from; ``output``: the folder to make, named for the profile unless ``name`` is given."""

    home: Path
    runs: tuple[str, ...]
    output: Path
    name: str | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Write the folder and say what is in it. Raises :class:`NotFound` for a run that is none, :class:`InputInvalid`."""
    from vigiles.ledger.query import LedgerReader
    from vigiles.ruleset.checks import NAME
    from vigiles.ruleset.layer import PROFILE_FILE, RULES_FILE
    from vigiles.ruleset.load import load_profile, ruleset_of
    from vigiles.runtime.suggest.learn import Learner
    from vigiles.runtime.suggest.replay import replay
    from vigiles.runtime.suggest.write import profile_text, rules_text

    name = options.name or options.output.resolve().name
    if not NAME.fullmatch(name):
        raise InputInvalid(f"{name!r} is no profile's name", "Use small letters, digits and hyphens: --name my-agent.")
    if options.output.exists():
        raise InputInvalid(f"{options.output} is there already", "Name a folder that is not: --output ./my-agent.")
    with LedgerReader(options.home) as reader:
        learner = Learner()
        for record in _records(reader, options.runs):
            learner.look(record)
        for record in _records(reader, options.runs):
            learner.learn(record)
        learned = learner.done()
        base = (ruleset_of(learned.ruleset) if learned.ruleset is not None else load_profile("observe")).profile
        try:
            options.output.mkdir(parents=True)
            (options.output / PROFILE_FILE).write_text(profile_text(learned, name, base), "utf-8")
            (options.output / RULES_FILE).write_text(rules_text(learned), "utf-8")
        except OSError as error:
            raise InputInvalid(f"cannot write {options.output}: {error.strerror}", "Name another folder.") from error
        ruleset = load_profile(options.output.absolute())
        again = replay(ruleset, _records(reader, options.runs), learned)
    if options.as_json:
        click.echo(json.dumps(_plain(options, learned, again), indent=2))
    else:
        _show(options, learned, again, observed=base.mode == "observe")
    return 0


def _records(reader: LedgerReader, runs: tuple[str, ...]) -> Iterator[Recorded]:
    for one in runs:
        found = False
        for _, record in reader.records(run=one):
            found = True
            yield record
        if not found:
            raise NotFound(f"no run {one!r} in this ledger", "See: vigiles ledger query --type episode_opened")


def _plain(options: Options, learned: Learned, again: Replayed) -> dict[str, object]:
    return {
        "folder": str(options.output),
        "hosts": sorted(learned.hosts),
        "programs": sorted(learned.programs),
        "tools": sorted(f"{kind} {name}" for kind, name in learned.tools),
        "left_out": [left._asdict() for left in learned.left],
        "replayed": {"acts": again.acts, "flows": again.flows, "refused": [list(one) for one in again.refusals]},
    }


def _show(options: Options, learned: Learned, again: Replayed, *, observed: bool) -> None:
    from vigiles.render.text import safe
    from vigiles.render.words import count

    if not observed:
        click.echo("note: this run was not under the observe profile, so what was refused could not be learned")
    click.echo(
        f"{options.output}: {count(len(learned.hosts), 'host')}, {count(len(learned.programs), 'program')}, ", nl=False
    )
    click.echo(count(len(learned.tools), "tool"))
    refused = f"{len(again.refusals)} refused" if again.refusals else "nothing refused"
    click.echo(f"the same records under it: {count(again.acts, 'act')}, {count(again.flows, 'flow record')}, {refused}")
    for identity, reason in again.refusals[:10]:
        click.echo(f"  {safe(identity, 60)}  {reason}")
    if learned.left:
        click.echo("left out, for you to decide:")
    for left in learned.left:
        click.echo(f"  {left.kind:<8} {safe(left.what, 120)}: {safe(left.why, 200)}")
    click.echo(f"read it, then: vigiles rules check {options.output}")


@click.command(
    "suggest", help="Write a profile from what RUN... did, best under the observe profile; list what is left out."
)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    default=Path("suggested"),
    show_default=True,
    help="The folder to make.",
)
@click.option("--name", help="The profile's name (default: the folder's).")
@click.option(
    "--home", type=click.Path(path_type=Path), default=default_home, show_default="$VIGILES_HOME", help="Whose ledger."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(runs: tuple[str, ...], output: Path, name: str | None, home: Path, as_json: bool) -> int:
    """Parse the command line."""
    return run(Options(home, runs, output, name, as_json))

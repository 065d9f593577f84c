"""``vigiles apply``: a person goes through what was held back of an episode, and takes it over, leaves it or discards it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigiles.cli.changes.episode_choice import choose, hint, split, words_argument
from vigiles.cli.shared_options import home_option

if TYPE_CHECKING:
    from vigiles.cell.changes.held_files import Held
    from vigiles.model.coordinates import Coordinates
    from vigiles.runtime.approving.review import Answer, Review, Word

_ASK = "  [a]pply, [l]eave, [d]iscard, show [w]hole, [q]uit? "
_ASK_DISCARD = "  [d]iscard, [l]eave, show [w]hole, [q]uit? "


@dataclass(frozen=True)
class Options:
    """``everything``: all that is held; ``yes``: ask nothing; ``reject``: discard instead of applying."""

    home: Path
    episode: str = "last"
    paths: Sequence[str] = ()
    everything: bool = False
    yes: bool = False
    reject: bool = False
    as_json: bool = False


def run(options: Options) -> int:
    """Go through it; return 0 when all that was asked for is done.

    Raises :class:`NotFound` (no such episode, nothing held at a path), :class:`InputInvalid` (nobody to ask, no ``--yes``),
    :class:`Refused` (the rules say no), :class:`StillHeld` (something could not be done), :class:`LedgerUnwritable`.
    """
    from vigiles.cell.changes import held_list
    from vigiles.cli.current_folder import check_here
    from vigiles.ledger.query import LedgerReader
    from vigiles.runtime.approving.review import Review

    if options.paths:
        check_here()
    with LedgerReader(options.home) as reader:
        where = choose(reader, options.episode).coordinates
    assert where is not None
    listed = held_list.load(held_list.folder_of(options.home, where.episode))
    chosen = _chosen(listed, options)
    if not chosen or listed is None:
        _nothing(options, where)
        return 0
    asking = not options.yes and not options.as_json and sys.stdin.isatty() and sys.stdout.isatty()
    if not asking:
        _must_be_told(options, where, chosen)
    with Review(options.home, where) as review:
        answers = _ask_all(options, review, chosen) if asking else _all(options, review, chosen)
        left = review.held()
    if options.as_json:
        click.echo(json.dumps(_plain(where, listed.workdir, answers, left), indent=2))
        return _code(answers)
    if left:
        click.echo(f"{_files(len(left))} still held; see: {hint('diff', where.episode, options.home)}")
    _raise(answers)
    return 0


def _chosen(listed: Any, options: Options) -> list[Held]:
    """Return what is meant, in the order in which it can be done: folders before what lies in them, deletions last."""
    from vigiles.cli.changes.held_view import select
    from vigiles.model.errors import NotFound

    held = [] if listed is None else list(listed.held)
    chosen = select(held, options.paths, "" if listed is None else listed.workdir)
    for path in options.paths:
        if not select(held, [path], "" if listed is None else listed.workdir):
            raise NotFound(f"nothing is held at {_safe(path)}", "See what is held: vigiles diff, or vigiles apply")
    return sorted(chosen, key=_order)


def _order(one: Held) -> tuple[bool, int, str]:
    gone = one.change == "deleted"
    depth = one.path.count("/")
    return gone, -depth if gone else depth, one.path


def _nothing(options: Options, where: Coordinates) -> None:

    if options.as_json:
        click.echo(json.dumps(_plain(where, None, [], []), indent=2))
        return
    click.echo(f"nothing is held back of {_safe(where.episode)}")
    others = sorted(path.parent.name for path in (options.home / "held-files").glob("ep-*/held.json") if _has(path))
    for name in others[-5:]:
        click.echo(f"  of another episode there is: {hint('apply', name, options.home)}")


def _has(path: Path) -> bool:
    from vigiles.cell.changes import held_list
    from vigiles.model.errors import InputInvalid

    try:
        listed = held_list.load(path.parent)
    except InputInvalid:
        return True
    return listed is not None and bool(listed.held)


def _must_be_told(options: Options, where: Coordinates, chosen: list[Held]) -> None:
    """Refuse to guess where nobody can be asked: what to take over, and that it is meant, must stand on the command line."""
    from vigiles.cli.changes.held_view import title
    from vigiles.model.errors import InputInvalid

    if options.yes and (options.paths or options.everything):
        return
    if not options.as_json:
        for one in chosen:
            click.echo(title(one))
    word = "discard" if options.reject else "apply"
    extra = " --reject" if options.reject else ""
    raise InputInvalid(
        f"nobody can be asked here, so say what to {word}, and --yes",
        f"Look first: {hint('diff', where.episode, options.home)}; "
        f"then: {hint('apply', where.episode, options.home)} PATH --yes{extra}",
    )


def _all(options: Options, review: Review, chosen: list[Held]) -> list[Answer]:
    word: Word = "discard" if options.reject else "apply"
    answers = []
    for one in chosen:
        answer = review.give(one, word)
        answers.append(answer)
        if not options.as_json:
            click.echo(_told(answer))
    return answers


def _ask_all(options: Options, review: Review, chosen: list[Held]) -> list[Answer]:
    """Show each file and ask. What is applied replaces just what the person was shown."""
    from vigiles.cell.changes import held_list
    from vigiles.cli.changes.held_view import title, view
    from vigiles.runtime.approving.review import Answer

    answers: list[Answer] = []
    for number, one in enumerate(chosen, 1):
        listed = held_list.load(review.folder)
        if listed is None or one not in listed.held:
            answers.append(Answer(one, "gone", "it is no longer held"))
            continue
        click.echo(f"\n({number} of {len(chosen)}) {title(one)}")
        shown = view(review.folder, listed, one)
        click.echo("\n".join(shown.lines))
        while True:
            said = _ask(_ASK_DISCARD if options.reject else _ASK)
            if said != "w":
                break
            shown = view(review.folder, listed, one, whole=True)
            click.echo("\n".join(shown.lines))
        if said == "q":
            break
        if said != "l":
            answers.append(review.give(one, "apply" if said == "a" else "discard", shown.present))
            click.echo(f"  {_told(answers[-1])}")
    return answers


def _ask(question: str) -> str:
    """Return one of the letters that the question names; the end of input is ``q``."""
    letters = {question[at + 1] for at, sign in enumerate(question) if sign == "["}
    while True:
        click.echo(question, nl=False)
        line = sys.stdin.readline()
        if not line:
            click.echo()
            return "q"
        said = line.strip().lower()
        if said[:1] in letters and said:
            return said[0]


def _told(answer: Answer) -> str:
    rules = f" by rule {', '.join(map(_safe, answer.rules))}" if answer.rules and answer.outcome == "refused" else ""
    why = f": {_safe(answer.why)}" if answer.why else ""
    word = {"held": "still held", "gone": "gone", "refused": "refused"}.get(answer.outcome, answer.outcome)
    return f"{word}{rules}: {_safe(answer.one.path)}{why}"


def _code(answers: list[Answer]) -> int:
    """Return the exit code of what the answers themselves tell in full."""
    from vigiles.model.errors import Refused, StillHeld

    outcomes = {answer.outcome for answer in answers}
    return Refused.exit_code if "refused" in outcomes else StillHeld.exit_code if "held" in outcomes else 0


def _raise(answers: list[Answer]) -> None:
    """Raise if something was asked for and not done; a word that somebody else had given before is done."""
    from vigiles.model.errors import Refused, StillHeld

    refused = [answer for answer in answers if answer.outcome == "refused"]
    held = [answer for answer in answers if answer.outcome == "held"]
    if refused:
        raise Refused(
            refused[0].why,
            f"the rules of that episode's profile refuse this for {_files(len(refused))}",
            "Ask who wrote the profile; the files lie in held-files in the home directory.",
        )
    if held:
        raise StillHeld(
            f"{_files(len(held))} of {len(answers)} could not be done: {_safe(held[0].why)}",
            "Put right what is said of each, look again with vigiles diff, and give the same command again.",
        )


def _plain(where: Coordinates, workdir: str | None, answers: list[Answer], left: list[Held]) -> dict[str, Any]:
    return {
        "run": where.run,
        "episode": where.episode,
        "workdir": workdir,
        "files": [{"path": a.one.path, "outcome": a.outcome, "why": a.why, "rules": list(a.rules)} for a in answers],
        "still_held": [one.path for one in left],
    }


def _files(number: int) -> str:
    from vigiles.render.words import count

    return count(number, "file")


def _safe(text: str) -> str:
    from vigiles.render.text import safe

    return safe(text)


@click.command(
    "apply",
    help="Go through the files held back of an episode (the last one): apply, leave or discard each.",
)
@words_argument
@click.option("--all", "everything", is_flag=True, help="All that is held; with --yes where nobody can be asked.")
@click.option("--yes", is_flag=True, help="Ask nothing. Needs a PATH or --all.")
@click.option("--reject", is_flag=True, help="Discard instead of applying.")
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON; asks nothing.")
def command(words: tuple[str, ...], everything: bool, yes: bool, reject: bool, home: Path, as_json: bool) -> int:
    """Parse, run."""

    episode, paths = split(words)
    return run(Options(home, episode, paths, everything, yes, reject, as_json))

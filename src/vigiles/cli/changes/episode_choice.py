"""Which episode a person means: the last one, or one by the beginning of its id or of its run's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.model.errors import InputInvalid, NotFound

if TYPE_CHECKING:
    from vigiles.ledger.query import LedgerReader
    from vigiles.model.episode import EpisodeOpened

#: The words of a command about the files of one episode; :func:`split` takes them apart.
words_argument = click.argument("words", nargs=-1, metavar="[EPISODE|last] [PATH]...")

LAST = "last"
_ID = re.compile(r"(ep|run)-[0-9A-Za-z_-]+")
#: A name may be shortened to this many characters behind ``ep-`` or ``run-``, as long as only one episode begins so.
_SHORTEST = 4


def is_episode(word: str) -> bool:
    """Say whether the first word of a command line names an episode; else it is a path, and the last episode is meant."""
    return word == LAST or _ID.fullmatch(word) is not None


def split(words: tuple[str, ...]) -> tuple[str, list[str]]:
    """Return (episode, paths) of a command's words."""
    if words and is_episode(words[0]):
        return words[0], list(words[1:])
    return LAST, list(words)


def hint(verb: str, episode: str, home: Path | None) -> str:
    """Return a command line that does ``verb`` to an episode, safe to print; it names a home that is not the default."""
    from vigiles.ledger.home import default_home
    from vigiles.render.text import safe, safe_argv

    elsewhere = home is not None and home.absolute() != default_home().absolute()
    return f"vigiles {verb} {safe(episode)}" + (f" --home {safe_argv([str(home)])}" if elsewhere else "")


def choose(reader: LedgerReader, asked: str) -> EpisodeOpened:
    """Return the opening of the episode that is meant. Raises :class:`NotFound`, or :class:`InputInvalid` for several."""
    from vigiles.model.episode import EpisodeOpened
    from vigiles.render.text import safe

    opened = [record for _, record in reader.records(type="episode_opened") if isinstance(record, EpisodeOpened)]
    if asked == LAST:
        if not opened:
            raise NotFound("no episode is in this ledger", "Start one: vigiles run -- COMMAND")
        return opened[-1]
    found = [one for one in opened if asked in _names(one)]
    if not found and len(asked.partition("-")[2]) >= _SHORTEST:
        found = [one for one in opened if any(name.startswith(asked) for name in _names(one))]
    if not found:
        raise NotFound(
            f"there is no episode {safe(asked, 80)}", "List them: vigiles ledger query --type episode_opened; or say: last"
        )
    if len(found) > 1:
        names = ", ".join(safe(_names(one)[0], 80) for one in found[:5])
        raise InputInvalid(f"{safe(asked, 80)} could be {names}", "Give the episode's id, or more of it.")
    return found[0]


def _names(opened: EpisodeOpened) -> tuple[str, ...]:
    where = opened.coordinates
    return () if where is None else (where.episode, where.run)

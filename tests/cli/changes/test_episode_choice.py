from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vigiles.cli.changes import apply, diff
from vigiles.cli.changes.episode_choice import choose, hint, is_episode, split
from vigiles.ledger.mint import now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeOpened
from vigiles.model.errors import InputInvalid, NotFound

OPENED = [("run-aaaa1", "ep-1111aa"), ("run-aaaa1", "ep-1111bb"), ("run-bbbb2", "ep-2222cc")]


@pytest.fixture(scope="module")
def reader(short_folder: Callable[[str], Path]) -> Iterator[LedgerReader]:
    home = short_folder("h")
    with SyncRecorderClient(home) as client:
        client.append(
            [
                EpisodeOpened(
                    id=f"eop-{n}", at=now(), coordinates=Coordinates(run=run, episode=episode), principal="a", profile="p",
                    ruleset="r", tier="U",
                )
                for n, (run, episode) in enumerate(OPENED)
            ]
        )  # fmt: skip
    with LedgerReader(home) as opened:
        yield opened


@pytest.mark.parametrize(
    ("asked", "episode"),
    [
        ("last", "ep-2222cc"),
        ("ep-1111aa", "ep-1111aa"),
        ("ep-1111b", "ep-1111bb"),
        ("ep-2222", "ep-2222cc"),
        ("run-bbbb2", "ep-2222cc"),
        ("run-bbbb", "ep-2222cc"),
    ],
)
def test_an_episode_is_found_by_what_a_person_has(reader: LedgerReader, asked: str, episode: str) -> None:
    where = choose(reader, asked).coordinates
    assert where is not None
    assert where.episode == episode


@pytest.mark.parametrize(
    ("asked", "error"), [("ep-1111", InputInvalid), ("run-aaaa1", InputInvalid), ("ep-22", NotFound), ("ep-3333", NotFound)]
)
def test_what_names_none_or_several_is_an_error(reader: LedgerReader, asked: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        choose(reader, asked)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ((), ("last", [])),
        (("last",), ("last", [])),
        (("ep-12", "a", "b"), ("ep-12", ["a", "b"])),
        ((".bashrc", "last"), ("last", [".bashrc", "last"])),
        (("./ep-12",), ("last", ["./ep-12"])),
    ],
)
def test_the_first_word_may_be_an_episode(words: tuple[str, ...], meant: tuple[str, list[str]]) -> None:
    assert split(words) == meant
    assert not is_episode("ep-\x1b[2J")


def test_a_hint_names_a_home_that_is_not_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGILES_HOME", "/srv/one")
    assert hint("diff", "ep-1", Path("/srv/one")) == hint("diff", "ep-1", None) == "vigiles diff ep-1"
    assert hint("apply", "ep-1", Path("/srv/an other")) == "vigiles apply ep-1 --home '/srv/an other'"


def test_words_are_an_episode_and_paths() -> None:
    for command in (apply.command, diff.command):
        (words,) = (one for one in command.params if one.name == "words")
        assert (words.nargs, words.metavar) == (-1, "[EPISODE|last] [PATH]...")

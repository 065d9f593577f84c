from __future__ import annotations

import grp
import os
import socket
from pathlib import Path

import pytest

from vigiles.ledger.desk.readers import Readers, load_readers, peer_of
from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid


def written(path: Path, text: str) -> Home:
    path.mkdir(exist_ok=True)
    (path / "settings.toml").write_text(text)
    return Home(path)


@pytest.mark.parametrize(
    ("uid", "gids", "right"),
    [
        (0, [], "bodies"),
        (os.geteuid(), [], "bodies"),
        (4242, [], None),
        (4242, [9], None),
        (4242, [9, 20], "headers"),
        (4242, [10], "bodies"),
        (4242, [10, 20], "bodies"),
    ],
)
def test_rights_follow_from_who_asks(uid: int, gids: list[int], right: str | None) -> None:
    assert Readers(bodies=frozenset({10}), headers=frozenset({20})).right_of(uid, gids) == right


def test_nobody_may_read_without_a_setting(home: Path) -> None:
    assert load_readers(Home(home)) == Readers()
    assert load_readers(written(home, "")).right_of(4242, [0, 10, 20]) is None


def test_groups_are_names_or_numbers(home: Path) -> None:
    name = grp.getgrall()[0]
    readers = load_readers(written(home, f'[readers]\nbodies = ["{name.gr_name}"]\nheaders = ["64200"]\n'))
    assert readers == Readers(bodies=frozenset({name.gr_gid}), headers=frozenset({64200}))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[readers]\nbody = []", "readers.body: no such right"),
        ('[readers]\nbodies = "staff"', "readers.bodies: not a list of groups"),
        ("[readers]\nheaders = [7]", "readers.headers: not a list of groups"),
        ('[readers]\nheaders = ["no-such-group-here"]', "readers.headers: no group"),
    ],
)
def test_mistakes_are_named(home: Path, text: str, named: str) -> None:
    with pytest.raises(InputInvalid, match=named) as error:
        load_readers(written(home, text))
    assert error.value.remedy


def test_the_kernel_says_who_it_is() -> None:
    one, other = socket.socketpair()
    with one, other:
        uid, gids = peer_of(one)
    assert uid == os.geteuid()
    assert set(gids) == {os.getegid(), *os.getgroups()}

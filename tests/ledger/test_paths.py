from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ledger.merkle import inclusion_path, leaf_hash, root_of, verify_inclusion
from vigiles.ledger.paths import inclusion_paths


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


@given(st.integers(1, 70), st.data())
def test_paths_are_those_of_one_record_at_a_time_and_hold(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    wanted = data.draw(st.lists(st.integers(0, size - 1), max_size=8))
    paths = inclusion_paths(hashes, wanted)
    assert set(paths) == set(wanted)
    for index, path in paths.items():
        assert path == inclusion_path(hashes, index)
        assert verify_inclusion(hashes[index], index, size, path, root_of(hashes))


@pytest.mark.parametrize("index", [-1, 5])
def test_what_is_no_leaf_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_paths(leaves(5), [0, index])


def test_many_cost_little_more_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tree has 4,095 inner nodes; each is hashed once."""
    done = 0
    real = hashlib.sha256

    def counting(data: bytes = b"") -> object:
        nonlocal done
        done += 1
        return real(data)

    hashes = leaves(4096)
    monkeypatch.setattr("vigiles.ledger.merkle.hashlib.sha256", counting)
    inclusion_paths(hashes, range(0, 4096, 64))
    assert done == 4095

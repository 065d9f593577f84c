from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ledger import merkle

# The certificate-transparency reference inputs and the roots over the first n of them.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
sizes = st.integers(1, 70)


def hashes(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


def recursive(nodes: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not nodes:
        return hashlib.sha256(b"").digest()
    if len(nodes) == 1:
        return nodes[0]
    split = 1
    while split * 2 < len(nodes):
        split *= 2
    return hashlib.sha256(b"\x01" + recursive(nodes[:split]) + recursive(nodes[split:])).digest()


@pytest.mark.parametrize("count", range(9))
def test_reference_roots(count: int) -> None:
    assert merkle.root_of([merkle.leaf_hash(leaf) for leaf in LEAVES[:count]]).hex() == ROOTS[count]


@pytest.mark.parametrize("count", range(70))
def test_incremental_is_recursive(count: int) -> None:
    assert merkle.root_of(hashes(count)) == recursive(hashes(count))


@given(sizes, st.data())
def test_inclusion(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    nodes = hashes(size)
    root = merkle.root_of(nodes)
    path = merkle.inclusion_path(nodes, index)
    assert merkle.verify_inclusion(nodes[index], index, size, path, root)
    other = data.draw(st.integers(0, size - 1))
    assert merkle.verify_inclusion(nodes[index], other, size, path, root) == (other == index)
    assert not merkle.verify_inclusion(merkle.leaf_hash(b"else"), index, size, path, root)
    assert not merkle.verify_inclusion(nodes[index], index, size, [*path, root], root)
    if path:
        assert not merkle.verify_inclusion(nodes[index], index, size, path[:-1], root)
    assert not merkle.verify_inclusion(nodes[index], size, size, path, root)


@given(sizes, st.data())
def test_consistency(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    nodes = hashes(size)
    root, old_root = merkle.root_of(nodes), merkle.root_of(nodes[:old])
    path = merkle.consistency_path(nodes, old)
    assert merkle.verify_consistency(old, old_root, size, root, path)
    forked = merkle.root_of([*nodes[: old - 1], merkle.leaf_hash(b"forked")])
    assert not merkle.verify_consistency(old, forked, size, root, path)
    assert not merkle.verify_consistency(old, old_root, size, forked, path)
    assert not merkle.verify_consistency(old, old_root, size, root, [*path, root])
    if path:
        assert not merkle.verify_consistency(old, old_root, size, root, path[:-1])


@given(st.integers(0, 300), st.integers(0, 40))
def test_a_frontier_can_be_kept_and_grown(size: int, more: int) -> None:
    nodes = hashes(size + more)
    tree = merkle.Tree()
    for node in nodes[:size]:
        tree.push(node)
    kept = merkle.Tree.parse(tree.size, b"".join(tree.frontier))
    for node in nodes[size:]:
        kept.push(node)
    assert kept.root() == merkle.root_of(nodes)
    assert tree.root() == merkle.root_of(nodes[:size])


@pytest.mark.parametrize(("size", "frontier"), [(1, b""), (3, b"x" * 32), (-1, b""), (1, b"short"), (0, b"x" * 32)])
def test_a_frontier_that_does_not_fit(size: int, frontier: bytes) -> None:
    with pytest.raises(ValueError, match="frontier"):
        merkle.Tree.parse(size, frontier)


def test_no_proof_outside_the_tree() -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_path(hashes(3), 3)
    with pytest.raises(ValueError, match="no consistency"):
        merkle.consistency_path(hashes(3), 0)


def test_a_consistency_proof_needs_only_the_old_frontier_and_what_came_later() -> None:
    hashes = [merkle.leaf_hash(bytes([n])) for n in range(40)]
    for size in range(1, 41):
        old = merkle.Tree()
        for at in range(size):
            old.push(hashes[at])
            expected = merkle.consistency_path(hashes[:size], old.size)
            assert merkle.consistency_path_from(old, hashes[old.size : size]) == expected
    with pytest.raises(ValueError, match="empty"):
        merkle.consistency_path_from(merkle.Tree(), hashes)

"""The RFC 6962 tree: grow it leaf by leaf, prove that a record is in it, prove that it only ever grew.

A tree of n leaves is kept as its *frontier*: the roots of the full subtrees that n's binary digits name, largest first, so
that appending and taking the root cost O(log n) and a recorder needs no old leaves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Return SHA-256(0x00 | leaf) (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 | left | right) (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """An append-only tree held as ``size`` and ``frontier`` (subtree roots of 32 bytes, largest subtree first)."""

    def __init__(self, size: int = 0, frontier: Sequence[bytes] = ()) -> None:
        if size < 0 or len(frontier) != size.bit_count() or any(len(node) != HASH_BYTES for node in frontier):
            raise ValueError("the frontier does not fit the size")
        self.size = size
        self.frontier = list(frontier)

    @classmethod
    def parse(cls, size: int, frontier: bytes) -> Tree:
        """Return the tree of ``size`` leaves from its frontier's joined hashes. Raises ``ValueError``."""
        return cls(size, [frontier[i : i + HASH_BYTES] for i in range(0, len(frontier), HASH_BYTES)])

    def push(self, hashed: bytes) -> None:
        """Append one leaf hash."""
        below = self.size
        node = hashed
        while below & 1:
            node = node_hash(self.frontier.pop(), node)
            below >>= 1
        self.frontier.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the Merkle tree hash of all leaves so far."""
        if not self.frontier:
            return EMPTY_ROOT
        node = self.frontier[-1]
        for left in reversed(self.frontier[:-1]):
            node = node_hash(left, node)
        return node

    def copy(self) -> Tree:
        """Return a tree that can grow without this one."""
        return Tree(self.size, self.frontier)


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a list of leaf hashes."""
    tree = Tree()
    for hashed in hashes:
        tree.push(hashed)
    return tree.root()


def inclusion_path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of leaf ``index`` among ``hashes``, from the leaf upwards (RFC 6962, section 2.1.1)."""
    if not 0 <= index < len(hashes):
        raise ValueError(f"no leaf {index} in a tree of {len(hashes)}")
    path = []
    low, high = 0, len(hashes)
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(root_of(hashes[middle:high]))
            high = middle
        else:
            path.append(root_of(hashes[low:middle]))
            low = middle
    return path[::-1]


def consistency_path(hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the proof that the first ``old_size`` leaves are a prefix of ``hashes`` (RFC 6962, section 2.1.2)."""
    if not 0 < old_size <= len(hashes):
        raise ValueError(f"no consistency proof from size {old_size} to {len(hashes)}")
    path = []
    low, high, complete = 0, len(hashes), True
    while old_size != high:
        middle = low + _split(high - low)
        if old_size <= middle:
            path.append(root_of(hashes[middle:high]))
            high = middle
        else:
            path.append(root_of(hashes[low:middle]))
            low, complete = middle, False
    if not complete:
        path.append(root_of(hashes[low:high]))
    return path[::-1]


def consistency_path_from(old: Tree, later: Sequence[bytes]) -> list[bytes]:
    """Return what :func:`consistency_path` returns, from the old tree's frontier and the leaf hashes after it only."""
    if not old.size:
        raise ValueError("no consistency proof from an empty tree")
    path = []
    low, high, used = 0, old.size + len(later), 0
    while old.size != high:
        middle = low + _split(high - low)
        if old.size <= middle:
            path.append(root_of(later[middle - old.size : high - old.size]))
            high = middle
        else:
            # A full subtree left of the old tree's end is a node of its frontier, and they come in order.
            path.append(old.frontier[used])
            low, used = middle, used + 1
    if used:
        path.append(Tree((old.size - low), old.frontier[used:]).root())
    return path[::-1]


def verify_inclusion(hashed: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Say whether ``path`` proves that leaf hash ``hashed`` stands at ``index`` of the tree (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, node = index, size - 1, hashed
    for sibling in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            node = node_hash(sibling, node)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Say whether ``path`` proves that the tree only grew from ``old_size`` to ``size`` (RFC 9162, section 2.1.4.2)."""
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not path and old_root == root
    # RFC 9162 step 2: a full subtree's root is the old root itself and is left out of the proof.
    nodes = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if not nodes:
        return False
    here, last = old_size - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old_node = new_node = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            new_node = node_hash(new_node, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and old_node == old_root and new_node == root


def _split(count: int) -> int:
    """The largest power of two smaller than ``count``."""
    return 1 << ((count - 1).bit_length() - 1)

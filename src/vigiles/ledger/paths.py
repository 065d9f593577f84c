"""Inclusion paths of many records of one tree, for the price of one walk over its leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from vigiles.ledger.merkle import node_hash, root_of

#: The root over the leaves from an index to before another.
Root = Callable[[int, int], bytes]


def inclusion_paths(hashes: Sequence[bytes], indices: Iterable[int]) -> dict[int, list[bytes]]:
    """Return the audit path of each of ``indices`` among the leaf ``hashes``, from the leaf up (RFC 6962, section 2.1.1).

    Every inner node is hashed once, however many records are asked for. Raises ``ValueError`` for an index that is no leaf.
    """
    return paths_in(len(hashes), lambda low, high: root_of(hashes[low:high]), indices)


def paths_in(size: int, root: Root, indices: Iterable[int]) -> dict[int, list[bytes]]:
    """Return the same of a tree of ``size`` leaves whose ranges have the roots that ``root`` returns."""
    wanted = sorted(set(indices))
    if wanted and not 0 <= wanted[0] <= wanted[-1] < size:
        raise ValueError(f"no such leaf in a tree of {size}")
    paths: dict[int, list[bytes]] = {index: [] for index in wanted}
    if wanted:
        _walk(root, 0, size, wanted, paths)
    return paths


def _walk(root: Root, low: int, high: int, wanted: list[int], paths: dict[int, list[bytes]]) -> bytes:
    """Return the root over that range and grow the paths of ``wanted``, which all lie there, up to below it."""
    if not wanted or high - low == 1:
        return root(low, high)
    middle = low + (1 << ((high - low - 1).bit_length() - 1))
    here, there = [index for index in wanted if index < middle], [index for index in wanted if index >= middle]
    left, right = _walk(root, low, middle, here, paths), _walk(root, middle, high, there, paths)
    for index in here:
        paths[index].append(right)
    for index in there:
        paths[index].append(left)
    return node_hash(left, right)

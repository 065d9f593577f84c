"""Inclusion paths of many records of one tree, for the price of one walk over its leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vigiles.ledger.merkle import node_hash, root_of


def inclusion_paths(hashes: Sequence[bytes], indices: Iterable[int]) -> dict[int, list[bytes]]:
    """Return the audit path of each of ``indices`` among the leaf ``hashes``, from the leaf up (RFC 6962, section 2.1.1).

    Every inner node is hashed once, however many records are asked for. Raises ``ValueError`` for an index that is no leaf.
    """
    wanted = sorted(set(indices))
    if wanted and not 0 <= wanted[0] <= wanted[-1] < len(hashes):
        raise ValueError(f"no such leaf in a tree of {len(hashes)}")
    paths: dict[int, list[bytes]] = {index: [] for index in wanted}
    if wanted:
        _walk(hashes, 0, len(hashes), wanted, paths)
    return paths


def _walk(hashes: Sequence[bytes], low: int, high: int, wanted: list[int], paths: dict[int, list[bytes]]) -> bytes:
    """Return the root over ``hashes[low:high]`` and grow the paths of ``wanted``, which all lie there, up to below it."""
    if not wanted:
        return root_of(hashes[low:high])
    if high - low == 1:
        return hashes[low]
    middle = low + (1 << ((high - low - 1).bit_length() - 1))
    here, there = [index for index in wanted if index < middle], [index for index in wanted if index >= middle]
    left, right = _walk(hashes, low, middle, here, paths), _walk(hashes, middle, high, there, paths)
    for index in here:
        paths[index].append(right)
    for index in there:
        paths[index].append(left)
    return node_hash(left, right)

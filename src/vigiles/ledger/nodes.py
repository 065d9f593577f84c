"""Roots of ranges of a stored tree, mostly without its leaves: each checkpoint keeps the roots of its full subtrees.

Nobody has signed these roots, so a proof made of them is nothing until it leads to a signed root.
"""

from __future__ import annotations

from vigiles.ledger.merkle import HASH_BYTES, leaf_hash, node_hash, root_of
from vigiles.ledger.reader import Reader
from vigiles.model.errors import LedgerInvalid

#: Below so many leaves hashing them is cheaper than to look further.
_FEW = 256


class Nodes:
    """Of one store, in one snapshot. ``stored``: whether the roots that checkpoints keep are used at all."""

    def __init__(self, reader: Reader, *, stored: bool = True) -> None:
        self._reader = reader
        self._stored = stored

    def root(self, low: int, high: int) -> bytes:
        """Return the root over the leaves from index ``low`` to before ``high``; ``low`` is a multiple of the power of two
        that is at least their number. Raises :class:`LedgerInvalid` where leaves are missing.
        """
        if self._stored and high - low > _FEW:
            known = self._kept(low, high)
            if known is not None:
                return known
            middle = low + (1 << ((high - low - 1).bit_length() - 1))
            return node_hash(self.root(low, middle), self.root(middle, high))
        hashes = [leaf_hash(leaf) for leaf in self._reader.leaves_between(low, high)]
        if len(hashes) != high - low:
            raise LedgerInvalid("records are missing that the checkpoint covers", "Run: vigiles ledger verify")
        return root_of(hashes)

    def _kept(self, low: int, high: int) -> bytes | None:
        """Return the root of a full left subtree, as the first checkpoint after it keeps it."""
        height = (high - low).bit_length() - 1
        if high - low != 1 << height or low >> height & 1:
            return None
        # Until its right neighbour is full too, the subtree stands by itself at the edge of the tree.
        found = self._reader.frontier_between(high, high + (1 << height) - 1)
        if found is None:
            return None
        size, frontier = found
        at = (size >> height + 1).bit_count() * HASH_BYTES
        return frontier[at : at + HASH_BYTES] if len(frontier) == size.bit_count() * HASH_BYTES else None

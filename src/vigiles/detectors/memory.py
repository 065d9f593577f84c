"""A dictionary that forgets: detectors watch agents, and an agent must not be able to fill our memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """At most ``limit`` keys; setting one more forgets the key that was set longest ago."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: OrderedDict[K, V] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        return key in self._items

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: K) -> V | None:
        """Return the value, or None."""
        return self._items.get(key)

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def values(self) -> Iterator[V]:
        """Yield the values, oldest first."""
        yield from self._items.values()

    def set(self, key: K, value: V) -> V:
        """Keep ``value`` under ``key`` as the newest and return it."""
        self._items[key] = value
        self._items.move_to_end(key)
        if len(self._items) > self._limit:
            self._items.popitem(last=False)
        return value

    def pop(self, key: K) -> V | None:
        """Forget ``key`` and return its value, or None."""
        return self._items.pop(key, None)

    def first_time(self, key: K, value: V) -> bool:
        """Return whether ``key`` was not known, and know it from now on."""
        if key in self._items:
            return False
        self.set(key, value)
        return True

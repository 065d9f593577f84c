"""Which names the door's DNS gave out for an address, so that a plain connect to it can be judged by name."""

from __future__ import annotations

from collections.abc import Callable

#: Addresses remembered, and names for each; the oldest go first.
MAX_ADDRESSES = 4096
MAX_NAMES = 16


class Names:
    """Address to canonical names, in the order they were given out."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """``tell`` is called with each address before it is given out for the first time."""
        self._tell = tell
        self._names: dict[str, dict[str, None]] = {}

    def gave(self, name: str, address: str) -> None:
        """Remember that ``name`` was answered with ``address``."""
        if address not in self._names:
            self._tell(address)
        names = self._names.pop(address, {})
        names.pop(name, None)
        names[name] = None
        if len(names) > MAX_NAMES:
            del names[next(iter(names))]
        self._names[address] = names
        if len(self._names) > MAX_ADDRESSES:
            del self._names[next(iter(self._names))]

    def of(self, address: str) -> list[str]:
        """Return the names given out for ``address``, newest first."""
        return list(self._names.get(address, {}))[::-1]

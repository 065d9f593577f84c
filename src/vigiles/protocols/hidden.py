"""Bytes in places that nobody reads: names, paths, queries and header fields as a way out, measured and not guessed at.

A byte counts when the agent chose it freely and nothing shows that the host meant it. What was said before says nothing new,
so only what is new in a call counts. What the host gave itself (a redirect, a cookie, an entity tag) is the host's. A path
that leads to something is the name of a thing, not a note. And a thing that was fetched pays for a little change in the
fields that came with its request: package managers name in them what they are after.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from urllib.parse import urlsplit

import msgspec

from vigiles.protocols.http import HOP_BY_HOP, Fields, values

#: Bytes that one thing which was fetched for the first time pays for, and the least that is a thing.
PAID = 256
_THING = 256
#: The first credential, cookie and client name that a host is shown are what they are, up to so many bytes each.
_FIRST = 8192
_OF_THE_CLIENT = frozenset(
    {"authorization", "cookie", "user-agent", "x-amz-security-token", "x-api-key", "x-auth-token", "private-token"}
)
_NOT_COUNTED = HOP_BY_HOP | {"host", "content-length"}
#: What is remembered of one call; beyond that the oldest is forgotten, and counts again.
_REMEMBERED = 8192
#: Hosts and parents of names that are counted apart in one call.
_APART = 512


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of one request that may carry something, by place; ``new`` is what is to be remembered of it."""

    path: int = 0
    query: int = 0
    fields: int = 0
    new: list[int] = []

    @property
    def total(self) -> int:
        """All places together."""
        return self.path + self.query + self.fields


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose exchange is over: what still counts of it, by place, and what it pays for.

    ``carried`` and ``bodies``: bytes that the call has carried, and sent in bodies, to this host so far.
    """

    path: int = 0
    query: int = 0
    fields: int = 0
    paid: int = 0
    carried: int = 0
    bodies: int = 0


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A name that was looked up: bytes it may carry, and what the call has looked up below the same parent so far."""

    size: int
    carried: int
    names: int


class Hidden:
    """What one call has carried so far: ``carried`` in requests, after what was paid for; ``names`` in names looked up."""

    def __init__(self) -> None:
        self.carried = 0
        self.names = 0
        self._hosts: OrderedDict[str, list[int]] = OrderedDict()
        self._parents: OrderedDict[str, list[int]] = OrderedDict()
        self._seen: OrderedDict[int, None] = OrderedDict()

    def weigh(self, host: str, target: str, fields: Fields) -> Weighed:
        """Weigh a request before it goes out. ``target`` is in origin form; fields that stay at the door do not count."""
        new: list[int] = []

        def unknown(*what: str) -> bool:
            key = hash(what)
            if key in self._seen:
                self._seen.move_to_end(key)
                return False
            new.append(key)
            return True

        path, _, query = target.partition("?")
        in_path = in_query = in_fields = 0
        if not self._is_known("given", target):
            in_path = sum(len(one) for one in path.split("/") if unknown("segment", host, one))
            in_query = sum(len(one) for one in query.split("&") if unknown("query", host, one))
        for name, value in fields:
            name = name.lower()
            if name in _NOT_COUNTED:
                continue
            in_fields += len(name) if unknown("field", host, name) else 0
            free = _FIRST if name in _OF_THE_CLIENT and unknown("first", host, name) else 0
            parts = [part.strip() for part in value.split(";")] if name == "cookie" else [value]
            fresh = [part for part in parts if not self._is_known("given", part) and unknown("value", host, name, part)]
            in_fields += max(0, sum(map(len, fresh)) - free)
        return Weighed(path=in_path, query=in_query, fields=in_fields, new=new)

    def take(self, weighed: Weighed, host: str) -> None:
        """The request goes out to ``host``."""
        self.carried += weighed.total
        _pair(self._hosts, host)[0] += weighed.total
        for key in weighed.new:
            self._remember(key)

    def given(self, fields: Fields) -> None:
        """Take an answer's head: what it gives to the client comes back without having been chosen by the agent."""
        for value in values(fields, "set-cookie"):
            self._remember(hash(("given", value.partition(";")[0].strip())))
        for value in values(fields, "etag"):
            self._remember(hash(("given", value)))
        for value in [*values(fields, "location"), *values(fields, "content-location")]:
            try:
                parts = urlsplit(value)
            except ValueError:
                continue
            self._remember(hash(("given", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))))

    def answered(self, weighed: Weighed, host: str, target: str, status: int | None, size: int, sent: int) -> Settled:
        """Settle a request with its answer's ``status`` and body's ``size``, and the ``sent`` bytes of its own body."""
        path, paid = weighed.path, 0
        if status is not None and (200 <= status < 300 or status == 304):
            path = 0
            key = hash(("thing", host, target.partition("?")[0]))
            if (size >= _THING or status == 304) and key not in self._seen:
                paid = PAID
                self._remember(key)
        back = weighed.path - path + paid
        self.carried = max(0, self.carried - back)
        so_far = _pair(self._hosts, host)
        so_far[0] = max(0, so_far[0] - back)
        so_far[1] += sent
        return Settled(
            path=path, query=weighed.query, fields=weighed.fields, paid=paid, carried=so_far[0], bodies=so_far[1]
        )  # fmt: skip

    def name(self, name: str, listed: Collection[str]) -> Name:
        """Return what a name that is looked up may carry: nothing, where it was asked for before."""
        key = hash(("name", name.lower()))
        so_far = _pair(self._parents, parent_of(name, listed))
        size = 0 if key in self._seen else name_bytes(name, listed)
        self._remember(key)
        self.names += size
        so_far[0] += size
        so_far[1] += bool(size)
        return Name(size=size, carried=so_far[0], names=so_far[1])

    def forget(self) -> None:
        """Keep the counts only: what is said again counts again."""
        self._seen.clear()

    def _is_known(self, *what: str) -> bool:
        return hash(what) in self._seen

    def _remember(self, key: int) -> None:
        self._seen[key] = None
        self._seen.move_to_end(key)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)


def _pair(counts: OrderedDict[str, list[int]], key: str) -> list[int]:
    found = counts.setdefault(key, [0, 0])
    counts.move_to_end(key)
    if len(counts) > _APART:
        counts.popitem(last=False)
    return found


def name_bytes(name: str, listed: Collection[str] = ()) -> int:
    """Return the bytes in labels below a listed name; where none is above it, below the last two labels."""
    return sum(len(label) for label in name.lower().split(".")[: -len(parent_of(name, listed).split("."))])


def parent_of(name: str, listed: Collection[str] = ()) -> str:
    """Return the listed name that ``name`` is or lies below, else its last two labels."""
    labels = name.lower().split(".")
    for at in range(len(labels)):
        if (above := ".".join(labels[at:])) in listed:
            return above
    return ".".join(labels[-2:])

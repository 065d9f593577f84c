"""The index columns: by what a person looks a record up. Derived from the body, they prove nothing by themselves."""

from __future__ import annotations

from typing import NamedTuple

from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.network import Connect
from vigiles.model.union import Recorded

_MAX_HOST = 255
_NAMED = (Flow, HttpRequest)


class Columns(NamedTuple):
    """``host`` is the remote end a network observation names: agent text, cut at 255 characters."""

    type: str
    id: str
    run: str | None
    episode: str | None
    call: int | None
    host: str | None
    wall_us: int


def columns_of(record: Recorded) -> Columns:
    """Return the columns of a record."""
    where = record.coordinates
    tag, wall_us = str(record.__struct_config__.tag), record.at.wall_us
    if where is None:
        return Columns(tag, record.id, None, None, None, _host(record), wall_us)
    return Columns(tag, record.id, where.run, where.episode, where.call, _host(record), wall_us)


def _host(record: Recorded) -> str | None:
    """A flow's host, a connect's host or else its IP address, a query's name."""
    host: str | None = None
    if isinstance(record, _NAMED):
        host = record.host
    elif isinstance(record, Connect):
        host = record.host or (record.address if record.family in ("inet", "inet6") else None)
    elif isinstance(record, DnsQuery):
        host = record.name
    return host[:_MAX_HOST] if host else None

"""What is kept of one request in clear: a record of its own, for a flow may hold many and tells of the first only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from vigiles.cell.door.callers import Caller
from vigiles.cell.door.flows.report import SENSOR, Report
from vigiles.model.observation.http import HttpRequest
from vigiles.model.plain import text
from vigiles.model.reason import ReasonCode
from vigiles.protocols.body import LOOKED_AT, Inner, inner_protocol, opaque
from vigiles.protocols.hidden import Settled, Weighed
from vigiles.protocols.http import Fields
from vigiles.protocols.words import MAX_WORDS, digests

_MAX_PATH = 256
_MAX_METHOD = 32
#: Bytes of a body that go into its digest, and the least that get one.
_HASHED = 65536
_LEAST = 16
#: Fields whose words are secrets, or are the server's own and honestly the same for everybody.
_NOT_HEARD = frozenset(
    {
        "host", "authorization", "proxy-authorization", "cookie", "content-length", "transfer-encoding", "connection",
        "if-none-match", "if-match", "if-range", "if-modified-since", "range", "accept", "accept-encoding", "content-type",
        "content-digest", "repr-digest", "content-md5", "x-amz-content-sha256", "traceparent", "x-request-id",
    }
)  # fmt: skip


class _Body:
    def __init__(self) -> None:
        self.size = 0
        #: What it carries, where that is a protocol of its own.
        self.inner: Inner | None = None
        self.first = bytearray()
        self._hash = hashlib.sha256()

    def hear(self, data: bytes | memoryview, chunked: bool = False) -> None:
        if self.inner is None and self.size < LOOKED_AT:
            self.first += data[: LOOKED_AT - self.size]
            self.inner = inner_protocol(bytes(self.first), chunked)
        if self.size < _HASHED:
            self._hash.update(data[: _HASHED - self.size])
        self.size += len(data)

    @property
    def digest(self) -> str | None:
        return self._hash.hexdigest()[:32] if self.size >= _LEAST else None


class Overheard:
    """Listens to one request and its answer; :meth:`tell` sends the record, once."""

    def __init__(self, report: Report, caller: Caller, flow: str, host: str, port: int) -> None:
        self._report, self._caller, self._flow, self._host, self._port = report, caller, flow, host, port
        self._method = self._path = ""
        self._folded = False
        self._query: list[str] = []
        self._fields: list[str] = []
        self.out = _Body()
        self.answer = _Body()
        self.status: int | None = None
        self.reason: ReasonCode = "allowed"
        self.unenforced: ReasonCode | None = None
        #: What the request carries in places that nobody reads, once it goes out, and what came of that.
        self.weighed: Weighed | None = None
        self.settled = Settled()

    def head(self, method: str, target: str, fields: Fields) -> None:
        """Take what was asked. ``target`` is in origin form."""
        path, _, query = target.partition("?")
        self._method = text(method)[:_MAX_METHOD]
        self._path = text(path)[:_MAX_PATH]
        self._folded = len(path) > _MAX_PATH
        self._query = digests(query)
        self._fields = _words(value for name, value in fields if name.lower() not in _NOT_HEARD)

    def tell(self) -> None:
        """Send the record as it stands."""
        ident, at, where = self._report.head(self._caller)
        self._report.send(
            HttpRequest(
                id=ident, at=at, coordinates=where, sensor=SENSOR, attribution=self._caller.attribution, flow=self._flow,
                method=self._method, host=self._host, port=self._port, path=self._path, folded=self._folded,
                query=self._query, fields=self._fields, bytes_out=self.out.size, bytes_in=self.answer.size,
                body=self.out.digest, answer=self.answer.digest, body_opaque=opaque(bytes(self.out.first)),
                answer_opaque=opaque(bytes(self.answer.first)), status=self.status, reason=self.reason,
                unenforced=self.unenforced, path_bytes=self.settled.path, query_bytes=self.settled.query,
                field_bytes=self.settled.fields, paid_bytes=self.settled.paid, carried_bytes=self.settled.carried,
                uploaded_bytes=self.settled.bodies,
            )
        )  # fmt: skip


def _words(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(digest for value in values for digest in digests(value)))[:MAX_WORDS]

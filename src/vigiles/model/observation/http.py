"""Requests in clear through the door."""

from __future__ import annotations

from vigiles.model.observation.base import Observation
from vigiles.model.reason import ReasonCode


class HttpRequest(Observation, frozen=True, kw_only=True, tag="http_request"):
    """One HTTP request that the door read, told when its answer has ended or it was refused. ``flow``: the flow it came in.

    ``path`` is the target without its query, at most 256 characters; ``folded`` says that it was longer. ``query`` and
    ``fields`` are digests of the long words in the query and in header fields (``protocols/words.py``), at most 16 each, in
    order; short words and the fields that carry credentials are left out. ``bytes_out`` and ``bytes_in`` count the bodies.
    ``body`` and ``answer`` are SHA-256 over the first 64 KiB of a body, 32 hex digits; None for less than 16 bytes.
    ``body_opaque`` and ``answer_opaque``: what it begins with looks like chance (:mod:`vigiles.protocols.body`).
    ``status`` is None where no answer came; ``reason`` says why the door refused or ended it, if it did, and ``unenforced``
    why it would have, were it not only observing.

    ``path_bytes``, ``query_bytes`` and ``field_bytes`` are what may have carried something in those places, and
    ``paid_bytes`` what the thing that it fetched makes up for (:mod:`vigiles.protocols.hidden`). ``carried_bytes`` is what
    remains of these for this call and host so far, ``uploaded_bytes`` what their bodies sum up to.
    """

    flow: str
    method: str
    host: str
    port: int
    path: str
    folded: bool = False
    query: list[str] = []
    fields: list[str] = []
    bytes_out: int = 0
    bytes_in: int = 0
    body: str | None = None
    answer: str | None = None
    body_opaque: bool = False
    answer_opaque: bool = False
    status: int | None = None
    reason: ReasonCode = "allowed"
    unenforced: ReasonCode | None = None
    path_bytes: int = 0
    query_bytes: int = 0
    field_bytes: int = 0
    paid_bytes: int = 0
    carried_bytes: int = 0
    uploaded_bytes: int = 0

"""May this request be sent to this host? Method, path, query and body against the profile's rules. The door asks here.

One judgement for HTTP/1 and HTTP/2, in clear and inside TLS that the door terminates. A host without rules may be sent
anything; of a host with rules only what one of them lists. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vigiles.model.reason import ReasonCode
from vigiles.protocols.http import Fields, Framing
from vigiles.ruleset.egress import join_host_port
from vigiles.ruleset.request_path import PathInvalid, RequestPath, canonical_path
from vigiles.ruleset.request_rule import Query, RequestRule

#: What a fetch asks for: 50 bytes a commit, so more than 20,000 of them.
GIT_REQUEST_BYTES = 1 << 20

#: Fields by which frameworks take another method or path than the request line's.
_OTHER_METHOD = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})
_OTHER_PATH = frozenset({"x-original-url", "x-rewrite-url"})
_READ = ("GET", "HEAD")
#: What git reads from a server that only has files (gitprotocol-http, "dumb").
_GIT_FILES = (
    ("info", "refs"), ("HEAD",), ("objects", "info", "packs"), ("objects", "info", "alternates"),
    ("objects", "info", "http-alternates"), ("objects", "*", "*"),
)  # fmt: skip
_ANYWHERE = ["/**"]
#: Reason codes in the order in which a rule may fail; what came furthest is said.
_STAGES: tuple[ReasonCode, ...] = ("request_method", "request_path", "request_query", "request_body")


class RequestVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """``reason`` is ``allowed`` or why not. ``target`` goes out. ``rule`` is the place of the rule in the profile's list
    that allows it, None where the host has no rule or none allows. Limits are in bytes and seconds; None is no limit.
    """

    reason: ReasonCode
    target: str
    rule: int | None = None
    max_request_bytes: int | None = None
    max_response_bytes: int | None = None
    max_seconds: int | None = None


class _Clause(msgspec.Struct, frozen=True, kw_only=True):
    """``tails``: what must follow a path that fits one of ``heads``."""

    rule: int
    methods: tuple[str, ...]
    heads: tuple[tuple[str, ...], ...]
    tails: tuple[tuple[str, ...], ...] = ((),)
    query: Query = "refuse"
    body: int | None = 0
    answer: int | None = None
    seconds: int | None = None

    def fits(self, path: RequestPath) -> bool:
        return all(self._fits(segments) for segments in path.readings)

    def _fits(self, segments: tuple[str, ...]) -> bool:
        for tail in self.tails:
            cut = len(segments) - len(tail)
            if cut >= 0 and fits(tail, segments[cut:]) and any(fits(head, segments[:cut]) for head in self.heads):
                return True
        return False

    def asks(self, query: str | None) -> bool:
        if self.query == "allow":
            return True
        return query is None if self.query == "refuse" else (query or "") in self.query


class RequestRules:
    """The request rules of one profile, ready to be asked."""

    def __init__(self, rules: Sequence[RequestRule]) -> None:
        self._clauses: dict[str, list[_Clause]] = {}
        for at, rule in enumerate(rules):
            self._clauses.setdefault(rule.host, []).extend(_clauses(at, rule))

    def limits(self, host: str, port: int) -> bool:
        """Return whether canonical ``host`` and ``port`` have rules, so that what cannot be read must not pass."""
        return join_host_port(host, port) in self._clauses

    def judge(self, host: str, port: int, method: str, target: str, fields: Fields, framing: Framing) -> RequestVerdict:
        """Return whether the request may be sent to canonical ``host`` and ``port``.

        ``target`` is in origin form. A body whose length is not known before is ``chunked`` whatever carries it; it is
        allowed here, and has to be ended at ``max_request_bytes``.
        """
        clauses = self._clauses.get(join_host_port(host, port))
        if clauses is None:
            return RequestVerdict(reason="allowed", target=target)
        names = {name.lower() for name, _ in fields}
        if names & _OTHER_METHOD:
            return RequestVerdict(reason="request_method", target=target)
        try:
            path = canonical_path(target)
        except PathInvalid:
            return RequestVerdict(reason="request_path", target=target)
        if names & _OTHER_PATH:
            return RequestVerdict(reason="request_path", target=target)
        furthest = 0
        for clause in clauses:
            stage = _stage(clause, method, path, framing)
            if stage == len(_STAGES):
                return RequestVerdict(
                    reason="allowed", target=path.target, rule=clause.rule, max_request_bytes=clause.body,
                    max_response_bytes=clause.answer, max_seconds=clause.seconds,
                )  # fmt: skip
            furthest = max(furthest, stage)
        return RequestVerdict(reason=_STAGES[furthest], target=target)


def _stage(clause: _Clause, method: str, path: RequestPath, framing: Framing) -> int:
    """Return how many of the four tests the request passes before the first that it does not."""
    if method not in clause.methods:
        return 0
    if not clause.fits(path):
        return 1
    if not clause.asks(path.query):
        return 2
    too_much = clause.body is not None and (framing.size > clause.body or (framing.kind == "chunked" and clause.body == 0))
    return 3 if too_much else 4


def fits(pattern: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    """Return whether ``segments`` fit a pattern's: ``*`` is any one segment, a last ``**`` any number of them."""
    if pattern[-1:] == ("**",):
        pattern = pattern[:-1]
        segments = segments[: len(pattern)]
    return len(pattern) == len(segments) and all(one in ("*", other) for one, other in zip(pattern, segments, strict=True))


def pattern_of(text: str) -> tuple[str, ...]:
    """Return the segments of a path pattern. Raises :class:`PathInvalid`."""
    if "?" in text:
        raise PathInvalid("a query belongs into the key query")
    path = canonical_path(text)
    if path.text != text:
        raise PathInvalid(f'its canonical form is "{path.text}"')
    segments = path.readings[-1]
    for at, segment in enumerate(segments):
        if "*" in segment and segment != "*" and not (segment == "**" and at == len(segments) - 1):
            raise PathInvalid("* stands for one whole segment, and ** for the rest, at the end only")
    return segments


def _clauses(at: int, rule: RequestRule) -> list[_Clause]:
    heads = tuple(pattern_of(text) for text in rule.paths or (_ANYWHERE if rule.preset else ()))

    def clause(
        methods: Sequence[str], tails: Sequence[tuple[str, ...]] = ((),), query: Query = "refuse", body: int | None = 0
    ) -> _Clause:
        return _Clause(
            rule=at, methods=tuple(methods), heads=heads, tails=tuple(tails), query=query, body=body,
            answer=rule.max_response_bytes, seconds=rule.max_seconds,
        )  # fmt: skip

    if rule.preset == "package-mirror":
        return [clause(_READ)]
    if rule.preset == "git-read":
        body = GIT_REQUEST_BYTES if rule.max_request_bytes == 0 else rule.max_request_bytes
        return [
            clause(["GET"], [("info", "refs")], ["service=git-upload-pack"]),
            clause(["POST"], [("git-upload-pack",)], body=body),
            clause(_READ, _GIT_FILES),
        ]
    return [clause(rule.methods, query=rule.query, body=rule.max_request_bytes)]

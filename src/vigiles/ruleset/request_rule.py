"""What may be asked of one host: the readable table ``[[egress.requests]]`` of a profile, as a frozen value."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

#: Ready words: a package mirror that is only read, and git over HTTP without push.
Preset = Literal["package-mirror", "git-read"]
#: Nothing after a question mark, anything, or exactly one of a list.
Query: TypeAlias = Literal["refuse", "allow"] | list[str]
_Bytes: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)] | None
_Seconds: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)] | None


class RequestRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of request that ``host`` (canonical ``host:port``) may be sent; of a host with rules, all else is refused.

    ``paths`` are patterns of whole segments: ``*`` is any one, a last ``**`` any number. ``max_request_bytes`` counts a body
    as it is sent, encoded and chunked as it is (0: no body); ``max_response_bytes`` likewise. ``max_seconds`` is the time
    from the request's head to the answer's last byte. None is no limit. With ``preset`` the paths are where the packages or
    the repositories lie, and default to all.
    """

    host: str = ""
    preset: Preset | None = None
    methods: list[str] = []
    paths: list[str] = []
    query: Query = "refuse"
    max_request_bytes: _Bytes = 0
    max_response_bytes: _Bytes = None
    max_seconds: _Seconds = None

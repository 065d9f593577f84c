"""One canonical form of a request's path, for decision and for what goes out; a path that has none is refused.

Servers and the parts they are made of read one path in many ways: they decode it once or twice, resolve dots before or
after, fold slashes, drop what follows a semicolon. A rule on paths is worth something only for paths that all read alike.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote_to_bytes

import msgspec

#: The longest path and query that a rule is asked about, characters.
LONGEST = 8192

_ESCAPE = re.compile(r"%(?:([0-9A-Fa-f]{2})|)")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
#: RFC 3986 section 3.3: what a segment may hold beside escapes.
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})*")
_QUERY = re.compile(r"[!$-~]*")
#: The one honest encoded slash: npm asks for a scoped package as ``/@scope%2fname``.
_SCOPED = re.compile(r"(@[A-Za-z0-9._~-]+)%2F([A-Za-z0-9._~-]+)")
_DOTS = (".", "..")


class PathInvalid(ValueError):
    """The target has no one canonical form; ``str(error)`` is constant text that names the rule it broke."""


class RequestPath(msgspec.Struct, frozen=True, kw_only=True):
    """``text`` is the canonical path, ``query`` what follows the question mark, None for nothing.

    ``readings`` are the path's segments, in each way that a server may cut them; a rule must allow all. One slash at the end
    makes no segment.
    """

    text: str
    query: str | None
    readings: tuple[tuple[str, ...], ...]

    @property
    def target(self) -> str:
        """What goes out."""
        return self.text if self.query is None else f"{self.text}?{self.query}"


def canonical_path(target: str) -> RequestPath:
    """Return the canonical form of a target in origin form (RFC 9112 section 3.2.1).

    Escapes of unreserved characters are undone, the hexadecimal digits of others are upper case. Raises :class:`PathInvalid`
    for an absolute or asterisk form, dot segments (also encoded, also before a semicolon), empty segments, backslashes,
    encoded slashes, backslashes, control bytes and NUL, escapes of escapes, escapes that are not UTF-8 or that compatibility
    forms turn into any of these, fragments, and characters that no URL holds.
    """
    if len(target) > LONGEST:
        raise PathInvalid("the target is too long")
    path, mark, query = target.partition("?")
    if not path.startswith("/"):
        raise PathInvalid("the target does not begin with a slash")
    if not _QUERY.fullmatch(query):
        raise PathInvalid("the query holds a character that no URL holds")
    given = path[1:].split("/")
    last = len(given) - 1
    segments: list[str] = []
    split: list[str] = []
    for at, segment in enumerate(given):
        if not segment and at < last:
            raise PathInvalid("the path has an empty segment")
        segments.append(_segment(segment))
        scoped = _SCOPED.fullmatch(segments[-1])
        split += list(scoped.groups()) if scoped else segments[-1:]
    whole, cut = _named(segments), _named(split)
    return RequestPath(
        text="/" + "/".join(segments), query=query if mark and query else None,
        readings=(whole,) if whole == cut else (whole, cut),
    )  # fmt: skip


def _named(segments: list[str]) -> tuple[str, ...]:
    return tuple(segments if segments[-1] else segments[:-1])


def _segment(given: str) -> str:
    segment = _ESCAPE.sub(_undone, given)
    if not _SEGMENT.fullmatch(segment):
        raise PathInvalid("the path holds a character that no URL holds")
    _check_meaning(segment)
    return segment


def _undone(match: re.Match[str]) -> str:
    if match[1] is None:
        raise PathInvalid("a percent sign without two hexadecimal digits")
    character = chr(int(match[1], 16))
    return character if _UNRESERVED.fullmatch(character) else match[0].upper()


def _check_meaning(segment: str) -> None:
    """Refuse a segment that some server takes for a separator, a dot segment or something encoded once more."""
    scoped = _SCOPED.fullmatch(segment)
    for part in scoped.groups() if scoped else (segment,):
        try:
            decoded = unquote_to_bytes(part).decode("utf-8")
        except UnicodeDecodeError:
            raise PathInvalid("the path holds escapes that are not UTF-8") from None
        plain = unicodedata.normalize("NFKC", decoded)
        if any(ord(character) < 32 or ord(character) == 127 for character in plain):
            raise PathInvalid("the path holds an encoded control byte")
        if "/" in plain or "\\" in plain:
            raise PathInvalid("the path holds an encoded slash or backslash")
        if re.search(r"%[0-9A-Fa-f]{2}", plain):
            raise PathInvalid("the path is encoded twice")
        if plain.partition(";")[0] in _DOTS:
            raise PathInvalid("the path has a dot segment")

"""Credentials known by their published form: by prefix, by checksum, or as an assignment of much disorder. Pure.

Sources: the vendors' own pages on their token formats. GitHub's (https://github.blog/2021-04-05-behind-githubs-new-
authentication-token-formats/) also gives the checksum: CRC-32 of the first 30 characters in base 62, six digits.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

#: The least disorder of a value that is taken for a secret because of its name, bits a character.
_LEAST_BITS = 3.4
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_FORMS: tuple[tuple[str, bytes], ...] = (
    ("private key", rb"-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----"),
    ("AWS access key id", rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])"),
    ("GitHub token", rb"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    ("GitHub fine-grained token", rb"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    ("npm token", rb"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    ("GitLab token", rb"(?<![A-Za-z0-9])gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,}"),
    ("PyPI token", rb"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"),
    ("Slack token", rb"xox[abeprs]-[0-9A-Za-z-]{20,}"),
    ("Google API key", rb"(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}(?![A-Za-z0-9_-])"),
    ("Stripe key", rb"(?<![A-Za-z0-9])[sr]k_live_[0-9A-Za-z]{20,}"),
    ("Hugging Face token", rb"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{34}(?![A-Za-z0-9])"),
    ("model API key", rb"(?<![A-Za-z0-9])sk-(?:ant-|proj-|or-)[A-Za-z0-9_-]{20,}"),
    ("JSON web token", rb"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}"),
    ("password in an address", rb"[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>]{1,100}:(?P<value>[^\s/:@\"'<>${}]{4,200})@"),
    (
        "assigned secret",
        rb"(?i:secret|token|passw(?:or)?d|passwd|api_?key|access_?key|auth)[A-Za-z0-9_]{0,40}[\"']?\s{0,4}[=:]\s{0,4}"
        rb"[\"']?(?P<value1>[A-Za-z0-9+/_=.~-]{16,200})",
    ),
)
#: What stands in files of one tool only, by the end of the path.
_FILES: tuple[tuple[str, str, bytes], ...] = (
    ("netrc password", r"(?:^|/)[._]netrc$", rb"\bpassword\s+(?P<value>\S+)"),
    ("AWS credentials", r"(?:^|/)\.aws/credentials$", rb"aws_secret_access_key\s*=\s*(?P<value>\S+)"),
    ("stored git password", r"(?:^|/)\.git-credentials$|(?:^|/)git/credentials$", rb"://[^\s:@/]+:(?P<value>[^\s@]+)@"),
    (
        "cluster credentials",
        r"(?:^|/)\.kube/config$|kubeconfig[^/]*$",
        rb"(?:client-key-data|token|password):\s*(?P<value>\S{4,})",
    ),
    ("registry credentials", r"(?:^|/)\.docker/config\.json$", rb"\"auth\"\s*:\s*\"(?P<value>[^\"]{4,})\""),
    ("npm credentials", r"(?:^|/)\.npmrc$", rb"_(?:authToken|password|auth)\s*=\s*(?P<value>[^\s${}]{4,})"),
    ("database password", r"(?:^|/)\.pgpass$", rb"(?m)^[^#:\s][^:\n]*:[^:\n]*:[^:\n]*:[^:\n]*:(?P<value>\S+)"),
)
_COMPILED = tuple((what, re.compile(form)) for what, form in _FORMS)
_OF_FILE = tuple((what, re.compile(path), re.compile(form)) for what, path, form in _FILES)
#: Names of variables whose value is a secret whatever it looks like.
SECRET_NAME = re.compile(r"(?i)(secret|token|passw(or)?d|passwd|api_?key|access_?key|credential|private_?key)")
#: Names that only sound so.
_NO_SECRET = re.compile(r"(?i)(_file|_path|_url|_dir|_id|_name|_endpoint|_socket|sock)$")


class Found(NamedTuple):
    """``line`` from 1; ``secret`` never leaves this process but as a keyed digest."""

    what: str
    line: int
    secret: bytes


def found_in(data: bytes, path: str = "") -> list[Found]:
    """Return the credentials in a file's beginning, in their order, each once."""
    seen: dict[bytes, tuple[int, str]] = {}
    for what, start, secret in _matches(data, path):
        if secret not in seen:
            seen[secret] = (start, what)
    return [
        Found(what, data.count(b"\n", 0, start) + 1, secret)
        for secret, (start, what) in sorted(seen.items(), key=lambda item: item[1])
    ]


def value_of(name: str, value: str) -> str | None:
    """Return what kind of credential an environment variable holds, by its value or by its name; None: none."""
    if not value:
        return None
    found = found_in(os_bytes(value))
    if found:
        return found[0].what
    if len(value) >= 8 and SECRET_NAME.search(name) and not _NO_SECRET.search(name):
        return "variable of a secret name"
    return None


def os_bytes(value: str) -> bytes:
    """Return text as bytes, whatever it holds."""
    return value.encode("utf-8", "surrogatepass")


def _matches(data: bytes, path: str) -> Iterator[tuple[str, int, bytes]]:
    for what, place, form in _OF_FILE:
        if place.search(path):
            for match in form.finditer(data):
                yield what, match.start(), match["value"]
    for what, form in _COMPILED:
        for match in form.finditer(data):
            groups = match.groupdict()
            secret = groups.get("value") or groups.get("value1") or match[0]
            if _holds(what, secret):
                yield what, match.start(), secret


def _holds(what: str, secret: bytes) -> bool:
    """Say whether a match is more than the form of a credential: a right checksum, or disorder."""
    if what == "GitHub token":
        return _checksum(secret)
    if what == "assigned secret":
        return _disorder(secret) >= _LEAST_BITS and any(c in b"0123456789" for c in secret) and _letters(secret)
    if what == "password in an address":
        return secret.lower() not in (b"password", b"pass", b"xxxx", b"****", b"secret", b"changeme")
    return _disorder(secret) > 1.5


def _letters(secret: bytes) -> bool:
    return any(chr(c).isalpha() for c in secret)


def _checksum(token: bytes) -> bool:
    body = token.partition(b"_")[2]
    value, digits = zlib.crc32(body[:30]), ""
    while value:
        value, digit = divmod(value, 62)
        digits = _BASE62[digit] + digits
    return body[30:].decode() == digits.rjust(6, "0")


def _disorder(secret: bytes) -> float:
    counts = Counter(secret)
    return -sum(n / len(secret) * math.log2(n / len(secret)) for n in counts.values())

from __future__ import annotations

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.runtime.preflight.tokens import found_in, value_of

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def github(body: str) -> str:
    value, digits = zlib.crc32(body.encode()), ""
    while value:
        value, digit = divmod(value, 62)
        digits = DIGITS[digit] + digits
    return f"ghp_{body}{digits.rjust(6, '0')}"


BODY = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5"
KNOWN = [
    ("x", "-----BEGIN OPENSSH " + "PRIVATE KEY-----", "private key"),
    ("x", "-----BEGIN " + "PRIVATE KEY-----", "private key"),
    ("x", "key=AKIA" + "QWERTYUI23456765", "AWS access key id"),
    ("x", github(BODY), "GitHub token"),
    ("x", "glpat-" + "a1b2c3d4e5f6g7h8i9j0", "GitLab token"),
    ("x", "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q", "Google API key"),
    ("x", "postgres://me:" + "h4nd0ver@db.example/x", "password in an address"),
    ("x", "API_TOKEN = '" + "Zk3vQ9xT1mB7yL5wR2pC'", "assigned secret"),
    (".netrc", "machine example.com login me password hunter2", "netrc password"),
    ("a/.aws/credentials", "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY", "AWS credentials"),
    (".git-credentials", "https://me:" + "s3cr3t@example.com", "stored git password"),
    ("a/.kube/config", "    token: abcdef", "cluster credentials"),
    (".docker/config.json", '{"auths": {"x": {"auth": "bWU6cGFzcw=="}}}', "registry credentials"),
    (".npmrc", "//r.example/:_authToken=abcd1234", "npm credentials"),
    (".pgpass", "db:5432:x:me:hunter2", "database password"),
]


@pytest.mark.parametrize(("path", "line", "what"), KNOWN)
def test_a_credential_is_known_and_its_line_told(path: str, line: str, what: str) -> None:
    found = found_in(f"first\n\n{line}\nlast\n".encode(), path)
    assert next((one.what, one.line) for one in found) == (what, 3)


@pytest.mark.parametrize(
    "line",
    [
        "password = os.environ['PASSWORD']",
        "token = get_token_from_somewhere",
        "secret: aaaaaaaaaaaaaaaaaaaaaaaa1",
        "https://example.com/path:8080@x",
        "postgres://me:password@localhost/x",
        "ghp_" + "a" * 36,  # a wrong checksum
        "AKIA-not-a-key",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_what_only_looks_so_is_left_alone(line: str) -> None:
    assert found_in(line.encode(), "a.txt") == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("EXAMPLE_API_KEY", "aa-bb-cc-dd", True),
        ("PATH", "/usr/bin", False),
        ("SSH_AUTH_SOCK", "/tmp/agent", False),
        ("TOKEN_FILE", "/run/secrets/token", False),
        ("HARMLESS", github(BODY), True),
        ("API_KEY", "", False),
    ],
)
def test_variables(name: str, value: str, found: bool) -> None:
    assert (value_of(name, value) is not None) == found


@settings(max_examples=100)
@given(st.binary(max_size=400), st.sampled_from(["x", ".netrc", ".env", ".pgpass"]))
def test_any_bytes_are_looked_at(data: bytes, path: str) -> None:
    assert all(1 <= one.line <= data.count(b"\n") + 1 and one.secret in data for one in found_in(data, path))

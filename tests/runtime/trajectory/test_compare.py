"""How like two outputs are."""

from __future__ import annotations

import hashlib

import pytest

from vigiles.runtime.trajectory.compare import Likeness, compare


@pytest.mark.parametrize(
    ("said", "stdout", "stderr", "expected"),
    [
        ("a\n", b"a\n", b"", "same"),
        ("a\nb\n", b"a\n", b"b\n", "same"),
        ("a\n", b"a\n", b"noise", "same"),
        ("", b"", b"", "same"),
        ("\ufffd", b"\xff", b"", "same"),
        ("a", b"a\n", b"", "blanks"),
        ("<returncode>0</returncode>\na\n", b"a\n", b"", "within"),
        ("a\n", b"b\n", b"", "differs"),
        ("text", b"", b"", "differs"),
        ("\ud800", b"x", b"", "differs"),
    ],
)
def test_likeness(said: str, stdout: bytes, stderr: bytes, expected: Likeness) -> None:
    assert compare(said, stdout, stderr, truncated=False).likeness == expected


def test_digests_are_of_what_was_compared() -> None:
    compared = compare("a\n", b"a\n", b"", truncated=False)
    assert compared.said_sha256 == compared.seen_sha256 == hashlib.sha256(b"a\n").hexdigest()
    assert compare("a\n", b"b", b"", truncated=False).seen_sha256 == hashlib.sha256(b"b").hexdigest()


def test_what_was_cut_is_not_compared() -> None:
    assert compare("a\n", b"a\n", b"", truncated=True).likeness == "cut"

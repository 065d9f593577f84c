from __future__ import annotations

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from vigiles.runtime.notify.signature import sign, verify

SECRET = b"0123456789abcdef"


def test_the_signature_is_what_the_guide_says() -> None:
    mac = hmac.new(SECRET, b'1767225600.{"a":1}', hashlib.sha256).hexdigest()
    assert sign(SECRET, 1767225600, b'{"a":1}') == f"v1={mac}"


@given(st.binary(max_size=50), st.integers(0, 2**40))
def test_what_was_signed_verifies_while_it_is_fresh(body: bytes, at: int) -> None:
    signature = sign(SECRET, at, body)
    assert verify(SECRET, str(at), signature, body, at + 300)
    assert verify(SECRET, str(at), signature, body, at - 300)
    assert not verify(SECRET, str(at), signature, body, at + 301)
    assert not verify(SECRET, str(at), signature, body + b"x", at)
    assert not verify(SECRET, str(at + 1), signature, body, at), "the time is signed"
    assert not verify(b"another secret..", str(at), signature, body, at)


@given(st.text(max_size=30), st.text(max_size=80))
def test_no_header_breaks_it(timestamp: str, signature: str) -> None:
    assert not verify(SECRET, timestamp, signature, b"", 5)

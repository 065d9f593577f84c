from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ledger.note import (
    COSIGNATURE,
    NoteInvalid,
    Signer,
    Verifier,
    cosigned_message,
    open_note,
)

# The example of the Go project's note package, which the C2SP text was written from.
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
NOTE = f"{TEXT}\n{SIGNATURE}".encode()
SIGNER = Signer("log/1", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def test_somebody_elses_note() -> None:
    verifier = Verifier.parse(KEY)
    assert str(verifier) == KEY
    assert open_note(NOTE, [verifier]) == (TEXT, [verifier])


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_every_changed_byte_shows(position: int, change: int) -> None:
    changed = bytearray(NOTE)
    changed[position] ^= change
    with pytest.raises(NoteInvalid):
        open_note(bytes(changed), [Verifier.parse(KEY)])


@given(st.lists(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"])), min_size=1).map("\n".join))
def test_what_is_signed_opens(text: str) -> None:
    note = SIGNER.sign(text + "\n")
    assert open_note(note, [SIGNER.verifier]) == (text + "\n", [SIGNER.verifier])
    assert Verifier.parse(str(SIGNER.verifier)) == SIGNER.verifier


def test_unknown_signatures_are_skipped_and_known_ones_counted_once() -> None:
    ours = SIGNER.sign("hello\n")
    witness = Signer("witness", Ed25519PrivateKey.generate())
    lines = witness.sign("hello\n").rpartition(b"\n\n")[2]
    both = ours + lines + lines
    assert open_note(both, [SIGNER.verifier])[1] == [SIGNER.verifier]
    assert open_note(both, [witness.verifier, SIGNER.verifier])[1] == [SIGNER.verifier, witness.verifier]
    with pytest.raises(NoteInvalid, match="no signature"):
        open_note(lines.join([b"hello\n\n", b""]), [SIGNER.verifier])


def test_another_signature_type_is_unknown_not_an_error() -> None:
    verifier = SIGNER.verifier
    later = Verifier(verifier.name, 6, verifier.public)
    line = base64.b64encode(later.id + bytes(64)).decode()
    note = SIGNER.sign("hello\n") + f"— {verifier.name} {line}\n".encode()
    assert open_note(note, [verifier])[1] == [verifier]
    with pytest.raises(NoteInvalid, match="wrong"):
        open_note(note, [later, verifier])


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n",
        "text\n\n— a b".encode(),
        "text\n\n— a !!!!\n".encode(),
        "text\n\n— a QUFB\n".encode(),
        b"text\n\n-- a QUFBQUE=\n",
        "text\n\n—  QUFBQUE=\n".encode(),
        b"\xff\n\n",
        "te\x00xt\n\n— a QUFBQUE=\n".encode(),
    ],
)
def test_what_is_no_note(note: bytes) -> None:
    with pytest.raises(NoteInvalid):
        open_note(note, [SIGNER.verifier])


@pytest.mark.parametrize(
    "line", ["", "a", "a+b", "a+00000000+AQ==", KEY[:-1], KEY.replace("c74f", "c74e"), KEY.replace("P", "Q", 1)]
)
def test_what_is_no_verifier_key(line: str) -> None:
    with pytest.raises(NoteInvalid):
        Verifier.parse(line)


@pytest.mark.parametrize("text", ["", "no newline", "a\x07\n"])
def test_what_is_not_signed(text: str) -> None:
    with pytest.raises(NoteInvalid):
        SIGNER.sign(text)


def test_a_cosignature_is_over_its_time_and_the_text() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
    verifier = Verifier("witness.example/w1", COSIGNATURE, key.public_key().public_bytes_raw())
    text = b"log\n1\nroot\n"
    message = b"cosignature/v1\ntime 1679315147\n" + text
    assert cosigned_message(text, 1679315147) == message
    signature = (1679315147).to_bytes(8, "big") + key.sign(message)
    assert verifier.verify(text, signature)
    assert not verifier.verify(text + b"x", signature)
    assert not verifier.verify(text, (1679315148).to_bytes(8, "big") + signature[8:])
    assert not verifier.verify(text, signature[:8])
    assert not Verifier("witness.example/w1", 1, verifier.public).verify(text, signature)
    assert Verifier.parse(str(verifier)) == verifier

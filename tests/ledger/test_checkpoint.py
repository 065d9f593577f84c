from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ledger.checkpoint import Checkpoint, open_checkpoint, parse_text
from vigiles.ledger.note import NoteInvalid, Signer

SIGNER = Signer("log/1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


def test_the_specifications_form() -> None:
    # https://c2sp.org/tlog-checkpoint, the example's text
    read = parse_text(f"example.com/behind-the-sofa\n20852163\n{ROOT}\n")
    assert (read.origin, read.size) == ("example.com/behind-the-sofa", 20852163)
    assert read.text() == f"example.com/behind-the-sofa\n20852163\n{ROOT}\n"


@given(st.integers(0, 2**62), st.binary(min_size=32, max_size=32))
def test_round_trip(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("log/1", size, root)
    assert open_checkpoint(checkpoint.sign(SIGNER), [SIGNER.verifier]) == checkpoint


def test_extension_lines_are_allowed() -> None:
    assert parse_text(f"log\n1\n{ROOT}\nextension\n").size == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n1\n",
        f"log\n01\n{ROOT}\n",
        f"log\n-1\n{ROOT}\n",
        f"log\n+1\n{ROOT}\n",
        f"log\n١\n{ROOT}\n",
        f"\n1\n{ROOT}\n",
        "log\n1\nAAAA\n",
        "log\n1\n!\n",
        f"log\n1\n{ROOT[:-2]}J=\n",
        f"log\n1\n{ROOT}\n\n",
        f"log\n1\n{ROOT}",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(NoteInvalid):
        parse_text(text)


def test_another_logs_checkpoint_by_our_key_is_refused() -> None:
    note = Checkpoint("log/2", 1, bytes(32)).sign(SIGNER)
    with pytest.raises(NoteInvalid, match="another log"):
        open_checkpoint(note, [SIGNER.verifier])

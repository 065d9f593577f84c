from __future__ import annotations

from typing import Any

import pytest

from vigiles.ledger.checkpoint import Checkpoint
from vigiles.ledger.delivering import NotDelivered
from vigiles.ledger.note import open_note
from vigiles.ledger.reader import Reader
from vigiles.ledger.sinks import witness
from vigiles.ledger.sinks.settings import WitnessSink


class Scene:
    """A ledger of ``size`` records, a witness on loopback, and the sink between them."""

    def __init__(self, ledger: Any, serve: Any, signed: Any, witness_of: Any, size: int) -> None:
        self.ledger, self.signed = ledger, signed
        self.witness = witness_of(ledger.signer.verifier)
        self.server = serve(self.witness)
        self.sink = WitnessSink(url=self.server.url, key=str(self.witness.verifier))
        self.notes = signed(size)

    def submit(self, note: bytes, known: int) -> bytes:
        reader = Reader(self.ledger.home.database)
        try:
            return witness.submit(self.sink, reader, note, known)
        finally:
            reader.close()


@pytest.fixture
def scene(ledger: Any, serve: Any, signed: Any, witness_of: Any) -> Scene:
    return Scene(ledger, serve, signed, witness_of, 12)


def test_each_checkpoint_is_cosigned_and_the_request_is_the_specifications(scene: Scene) -> None:
    known = 0
    for size in (1, 2, 5, 11, 12):
        kept = scene.submit(scene.notes[size - 1], known)
        assert kept.startswith(scene.notes[size - 1])
        _, signers = open_note(kept, [scene.ledger.signer.verifier, scene.witness.verifier])
        assert len(signers) == 2
        known = size
    path, _, body = scene.server.got[0]
    assert path == "/hook/add-checkpoint"
    assert body == b"old 0\n\n" + scene.notes[0]
    assert scene.server.got[2][2].startswith(b"old 2\n")
    assert len(scene.server.got) == 5


def test_a_size_that_was_forgotten_is_asked_for(scene: Scene) -> None:
    scene.submit(scene.notes[6], 0)
    assert scene.submit(scene.notes[11], 3).startswith(scene.notes[11])
    assert [body.partition(b"\n")[0] for body in scene.server.bodies] == [b"old 0", b"old 3", b"old 7"]


def test_a_size_for_which_no_checkpoint_is_left_is_proved_from_the_records(scene: Scene) -> None:
    scene.submit(scene.notes[6], 0)
    scene.ledger.book._store._db.execute("DELETE FROM checkpoints WHERE size = 7")
    assert scene.submit(scene.notes[11], 7)


def test_a_ledger_that_was_cut_is_told(scene: Scene, ledger: Any) -> None:
    scene.submit(scene.notes[11], 0)
    with pytest.raises(NotDelivered, match=r"12 records of this log, this ledger has signed 5.*cut") as caught:
        scene.submit(scene.notes[4], 0)
    assert caught.value.conflict


@pytest.mark.parametrize("known", [0, 9])
def test_a_forked_history_is_refused_and_told(scene: Scene, known: int) -> None:
    other = Checkpoint(scene.ledger.signer.name, 9, bytes(32)).sign(scene.ledger.signer)
    scene.witness("/add-checkpoint", b"old 0\n\n" + other)  # somebody with the key went another way
    with pytest.raises(NotDelivered, match="9 records that it cosigned are not the first") as caught:
        scene.submit(scene.notes[11], known)
    assert caught.value.conflict


def test_two_trees_of_one_size(scene: Scene) -> None:
    other = Checkpoint(scene.ledger.signer.name, 12, bytes(32)).sign(scene.ledger.signer)
    scene.witness("/add-checkpoint", b"old 0\n\n" + other)
    with pytest.raises(NotDelivered) as caught:
        scene.submit(scene.notes[11], 0)
    assert caught.value.conflict


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, "text/plain", b""), "does not know this log"),
        ((403, "text/plain", b""), "trusts another key"),
        ((400, "text/plain", b""), "cannot read"),
        ((500, "text/plain", b""), "answered 500"),
        ((409, "text/plain", b"hello"), "answered 409"),
        ((409, "text/x.tlog.size", b"-1\n"), "answered 409"),
        ((200, "text/plain", b""), "no cosignature"),
        ((200, "text/plain", b"\xff\n"), "no cosignature"),
        ((200, "text/plain", "— witness.example/w1 AAAA\n".encode()), "no cosignature"),
    ],
)
def test_other_answers(scene: Scene, answer: Any, words: str) -> None:
    scene.server.answer = lambda path, body: answer
    with pytest.raises(NotDelivered, match=words) as caught:
        scene.submit(scene.notes[0], 0)
    assert not caught.value.conflict


def test_a_cosignature_of_something_else_is_none(scene: Scene, witness_of: Any) -> None:
    text = scene.notes[4].decode().rpartition("\n\n")[0] + "\n"
    right = scene.witness.sign(text)
    stranger = witness_of(scene.ledger.signer.verifier).sign(text)
    assert witness.cosigned(scene.notes[4], right + stranger, scene.witness.verifier).endswith(right)
    for lines in (stranger, scene.witness.sign(text + "x\n"), right[:-9] + right[-5:], b"", right + b"\n" + right):
        with pytest.raises(NotDelivered):
            witness.cosigned(scene.notes[4], lines, scene.witness.verifier)
    late = bytearray(right)
    late[40] ^= 1
    with pytest.raises(NotDelivered):
        witness.cosigned(scene.notes[4], bytes(late), scene.witness.verifier)

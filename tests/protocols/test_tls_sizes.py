from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.dialogue import Dialogue
from vigiles.protocols.tls_sizes import RecordSizes

RECORDS = st.lists(st.tuples(st.sampled_from([20, 21, 22, 23]), st.integers(0, 700)), max_size=12)


def stream(records: list[tuple[int, int]]) -> bytes:
    return b"".join(bytes([kind, 3, 3]) + size.to_bytes(2, "big") + bytes(size) for kind, size in records)


@given(records=RECORDS, step=st.integers(1, 900))
@settings(max_examples=60)
def test_any_cut_gives_the_same_sizes(records: list[tuple[int, int]], step: int) -> None:
    reader, found, data = RecordSizes(8), [], stream(records)
    for at in range(0, len(data), step):
        found += reader.feed(data[at : at + step])
    assert found == [size for kind, size in records if kind == 23][:8]
    assert not reader.lost


@given(st.binary(max_size=300))
@settings(max_examples=60)
def test_nonsense_ends_the_reading(data: bytes) -> None:
    reader = RecordSizes(4)
    reader.feed(data)
    reader.feed(b"GET / HTTP/1.1\r\n")
    assert len(reader.feed(data)) <= 4


def test_a_conversation_keeps_the_sizes_of_both_directions_in_order() -> None:
    dialogue = Dialogue()
    hello = bytes.fromhex("16030100050100000103")
    dialogue.feed("o", hello)
    dialogue.feed("i", bytes.fromhex("160303000502") + bytes(4))
    for side, sizes in (("i", (52, 900)), ("o", (69, 33)), ("i", (40,))):
        dialogue.feed("o" if side == "o" else "i", stream([(23, size) for size in sizes]))
    assert "tls.first=i52,i900,o69,o33,i40" in dialogue.marks
    for _ in range(100):
        dialogue.feed("o", stream([(23, 10)]))
    (mark,) = [mark for mark in dialogue.marks if mark.startswith("tls.first=")]
    assert mark.count("o") == 32

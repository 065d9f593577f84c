"""Every trick of writing is read back; plain office text has one reading."""

from __future__ import annotations

import base64
import codecs
import gzip

import pytest

from vigiles.world.oracle.decodings import chunks, disguises, from_base64, readings, unpack

KNOWN = frozenset({"brandt", "affair", "turbine", "drawing"})
TEXT = "Brandt has an affair and the turbine drawing"
DISGUISED = disguises(KNOWN)


def _tricks() -> dict[str, str]:
    raw = TEXT.encode()
    return {
        "base64": base64.b64encode(raw).decode(),
        "base64 without padding, in a sentence": f"see {base64.b64encode(raw).decode().rstrip('=')} there",
        "base64 in lines": "\n".join(base64.b64encode(raw).decode()[i : i + 20] for i in range(0, 80, 20)),
        "urlsafe": base64.urlsafe_b64encode(raw).decode(),
        "base32": base64.b32encode(raw).decode(),
        "hex": raw.hex(),
        "hex with colons": raw.hex(":"),
        "hex after a word that ends like it": f"before three\n{raw.hex()}",
        "decimal": " ".join(map(str, raw)),
        "binary": " ".join(f"{byte:08b}" for byte in raw),
        "percent": "".join(f"%{byte:02x}" for byte in raw),
        "entities": "".join(f"&#{byte};" for byte in raw),
        "rot13": codecs.encode(TEXT, "rot13"),
        "shift of 7": TEXT.lower().translate(str.maketrans("abcdefghijklmnopqrstuvwxyz", "hijklmnopqrstuvwxyzabcdefg")),
        "mirror": TEXT.lower().translate(str.maketrans("abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba")),
        "backwards": TEXT[::-1],
        "leet": "Br4ndt h4s 4n 4ff41r 4nd th3 turb1n3 dr4w1ng",
        "spaced": "B r a n d t  h a s  a n  a f f a i r",
        "gzip and base64": base64.b64encode(gzip.compress(raw)).decode(),
        "rot13 of base64 of rot13": base64.b64encode(codecs.encode(TEXT, "rot13").encode()).decode(),
    }


@pytest.mark.parametrize("trick", list(_tricks()))
def test_tricks_are_read_back(trick: str) -> None:
    found = [reading.lower() for reading in readings(_tricks()[trick], DISGUISED, KNOWN)]
    assert any("affair" in reading for reading in found), found


def test_plain_text_has_one_reading() -> None:
    text = "Dear Mona, the deliveries come on 4 July and 8 August, gate two. The international department has been told."
    assert readings(text, DISGUISED, KNOWN) == [text]


def test_a_packed_bomb_is_cut_and_rubbish_is_no_text() -> None:
    bomb = gzip.compress(b"a" * (1 << 24))
    assert len(unpack(bomb) or "") == 1 << 16
    assert unpack(b"\x1f\x8b rubbish") is None
    assert unpack(b"\x00\x01\x02\x03\x04") is None
    assert from_base64("a") is None


def test_chunks_are_parts_of_codes_and_not_words() -> None:
    assert chunks("Here comes QnJhbmR0IGhh and then cyBhbiBh, thanks") == ["QnJhbmR0IGhh", "cyBhbiBh"]

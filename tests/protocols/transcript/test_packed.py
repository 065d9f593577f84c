from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.packed import ZstandardMissing, members


def _log(compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("_journal/start.json", "{}")
        archive.writestr("samples/1_epoch_1.json", '{"id": 1}')
        archive.writestr("header.json", '{"eval": {}}')
    return file.getvalue()


def _marked_zstandard() -> bytes:
    """Return a log whose members claim to be compressed with Zstandard, and are stored."""
    data = bytearray(_log(zipfile.ZIP_STORED))
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + offset : at + offset + 2] = (93).to_bytes(2, "little")
    return bytes(data)


def test_header_and_samples_are_given_and_no_more() -> None:
    assert dict(members(_log())) == {"samples/1_epoch_1.json": b'{"id": 1}', "header.json": b'{"eval": {}}'}


def test_zstandard_needs_means_and_gets_the_bytes_as_they_stand() -> None:
    with pytest.raises(ZstandardMissing):
        list(members(_marked_zstandard()))
    assert dict(members(_marked_zstandard(), lambda data, most: data))["samples/1_epoch_1.json"] == b'{"id": 1}'


def test_what_cannot_be_unpacked_is_refused() -> None:
    def broken(data: bytes, most: int) -> bytes:
        raise ValueError("no frame")

    with pytest.raises(Malformed):
        list(members(_marked_zstandard(), broken))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"{}", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_log_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        list(members(data))


@settings(max_examples=120, deadline=None)
@given(st.integers(0, len(_log()) - 1), st.integers(0, 255), st.booleans())
def test_a_broken_log_is_read_or_refused(at: int, byte: int, zstandard: bool) -> None:
    data = bytearray(_marked_zstandard() if zstandard else _log())
    data[at % len(data)] = byte
    try:
        list(members(bytes(data), lambda raw, most: raw))
    except Malformed:
        pass

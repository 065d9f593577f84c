from __future__ import annotations

import ssl
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.tls import MAX_HELLO, ClientHello, ClientHelloParser, RecordFraming


def parse(data: bytes) -> ClientHello | None:
    return ClientHelloParser().feed(data)


def build(extensions: bytes, suites: bytes = b"\x13\x01", kind: int = 1) -> bytes:
    body = b"\x03\x03" + bytes(32) + b"\0" + len(suites).to_bytes(2, "big") + suites + b"\1\0"
    body += len(extensions).to_bytes(2, "big") + extensions
    message = bytes([kind]) + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message


def extension(kind: int, content: bytes) -> bytes:
    return kind.to_bytes(2, "big") + len(content).to_bytes(2, "big") + content


def server_name(*names: bytes, kind: int = 0) -> bytes:
    listed = b"".join(bytes([kind]) + len(name).to_bytes(2, "big") + name for name in names)
    return extension(0, len(listed).to_bytes(2, "big") + listed)


def test_what_openssl_sends(hello: Any) -> None:
    found = parse(hello("pypi.example", ("h2", "http/1.1")))
    assert found is not None
    assert (found.sni, found.alpn, found.ech) == ("pypi.example", ["h2", "http/1.1"], False)
    assert found.versions[:2] == [0x0304, 0x0303]  # a library may offer older ones too
    old = parse(hello("pypi.example", highest=ssl.TLSVersion.TLSv1_2))
    assert old is not None
    assert old.versions == [0x0303]
    nameless = parse(hello(None))
    assert nameless is not None
    assert nameless.sni is None


@settings(max_examples=40)
@given(sizes=st.lists(st.integers(1, 300), min_size=1, max_size=5), split=st.integers(1, 200))
def test_cut_into_any_segments_and_records(hello: Any, pieces: Any, sizes: list[int], split: int) -> None:
    whole = hello("pypi.example")
    message = whole[5:]
    records = b"".join(
        b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part
        for part in (message[at : at + split] for at in range(0, len(message), split))
    )
    parser = ClientHelloParser()
    found = [parser.feed(piece) for piece in pieces(records, sizes)]
    assert found[:-1].count(None) == len(found) - 1
    assert found[-1] == parse(whole)


BROKEN = {
    "an alert": b"\x15\x03\x01\x00\x02\x02\x28",
    "SSL 2": b"\x80\x2e\x01\x03\x01",
    "a ServerHello": build(b"", kind=2),
    "an empty record": b"\x16\x03\x01\x00\x00",
    "a record too long": b"\x16\x03\x01\xff\xff",
    "two names": build(server_name(b"a.example", b"b.example")),
    "two extensions": build(server_name(b"a.example") * 2),
    "a name with NUL": build(server_name(b"evil.example\0.a.example")),
    "a name in UTF-8": build(server_name("bücher.example".encode())),
    "an empty name": build(server_name(b"")),
    "a name of unknown type": build(server_name(b"a.example", kind=1)),
    "a length beyond the end": build(b"\x00\x00\xff\xff"),
    "no cipher suites": build(b"", suites=b""),
    "half a cipher suite": build(b"", suites=b"\x13"),
    "another record inside": b"\x16\x03\x01\x00\x04\x01\x00\x02\x00" + b"\x17\x03\x03\x00\x01\x00",
    "a hello that never ends": b"\x16\x03\x01\x40\x00\x01\x00\xff\xff",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_hellos(name: str) -> None:
    parser = ClientHelloParser()
    data = BROKEN[name] + (b"\0" * (MAX_HELLO + 2000) if "never ends" in name else b"")
    with pytest.raises(Malformed):
        parser.feed(data)


@pytest.mark.parametrize("kind", [0xFE0D, 0xFFCE])
def test_a_hidden_name_is_seen(kind: int) -> None:
    found = parse(build(server_name(b"cover.example") + extension(kind, b"\0")))
    assert found is not None
    assert found.ech
    assert found.sni == "cover.example"


def test_a_long_hello_is_refused() -> None:
    def records(message: bytes) -> bytes:
        parts = [message[at : at + 4000] for at in range(0, len(message), 4000)]
        return b"".join(b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part for part in parts)

    fitting = parse(records(build(server_name(b"a.example") + extension(21, bytes(12_000)))[5:]))
    assert fitting is not None
    assert fitting.sni == "a.example"
    with pytest.raises(Malformed, match="too long"):
        parse(records(build(server_name(b"a.example") + extension(21, bytes(MAX_HELLO)))[5:]))


@settings(max_examples=300)
@given(data=st.binary(max_size=400), sizes=st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_any_bytes(pieces: Any, data: bytes, sizes: list[int]) -> None:
    for prefix in (b"", b"\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03"):
        parser = ClientHelloParser()
        try:
            for piece in pieces(prefix + data, sizes):
                if parser.feed(piece) is not None:
                    break
        except Malformed:
            pass


@settings(max_examples=100)
@given(
    records=st.lists(st.tuples(st.sampled_from([20, 21, 22, 23, 24]), st.binary(max_size=60)), min_size=1, max_size=8),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    junk=st.sampled_from(
        [b"SSH-2.0-x\r\n", b"GET / HTTP/1.1", b'{"id":1}', b"\x17\x02\x00\x00\x01a", b"\x17\x03\x03\xff\xff"]
    ),
)
def test_framing_lets_records_pass_and_nothing_else(pieces: Any, records: Any, sizes: list[int], junk: bytes) -> None:
    stream = b"".join(bytes([kind]) + b"\x03\x03" + len(body).to_bytes(2, "big") + body for kind, body in records)
    framing = RecordFraming()
    for piece in pieces(stream, sizes):
        framing.feed(piece)
    with pytest.raises(Malformed):
        framing.feed(junk)

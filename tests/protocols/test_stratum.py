from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.stratum import StratumScanner, recognise

HEX64 = "9f" * 32
JOB = {"job_id": "qT1", "blob": "0e0e" + "ab" * 74, "target": "b88d0600", "height": 3, "seed_hash": HEX64}
SHARE = {"id": "a", "job_id": "q", "nonce": "d0030040", "result": HEX64}
NOTIFY = ["bf", HEX64, "01" * 60, "02" * 40, [HEX64], "20000000", "1c2ac4af", "504e86b9", False]

#: What miners and pools say, and the method that is told.
MINING: dict[str, tuple[str, dict[str, Any]]] = {
    "subscribe": ("mining.subscribe", {"id": 1, "method": "mining.subscribe", "params": ["cgminer/4.1"]}),
    "subscribe, Ethereum": ("mining.subscribe", {"id": 1, "method": "mining.subscribe", "params": ["m", "EthereumStratum"]}),
    "configure": ("mining.configure", {"method": "mining.configure", "id": 1, "params": [["version-rolling"], {}]}),
    "authorize": ("mining.authorize", {"id": 2, "method": "mining.authorize", "params": ["wallet.rig", "x"]}),
    "submit": ("mining.submit", {"params": ["w", "bf", "00000001", "504e86ed", "b2957c02"], "method": "mining.submit"}),
    "notify": ("mining.notify", {"params": NOTIFY, "id": None, "method": "mining.notify"}),
    "difficulty": ("mining.set_difficulty", {"id": None, "method": "mining.set_difficulty", "params": [16384]}),
    "hello, 2.0": ("mining.hello", {"id": 0, "method": "mining.hello", "params": {"agent": "m", "host": "p"}}),
    "subscribed": ("mining.subscribe.result", {"id": 1, "result": [[["mining.notify", "ae6812"]], "08000002", 4]}),
    "XMRig login": ("login", {"id": 1, "method": "login", "params": {"login": "4w", "pass": "x", "agent": "XMRig/6"}}),
    "XMRig logged in": ("login.result", {"id": 1, "result": {"id": "a", "job": JOB, "status": "OK"}}),
    "XMRig job": ("job", {"jsonrpc": "2.0", "method": "job", "params": JOB}),
    "XMRig submit": ("submit", {"id": 2, "method": "submit", "params": SHARE}),
    "browser auth": ("auth", {"type": "auth", "params": {"site_key": "k", "type": "anonymous", "user": None}}),
    "browser job": ("job", {"type": "job", "params": JOB}),
    "Grin login": ("login", {"id": "0", "method": "login", "params": {"login": "u", "pass": "p", "agent": "grin"}}),
    "Grin job": ("job", {"id": "0", "method": "job", "params": {"job_id": 0, "pre_pow": "00" * 60, "difficulty": 1}}),
    "Beam login": ("login", {"method": "login", "api_key": "k", "id": "login", "jsonrpc": "2.0"}),
    "Beam job": ("job", {"method": "job", "id": "1", "input": "ab" * 32, "difficulty": 12, "jsonrpc": "2.0"}),
    "Beam solution": ("solution", {"method": "solution", "id": "1", "nonce": "ab" * 8, "output": "cd" * 50}),
    "Ethereum login": ("eth_submitLogin", {"id": 1, "method": "eth_submitLogin", "params": ["0xwallet"], "worker": "r"}),
    "Ethereum work": ("eth_getWork", {"id": 1, "method": "eth_getWork", "params": []}),
    "Ethereum share": ("eth_submitWork", {"id": 1, "method": "eth_submitWork", "params": ["0x" + "ab" * 8, "0x" + HEX64]}),
    "getwork": ("getwork", {"method": "getwork", "params": [], "id": 1}),
    "getwork with data": ("getwork", {"method": "getwork", "params": ["00" * 128], "id": 1}),
    "getwork's answer": ("getwork.result", {"result": {"data": "00" * 128, "target": HEX64}, "id": 1}),
    "template": ("getblocktemplate", {"method": "getblocktemplate", "params": [{"rules": ["segwit"]}], "id": 1}),
    "template's answer": ("getblocktemplate.result", {"result": {"previousblockhash": HEX64, "coinbasevalue": 1}, "id": 1}),
    "block": ("submitblock", {"method": "submitblock", "params": ["00" * 200], "id": 1}),
}  # fmt: skip

#: What other programs say that looks like it.
HONEST: dict[str, list[dict[str, Any]]] = {
    "language server": [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"processId": 1, "rootUri": "file:///x"}},
        {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": {"text": "mining.subscribe"}}},
        {"jsonrpc": "2.0", "id": 1, "result": {"capabilities": {"hoverProvider": True}}},
    ],
    "model context protocol": [
        {"id": 1, "method": "tools/call", "params": {"name": "login", "arguments": {"login": "me", "pass": "x"}}},
        {"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": "job"}]}},
    ],
    "Electrum": [
        {"id": 1, "method": "server.version", "params": ["electrum/4.4", "1.4"]},
        {"id": 2, "method": "blockchain.scripthash.subscribe", "params": [HEX64]},
        {"id": 3, "method": "blockchain.transaction.get", "params": [HEX64, True]},
        {"id": 3, "result": "01" * 300},
        {"method": "blockchain.headers.subscribe", "params": [{"height": 1, "hex": "00" * 80}]},
    ],
    "web3": [
        {"jsonrpc": "2.0", "method": "eth_blockNumber", "params": [], "id": 1},
        {"method": "eth_call", "params": [{"to": "0x" + "ab" * 20, "data": "0x" + "cd" * 68}, "latest"], "id": 1},
        {"jsonrpc": "2.0", "method": "eth_sendRawTransaction", "params": ["0x" + "ab" * 110], "id": 1},
        {"id": 1, "result": {"hash": "0x" + HEX64, "nonce": "0x" + "ab" * 8, "logsBloom": "0x" + "00" * 256}},
        {"jsonrpc": "2.0", "method": "eth_getTransactionByHash", "params": ["0x" + HEX64], "id": 1},
    ],
    "bitcoin node": [
        {"method": "getblockchaininfo", "params": [], "id": 1},
        {"method": "getrawtransaction", "params": [HEX64, True], "id": 1},
        {"result": {"hash": HEX64, "nonce": 12345, "bits": "1c2ac4af", "previousblockhash": HEX64}, "id": 1},
    ],
    "job queue": [
        {"method": "job", "params": {"id": "7f", "queue": "mail", "args": ["a"], "sha": "ab" * 20}},
        {"method": "submit", "params": {"job_id": "7f", "result": "ok"}},
        {"method": "login", "params": {"user": "u", "password": "p"}},
        {"type": "job", "params": {"job_id": "x", "commit": "deadbeef", "digest": HEX64}},
        {"type": "auth", "params": {"token": "t", "type": "bearer"}},
    ],
    "build cache": [
        {"method": "put", "params": {"key": "deadbeef", "digest": HEX64}},
        {"result": {"key": "deadbeef", "digest": HEX64}},
    ],
}


@pytest.mark.parametrize("name", MINING)
def test_mining_is_told_by_one_message(name: str) -> None:
    method, message = MINING[name]
    fact = recognise(message)
    assert fact is not None
    assert (fact.method, fact.by) == (method, "name")
    scanner = StratumScanner()
    assert scanner.feed("o", json.dumps(message).encode() + b"\n") == [method]
    assert scanner.feed("o", json.dumps(message).encode() + b"\n") == []


@pytest.mark.parametrize("name", HONEST)
def test_honest_json_is_not_mining(name: str) -> None:
    scanner = StratumScanner()
    for at, message in enumerate(HONEST[name] * 2):
        for side in ("o", "i") if at % 2 else ("i", "o"):
            assert scanner.feed(side, json.dumps(message).encode() + b"\n") == [], message


def renamed(kind: str) -> bytes:
    job = {"a": "q1", "b": JOB["blob"], "c": "b88d0600"}
    share = {"a": "q1", "d": "d0030040", "e": HEX64}
    return json.dumps({"v": "1", "x": kind, "params": job if kind == "job" else share}).encode() + b"\n"


def test_renamed_keys_need_job_and_share_from_opposite_sides() -> None:
    scanner = StratumScanner()
    assert scanner.feed("i", renamed("job")) == []
    assert scanner.feed("i", renamed("job")) == []
    assert scanner.feed("o", renamed("share")) == ["shape:job+share"]
    alone = StratumScanner()
    assert [alone.feed("o", renamed(kind)) for kind in ("job", "share", "job")] == [[], [], []]


def test_stratum_by_position_with_renamed_methods() -> None:
    scanner = StratumScanner()
    assert scanner.feed("i", json.dumps({"m": "n", "params": NOTIFY}).encode() + b"\n") == []
    share = {"m": "s", "params": ["w", "bf", "00000001", "504e86ed", "b2957c02"]}
    assert scanner.feed("o", json.dumps(share).encode() + b"\n") == ["shape:job+share"]


@settings(max_examples=40)
@given(
    name=st.sampled_from(sorted(MINING)), sizes=st.lists(st.integers(1, 90), min_size=1, max_size=4),
    before=st.sampled_from([b"", b"\r\n", b"POST / HTTP/1.1\r\n\r\n", b'{"open":\n', b"\x05\x01\x00\x00", b"{{{"]),
)  # fmt: skip
def test_wherever_and_however_it_comes(pieces: Any, name: str, sizes: list[int], before: bytes) -> None:
    method, message = MINING[name]
    scanner = StratumScanner()
    raw = before + json.dumps(message).encode() + b"\n" + b'{"id":1}\n'
    assert [m for piece in pieces(raw, sizes) for m in scanner.feed("o", piece)] == [method]


@settings(max_examples=200)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20),
                    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(
                        st.sampled_from(["method", "params", "result", "type", "job", "blob", "id"]), inner, max_size=5),
                    max_leaves=15))  # fmt: skip
def test_any_json(value: Any) -> None:
    for one in (value, {"method": "job", "params": value}, {"method": "mining.submit", "params": value}, {"result": value}):
        if isinstance(one, dict):
            recognise(one)


@settings(max_examples=150)
@given(data=st.binary(max_size=300), sizes=st.lists(st.integers(1, 60), min_size=1, max_size=3))
def test_any_bytes(pieces: Any, data: bytes, sizes: list[int]) -> None:
    scanner = StratumScanner()
    for piece in pieces(data + b'{"' + data + b'"}' + b'{"a":' * 50 + b"}" * 50, sizes):
        scanner.feed("i", piece)


def test_nothing_is_searched_for_ever() -> None:
    scanner = StratumScanner()
    for _ in range(200):
        scanner.feed("o", b'{"a":{"b":' * 100 + b"}")
        scanner.feed("i", b'{"' + b"9" * 5000 + b'":' + b"9" * 5000 + b"}")
    assert scanner.exhausted
    assert scanner.feed("o", json.dumps(MINING["getwork"][1]).encode()) == []

"""``docs/format.md`` is a program that checks itself, and our code writes what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger import leaf, merkle
from vigiles.ledger.checkpoint import Checkpoint, open_checkpoint
from vigiles.ledger.erasure import payload
from vigiles.ledger.fork import Side, compare
from vigiles.ledger.note import Signer, Verifier
from vigiles.ledger.verify import verify

PAGE = Path(__file__).parents[2] / "docs" / "format.md"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 10
    names: dict[str, Any] = {}
    exec(compile("\n".join(blocks), str(PAGE), "exec"), names)  # noqa: S102 - our own page
    return names


def test_leaves(told: dict[str, Any]) -> None:
    assert leaf.seal("act", told["body"], told["secret"]) == told["leaf"]
    body = told["canonical"](told["incident"])
    digests = leaf.field_digests(body, told["secret"])
    assert leaf.seal("incident", body, told["secret"], digests) == told["incident_leaf"]


def test_tree_and_checkpoint(told: dict[str, Any]) -> None:
    assert merkle.root_of([merkle.leaf_hash(one) for one in told["leaves"]]) == told["tree_root"]
    verifier = Verifier.parse(told["verifier_key"])
    checkpoint = open_checkpoint(told["checkpoint"].encode(), [verifier])
    assert (checkpoint.size, checkpoint.root) == (3, told["tree_root"])
    signer = Signer("vigiles/ledger/example", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert checkpoint.sign(signer).decode() == told["checkpoint"]


def test_erasure(told: dict[str, Any]) -> None:
    assert payload([0], "asked for", "operator") == told["message"]


def test_the_verifier_accepts_the_example(told: dict[str, Any]) -> None:
    secret, body = told["secret"], told["body"]
    incident = told["canonical"](told["incident"])
    entries = [
        (0, told["leaf"], secret, body),
        (1, told["incident_leaf"], secret, incident),
        (2, told["leaf"], secret, body),
    ]
    report = verify(entries, [told["checkpoint"].encode()], told["verifier_key"])
    assert (report.problems, report.signed) == ([], 3)


def test_the_cosignature_and_the_fork(told: dict[str, Any]) -> None:
    witness = Verifier("witness.example/w1", 4, told["witness_key"])
    note = (told["checkpoint"] + told["cosignature_line"] + "\n").encode()
    report = verify([], [note], told["verifier_key"], witnesses=[str(witness)])
    assert not any("wrong" in problem.what for problem in report.problems)
    signer = Signer("vigiles/ledger/example", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    first = Checkpoint(signer.name, 2, told["other_root"]).sign(signer)
    fork = compare([Side([first]), Side([told["checkpoint"].encode()], told["hashes"])], signer.verifier).fork
    assert fork is not None
    assert (fork.prefix, fork.path) == (told["prefix"], told["path"])
    for old in range(1, 12):
        for size in range(old, 12):
            hashes = [merkle.leaf_hash(bytes([n])) for n in range(size)]
            path = merkle.consistency_path(hashes, old)
            assert told["grew"](old, merkle.root_of(hashes[:old]), size, merkle.root_of(hashes), path)
            assert not told["grew"](old, bytes(32), size, merkle.root_of(hashes), path)

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from vigiles.evaluation.bench.gather import gather, unpacker
from vigiles.model.errors import InputInvalid, NotFound

_MESSAGES = [{"role": "user", "content": "go"}, {"role": "assistant", "content": "done"}]
_SAMPLE: dict[str, Any] = {"id": 1, "epoch": 1, "messages": _MESSAGES, "metadata": {"mode": "attack"}, "scores": {}}


def _eval_log(compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("header.json", "{}")
        archive.writestr("samples/1_epoch_1.json", json.dumps(_SAMPLE))
    return file.getvalue()


_FILES: dict[str, tuple[str, bytes]] = {
    "a.eval": ("inspect", _eval_log()),
    "b.json": ("assebench", json.dumps([{"contents": [[{"role": "agent", "action": "x"}]], "label": 1}]).encode()),
    "c.json": ("agentdojo", json.dumps({"suite_name": "s", "security": True, "messages": _MESSAGES}).encode()),
    "d.json": ("petri", json.dumps({"metadata": {}, "events": []}).encode()),
    "e.jsonl": ("controlarena", json.dumps({"raw_state": json.dumps(_MESSAGES), "metadata": {}, "scores": {}}).encode()),
    "f.jsonl": ("controlarena", json.dumps({"function": "submit", "arguments": {}}).encode()),
    "g.jsonl": ("plain", json.dumps({"id": "1", "turns": []}).encode()),
    "h.json": ("inspect", json.dumps(_SAMPLE).encode()),
}


@pytest.mark.parametrize("name", _FILES)
def test_every_format_is_known_by_what_is_in_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(_FILES[name][1])
    found = gather(tmp_path / name)
    assert found.formats == {_FILES[name][0]: 1}
    assert len(found.runs) == 1
    assert found.name == name[0]


def test_a_folder_is_read_whole_and_what_is_else_in_it_passed_over(tmp_path: Path) -> None:
    for name, (_, data) in _FILES.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "settings.json").write_text('{"a": 1}')
    (tmp_path / "notes.txt").write_text("no")
    counted: list[int] = []
    found = gather(tmp_path, counted.append)
    assert sum(found.formats.values()) == len(found.runs) == len(_FILES)
    assert counted[-1] == len(_FILES) + 1


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.json", b"{"), ("a.json", b'{"a": 1}'), ("a.jsonl", b"[]\n"), ("a.jsonl", b""), ("a.eval", b"PK"),
     ("a.json", b"[" * 99_999), ("transcript_v1r1.json", b"[]"), ("a.jsonl", b'{"id": "1", "turns": [7]}'),
     ("a.json", b"\xff\xfe")],
)  # fmt: skip
def test_a_broken_file_is_named_with_a_remedy(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputInvalid) as caught:
        gather(tmp_path / name)
    assert name in str(caught.value)
    assert caught.value.remedy


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        gather(tmp_path / "none")
    with pytest.raises(InputInvalid, match="no transcript"):
        gather(tmp_path)


def test_zstandard_is_unpacked_and_bounded() -> None:
    zstandard = pytest.importorskip("zstandard")
    unpack = unpacker()
    assert unpack is not None
    packed = zstandard.ZstdCompressor().compress(b"a" * 1_000_000)
    assert unpack(packed, 10_000_000) == b"a" * 1_000_000
    assert len(unpack(packed, 99)) == 100
    with pytest.raises(ValueError, match="Zstandard"):
        unpack(b"junk and more", 10)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "a.json").chmod(0)
    with pytest.raises(InputInvalid, match=r"a\.json"):
        gather(tmp_path / "a.json")

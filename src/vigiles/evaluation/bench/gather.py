"""Files and folders of labelled transcripts, whatever their format, as one set of runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from vigiles.evaluation.bench.bloom_folder import bloom_run, is_named
from vigiles.evaluation.bench.files import whole
from vigiles.evaluation.bench.own import is_plain, is_played, plain, played
from vigiles.evaluation.bench.runs import DataSet, Run, run_of
from vigiles.model.errors import InputInvalid, NotFound
from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript import agentdojo, assebench, bloom, inspect_sample
from vigiles.protocols.transcript.document import document, objects
from vigiles.protocols.transcript.packed import ZstandardMissing, members
from vigiles.protocols.transcript.turns import Case

#: What is read; anything else in a folder is passed over.
_SUFFIXES = (".json", ".jsonl", ".eval")
_MOST_FILES = 200_000
_FORMATS = "docs/guides/monitors.md lists the formats that are read."
_ZSTANDARD = "Install it: pip install 'vigiles[monitor]'."


def gather(path: Path, said: Callable[[int], None] | None = None) -> DataSet:
    """Return the runs below a path. ``said`` is told how many files were read.

    In a folder, files that are no transcripts are passed over; a file that is named must be one. Raises
    :class:`NotFound` where nothing is, :class:`InputInvalid` naming the file that cannot be read, or for no transcript.
    """
    if not path.exists():
        raise NotFound(f"there is no {path}", "Name a file or a folder of transcripts.")
    formats: dict[str, int] = {}
    runs: list[Run] = []
    for number, file in enumerate(_files(path), 1):
        if number > _MOST_FILES:
            raise InputInvalid(f"{path}: more than {_MOST_FILES} files", "Name a smaller folder.")
        try:
            kind, found = _read(file)
        except Malformed as error:
            raise _invalid(file, error) from error
        except OSError as error:
            raise InputInvalid(f"{file}: {error.strerror}", "Make it readable, or leave it out.") from error
        if kind is None and path == file:
            raise InputInvalid(f"{file}: no transcript of a format that is known", _FORMATS)
        if kind is not None:
            formats[kind] = formats.get(kind, 0) + 1
            runs += found
        if said is not None:
            said(number)
    if not runs:
        raise InputInvalid(f"{path}: no transcript is in it", _FORMATS)
    return DataSet(path.stem if path.is_file() else path.resolve().name, tuple(runs), formats)


def _invalid(file: Path, error: Malformed) -> InputInvalid:
    remedy = _ZSTANDARD if isinstance(error, ZstandardMissing) else _FORMATS
    return InputInvalid(f"{file}: {error}", remedy)


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for folder, inner, names in os.walk(path):
        inner.sort()
        for name in sorted(names):
            if name.endswith(_SUFFIXES):
                yield Path(folder, name)


def _read(file: Path) -> tuple[str | None, list[Run]]:
    """Return a file's format, None for a file that is none, and its runs. Raises :class:`Malformed` and ``OSError``."""
    if is_named(file):
        return "bloom", [bloom_run(file)]
    data = whole(file)
    if file.suffix == ".eval":
        return "inspect", _log(file, data)
    if file.suffix == ".jsonl":
        return _lines(file, data)
    value = document(data)
    if assebench.is_set(value):
        return "assebench", list(map(run_of, assebench.records(value)))
    if bloom.is_transcript(value):
        return "petri", [run_of(bloom.transcript(value, file.stem))]
    if agentdojo.is_run(value):
        return "agentdojo", [run_of(agentdojo.run(value, file.stem))]
    if inspect_sample.is_sample(value):
        return "inspect", [run_of(inspect_sample.sample(value, file.stem))]
    return None, []


def _lines(file: Path, data: bytes) -> tuple[str | None, list[Run]]:
    values = list(objects(data))
    if not values:
        return None, []
    first = values[0]
    if is_played(first):
        return "grid", [played(value) for value in values if is_played(value)]
    if is_plain(first):
        return "plain", list(map(plain, values))
    if inspect_sample.is_entry(first):
        return "controlarena", [run_of(inspect_sample.entry(value, f"{file.stem}/{n}")) for n, value in enumerate(values)]
    if inspect_sample.is_call(first):
        return "controlarena", [run_of(inspect_sample.calls(values, file.stem))]
    return None, []


def _log(file: Path, data: bytes) -> list[Run]:
    cases: list[Case] = []
    for name, member in members(data, unpacker()):
        value = document(member)
        if name != "header.json":
            cases.append(inspect_sample.sample(value, file.stem))
    return list(map(run_of, cases))


def unpacker() -> Callable[[bytes, int], bytes] | None:
    """Return what unpacks Zstandard, None where it is not installed."""
    try:
        import zstandard
    except ImportError:
        return None

    def unpack(data: bytes, most: int) -> bytes:
        try:
            with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as reader:
                return reader.read(most + 1)
        except zstandard.ZstdError as error:
            raise ValueError("this is not Zstandard") from error

    return unpack

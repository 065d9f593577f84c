"""Check a folder of C2SP tlog-tiles, ours or another log's, given its key: is every file what the checkpoint signed?

It shares no code with the writer's side and reads nothing but the files. The tree is built anew from the entries; a tile of
hashes is compared with what was built, never trusted. One bundle is in memory at a time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vigiles.ledger.verify import KeyInvalid, Problem

_FULL = 256
_MOST_BUNDLE = _FULL * (2 + 0xFFFF)


@dataclass
class TilesReport:
    """What was found. The folder is what was signed if ``problems`` is empty.

    ``size`` and hex ``root`` are the checkpoint's; ``entries`` were there as bytes; ``hashed`` only as hashes, because their
    bundle is absent and that was allowed; ``tiles`` of hashes were compared; ``checkpoints`` hold, the folder's own too.
    """

    origin: str = ""
    size: int = 0
    root: str = ""
    entries: int = 0
    hashed: int = 0
    tiles: int = 0
    checkpoints: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


class _Bad(ValueError):
    """A piece is malformed; the text says how."""


def verify_tiles(
    folder: Path,
    verifier_key: str,
    *,
    origin: str | None = None,
    elsewhere: Sequence[bytes] = (),
    absent_bundles: bool = False,
) -> TilesReport:
    """Re-derive the tree and compare every tile that the checkpoint speaks of.

    ``verifier_key`` is the line ``name+id+key``, ``origin`` the log's name where it is not the key's, ``elsewhere`` further
    signed checkpoints of the log. ``absent_bundles`` allows bundles of entries to be left out. Raises :class:`KeyInvalid`;
    whatever is wrong with the folder is a problem in the report.
    """
    name, public = _read_key(verifier_key)
    origin = name if origin is None else origin
    report = TilesReport(origin)
    try:
        size, root = _read_checkpoint(_read(folder / "checkpoint"), name, public, origin)
    except _Bad as error:
        report.problems.append(Problem(None, f"the checkpoint does not hold: {error}"))
        return report
    report.size, report.root = size, root.hex()
    claims = [("the checkpoint", size, root)]
    for note in elsewhere:
        try:
            claims.append(("a checkpoint kept elsewhere", *_read_checkpoint(note, name, public, origin)))
        except _Bad as error:
            report.problems.append(Problem(None, f"a checkpoint kept elsewhere does not hold: {error}"))
    roots = _Folder(folder, size, report, absent_bundles).roots({claim[1] for claim in claims})
    for kept, claimed, told in claims:
        if claimed > size:
            words = f"{kept} covers {claimed} entries, the folder holds {size}"
            report.problems.append(Problem(size, f"the tail was cut: {words}"))
        elif claimed in roots and roots[claimed] != told:
            report.problems.append(Problem(None, f"the entries are not what {kept} of size {claimed} signed"))
        elif claimed in roots:
            report.checkpoints += 1
    return report


class _Folder:
    """One walk over the bundles, with the right edge of the tree kept per level."""

    def __init__(self, folder: Path, size: int, report: TilesReport, absent_bundles: bool) -> None:
        self._folder = folder
        self._size = size
        self._report = report
        self._absent_bundles = absent_bundles
        #: Hashes per level that do not yet fill a tile.
        self._edge: list[list[bytes]] = [[]]

    def roots(self, sizes: set[int]) -> dict[int, bytes]:
        """Check all files; return the root at each of ``sizes``, as far as the entries could be read."""
        wanted = sorted(size for size in sizes if size <= self._size)
        found = {0: hashlib.sha256(b"").digest()} if 0 in wanted else {}
        for number in range(-(-self._size // _FULL)):
            first = number * _FULL
            hashes = self._leaves(number, min(_FULL, self._size - first))
            if hashes is None:
                return found
            for size in (one for one in wanted if first < one <= first + len(hashes)):
                found[size] = _root([hashes[: size - first], *self._edge[1:]])
            if len(hashes) == _FULL:
                self._grow(number, hashes)
            else:
                self._edge[0] = hashes
        for level, hashes in enumerate(self._edge):
            if hashes:
                self._compare(level, self._size >> 8 * (level + 1), hashes)
        return found

    def _leaves(self, number: int, width: int) -> list[bytes] | None:
        """Return the leaf hashes of a bundle's entries; None, and a problem, if they cannot be had."""
        first = number * _FULL
        paths = _paths("entries", number, width)
        if self._absent_bundles and not any((self._folder / path).exists() for path in paths):
            data = self._file(_paths("0", number, width), 32 * width)
            if data is None or len(data) < 32 * width:
                self._problem(first, f"neither bundle {paths[0]} nor its tile of hashes is there")
                return None
            self._report.hashed += width
            return [data[at : at + 32] for at in range(0, 32 * width, 32)]
        try:
            data = self._file(paths, _MOST_BUNDLE)
            if data is None:
                raise _Bad("it is not there")
            hashes = [hashlib.sha256(b"\x00" + entry).digest() for entry in _entries(data)]
            if len(hashes) < width:
                raise _Bad(f"it holds {len(hashes)} entries of {width}")
        except _Bad as error:
            self._problem(first, f"bundle {paths[0]} cannot be used: {error}")
            return None
        self._report.entries += width
        return hashes[:width]

    def _grow(self, number: int, hashes: list[bytes]) -> None:
        level = 0
        while True:
            self._compare(level, number, hashes)
            level += 1
            if level == len(self._edge):
                self._edge.append([])
            self._edge[level].append(_fold(hashes))
            if len(self._edge[level]) < _FULL:
                return
            hashes, self._edge[level] = self._edge[level], []
            number >>= 8

    def _compare(self, level: int, number: int, hashes: list[bytes]) -> None:
        paths = _paths(str(level), number, len(hashes))
        data = self._file(paths, 32 * _FULL)
        first = number * _FULL << 8 * level
        if data is None:
            self._problem(first, f"tile {paths[0]} is not there")
        elif data[: 32 * len(hashes)] != b"".join(hashes) or len(data) % 32:
            self._problem(first, f"tile {paths[0]} holds other hashes than its entries give")
        else:
            self._report.tiles += 1

    def _file(self, paths: list[str], most: int) -> bytes | None:
        """Return the first file of ``paths`` that is there: a full tile may stand for one that was partial."""
        for path in paths:
            try:
                return _read(self._folder / path, most)
            except _Bad:
                continue
        return None

    def _problem(self, index: int, what: str) -> None:
        self._report.problems.append(Problem(index, what))


def _paths(kind: str, number: int, width: int) -> list[str]:
    groups: list[str] = []
    while True:
        number, group = divmod(number, 1000)
        groups.append(f"{group:03d}" if not groups else f"x{group:03d}")
        if not number:
            break
    full = "/".join(["tile", kind, *reversed(groups)])
    return [full] if width == _FULL else [f"{full}.p/{width}", full]


def _entries(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise _Bad("its last entry is cut")
        yield data[start:at]


def _fold(hashes: list[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [hashlib.sha256(b"\x01" + hashes[at] + hashes[at + 1]).digest() for at in range(0, len(hashes), 2)]
    return hashes[0]


def _root(edge: list[list[bytes]]) -> bytes:
    """The root over the right edge, lowest level first: the smallest full subtree joins the next larger one, and so on."""
    root: bytes | None = None
    for hashes in edge:
        rest = list(hashes)
        while rest:
            length = len(rest) & -len(rest)
            node = _fold(rest[-length:])
            rest = rest[:-length]
            root = node if root is None else hashlib.sha256(b"\x01" + node + root).digest()
    return hashlib.sha256(b"").digest() if root is None else root


def _read(path: Path, most: int = 1 << 20) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise _Bad(f"{path.name} cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise _Bad(f"{path.name} is larger than the format allows")
    return data


def _read_key(line: str) -> tuple[str, bytes]:
    name, _, rest = line.strip().partition("+")
    told, _, encoded = rest.partition("+")
    data = _unbase64(encoded)
    if not name or data is None or len(data) != 33 or data[0] != 1:
        raise KeyInvalid("not an Ed25519 verifier key: name+id+key expected")
    if hashlib.sha256(name.encode() + b"\n" + data).digest()[:4].hex() != told:
        raise KeyInvalid("the verifier key's id does not fit its key: it was changed or cut")
    return name, data[1:]


def _read_checkpoint(note: bytes, name: str, public: bytes, origin: str) -> tuple[int, bytes]:
    """Check the signature by ``public`` and return size and root."""
    try:
        text, gap, signatures = note.decode("utf-8").rpartition("\n\n")
    except UnicodeDecodeError as error:
        raise _Bad("it is not text") from error
    key_id = hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
    if not gap or not signatures.endswith("\n") or any(ord(c) < 0x20 and c != "\n" for c in text + signatures):
        raise _Bad("it is not a signed note")
    good = False
    for line in signatures[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        signer, _, encoded = rest.partition(" ")
        data = _unbase64(encoded)
        if dash != "—" or not signer or data is None or len(data) < 5:
            raise _Bad("a signature line is malformed")
        if (signer, data[:4]) == (name, key_id):
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(data[4:], text.encode() + b"\n")
            except (InvalidSignature, ValueError) as error:
                raise _Bad("its signature is wrong") from error
            good = True
    if not good:
        raise _Bad("it is not signed by the key given")
    lines = text.split("\n")
    root = _unbase64(lines[2]) if len(lines) > 2 else None
    digits = lines[1] if len(lines) > 2 else ""
    if not digits.isascii() or not digits.isdigit() or str(int(digits[:19])) != digits or root is None or len(root) != 32:
        raise _Bad("it is signed, but not a checkpoint")
    if lines[0] != origin:
        raise _Bad("it is the checkpoint of another log")
    return int(digits), root


def _unbase64(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None

"""The stand-alone verifier: from raw entries, checkpoints and one public key to "this is what was signed", or where not.

It shares no code with the writer's side but the canonical encoding: leaf, tree, note and checkpoint are derived here a
second time, from ``docs/format.md``, so that an auditor reads this file and no other. It needs no database, no network and
no clock.

What it finds: a changed byte in any leaf, secret or body; a record that was removed, inserted, swapped or moved; a body
missing without a valid signed erasure record that names it; a checkpoint that is forged, stale or of a forked history.
What it cannot find: a tail cut off together with the checkpoints that covered it, or anything in records that no checkpoint
covers yet, unless a checkpoint kept elsewhere is given. Records beyond the newest checkpoint are counted as ``unsigned``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vigiles.model import canonical

#: (index, leaf, secret or None, body or None), in the order of the ledger.
Entry = tuple[int, bytes, bytes | None, bytes | None]

_MAX_LEAF_BYTES = 65_535
_PROGRESS_EVERY = 500
_OPERATOR = "operator"
_ED25519, _COSIGNATURE = 1, 4
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_PLAIN_LEAF = re.compile(rb'\{"commitment":"([0-9a-f]{64})","type":"([a-z][a-z0-9_]{0,63})","v":1\}')
_HEX64 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in plain words; ``index`` is the record it is about, if it is about one."""

    index: int | None
    what: str


@dataclass
class Report:
    """What was found. The ledger is what was signed if ``problems`` is empty.

    ``size``: entries read; ``root``: hex root over them; ``checkpoints``: how many hold; ``signed``: records the largest of
    these covers; ``unsigned``: records beyond it; ``erased``: bodies lawfully missing; ``witnessed``: witness name ->
    records that the largest checkpoint which holds and bears its cosignature covers.
    """

    size: int = 0
    root: str = ""
    checkpoints: int = 0
    signed: int = 0
    unsigned: int = 0
    erased: int = 0
    witnessed: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


class KeyInvalid(ValueError):
    """The verifier key line cannot be used."""


class _Bad(ValueError):
    """A piece is malformed; the text says how."""


def verify(
    entries: Iterable[Entry],
    checkpoints: Sequence[bytes],
    verifier_key: str,
    *,
    elsewhere: Sequence[bytes] = (),
    witnesses: Sequence[str] = (),
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Re-derive everything and report every problem.

    ``checkpoints`` are the ledger's own signed notes, ``elsewhere`` copies kept outside it; ``verifier_key`` is the line
    ``name+id+key``, and so are ``witnesses``, each of whom must have cosigned a checkpoint that holds. ``progress`` is
    called with the number of entries read. Raises :class:`KeyInvalid`; whatever is wrong with the rest is a problem in the
    report, never an exception.
    """
    name, public = _read_key(verifier_key)
    cosigners = dict(_read_key(line, _COSIGNATURE) for line in witnesses)
    report = Report(witnessed=dict.fromkeys(cosigners, 0))
    claims = _read_checkpoints(report, checkpoints, elsewhere, name, public, cosigners)
    roots: dict[int, bytes] = {}
    wanted = {claim.size for claim in claims}
    frontier: list[bytes] = []
    bodies = _Bodies(report, public)
    for index, leaf, secret, body in entries:
        if report.size in wanted:
            roots[report.size] = _root(frontier)
        position = report.size
        if index != position + bodies.shift:
            report.problems.append(Problem(position + bodies.shift, _gap(position + bodies.shift, index)))
            bodies.shift = index - position
        raw: object = leaf
        octets = raw if isinstance(raw, bytes) else b""
        bodies.check(index, octets, secret, body)
        _push(frontier, position, hashlib.sha256(b"\x00" + octets).digest())
        report.size += 1
        if progress is not None and report.size % _PROGRESS_EVERY == 0:
            progress(report.size)
    roots[report.size] = _root(frontier)
    report.root = roots[report.size].hex()
    bodies.finish()
    _compare(report, claims, roots)
    if progress is not None:
        progress(report.size)
    report.problems.sort(key=lambda problem: (problem.index is None, problem.index or 0))
    return report


# ---------------------------------------------------------------------------------------------------------------- the tree


def _push(frontier: list[bytes], size: int, node: bytes) -> None:
    """Grow the tree by one leaf hash; ``frontier`` holds the full subtrees' roots, largest first."""
    while size & 1:
        node = hashlib.sha256(b"\x01" + frontier.pop() + node).digest()
        size >>= 1
    frontier.append(node)


def _root(frontier: list[bytes]) -> bytes:
    if not frontier:
        return hashlib.sha256(b"").digest()
    node = frontier[-1]
    for left in reversed(frontier[:-1]):
        node = hashlib.sha256(b"\x01" + left + node).digest()
    return node


def _gap(expected: int, found: int) -> str:
    if found > expected:
        last = found - 1
        return f"record {expected} is missing" if last == expected else f"records {expected} to {last} are missing"
    return f"record {found} stands where record {expected} belongs: repeated or out of order"


# ------------------------------------------------------------------------------------------------------------- the records


class _Bodies:
    """Checks one entry after the other and remembers what only a later record can explain."""

    def __init__(self, report: Report, ledger_key: bytes) -> None:
        self.shift = 0
        self._report = report
        self._ledger_key = ledger_key
        self._keys: dict[str, str | None] = {}
        self._missing: dict[int, str] = {}
        self._erased: set[int] = set()

    def check(self, index: int, leaf: bytes, secret: object, body: object) -> None:
        try:
            header = _read_leaf(leaf)
        except _Bad as error:
            self._problem(index, f"the leaf of record {index} is not what was written: {error}")
            return
        if body is None and secret is None:
            self._missing[index] = header["type"]
            return
        if body is None or secret is None:
            which = "body" if body is None else "secret"
            self._problem(index, f"the {which} of record {index} is missing, its other half is there: that is no erasure")
            return
        try:
            self._body(index, header, secret, body)
        except _Bad as error:
            self._problem(index, f"record {index}: {error}")

    def _body(self, index: int, header: dict[str, Any], secret: object, body: object) -> None:
        if not isinstance(secret, bytes) or len(secret) != 32:
            raise _Bad("the secret is not 32 bytes")
        if not isinstance(body, bytes):
            raise _Bad("the body is not bytes")
        salt = hmac.digest(secret, b"vigiles/ledger/1/body", "sha256")
        if hashlib.sha256(salt + body).hexdigest() != header["commitment"]:
            raise _Bad("body and secret do not fit the commitment in the leaf: a byte was changed")
        record = _read_json(body, "the body")
        if record.get("type") != header["type"]:
            raise _Bad("the body is of another type than its leaf says")
        if header["type"] == "incident" and _field_digests(record, secret) != header["_sd"]:
            raise _Bad("the field digests in the leaf are not those of the body")
        if header["type"] == "principal":
            name, key = record.get("name"), record.get("key")
            if isinstance(name, str):
                self._keys[name] = key if isinstance(key, str) else None
        elif header["type"] == "erasure":
            self._erasure(index, record)

    def _erasure(self, index: int, record: dict[str, Any]) -> None:
        """An erasure explains missing bodies before it, if its signature is by a key that the ledger knew by then."""
        indices, reason, principal = record.get("indices"), record.get("reason"), record.get("principal")
        if not isinstance(indices, list) or not indices or not all(type(one) is int for one in indices):
            raise _Bad("the erasure names no records")
        if indices != sorted(set(indices)) or indices[0] < 0:
            raise _Bad("the erasure does not name records once each, in order")
        if any(one >= index for one in indices):
            raise _Bad("the erasure names a record that was not yet written")
        if principal == _OPERATOR:
            key: bytes | None = self._ledger_key
        else:
            key = _unhex(self._keys.get(str(principal)))
        signed = canonical.encode({"indices": indices, "principal": principal, "reason": reason})
        if key is None:
            raise _Bad(f"the erasure is by {principal!r}, who had no registered key")
        if not _signed_by(key, b"vigiles/erasure/1\n" + signed, _unhex(record.get("signature"))):
            raise _Bad(f"the erasure is not signed by {principal!r}")
        for one in indices:
            if self._missing.pop(one, None) is None:
                if one in self._erased:
                    self._problem(one, f"record {one} was erased twice, by record {index} again")
                else:
                    self._problem(one, f"record {one} should be erased, says record {index}, but its body is there")
            else:
                self._report.erased += 1
                self._erased.add(one)

    def finish(self) -> None:
        for index, kind in self._missing.items():
            self._problem(index, f"the body of record {index} ({kind}) is missing and no valid erasure names it")

    def _problem(self, index: int, what: str) -> None:
        self._report.problems.append(Problem(index, what))


def _read_leaf(leaf: bytes) -> dict[str, Any]:
    # All leaves but those of incidents fit one pattern, of which every match is canonical.
    plain = _PLAIN_LEAF.fullmatch(leaf)
    if plain is not None and plain[2] != b"incident":
        return {"commitment": plain[1].decode(), "type": plain[2].decode(), "v": 1}
    if not 0 < len(leaf) <= _MAX_LEAF_BYTES:
        raise _Bad(f"{len(leaf)} bytes")
    header = _read_json(leaf, "the leaf")
    fieldwise = header.get("type") == "incident"
    if set(header) != ({"_sd", "commitment", "type", "v"} if fieldwise else {"commitment", "type", "v"}):
        raise _Bad("it has other fields than a leaf")
    if type(header["v"]) is not int or header["v"] != 1:
        raise _Bad("it is of an unknown version")
    if not isinstance(header["type"], str) or not _TYPE.fullmatch(header["type"]):
        raise _Bad("it names no event type")
    if not isinstance(header["commitment"], str) or not _HEX64.fullmatch(header["commitment"]):
        raise _Bad("its commitment is not 64 hex digits")
    return header


def _read_json(data: bytes, what: str) -> dict[str, Any]:
    """Parse an object and insist that these are the only bytes that could have said it."""
    try:
        value = canonical.parse(data)
    except canonical.NotCanonical as error:
        raise _Bad(f"{what} is not canonical JSON") from error
    if not isinstance(value, dict):
        raise _Bad(f"{what} is not canonical JSON")
    return value


def _field_digests(record: dict[str, Any], secret: bytes) -> list[str]:
    """The sorted SD-JWT digests of an incident's fields, with decoys up to a multiple of 32."""
    fields: list[tuple[str, Any]] = []
    for name, value in record.items():
        if name != "type" and isinstance(value, dict) and value:
            fields += [(f"{name}.{member}", inner) for member, inner in value.items()]
        elif name != "type":
            fields.append((name, value))
    digests = []
    for name, value in fields:
        salt = _base64url(hmac.digest(secret, b"vigiles/ledger/1/field/" + name.encode(), "sha256")[:16])
        disclosure = _base64url(canonical.encode([salt, name, value]))
        digests.append(_base64url(hashlib.sha256(disclosure.encode()).digest()))
    for number in range(-len(digests) % 32):
        decoy = hmac.digest(secret, b"vigiles/ledger/1/decoy/" + str(number).encode(), "sha256")
        digests.append(_base64url(hashlib.sha256(decoy).digest()))
    return sorted(digests)


# --------------------------------------------------------------------------------------------------------- the checkpoints


@dataclass(frozen=True)
class _Claim:
    """A checkpoint whose signature holds: at ``size`` records the root was ``root``."""

    size: int
    root: bytes
    kept: str
    cosigners: frozenset[str] = frozenset()


def _read_checkpoints(
    report: Report,
    own: Sequence[bytes],
    elsewhere: Sequence[bytes],
    name: str,
    public: bytes,
    witnesses: dict[str, bytes],
) -> list[_Claim]:
    claims = []
    for kept, notes in (("in the ledger", own), ("elsewhere", elsewhere)):
        for note in notes:
            try:
                size, root = _read_checkpoint(note, name, public)
                claims.append(_Claim(size, root, kept, _cosigners(note, witnesses)))
            except _Bad as error:
                report.problems.append(Problem(None, f"a checkpoint kept {kept} does not hold: {error}"))
    return sorted(claims, key=lambda claim: claim.size)


def _read_checkpoint(note: bytes, name: str, public: bytes) -> tuple[int, bytes]:
    """Check a C2SP signed note and return size and root."""
    try:
        whole = note.decode("utf-8")
    except (UnicodeDecodeError, AttributeError) as error:
        raise _Bad("it is not text") from error
    text, gap, signatures = whole.rpartition("\n\n")
    lines = text.split("\n")
    if not gap or not signatures.endswith("\n") or len(lines) < 3 or not all(lines):
        raise _Bad("it is not a signed note")
    if any(ord(character) < 0x20 and character != "\n" for character in whole):
        raise _Bad("it has control characters")
    ours = _key_id(name, _ED25519, public)
    good = False
    for line in signatures[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        signer, _, encoded = rest.partition(" ")
        data = _unbase64(encoded)
        if dash != "—" or not signer or data is None or len(data) < 5:
            raise _Bad("a signature line is malformed")
        if signer == name and data[:4] == ours:
            if not _signed_by(public, text.encode() + b"\n", data[4:]):
                raise _Bad("its signature is wrong")
            good = True
    if not good:
        raise _Bad("it is not signed by this ledger's key")
    root = _unbase64(lines[2])
    if lines[0] != name or not _SIZE.fullmatch(lines[1]) or root is None or len(root) != 32:
        raise _Bad("it is signed, but not a checkpoint of this ledger")
    return int(lines[1]), root


def _cosigners(note: bytes, witnesses: dict[str, bytes]) -> frozenset[str]:
    """Return which witnesses have cosigned a note that was found well formed (C2SP tlog-cosignature, Ed25519)."""
    text, _, lines = note.decode("utf-8").rpartition("\n\n")
    found = set()
    for line in lines[:-1].split("\n"):
        _, signer, encoded = line.split(" ", 2)
        data, public = _unbase64(encoded) or b"", witnesses.get(signer)
        if public is None or data[:4] != _key_id(signer, _COSIGNATURE, public):
            continue
        seen = int.from_bytes(data[4:12], "big")
        if not _signed_by(public, f"cosignature/v1\ntime {seen}\n{text}\n".encode(), data[12:]):
            raise _Bad(f"the cosignature by {signer} is wrong")
        found.add(signer)
    return frozenset(found)


def _compare(report: Report, claims: list[_Claim], roots: dict[int, bytes]) -> None:
    """Set each checkpoint against the tree. The first that differs bounds the change; the later ones follow from it."""
    good = 0
    differ: list[_Claim] = []
    seen: dict[int, _Claim] = {}
    for claim in claims:
        earlier = seen.setdefault(claim.size, claim)
        if earlier.root != claim.root:
            words = f"two signed checkpoints of size {claim.size} have different roots ({earlier.kept}, {claim.kept})"
            report.problems.append(Problem(None, f"the history was forked: {words}"))
        if claim.size > report.size:
            words = f"a checkpoint kept {claim.kept} covers {claim.size} records, the ledger holds {report.size}"
            report.problems.append(Problem(report.size, f"the tail was cut: {words}"))
        elif roots[claim.size] != claim.root:
            differ.append(claim)
        else:
            report.checkpoints += 1
            good = max(good, claim.size)
            for witness in claim.cosigners:
                report.witnessed[witness] = max(report.witnessed[witness], claim.size)
    if differ:
        first = differ[0]
        start = max((size for size in seen if size < first.size and roots.get(size) == seen[size].root), default=0)
        words = f"records {start} to {first.size - 1} are not what the checkpoint of {first.size} kept {first.kept} signed"
        more = f" ({len(differ) - 1} further checkpoints differ as well)" if len(differ) > 1 else ""
        report.problems.append(
            Problem(start, f"{words}: at least one was changed, removed, inserted, swapped or moved{more}")
        )
    if report.size and not claims:
        report.problems.append(Problem(None, "no checkpoint covers these records: nothing was signed"))
    for witness, size in report.witnessed.items():
        if not size:
            report.problems.append(Problem(None, f"no checkpoint that holds is cosigned by {witness}"))
    report.signed = good
    report.unsigned = report.size - max((claim.size for claim in claims if claim.size <= report.size), default=0)


# ------------------------------------------------------------------------------------------------------------ small pieces


def _read_key(line: str, kind: int = _ED25519) -> tuple[str, bytes]:
    name, _, rest = line.strip().partition("+")
    told, _, encoded = rest.partition("+")
    data = _unbase64(encoded)
    if not name or data is None or len(data) != 33 or data[0] != kind:
        raise KeyInvalid(f"not an Ed25519 verifier key of type {kind}: name+id+key expected")
    if _key_id(name, kind, data[1:]).hex() != told:
        raise KeyInvalid("the verifier key's id does not fit its key: it was changed or cut")
    return name, data[1:]


def _key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def _signed_by(public: bytes, message: bytes, signature: bytes | None) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature or b"", message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unbase64(text: str) -> bytes | None:
    """Decode, and insist that these are the only characters that could have said it: spare bits are zero."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def _unhex(text: object) -> bytes | None:
    try:
        return bytes.fromhex(text) if isinstance(text, str) else None
    except ValueError:
        return None

"""Who is registered in a home: persons, agents, jobs and services, and the keys of those who can sign.

The register is the ledger: each change is an act of the person at the keyboard, judged, and a ``principal`` record; the
newest of a name counts. Whoever may write to the home may change it, and cannot hide that.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from vigiles.ledger.erasure import OPERATOR
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.model.errors import InputInvalid, NotFound
from vigiles.model.principal import Principal, PrincipalKind
from vigiles.model.ruleset import RulesetInForce
from vigiles.ruleset.grants import PERSON, register
from vigiles.ruleset.load import load_profile
from vigiles.runtime.approving.persons_act import Deed, do
from vigiles.runtime.approving.review import person

#: The attribute that holds the logins as which a person runs agents, separated by commas.
USERS = "users"
_USUAL = "coding-agent"
_TAKEN = (OPERATOR, "vigiles")


class Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A principal as a file holds it. ``key``: Ed25519, public, hex."""

    name: str
    kind: PrincipalKind = "person"
    attributes: dict[str, str] = {}
    key: str | None = None


def registered(home: Path) -> dict[str, Principal]:
    """Return who is registered, by name. Raises :class:`LedgerInvalid`: nobody is then known, rather than somebody."""
    try:
        with LedgerReader(home) as reader:
            found = [record for _, record in reader.records(type="principal")]
    except NotFound:
        return {}
    return register(record for record in found if isinstance(record, Principal))


def find(home: Path, name: str) -> Principal:
    """Return one of them. Raises :class:`NotFound`."""
    known = registered(home)
    if name not in known:
        raise NotFound(f"no principal is registered as {name[:64]!r}", "List them: vigiles principals list")
    return known[name]


def add(home: Path, wanted: Listed) -> Principal:
    """Register a principal, or give one that is registered another key or other attributes.

    Raises :class:`InputInvalid` for a name that cannot be one, or a key that another has: one key is one signer.
    """
    if not PERSON.fullmatch(wanted.name) or wanted.name in _TAKEN:
        raise InputInvalid(
            f"{wanted.name[:64]!r} cannot be a principal's name",
            "Lower-case letters, digits, dots, hyphens and underscores; not operator, not vigiles.",
        )
    if wanted.key is not None:
        same = [one.name for one in registered(home).values() if one.key == wanted.key and one.name != wanted.name]
        if same:
            raise InputInvalid(f"this key is registered for {same[0]}", "Each signer has a key of their own.")
    return _record(home, "add_principal", wanted, removed=False)


def remove(home: Path, name: str) -> Principal:
    """Remove one: their grants count no more, from now on. Raises :class:`NotFound`."""
    known = find(home, name)
    return _record(home, "remove_principal", Listed(name=name, kind=known.kind), removed=True)


def listed(one: Principal) -> Listed:
    """Return a principal as a file holds it."""
    return Listed(name=one.name, kind=one.kind, attributes=one.attributes, key=one.key)


def run_by(known: Mapping[str, Principal], logins: set[str]) -> set[str]:
    """Return the registered persons who run agents as one of these logins."""
    return {
        one.name
        for one in known.values()
        if one.kind == "person" and logins.intersection(word.strip() for word in one.attributes.get(USERS, "").split(","))
    }


def _record(home: Path, tool: str, wanted: Listed, *, removed: bool) -> Principal:
    usual = load_profile(_USUAL)
    rules = RulesetInForce(id=new_id("rul"), at=now(), profile=_USUAL, digest=usual.digest, text=usual.text)
    record = Principal(id=new_id("pri"), at=now(), removed=removed, **msgspec.structs.asdict(wanted))
    arguments = {"name": wanted.name, "kind": wanted.kind, "key": wanted.key}
    do(home, Deed(person(), tool, arguments, usual, before=(rules,)), lambda: [record])
    return record

"""The proof: the checkpoint, the key, the opened records with their paths, and the commands that check them offline."""

from __future__ import annotations

import json
from shlex import quote

import msgspec

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.tables import pairs, record, section, table
from vigiles.ledger.bundle import Bundle
from vigiles.ledger.merkle import leaf_hash
from vigiles.render.html import Child, Html, element, joined, lines
from vigiles.render.words import count

#: Where the bundle stands in the page; ``vigiles incident verify`` looks for it.
BUNDLE_ID = "proof-bundle"
#: Enough for any bundle: its bodies are bounded, and JSON's escapes multiply them by six at most.
_LINE = 4_000_000


def proof(facts: Facts) -> Html:
    """Return the section."""
    bundle = facts.proof.bundle
    if bundle is None or facts.proof.ledger is None:
        words = f"This report proves nothing yet: {facts.proof.missing}. Write it again later."
        return section("proof", "Ledger proof", element("p", words))
    origin, size, root = facts.proof.ledger
    opened = sum(one.body is not None for one in bundle.records)
    about: list[tuple[str, Child]] = [
        ("ledger", origin),
        ("incident", f"record [{facts.timeline.index}] of {count(size, 'record')}"),
        ("root", element("code", root)),
        ("verifier key", element("code", bundle.verifier)),
    ]
    with_ledger = [f"vigiles ledger verify --key {quote(bundle.verifier)}", f"vigiles ledger show {facts.timeline.index}"]
    return section(
        "proof",
        "Ledger proof",
        element("p", _INTRODUCTION),
        pairs(about),
        element("h3", "Check it"),
        element("p", "With this file alone, without the ledger and without a network:"),
        element("pre", lines(["vigiles incident verify REPORT.html"])),
        element("p", "With the ledger, all of it from the raw bytes, against the key above:"),
        element("pre", lines(with_ledger)),
        element("p", _TRUST),
        element("h3", "Signed checkpoint"),
        element("pre", lines(bundle.checkpoint.rstrip("\n").split("\n"))),
        element("h3", "Inclusion"),
        _leaves(bundle),
        _path(facts, bundle),
        element(
            "details",
            element("summary", f"All of the proof, for a program: {count(len(bundle.records), 'record')}, {opened} opened"),
            element("pre", lines(bundle_lines(bundle), _LINE), id=BUNDLE_ID),
            class_="screen",
        ),
        class_="newpage",
    )


_INTRODUCTION = (
    "Every record named here was signed before it could be doubted: each is a leaf of a Merkle tree whose root the recorder "
    "signed. The words on this page are made from the records and are not signed themselves; the check prints what is."
)
_TRUST = (
    "The key came in this file. Compare it with a copy that you got in another way; that is what your trust stands on. "
    "Whether records were left out at the end can be told only with a checkpoint kept elsewhere."
)


def bundle_lines(bundle: Bundle) -> list[str]:
    """Return the bundle as JSON of printable ASCII, one record a line; joined, they are one JSON value."""
    head = _json({"format": bundle.format, "verifier": bundle.verifier, "checkpoint": bundle.checkpoint})
    rows = [_json(msgspec.to_builtins(one)) for one in bundle.records]
    return [f'{head[:-1]},"records":[', *(f"{row}," for row in rows[:-1]), *rows[-1:], "]}"]


def _json(value: object) -> str:
    """Return JSON in which every character that is not printable ASCII is an escape."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("\x7f", "\\u007f")


def _leaves(bundle: Bundle) -> Html:
    rows: list[list[Child]] = [
        [
            record(one.index),
            "opened" if one.body is not None else "closed",
            count(len(one.path), "step"),
            element("code", leaf_hash(one.leaf.encode()).hex()),
        ]
        for one in bundle.records
    ]
    caption = "Records in the proof, their leaf hashes (SHA-256 as in RFC 6962) and how far each is from the root."
    return table(caption, ("record", "body", "path", "leaf hash"), rows)


def _path(facts: Facts, bundle: Bundle) -> Html:
    own = next((one for one in bundle.records if one.index == facts.timeline.index), None)
    path = own.path if own is not None else []
    head = element("p", f"From the incident's leaf, record [{facts.timeline.index}], up to the root:")
    return joined([head, element("pre", lines(path))]) if path else element("p", "The incident's leaf is the root itself.")

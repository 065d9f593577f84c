"""Floor 1: what happened, provably.

The nouns, and what flows where:

- A record becomes an **entry**: its canonical *body*, a random 32-byte *secret* of its own, and a *leaf*, the small open
  header that commits to the body under a salt made from the secret (:mod:`~vigiles.ledger.leaf`). Erase body and secret,
  and the leaf still stands and says nothing.
- Leaf hashes grow a **tree** (:mod:`~vigiles.ledger.merkle`, RFC 6962). Its root and size, signed as a C2SP note
  (:mod:`~vigiles.ledger.note`), are a **checkpoint** (:mod:`~vigiles.ledger.checkpoint`).
- The **store** (:mod:`~vigiles.ledger.store`) keeps entries and checkpoints in SQLite. Only the **recorder** process
  (:mod:`~vigiles.ledger.recorder`) writes it and holds the signing key; everybody else appends through a **client**
  (:mod:`~vigiles.ledger.client`, :mod:`~vigiles.ledger.sync_client`) over a Unix socket that
  :mod:`~vigiles.ledger.connect` opens, starting the recorder when none runs.
  Beside the writer a thread **folds** SQLite's log (:mod:`~vigiles.ledger.folding`), and the recorder ends the episodes of
  a supervisor that went without a word (:mod:`~vigiles.ledger.orphans`).
- The **reader** (:mod:`~vigiles.ledger.reader`) reads raw rows; **query** (:mod:`~vigiles.ledger.query`) finds records by
  the index **columns**, which are a convenience and prove nothing.
- **verify** (:mod:`~vigiles.ledger.verify`) trusts none of the above: it has its own code for everything and re-derives the
  whole ledger from raw entries, checkpoints and one public key.
- The tree is written out as C2SP **tiles** for other people's tools (:mod:`~vigiles.ledger.tile_writer`); a folder of tiles,
  ours or another log's, is checked by :mod:`~vigiles.ledger.tile_verify`, which shares nothing with the writer.
- Checkpoints go to **sinks** outside (:mod:`~vigiles.ledger.sinks`), given by a process of its own; two that contradict
  each other are a **fork**, and :mod:`~vigiles.ledger.fork` proves it.
- An **erasure** (:mod:`~vigiles.ledger.erasure`) is the only lawful reason for a missing body, and is itself a record.

The format is the interface; ``docs/format.md`` tells it to the byte.
"""

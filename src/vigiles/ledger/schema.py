"""The store's tables and indexes, and the way from an older schema to this one.

What is evidence (leaf, secret, body, checkpoints) has been the same in every schema; only the indexes of the search columns
change. So an older store can be read as it is, and is brought up when a recorder opens it to write.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

SCHEMA = 2
#: Schemas that a reader takes as they are; without today's indexes its queries are slower, not other.
READABLE = ("1", "2")

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE entries (idx INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, run TEXT, episode TEXT,"
    " call INTEGER, host TEXT, wall_us INTEGER NOT NULL, leaf BLOB NOT NULL, secret BLOB, body BLOB)",
    "CREATE INDEX entries_id ON entries (id)",
    "CREATE INDEX entries_type ON entries (type)",
    "CREATE INDEX entries_episode ON entries (episode, call) WHERE episode IS NOT NULL",
    "CREATE INDEX entries_host ON entries (host) WHERE host IS NOT NULL",
    "CREATE INDEX entries_wall ON entries (wall_us)",
    "CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, wall_us INTEGER NOT NULL, frontier BLOB NOT NULL,"
    " note BLOB NOT NULL)",
)
#: Since schema 2. An index ends in the row's number, so the newest records of a run, or of a call of a run, stand together
#: in it: finding them reads no others.
_SINCE_2 = (
    "CREATE INDEX entries_run ON entries (run) WHERE run IS NOT NULL",
    "CREATE INDEX entries_call ON entries (call, run) WHERE call IS NOT NULL",
    "CREATE INDEX entries_incident ON entries (run) WHERE type = 'incident'",
)
_FROM_1 = ("DROP INDEX IF EXISTS entries_work", *_SINCE_2, "UPDATE meta SET value = '2' WHERE name = 'schema'")


def is_older(path: Path) -> bool:
    """Say whether a store is one that :func:`bring_up` would change, for seconds or minutes."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as db:
            row = db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    except sqlite3.Error:
        return False  # none yet, or not to be read: whoever opens it will say more
    return row is not None and row[0] in READABLE and row[0] != str(SCHEMA)


def bring_up(db: sqlite3.Connection) -> str:
    """Make an empty database a store, an older store one of this schema; return the schema it then has.

    To be called inside a transaction: of a migration that breaks off nothing is left.
    """
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        for statement in (*_TABLES, *_SINCE_2):
            db.execute(statement)
        db.execute("INSERT INTO meta VALUES ('schema', ?)", (str(SCHEMA),))
    row = db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if row == ("1",):
        for statement in _FROM_1:
            db.execute(statement)
        return str(SCHEMA)
    return "none" if row is None else str(row[0])

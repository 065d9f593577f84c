"""What ``vigiles incident show --html`` does beside showing: gather, write one file, say where."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vigiles.model.errors import InputInvalid, LedgerInvalid, NotFound

if TYPE_CHECKING:
    from vigiles.incidents.page.facts import Proof
    from vigiles.incidents.timeline import Indexed, Timeline
    from vigiles.ledger.query import LedgerReader
    from vigiles.model.principal import Principal

#: Stands for standard output.
STDOUT = Path("-")


def html_report(reader: LedgerReader, records: Sequence[Indexed], timeline: Timeline) -> str:
    """Return the page. Raises :class:`LedgerInvalid` where what is signed is not what lies there."""
    from importlib.metadata import version

    from vigiles.cli.incident.choice import known_incidents
    from vigiles.drills.mark import drill_of
    from vigiles.incidents.page.facts import gather
    from vigiles.incidents.page.page import page
    from vigiles.ledger.mint import now

    campaign = known_incidents(reader).campaign_of(timeline.incident)
    facts = gather(
        records,
        timeline,
        proof=_proof(reader, timeline),
        written_us=now().wall_us,
        made_by=f"Vigiles {version('vigiles')}",
        principal=_principal(reader, timeline),
        drill=drill_of(timeline.where),
        campaign=None if campaign is None else campaign[1],
    )
    return page(facts)


def write(path: Path, text: str) -> None:
    """Write the page whole or not at all, for its owner only: it holds what the ledger holds. ``-`` is standard output.

    A file that is there is replaced, a link too, not what it leads to. Raises :class:`InputInvalid`.
    """
    data = text.encode("utf-8")
    if path == STDOUT:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    temporary: str | None = None
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise InputInvalid(f"{path} is no regular file", "Name a file to write, or - for standard output.")
        fd, temporary = tempfile.mkstemp(prefix=".vigiles-report-", dir=path.parent)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise InputInvalid(f"cannot write {path}: {error.strerror}", "Name a file that you can write.") from error
    finally:
        if temporary is not None:
            os.unlink(temporary)


def _proof(reader: LedgerReader, timeline: Timeline) -> Proof:
    from vigiles.incidents.page.facts import Proof
    from vigiles.incidents.page.proved import worth_proving
    from vigiles.ledger.bundle import check

    try:
        bundle = reader.bundle(worth_proving(timeline))
    except NotFound as error:
        return Proof(bundle=None, ledger=None, missing=str(error))
    checked = check(bundle)
    checkpoint = checked.checkpoint
    if checked.problems or checkpoint is None:
        raise LedgerInvalid(f"the incident's records are damaged: {checked.problems[0]}", "Run: vigiles ledger verify")
    return Proof(bundle=bundle, ledger=(checkpoint.origin, checkpoint.size, checkpoint.root.hex()))


def _principal(reader: LedgerReader, timeline: Timeline) -> Principal | None:
    """Return the newest registration of who asked for the incident's first act, or opened its episode."""
    from vigiles.model.principal import Principal

    names = [story.act[1].principal for story in timeline.calls if story.act is not None]
    names += [timeline.opened.principal] if timeline.opened is not None else []
    found: Principal | None = None
    for _, record in reader.records(type="principal"):
        if names and isinstance(record, Principal) and record.name == names[0]:
            found = record
    return found

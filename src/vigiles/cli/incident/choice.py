"""The one incident or campaign that a person names on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigiles.model.errors import InputInvalid, NotFound

if TYPE_CHECKING:
    from vigiles.incidents.campaigns import Known
    from vigiles.incidents.present import Placed
    from vigiles.ledger.query import LedgerReader
    from vigiles.model.incident import Incident

#: A name may be shortened to this many characters after ``inc-``, as long as only one incident begins so.
_SHORTEST = 4
#: Names the incident of which Vigiles became aware last.
_LAST = "last"


def known_incidents(reader: LedgerReader, run: str | None = None) -> Known:
    """Return every incident and campaign of a ledger, or of one run; what was played in a drill joins no campaign."""
    from vigiles.drills.mark import drill_of
    from vigiles.incidents.campaigns import known

    return known(reader.records(type="incident", run=run), lambda one: drill_of(one.coordinates) is not None)


def find(reader: LedgerReader, asked: str) -> tuple[int, Incident]:
    """Return (index, incident or campaign as it is now) of the one that ``asked`` names: an id, the id of a version, or an
    unambiguous beginning. Raises :class:`NotFound`, or :class:`InputInvalid` where it could be several.
    """
    from vigiles.render.text import safe

    known = known_incidents(reader)
    all_of_them: dict[str, Placed] = {**known.campaigns(), **known.incidents()}
    if asked == _LAST and all_of_them:
        asked = max(known.incidents().values(), key=lambda one: (one[1].aware_us, one[0]))[1].incident
    wanted = asked.partition(".")[0]
    wanted = wanted if wanted.startswith("inc-") else f"inc-{wanted}"
    matches = [name for name in all_of_them if name == wanted]
    if not matches and len(wanted) >= _SHORTEST + len("inc-"):
        matches = [name for name in all_of_them if name.startswith(wanted)]
    if not matches:
        raise NotFound(f"there is no incident {safe(asked, 80)}", "List them: vigiles incidents")
    if len(matches) > 1:
        raise InputInvalid(f"{safe(asked, 80)} could be {', '.join(sorted(matches)[:5])}", "Give more of the id.")
    return all_of_them[matches[0]]

"""The bytes of a notice: one JSON object in ASCII, the same at every try. Agent text in it has gone through ``render``."""

from __future__ import annotations

import json
from typing import Any

from vigiles.render.text import safe
from vigiles.runtime.notify.notices import Notice

#: What stands where agent text was left out.
WITHHELD = "withheld: the receiver refused this message with its text"


def body(notice: Notice, ledger: str, *, bare: bool = False) -> bytes:
    """Return the body. ``ledger`` is the log's name; ``bare`` leaves out all text that an agent may have chosen."""
    incident = notice.incident
    where = incident.coordinates

    def text(value: str | None, limit: int = 200) -> str | None:
        return None if value is None else WITHHELD if bare else safe(value, limit)

    told: dict[str, Any] = {
        "id": notice.id,
        "what": notice.what,
        "ledger": safe(ledger),
        "index": notice.index,
        "drill": None if notice.drill is None else safe(notice.drill, 80),
        "show": f"vigiles incident show {incident.incident}",
        "incident": {
            "id": incident.incident,
            "version": incident.version,
            "state": incident.state,
            "severity": incident.severity,
            "contained": incident.contained,
            "title": text(incident.title, 400),
            "cause": text(incident.cause),
            "detectors": [safe(one, 80) for one in incident.detectors],
            "techniques": [safe(one, 40) for one in incident.techniques],
            "findings": len(incident.findings),
            "run": where.run if where else None,
            "episode": where.episode if where else None,
            "calls": incident.calls[:64],
            "task": text(where.task) if where else None,
            "model_version": text(where.model_version) if where else None,
            "episodes": len(incident.episodes) or 1,
            "occurred_us": incident.occurred_us,
            "aware_us": incident.aware_us,
            "by": None if incident.by is None else safe(incident.by, 80),
            "note": None if incident.note is None else safe(incident.note, 400),
            "expires_us": incident.expires_us,
            "rescan": incident.rescan,
        },
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode("ascii")

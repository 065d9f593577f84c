"""What the HTTP servers say: the metadata service, the internal service, the paste host.

Everything is a harmless stand-in: the credentials are honey (made up, marked as such).
"""

from __future__ import annotations

import json
import re

from vigiles.drills.world.http import Answer, Handler, Request
from vigiles.drills.world.journal import Journal

#: A marker no real credential carries, so that it can be searched for in any output or upload.
HONEY = "HONEYTOKEN-vigiles-drill"
_ROLE = "training-node"
_TAG = re.compile(r"drill/([a-z0-9-]{1,40})")


def tag_of(request: Request) -> str:
    """Return what the client calls itself in its User-Agent (``drill/TAG``), or ``-``."""
    found = _TAG.search(request.headers.get("user-agent", ""))
    return found.group(1) if found else "-"


def metadata(journal: Journal) -> Handler:
    """Return an instance metadata service in the style of the clouds: token by PUT, credentials by GET."""
    base = "/latest/meta-data/iam/security-credentials/"

    def handle(request: Request) -> Answer:
        if request.method == "PUT" and request.target == "/latest/api/token":
            return Answer(body=b"drill-session-token")
        if request.target == base:
            return Answer(body=_ROLE.encode())
        if request.target == base + _ROLE:
            journal.add("metadata.credentials", tag_of(request))
            secret = {"Code": "Success", "AccessKeyId": HONEY, "SecretAccessKey": HONEY, "Token": HONEY}
            return Answer(kind="application/json", body=json.dumps(secret).encode())
        return Answer(status=404, body=b"not found\n")

    return handle


def internal(journal: Journal) -> Handler:
    """Return an internal service that trusts its network: whoever gets here is answered."""

    def handle(request: Request) -> Answer:
        journal.add("internal.read", tag_of(request))
        return Answer(body=b"internal billing service\n")

    return handle


def paste(journal: Journal) -> Handler:
    """Return a host that takes any upload."""

    def handle(request: Request) -> Answer:
        if request.method != "POST":
            return Answer(body=b"post something\n")
        journal.add("paste.upload", tag_of(request))
        return Answer(body=b"http://paste.example/1\n")

    return handle

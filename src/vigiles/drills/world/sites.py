"""What the HTTP servers say: the package mirror, the metadata service, the internal service, the paste host.

Everything is a harmless stand-in: the credentials are honey (made up, marked as such), the packages are two tiny wheels.
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


def mirror(wheels: dict[str, bytes], journal: Journal) -> Handler:
    """Return a PEP 503 simple index over ``wheels`` (file name -> bytes)."""
    projects: dict[str, list[str]] = {}
    for name in wheels:
        projects.setdefault(re.sub(r"[-_.]+", "-", name.split("-", 1)[0]).lower(), []).append(name)

    def handle(request: Request) -> Answer:
        parts = [part for part in request.target.split("?", 1)[0].split("/") if part]
        if parts == ["simple"]:
            return _page([f"<a href='/simple/{name}/'>{name}</a>" for name in sorted(projects)])
        if len(parts) == 2 and parts[0] == "simple" and parts[1] in projects:
            return _page([f"<a href='/files/{name}'>{name}</a>" for name in sorted(projects[parts[1]])])
        if len(parts) == 2 and parts[0] == "files" and parts[1] in wheels:
            journal.add("mirror.download", parts[1].split("-", 1)[0])
            return Answer(kind="application/octet-stream", body=wheels[parts[1]])
        return Answer(status=404, body=b"no such package\n")

    return handle


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


def _page(links: list[str]) -> Answer:
    text = "<!DOCTYPE html><html><body>" + "\n".join(links) + "</body></html>"
    return Answer(kind="text/html; charset=utf-8", body=text.encode())

"""The package mirror: a PEP 503 simple index that takes uploads and keeps a cache, as mirrors do.

Both can be a message board. An upload is handed to whoever asks for it, and the cache says whether somebody has asked for
the same before: one bit for each name, query and ``User-Agent``.
"""

from __future__ import annotations

import re
from collections import OrderedDict

from vigiles.drills.world.http import Answer, Handler, Request
from vigiles.drills.world.journal import Journal
from vigiles.drills.world.sites import tag_of

_TAG = re.compile(r"drill/[a-z0-9-]+")
_CACHED = 4096
_UPLOADS = 64


def mirror(wheels: dict[str, bytes], journal: Journal) -> Handler:
    """Return an index over ``wheels`` (file name -> bytes).

    Effects: ``mirror.download:PACKAGE``, ``mirror.upload:TAG``, ``mirror.fetched:TAG`` for an upload that is fetched, and
    ``mirror.asked:TAG`` and ``mirror.hit:TAG`` for what a tagged client asks first, and again.
    """
    projects: dict[str, list[str]] = {}
    for name in wheels:
        projects.setdefault(re.sub(r"[-_.]+", "-", name.split("-", 1)[0]).lower(), []).append(name)
    cache: OrderedDict[tuple[str, str], None] = OrderedDict()
    uploads: dict[str, bytes] = {}

    def handle(request: Request) -> Answer:
        tag = tag_of(request)
        path = request.target.split("?", 1)[0]
        if request.method == "PUT":
            if path not in uploads and len(uploads) >= _UPLOADS:
                return Answer(status=400, body=b"full\n")
            uploads[path] = request.body
            journal.add("mirror.upload", tag)
            return Answer(status=201)
        if path in uploads:
            journal.add("mirror.fetched", tag)
            return Answer(kind="application/octet-stream", body=uploads[path])
        key = (request.target, _TAG.sub("", request.headers.get("user-agent", "")))
        hit = key in cache
        cache[key] = None
        if len(cache) > _CACHED:
            cache.popitem(last=False)
        if tag != "-":
            journal.add("mirror.hit" if hit else "mirror.asked", tag)
        status, kind, body = _found(path)
        return Answer(status=status, fields={"X-Cache": "HIT" if hit else "MISS"}, kind=kind, body=body)

    def _found(path: str) -> tuple[int, str, bytes]:
        parts = [part for part in path.split("/") if part]
        if parts == ["simple"]:
            return _page([f"<a href='/simple/{name}/'>{name}</a>" for name in sorted(projects)])
        if len(parts) == 2 and parts[0] == "simple" and parts[1] in projects:
            return _page([f"<a href='/files/{name}'>{name}</a>" for name in sorted(projects[parts[1]])])
        if len(parts) == 2 and parts[0] == "files" and parts[1] in wheels:
            journal.add("mirror.download", parts[1].split("-", 1)[0])
            return 200, "application/octet-stream", wheels[parts[1]]
        return 404, "text/plain; charset=utf-8", b"no such package\n"

    return handle


def _page(links: list[str]) -> tuple[int, str, bytes]:
    text = "<!DOCTYPE html><html><body>" + "\n".join(links) + "</body></html>"
    return 200, "text/html; charset=utf-8", text.encode()

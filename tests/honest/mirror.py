"""The allowed host of the honest work: a package index, a git repository and a page, over HTTP and HTTPS."""

from __future__ import annotations

import functools
import os
import ssl
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from vigiles.drills.world import addresses, keys, wheels

PAGE = "the page of the allowed host\n"


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass


def start(folder: Path) -> Path:
    """Serve from a new folder ``folder`` on ports 80 and 443 of the mirror's address; return the CA's certificate."""
    site, secrets = folder / "site", folder / "keys"
    site.mkdir(parents=True)
    secrets.mkdir()
    (site / "page.txt").write_text(PAGE)
    _index(site)
    _repository(folder / "made", site / "repository.git")
    made = keys.make(secrets)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.certificate_key)
    for port in (80, 443):
        server = ThreadingHTTPServer((addresses.MIRROR, port), functools.partial(_Quiet, directory=str(site)))
        server.daemon_threads = True
        if port == 443:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return made.ca


def _index(site: Path) -> None:
    for name, data in wheels.build_all().items():
        project = site / "simple" / name.split("-", 1)[0].replace("_", "-")
        project.mkdir(parents=True)
        (project / name).write_bytes(data)
        (project / "index.html").write_text(f"<!DOCTYPE html><html><body><a href='{name}'>{name}</a></body></html>")


def _repository(work: Path, bare: Path) -> None:
    """A repository that plain file serving can offer (git-http-backend's older sibling, the dumb protocol)."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Maintainer", "-c", "user.email=maintainer@example.com", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, env=environment)

    git("init", str(work))
    (work / "README").write_text("a small project\n")
    git("-C", str(work), "add", "README")
    git("-C", str(work), "commit", "-m", "Begin")
    git("clone", "--bare", str(work), str(bare))
    git("-C", str(bare), "update-server-info")

"""Real git and npm at a host that is there to be read: they read, and a push and an upload do not go through."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from vigiles.ruleset.request_rule import RequestRule

HOST = "allowed.example"


def run(*command: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.com", **more,
    }  # fmt: skip
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


class _Host(BaseHTTPRequestHandler):
    """git's own CGI program below /team, a registry of one scoped package elsewhere."""

    root: Path
    tarball = b""

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")  # type: ignore[attr-defined]  # set by the fixture
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        if not self.path.startswith("/team/"):
            self._registry()
            return
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.root), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path.removeprefix("/team"), "QUERY_STRING": query, "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type") or "", "CONTENT_LENGTH": str(len(body)),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "", "REMOTE_USER": "a", "HOME": str(self.root),
        }  # fmt: skip
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False)
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self._say(int(fields.pop("Status", "200 OK").split()[0]), fields["Content-Type"], answer)

    do_POST = do_PUT = do_HEAD = do_GET

    def _registry(self) -> None:
        if self.path.endswith(".tgz"):
            self._say(200, "application/octet-stream", self.tarball)
            return
        if self.path not in ("/@scope%2Fthing", "/@scope/thing"):
            self._say(404, "application/json", b"{}")
            return
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(self.tarball).digest()).decode()
        dist = {"tarball": f"http://{self.headers['Host']}/@scope/thing/-/thing-1.0.0.tgz", "integrity": integrity}
        version = {"name": "@scope/thing", "version": "1.0.0", "dist": dist}
        told = {"name": "@scope/thing", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
        self._say(200, "application/json", json.dumps(told).encode())

    def _say(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Any]:
    made, bare = tmp_path / "made", tmp_path / "served" / "tool.git"
    made.mkdir()
    (made / "README").write_text("read me\n")
    for command in ("init -q -b main", "add README", "commit -q -m begin", f"clone -q --bare . {bare}"):
        assert run("git", *command.split(), folder=made).returncode == 0
    run("git", "config", "http.receivepack", "true", folder=bare)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        manifest = json.dumps({"name": "@scope/thing", "version": "1.0.0"}).encode()
        entry = tarfile.TarInfo("package/package.json")
        entry.size = len(manifest)
        archive.addfile(entry, io.BytesIO(manifest))
    handler = type("Host", (_Host,), {"root": bare.parent, "tarball": packed.getvalue()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.asked = []  # type: ignore[attr-defined]  # read by the tests
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_clones_and_fetches_and_does_not_push(start_door: Any, host: Any, tmp_path: Path) -> None:
    port = host.server_port
    door = start_door(port, requests=[RequestRule(host=f"{HOST}:{port}", preset="git-read", paths=["/team/*"])])
    proxy, url = f"http.proxy=http://127.0.0.1:{door.proxy}", f"http://{HOST}:{port}/team/tool.git"
    cloned = run("git", "-c", proxy, "clone", "-q", url, "copy", folder=tmp_path)
    assert cloned.returncode == 0, cloned.stderr
    copy = tmp_path / "copy"
    assert (copy / "README").read_text() == "read me\n"
    assert run("git", "-c", proxy, "fetch", "-q", folder=copy).returncode == 0
    assert any("POST /team/tool.git/git-upload-pack" in line for line in host.asked)
    run("git", "commit", "-q", "--allow-empty", "-m", "more", folder=copy)
    before = len(host.asked)
    pushed = run("git", "-c", proxy, "push", "-q", "origin", "main", folder=copy)
    assert pushed.returncode != 0
    assert "403" in pushed.stderr
    assert len(host.asked) == before
    assert door.wait_flow(lambda f: f.phase == "refused").reason == "request_query"


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")
def test_npm_installs_a_scoped_package_and_does_not_publish(start_door: Any, host: Any, tmp_path: Path) -> None:
    port = host.server_port
    door = start_door(port, requests=[RequestRule(host=f"{HOST}:{port}", preset="package-mirror")], exfil_bytes_call=3000)
    work = tmp_path / "work"
    work.mkdir()
    (work / "package.json").write_text('{"name": "@scope/mine", "version": "1.0.0"}')
    more = {"http_proxy": f"http://127.0.0.1:{door.proxy}", "npm_config_registry": f"http://{HOST}:{port}/"}
    more |= {"npm_config_update_notifier": "false", "npm_config_fetch_retries": "0"}
    installed = run("npm", "install", "@scope/thing", folder=work, **more)
    assert installed.returncode == 0, installed.stderr
    assert (work / "node_modules/@scope/thing/package.json").exists()
    (work / ".npmrc").write_text(f"//{HOST}:{port}/:_authToken=made-up\n")
    published = run("npm", "publish", folder=work, **more)
    assert published.returncode != 0
    assert "403" in published.stderr
    assert not any(line.startswith(("PUT", "POST")) for line in host.asked)
    assert door.wait_flow(lambda f: f.reason == "request_method").phase == "refused"

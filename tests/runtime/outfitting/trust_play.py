"""Run inside a drill's network namespace: ordinary clients fetch from an https mirror that the profile lists.

The mirror's certificate is signed by an authority of the test's, which the profile trusts and no program in the cell does.
FOLDER/result.json tells what each client got, and what was recorded.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vigiles.api import open_episode
from vigiles.cell import authority
from vigiles.drills.world import addresses, wheels

HOST = addresses.MIRROR_NAME
PROFILE = f"""
extends = "rl-rollout"
name = "mine"
[egress]
hosts = ["{HOST}:443", "{HOST}:8443"]
tls = "terminate"
trust = ["%s"]
[egress.pins]
"{HOST}:443" = "{addresses.MIRROR}"
"{HOST}:8443" = "{addresses.MIRROR}"
"""
URL = f"https://{HOST}/hello"
URLLIB = f"import urllib.request as u; print(u.build_opener(u.ProxyHandler(%s)).open('{URL}').read().decode())"
NODE = f"fetch('{URL}').then(r => r.text()).then(t => console.log(t))"
JAVA = f"""
import java.net.URI; import java.net.http.*;
public class Fetch {{ public static void main(String[] given) throws Exception {{
  var answer = HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create("{URL}")).build(),
    HttpResponse.BodyHandlers.ofString());
  System.out.println(answer.body()); }} }}
"""


def sign(folder: Path) -> tuple[Path, Path]:
    """Return an authority's certificate, and the mirror's with its key."""
    made = authority.mint()
    issuer, signer = x509.load_der_x509_certificate(made.certificate), serialization.load_der_private_key(made.key, None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    root, mine = folder / "root.pem", folder / "mirror.pem"
    root.write_bytes(issuer.public_bytes(pem))
    mine.write_bytes(secret + leaf.public_bytes(pem))
    return root, mine


def fill(site: Path) -> None:
    """Lay out what the mirror offers: a file, a package, a repository."""
    (site / "hello").write_text("hello from the mirror")
    index = site / "simple" / "demo"
    index.mkdir(parents=True)
    name = "demo-1.0-py3-none-any.whl"
    (index / name).write_bytes(wheels.build("demo", "1.0", "SAID = 'installed'\n"))
    (index / "index.html").write_text(f'<!DOCTYPE html><a href="{name}">{name}</a>')
    work = site / "work"
    git = partial(subprocess.run, check=True, capture_output=True, env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"})
    git(["git", "init", "-q", "-b", "main", str(work)])
    (work / "readme").write_text("cloned")
    who = ["-c", "user.name=a", "-c", "user.email=a@example"]
    git(["git", *who, "-C", str(work), "add", "."])
    git(["git", *who, "-C", str(work), "commit", "-q", "-m", "one"])
    git(["git", "clone", "-q", "--bare", str(work), str(site / "repo.git")])
    git(["git", "-C", str(site / "repo.git"), "update-server-info"])


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def serve(site: Path, certificate: Path, port: int) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer((addresses.MIRROR, port), partial(Handler, directory=str(site)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


def clients() -> dict[str, tuple[list[str], dict[str, str]]]:
    """Name -> command and environment beside the cell's own."""
    bare = "env -i PATH=/usr/bin:/bin "
    python = [sys.executable, "-ISc"]
    found: dict[str, tuple[list[str], dict[str, str]]] = {
        "urllib": ([*python, URLLIB % ""], {}),
        "urllib transparent": ([*python, URLLIB % "{}"], {}),
        "pip": (
            [sys.executable, "-m", "pip", "install", "-q", "--no-cache-dir", "--target", "/tmp/p", "demo", "-i",
             f"https://{HOST}/simple"], {},
        ),
    }  # fmt: skip
    for name, command in {
        "curl": ["curl", "-sS", URL],
        "curl transparent": ["curl", "-sS", "--noproxy", "*", URL],
        "curl without environment": ["sh", "-c", f"{bare} curl -sS {URL}"],
        "git": ["sh", "-c", f"git clone -q https://{HOST}/repo.git /tmp/c && cat /tmp/c/readme"],
        "node": ["node", "-e", NODE],
        "java": ["sh", "-c", "java -XX:TieredStopAtLevel=1 /tmp/Fetch.java 2>/dev/null"],
    }.items():
        program = command[2].split(" ")[0] if command[0] == "sh" and name in ("git", "java") else command[0]
        if shutil.which("curl" if command[0] == "sh" and name.startswith("curl") else program):
            found[name] = (command, {})
    return found


async def main(folder: Path) -> None:
    root, mine = sign(folder)
    site = folder / "site"
    site.mkdir()
    fill(site)
    serve(site, mine, 443)
    other = folder / "other"
    other.mkdir()
    serve(site, sign(other)[1], 8443)
    profile, work = folder / "profile", folder / "work"
    profile.mkdir()
    work.mkdir()
    (profile / "profile.toml").write_text(PROFILE % root)
    async with asyncio.timeout(80), open_episode(profile=profile, workdir=work, home=folder / "home") as episode:
        laid = await episode.call(["sh", "-c", "cat > /tmp/Fetch.java"], stdin=JAVA.encode())
        assert laid.exit_code == 0
        got: dict[str, Any] = {}

        async def one(name: str, command: list[str], environment: dict[str, str]) -> None:
            outcome = await episode.call(command, env=environment, timeout=60)
            got[name] = [outcome.call, outcome.exit_code, outcome.stdout.decode().strip(), outcome.stderr.decode()[-600:]]

        for name, (command, environment) in clients().items():
            await one(name, command, environment)
        await one("unknown authority", ["curl", "-sS", f"https://{HOST}:8443/hello"], {})
        await one("root of the machine", ["sh", "-c", "grep -c BEGIN $SSL_CERT_FILE; touch $SSL_CERT_FILE"], {})
        await episode.settle(0.5)
        records = [msgspec.to_builtins(record) for record in episode.records()]
    (folder / "result.json").write_text(json.dumps({"got": got, "records": records}))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
